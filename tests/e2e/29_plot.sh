#!/bin/sh
# loadgen plot: the page of a real attack and of made-up files, in a real browser; flags and faults.
#
# Not under tsan: reading results takes one thread, and other tests attack.
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
"$BIN/loadgen" plot -output "$TMP/named.html" stdin <"$TMP/real.bin"
cmp "$TMP/file.html" "$TMP/stdin.html"
cmp "$TMP/file.html" "$TMP/named.html"
"$BIN/loadgen" report -type=json "$TMP/real.bin" >"$TMP/real.json"
"$BIN/loadgen" report -type=json "$TMP/real.bin" "$TMP/few.bin" >"$TMP/both.json"
expect_eq "requests of a file" "$(requests "$TMP/file.html")" "$(json "$TMP/real.json" "r['requests']")"
"$BIN/loadgen" plot -title "Both" "$TMP/real.bin" "$TMP/few.bin" >"$TMP/both.html"
expect_eq "requests of two files" "$(requests "$TMP/both.html")" "$(json "$TMP/both.json" "r['requests']")"
expect_has "the second generator" "$(cat "$TMP/both.html")" "<dd>$TMP/few.bin: "
expect_has "its title" "$(cat "$TMP/both.html")" "<title>Both</title>"

"$BIN/loadgen" attack -targets "$TMP/targets.txt" -rate 50 -duration 500ms 2>/dev/null |
    "$BIN/loadgen" plot >"$TMP/pipe.html"
expect_eq "requests of a pipe" "$(requests "$TMP/pipe.html")" 25

# Results of vegeta's say less, and so does the page.
cat >"$TMP/vegeta.json" <<'END'
{"attack":"","seq":0,"code":200,"timestamp":"2026-11-20T16:47:48Z","latency":1000000,"bytes_out":0,"bytes_in":5,"error":"","body":null,"method":"GET","url":"http://h/a","headers":null}
{"attack":"","seq":1,"code":0,"timestamp":"2026-11-20T16:47:49Z","latency":2000000,"bytes_out":0,"bytes_in":0,"error":"EOF","body":null,"method":"GET","url":"http://h/a","headers":null}
END
"$BIN/loadgen" plot "$TMP/vegeta.json" >"$TMP/vegeta.html"
expect_eq "requests of vegeta's" "$(requests "$TMP/vegeta.html")" 2
expect_has "vegeta's page" "$(cat "$TMP/vegeta.html")" "<dt>Generator</dt><dd>not recorded</dd>"

# A file that was cut is drawn up to the cut, and the page says so.
head -c 50000 "$TMP/real.bin" >"$TMP/cut.bin"
"$BIN/loadgen" plot "$TMP/cut.bin" >"$TMP/cut.html"
expect_has "a cut file" "$(cat "$TMP/cut.html")" "<li>The results were cut short"

refused 1 "cannot open $TMP/none: No such file or directory" plot "$TMP/none"
refused 1 "-output: cannot open $TMP/none/plot.html" plot -output "$TMP/none/plot.html" "$TMP/few.bin"
refused 1 "-output: cannot write /dev/full: No space left on device" plot -output /dev/full "$TMP/few.bin"
refused 2 "-threshold: 0 is not between 100 and 20000" plot -threshold 0 "$TMP/few.bin"
refused 2 "unknown flag" plot -treshold 10 "$TMP/few.bin"

python3 "$here/../browser/plot.py" "$BIN/loadgen" "$TMP/real.bin" "$TMP/few.bin"
