#!/bin/sh
# The result file: small, readable by others from its page alone, and never silently shorter.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -bind 0.0.0.0
port=${API##*:}

# a real attack: several targets, ten addresses, answers that are errors, and connections refused
for i in 1 2 3 4 5 6 7 8 9 10; do
    echo "GET http://127.0.0.$i:$port/health"
    echo "GET http://127.0.0.$i:$port/users_name/$((i * 7))"
done >"$TMP/targets"
printf 'GET http://127.0.0.1:%s/metadata\nGET http://127.0.0.1:1/refused\n' "$port" >>"$TMP/targets"
"$loadgen" attack -rate 5000 -duration 2s -targets "$TMP/targets" -output "$TMP/results"

# agrees WHAT FILE: a reader in another language finds in it what the report says
agrees() {
    "$loadgen" report -type json "$2" >"$TMP/json" 2>"$TMP/err"
    python3 tests/support/result_reader.py "$2" "$TMP/json" >"$TMP/found" || fail "$1: $(cat "$TMP/found")"
}
agrees "the file" "$TMP/results"
expect_eq "results" "$(json "$TMP/found" "r['requests'], r['codes']['0'] > 400, r['codes']['404'] > 3000")" "(10000, True, True)"
expect_eq "addresses" "$(json "$TMP/json" "len(r['addresses'])")" 11
expect_eq "at most 24 bytes a result" "$(json "$TMP/found" "r['bytes_a_result'] <= 24")" True

# answers that are kept stand in blocks of their own
"$loadgen" attack -rate 200 -duration 1s -max-body=-1 -output "$TMP/kept" "http://$API/health"
agrees "with answers" "$TMP/kept"
expect_eq "bodies" "$(json "$TMP/found" "r['kept']['body'], r['kept']['headers'] > 200 * 50")" "(3000, True)"

# two runs in one file; one that is cut at any place, or damaged, has the same results for both
cat "$TMP/results" "$TMP/kept" >"$TMP/both"
agrees "two runs" "$TMP/both"
expect_eq "of both" "$(json "$TMP/found" "r['requests'], r['runs']")" "(10200, 2)"
size=$(wc -c <"$TMP/results")
for part in 3 5 7 9; do
    head -c $((size * part / 10)) "$TMP/results" >"$TMP/cut"
    agrees "a cut at $part/10" "$TMP/cut"
    expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/cut: cut short at byte "
    { head -c $((size * part / 10)) "$TMP/results"; printf 'XX'; tail -c +$((size * part / 10 + 3)) "$TMP/results"; } >"$TMP/damaged"
    agrees "damage at $part/10" "$TMP/damaged"
    expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/damaged: 1 place could not be read; the first: record "
    expect_eq "told in the report" "$(json "$TMP/json" "any(s.startswith('Results are missing: 1 place') for s in r['remarks']), r['requests'] < 10000")" \
        "(True, True)"
done

# a run without its header is lost, and is not taken for a part of the run before
{ cat "$TMP/kept"; head -c 20 "$TMP/results"; printf 'XX'; tail -c +23 "$TMP/results"; } >"$TMP/headless"
"$loadgen" report -type json "$TMP/headless" >"$TMP/json" 2>"$TMP/err"
expect_eq "the first run alone" "$(json "$TMP/json" "r['requests'], r['cut_short'], r['intended']")" "(200, True, None)"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/headless: 1 place could not be read; the first: record 201, byte "
{ cat "$TMP/headless"; cat "$TMP/kept"; } | tail -c "+$(($(wc -c <"$TMP/kept") + 1))" >"$TMP/late"
"$loadgen" report -type json "$TMP/late" >"$TMP/json" 2>"$TMP/err"
expect_eq "the second run alone" "$(json "$TMP/json" "r['requests'], r['cut_short']")" "(200, True)"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/late: 1 place could not be read; the first: record 1, byte 0: "

# a wrong length loses its block and no other; bytes that are too many are told
python3 - "$TMP/results" "$TMP/length" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = [i for i in range(len(data)) if data[i : i + 5] == b"HRM1R"][1]
data[at + 9] ^= 0x40
open(sys.argv[2], "wb").write(data)
END
agrees "a wrong length" "$TMP/length"
expect_eq "one block is lost" "$(json "$TMP/json" "4000 < r['requests'] < 10000 and not r['cut_short']")" True
# one that reaches beyond the end, of a block without results, is told as well
python3 - "$TMP/results" "$TMP/beyond" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[data.rindex(b"HRM1S") + 9] ^= 0x40
open(sys.argv[2], "wb").write(data)
END
agrees "a length beyond the end" "$TMP/beyond"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/beyond: 1 place could not be read"
{ cat "$TMP/results"; printf 'more'; } >"$TMP/longer"
agrees "more bytes" "$TMP/longer"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/longer: 1 place could not be read"

# a reader that stops for a while: memory stays bounded, nothing is lost, and the time is told
mkfifo "$TMP/pipe"
{ sleep 4; cat; } <"$TMP/pipe" >"$TMP/late" &
"$loadgen" attack -rate 0 -max-workers 32 -duration 5s -output "$TMP/pipe" -report json "http://$API/health" >"$TMP/live"
wait $!
agrees "what came late" "$TMP/late"
expect_eq "nothing is lost" "$(json "$TMP/found" "r['requests']")" "$(json "$TMP/live" "r['requests']")"
expect_eq "held back" "$(json "$TMP/json" "0.5 < r['generator']['held_back_seconds']")" True
# ThreadSanitizer keeps several times as much beside it.
case $BIN in
*/tsan/*) ;;
*) expect_eq "memory" "$(json "$TMP/json" "r['generator']['memory'] < 64 * 2 ** 20")" True ;;
esac
