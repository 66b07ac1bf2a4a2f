#!/bin/sh
# The page of a capacity: of real searches and of a made-up result, in a real browser; flags and faults.
#
# Not under tsan: the page takes one thread, and other tests search.
set -eu
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

start_target_api -test-endpoints

# search STATUS ARGUMENT...: trials of a second, as the limit is low; a busy machine meets it as well
search() {
    expected=$1 actual=0
    shift
    "$BIN/loadgen" capacity -quick -trial 1s -generator-rate 5000 -slo "p50<25ms,errors<50%" -min-rate 50 -max-rate 60 "$@" \
        </dev/null >"$TMP/out" 2>"$TMP/err" || actual=$?
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err" "$TMP/out")"
}

search 0 -repeat 2 -output "$TMP/good.json" -html "$TMP/good.html" "http://$API/delay/5"
search 99 -output "$TMP/bad.json" -html "$TMP/bad.html" "http://$API/status/503"
expect_has "the answer" "$(cat "$TMP/good.html")" "The target sustains at least 60 requests per second."
expect_has "the answer" "$(cat "$TMP/bad.html")" "The target does not sustain 50 requests per second."

# The page is a function of the JSON, but for how the JSON rounds.
"$BIN/loadgen" plot "$TMP/bad.json" >"$TMP/again.html"
cmp "$TMP/bad.html" "$TMP/again.html"

# Files that cannot be written are found before the search.
refused 1 "-html: cannot open $TMP/none/c.html: No such file or directory" \
    capacity -slo "p50<2s" -html "$TMP/none/c.html" "http://$API/health"
refused 1 "-output: cannot open $TMP/none/c.json: No such file or directory" \
    capacity -slo "p50<2s" -output "$TMP/none/c.json" "http://$API/health"
refused 1 "-output: cannot write /dev/full: No space left on device" plot -output /dev/full "$TMP/bad.json"

python3 "$here/../browser/capacity.py" "$BIN/loadgen" "$TMP/good.json" "$TMP/bad.json"
