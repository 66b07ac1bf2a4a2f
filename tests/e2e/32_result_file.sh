#!/bin/sh
# The result file: small, readable by a program written from docs/result-format.md, and never silently truncated.
#
# Not under tsan: its threads are those of 20_attack and of the suite driver, which keep results too.
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
expect_eq "results" "$(json "$TMP/json" "r['requests'] + r['not_started']")" 10000
expect_eq "codes" "$(json "$TMP/found" "r['codes']['0'] > 400, r['codes']['404'] > 3000")" "(True, True)"
expect_eq "addresses" "$(json "$TMP/json" "len(r['addresses'])")" 11
expect_eq "at most 24 bytes a result" "$(json "$TMP/found" "r['bytes_a_result'] <= 24")" True

# answers that are kept stand in blocks of their own
"$loadgen" attack -rate 200 -duration 1s -max-body=-1 -output "$TMP/kept" "http://$API/health"
agrees "with answers" "$TMP/kept"
expect_eq "bodies" "$(json "$TMP/found" "r['kept']['body'], r['kept']['headers'] > 200 * 50")" "(3000, True)"

# the order stands in the file without its secrets, and so do errors, which name URLs
cat >"$TMP/secret" <<END
GET http://$API/health?id=7&access_token=c2VjcmV0
Cookie: c2VjcmV0
Accept: text/x-order

GET http://127.0.0.1:1/?api_key=c2VjcmV0
X-Api-Key: c2VjcmV0

POST http://$API/health
@$TMP/posted
END
printf abc >"$TMP/posted"
printf hello >"$TMP/body"
# without_secrets PART... -- FLAG...: an attack whose file has these parts, and no secret
without_secrets() {
    parts=
    while [ "$1" != -- ]; do
        parts="$parts$1
"
        shift
    done
    shift
    HTTP_PROXY=http://user:c2VjcmV0@127.0.0.1:1 "$loadgen" attack -rate 10 -duration 1s -targets "$TMP/secret" \
        -redirects 3 -header "Authorization: Basic c2VjcmV0" -proxy-header "X-Proxy-Token: c2VjcmV0" \
        -body "$TMP/body" -output "$TMP/secrets" "$@"
    printf %s "$parts" | while IFS= read -r part; do
        grep -aqF "$part" "$TMP/secrets" || fail "the order lacks $part with: $*"
    done
    ! grep -aqF c2VjcmV0 "$TMP/secrets" || fail "a secret is in the file with: $*"
}
plan='"http_proxy":"127.0.0.1:1"'
url="/health?id=7&access_token=***\""
posted="\"size\":3,\"path\":\"$TMP/posted\""
body="\"size\":5,\"path\":\"$TMP/body\""
refused='Get "http://127.0.0.1:1/?api_key=***": dial tcp'
without_secrets "$plan" "$url" "$refused" '"Cookie: ***"' '"Authorization: ***"' '"X-Api-Key: ***"' '"Accept: text/x-order"' \
    '"X-Proxy-Token: ***"' '"redirects":3' "$posted" "$body" --
without_secrets "$plan" "$url" "$refused" '"Authorization: ***"' -- -encoding none
yes "$(cat "$TMP/secret")
" | head -n 70 >"$TMP/secrets.list"
mv "$TMP/secrets.list" "$TMP/secret"
without_secrets "$plan" "$url" "$refused" -- -lazy

# two runs in one file; one that is cut at any place, or damaged, has the same results for both
cat "$TMP/results" "$TMP/kept" >"$TMP/both"
agrees "two runs" "$TMP/both"
expect_eq "of both" "$(json "$TMP/found" "r['requests'], r['runs']")" "(10200, 2)"
size=$(wc -c <"$TMP/results")
for part in 3 5 7 9; do
    head -c $((size * part / 10)) "$TMP/results" >"$TMP/cut"
    agrees "a cut at $part/10" "$TMP/cut"
    expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/cut: cut short at byte "
    python3 - "$part" "$TMP/results" "$TMP/damaged" <<'END'
import re, sys
data = bytearray(open(sys.argv[2], "rb").read())
blocks = [match.start() for match in re.finditer(b"HRM1R", data)] # of results
at = blocks[len(blocks) * int(sys.argv[1]) // 10] + 100
data[at:at + 2] = b"XX"
open(sys.argv[3], "wb").write(data)
END
    agrees "damage at $part/10" "$TMP/damaged"
    expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/damaged: 1 damaged block skipped; the first: record "
    expect_eq "told in the report" "$(json "$TMP/json" "any(s.startswith('Results are missing: 1 damaged block') for s in r['remarks']), r['requests'] < 10000")" \
        "(True, True)"
done

# a run without its header is lost, and is not taken for a part of the run before
{ cat "$TMP/kept"; head -c 20 "$TMP/results"; printf 'XX'; tail -c +23 "$TMP/results"; } >"$TMP/headless"
"$loadgen" report -type json "$TMP/headless" >"$TMP/json" 2>"$TMP/err"
expect_eq "the first run alone" "$(json "$TMP/json" "r['requests'], r['cut_short'], r['intended']")" "(200, True, None)"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/headless: 1 damaged block skipped; the first: record 201, byte "
{ cat "$TMP/headless"; cat "$TMP/kept"; } | tail -c "+$(($(wc -c <"$TMP/kept") + 1))" >"$TMP/late"
"$loadgen" report -type json "$TMP/late" >"$TMP/json" 2>"$TMP/err"
expect_eq "the second run alone" "$(json "$TMP/json" "r['requests'], r['cut_short']")" "(200, True)"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/late: 1 damaged block skipped; the first: record 1, byte 0: "

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
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/beyond: 1 damaged block skipped"
{ cat "$TMP/results"; printf 'more'; } >"$TMP/longer"
agrees "more bytes" "$TMP/longer"
expect_has "told on stderr" "$(cat "$TMP/err")" "$TMP/longer: 1 damaged block skipped"

# without results: each second's counts, of which report and plot make the same
"$loadgen" attack -rate 5000 -duration 2s -targets "$TMP/targets" -encoding none -output "$TMP/counts"
agrees "counts" "$TMP/counts"
python3 tests/support/report_schema.py "$TMP/json" >"$TMP/schema" 2>&1 || fail "counts: $(cat "$TMP/schema")"
expect_eq "counts" "$(json "$TMP/json" "r['requests'] + r['not_started'], r['intended'], len(r['addresses']), len(r['targets']), r['status_codes']['0'] > 400, r['status_codes']['404'] > 3000")" \
    "(10000, 10000, 11, 13, True, True)"
requests=$(json "$TMP/json" "r['requests']")
[ "$(wc -c <"$TMP/counts")" -lt "$(wc -c <"$TMP/results")" ] || fail "counts take more than results"
expect_eq "bounds" "$("$loadgen" report -type 'hist[0,1h]' "$TMP/counts" | sed -n '2s/.*\] *\([0-9]*\) .*/\1/p')" "$requests"
"$loadgen" plot "$TMP/counts" >"$TMP/page"
expect_has "the plot" "$(cat "$TMP/page")" "\"requests\":$requests"
"$loadgen" encode -to bin "$TMP/counts" | cmp - "$TMP/counts" || fail "counts are not copied"
! "$loadgen" encode "$TMP/counts" >/dev/null 2>"$TMP/err" || fail "counts are no results"
expect_has "encode" "$(cat "$TMP/err")" "a run with -encoding none has only counts per second"
"$loadgen" attack -rate 500 -duration 2s -encoding none -output stdout "http://$API/health" | "$loadgen" report -type json >"$TMP/json"
expect_eq "in a pipe" "$(json "$TMP/json" "r['requests'], [t['name'] for t in r['targets']]")" "(1000, ['GET /health'])"

# a reader that stops for a while: memory stays bounded, nothing is lost, and the time is told
mkfifo "$TMP/pipe"
{ sleep 4; cat; } <"$TMP/pipe" >"$TMP/late" &
"$loadgen" attack -rate 0 -max-workers 32 -duration 5s -max-body 200 -output "$TMP/pipe" -report json \
    "http://$API/openapi.json" >"$TMP/live"
wait $!
agrees "what came late" "$TMP/late"
expect_eq "nothing is lost" "$(json "$TMP/found" "r['requests']")" "$(json "$TMP/live" "r['requests']")"
expect_eq "held back" "$(json "$TMP/json" "0.5 < r['generator']['held_back_seconds']")" True
# ThreadSanitizer keeps several times as much beside it.
case $BIN in
*/tsan/*) ;;
*) expect_eq "memory" "$(json "$TMP/json" "r['generator']['memory'] < 64 * 2 ** 20")" True ;;
esac
