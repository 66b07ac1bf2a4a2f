#!/bin/sh
# Results in vegeta's formats and in ours: read, reported and written again, byte by byte.
# shellcheck disable=SC2094 # same reads its file
#
# Not under tsan: reading results takes one thread, and other tests attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
vegeta=tests/contract/vegeta # recorded with vegeta 12.13

# same WHAT FILE: what comes on stdin is the file, byte by byte
same() {
    cmp -s - "$2" || fail "$1 is not $2, byte by byte"
}
"$loadgen" encode $vegeta/results.json | same "json of json" $vegeta/results.json
"$loadgen" encode -to csv $vegeta/results.csv | same "csv of csv" $vegeta/results.csv
"$loadgen" encode -to=csv $vegeta/results.json | same "csv of json" $vegeta/results.csv
"$loadgen" encode <$vegeta/results.csv | "$loadgen" encode -to csv | same "csv of json of csv" $vegeta/results.csv
for name in results.json results.csv; do
    "$loadgen" encode -to bin -output "$TMP/bin" $vegeta/$name
    "$loadgen" encode -to "${name##*.}" "$TMP/bin" | same "${name##*.} of bin of $name" $vegeta/$name
    "$loadgen" encode -to bin <"$TMP/bin" | same "bin of bin" "$TMP/bin"
done

# reports of the recording are vegeta's, but for what is better known
for name in results.json results.csv bin; do
    file=$vegeta/$name
    [ -f "$file" ] || file=$TMP/bin
    "$loadgen" report -type json "$file" >"$TMP/json"
    python3 tests/support/vegeta_report.py $vegeta/report.json "$TMP/json" || fail "the JSON report of $file"
    "$loadgen" report "$file" | head -11 >"$TMP/text"
    sed -e 's/, 60\.52, /, 60.01, /' -e 's/42.809ms, 60.175ms, 65.743ms, 71.884ms/42.811ms, 59.654ms, 64.569ms, 70.877ms/' \
        -e 's/0\.0\.0\.0:0->/0.0.0.0->/' $vegeta/report.txt | same "the text report of $file" "$TMP/text"
done

# a real attack with answers kept: our JSON has what vegeta's reader asks for, and says what bin says
start_target_api
cat >"$TMP/targets" <<END
GET http://$API/health
GET http://$API/users_name/9
GET http://127.0.0.1:1/refused
END
"$loadgen" attack -rate 300 -duration 1s -name "a <b> & \"c\"" -max-body=-1 -targets "$TMP/targets" -output "$TMP/real"
"$loadgen" encode "$TMP/real" >"$TMP/real.json"
"$loadgen" encode -to csv "$TMP/real" >"$TMP/real.csv"
python3 tests/support/vegeta_results.py "$TMP/real.json" "$TMP/real.csv" || fail "what encode wrote"
"$loadgen" report -type json "$TMP/real" >"$TMP/ours"
for file in "$TMP/real.json" "$TMP/real.csv"; do
    "$loadgen" report -type json "$file" >"$TMP/json"
    for key in requests earliest latest end duration wait latencies bytes_in bytes_out status_codes success throughput errors; do
        expect_eq "$key of $file" "$(json "$TMP/json" "r['$key']")" "$(json "$TMP/ours" "r['$key']")"
    done
    expect_eq "kinds of $file" "$(json "$TMP/json" "r['errors_by_kind']")" "$(json "$TMP/ours" "r['errors_by_kind']")"
    "$loadgen" encode -to bin "$file" | "$loadgen" encode -to "${file##*.}" | same "$file through bin" "$file"
done
# In the order in which they ended: the first is not always the first that was asked for.
expect_eq "bodies" "$(grep -m 1 /health "$TMP/real.json" | python3 -c 'import base64, json, sys
r = json.loads(sys.stdin.readline()); print(base64.b64decode(r["body"]).decode(), r["headers"]["Content-Type"])')" \
    "{\"health\":\"ok\"} ['application/json']"

# bin of bin keeps all of it, of several files as well: one run after the other
"$loadgen" attack -rate 100 -duration 1s -output "$TMP/more" "http://$API/health"
"$loadgen" encode -to bin "$TMP/real" "$TMP/more" >"$TMP/both"
cat "$TMP/real" "$TMP/more" | same "bin of two" "$TMP/both"
"$loadgen" report -type json "$TMP/real" "$TMP/more" >"$TMP/two"
"$loadgen" report -type json "$TMP/both" >"$TMP/one"
expect_eq "a file of two runs" "$(json "$TMP/one" "[g.pop('file') for g in r['generators']] and r")" \
    "$(json "$TMP/two" "[g.pop('file') for g in r['generators']] and r")"
expect_eq "both add up" "$(json "$TMP/one" "r['requests'], r['intended'], len(r['generators'])")" "(400, 400, 2)"
"$loadgen" encode -to bin $vegeta/results.json "$TMP/more" $vegeta/results.csv | "$loadgen" report -type json >"$TMP/one"
expect_eq "mixed into one" "$(json "$TMP/one" "r['requests'], r['intended'], r['not_recorded'], r['cut_short']")" \
    "(340, 340, 240, False)"

# through a pipe as it comes: the first line is there long before the attack ends
: >"$TMP/fifo.bin" # for tail, which may be there before the attack
"$loadgen" attack -rate 50 -duration 30s "http://$API/health" >"$TMP/fifo.bin" &
pid=$!
STARTED="$STARTED $pid"
tail -c +1 -f "$TMP/fifo.bin" --pid=$pid 2>/dev/null | timeout 20 "$loadgen" encode 2>/dev/null | head -1 >"$TMP/first"
kill -INT $pid
wait $pid || true
expect_has "the first line" "$(cat "$TMP/first")" '{"attack":"","seq":'

# bin as well, though its blocks are not full
{ head -n 20 $vegeta/results.json; exec sleep 3; } | "$loadgen" encode -to bin >"$TMP/early" &
pid=$!
STARTED="$STARTED $pid"
sleep 1.5
expect_eq "bin that goes on" "$("$loadgen" report -type json "$TMP/early" 2>/dev/null >"$TMP/json"; json "$TMP/json" "r['requests']")" 20
wait $pid || fail "encode of a pipe ended with $?"

# Ctrl-C reaches the whole pipeline: all that was measured is written
cat >"$TMP/pipeline.py" <<'END'
import os, signal, subprocess, sys, time
loadgen, url, path = sys.argv[1:]
command = f"'{loadgen}' attack -rate 200 {url} | '{loadgen}' encode -to csv -output {path}"
with subprocess.Popen(["sh", "-c", command], start_new_session=True, stderr=subprocess.DEVNULL) as all_of_them:
    time.sleep(1.5)
    os.killpg(all_of_them.pid, signal.SIGINT)
END
python3 "$TMP/pipeline.py" "$loadgen" "http://$API/health" "$TMP/interrupted.csv"
expect_eq "whole after Ctrl-C" "$("$loadgen" report -type json "$TMP/interrupted.csv" 2>&1 >"$TMP/json")" ""
expect_eq "numbers without a gap" "$(python3 -c 'import csv, sys
n = sorted(int(row[8]) for row in csv.reader(open(sys.argv[1]))); print(len(n) > 100 and n == list(range(len(n))))' \
    "$TMP/interrupted.csv")" True

# several pipes at once: none holds back the attack behind another
mkfifo "$TMP/p1" "$TMP/p2"
"$loadgen" attack -rate 0 -max-workers 8 -duration 2s "http://$API/health" >"$TMP/p1" &
STARTED="$STARTED $!"
"$loadgen" attack -rate 0 -max-workers 8 -duration 2s "http://$API/health" >"$TMP/p2" &
STARTED="$STARTED $!"
"$loadgen" report -type json "$TMP/p1" "$TMP/p2" >"$TMP/json"
expect_eq "held back by another pipe" "$(json "$TMP/json" "r['generator']['held_back_seconds'] < 0.5, len(r['generators'])")" "(True, 2)"

# what is cut, damaged or of another kind
expect_fails() { # STATUS WHAT COMMAND...
    wanted=$1 what=$2 status=0
    shift 2
    "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
    expect_eq "status of $what" "$status" "$wanted"
}
head -c 20000 $vegeta/results.json >"$TMP/cut.json"
expect_fails 1 "encode of a cut file" "$loadgen" encode -to csv "$TMP/cut.json"
lines=$(grep -c '' "$TMP/out")
expect_has "the cut" "$(cat "$TMP/err")" "$TMP/cut.json: 1 damaged line skipped; the first: line $((lines + 1)), byte "
expect_fails 0 "report of a cut file" "$loadgen" report -type "hist[0,1s]" "$TMP/cut.json"
expect_has "told where the report has no words" "$(cat "$TMP/err")" "the file ends within this line"
size=$(wc -c <"$TMP/more")
head -c $((size - 100)) "$TMP/more" >"$TMP/cut.bin"
expect_fails 1 "encode of a cut run" "$loadgen" encode -to bin "$TMP/cut.bin"
expect_has "the cut run" "$("$loadgen" report "$TMP/out" 2>&1)" "cut short at byte "
printf '\r\377\201\003\001\001\006Result\001\377\202' >"$TMP/gob"
refused 1 "gob: the results are in gob format, which only Go programs can read" report "$TMP/gob"
refused 2 'loadgen: -to: unknown encoding "gob"; use json, csv or bin' encode -to gob
refused 1 "-output: cannot open /nowhere/x: No such file or directory" encode -output /nowhere/x $vegeta/results.csv
for to in json csv bin; do
    refused 1 "-output: cannot write /dev/full: No space left on device" encode -to $to -output /dev/full $vegeta/results.csv
done
# A reader that goes away is told of by its name, as attack does it: nobody wrote -output.
mkfifo "$TMP/closed"
exec 3<>"$TMP/closed" 4>"$TMP/closed" 3>&-
for command in "encode" "encode -to csv" "plot" "report"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$loadgen" $command $vegeta/results.json >&4 2>"$TMP/err" || status=$?
    expect_eq "status of $command into a closed pipe" "$status" 1
    expect_eq "$command into a closed pipe" "$(cat "$TMP/err")" "loadgen: cannot write to stdout: Broken pipe"
done
exec 4>&-
python3 - "$TMP/more" "$TMP/old" <<'END'
import sys, zlib
data = open(sys.argv[1], "rb").read()
size = int.from_bytes(data[8:12], "little")
payload = data[16 : 16 + size].replace(b'"format":2', b'"format":1')
crc = zlib.crc32(data[4:12] + payload).to_bytes(4, "little")
open(sys.argv[2], "wb").write(data[:12] + crc + payload + data[16 + size :])
END
refused 1 "old: results in format 1, written by loadgen " report "$TMP/old"
