#!/bin/sh
# loadgen plot: the page of a real attack and of made-up files, in a real browser; flags and faults.
set -eu
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

start_target_api -test-endpoints
cat >"$TMP/targets.txt" <<END
# @name health
GET http://$API/health

# @name <b>slow</b>
GET http://$API/delay/20

# @name broken
GET http://$API/status/503

# @name too slow
GET http://$API/delay/400
END
"$BIN/loadgen" attack -targets "$TMP/targets.txt" -rate 2000 -duration 3s -timeout 200ms \
    -output "$TMP/real.bin" 2>/dev/null
# As few that each is drawn.
"$BIN/loadgen" attack -targets "$TMP/targets.txt" -rate 100 -duration 2s -timeout 200ms \
    -output "$TMP/few.bin" 2>/dev/null

# Standard input, by a pipe and by its name; several files are one plot.
requests() {
    sed -n 's/.*id="data">{.*"requests":\([0-9]*\),"points".*/\1/p' "$1"
}
"$BIN/loadgen" plot "$TMP/real.bin" >"$TMP/file.html"
"$BIN/loadgen" plot <"$TMP/real.bin" >"$TMP/stdin.html"
cat "$TMP/real.bin" | "$BIN/loadgen" plot -output "$TMP/named.html" stdin
cmp "$TMP/file.html" "$TMP/stdin.html"
cmp "$TMP/file.html" "$TMP/named.html"
"$BIN/loadgen" report -type=json "$TMP/real.bin" >"$TMP/real.json"
"$BIN/loadgen" report -type=json "$TMP/real.bin" "$TMP/few.bin" >"$TMP/both.json"
expect_eq "requests of a file" "$(requests "$TMP/file.html")" "$(json "$TMP/real.json" "r['requests']")"
"$BIN/loadgen" plot -title "Both" "$TMP/real.bin" "$TMP/few.bin" >"$TMP/both.html"
expect_eq "requests of two files" "$(requests "$TMP/both.html")" "$(json "$TMP/both.json" "r['requests']")"
expect_has "its title" "$(cat "$TMP/both.html")" "<title>Both</title>"

# A file that was cut is drawn up to the cut, and the page says so.
head -c 50000 "$TMP/real.bin" >"$TMP/cut.bin"
"$BIN/loadgen" plot "$TMP/cut.bin" >"$TMP/cut.html"
expect_has "a cut file" "$(cat "$TMP/cut.html")" "<li>The results were cut short"

refused 1 "cannot open $TMP/none: No such file or directory" plot "$TMP/none"
refused 1 "-output: cannot open $TMP/none/plot.html" plot -output "$TMP/none/plot.html" "$TMP/few.bin"
refused 1 "cannot write: No space left on device" plot -output /dev/full "$TMP/few.bin"
refused 2 "-threshold: 0 is not from 100 to 20000: " plot -threshold 0 "$TMP/few.bin"
refused 2 "unknown flag" plot -treshold 10 "$TMP/few.bin"

python3 "$here/../browser/plot.py" "$BIN/loadgen" "$TMP/real.bin" "$TMP/few.bin"
