#!/bin/sh
# A full disk ends the attack, after the requests in flight. The results on it are readable.
# Needs root, for a small tmpfs.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
mkdir "$TMP/small"
mount -t tmpfs -o size=192k tmpfs "$TMP/small" 2>"$TMP/err" || {
    echo "a full disk is not tested: nothing can be mounted here: $(cat "$TMP/err")"
    exit 77
}
trap 'umount "$TMP/small"; clean_up' EXIT
start_target_api

status=0
"$loadgen" attack -rate 8000 -duration 30s -output "$TMP/small/results" -report json "http://$API/health" \
    >"$TMP/live" 2>"$TMP/err" || status=$?
expect_eq "status" "$status" 1
expect_has "message" "$(cat "$TMP/err")" "cannot write results to $TMP/small/results: No space left on device"
expect_eq "drained" "$(json "$TMP/live" "r['requests'] == r['intended'] - r['not_started'], r['requests'] < 100000")" "(True, True)"
"$loadgen" report -type json "$TMP/small/results" >"$TMP/json" 2>"$TMP/err"
python3 tests/support/result_reader.py "$TMP/small/results" "$TMP/json" >"$TMP/found" || fail "what is on it: $(cat "$TMP/found")"
expect_eq "read up to the cut" "$(json "$TMP/json" "r['cut_short'], 5000 < r['requests'] < 20000")" "(True, True)"
expect_has "told" "$(cat "$TMP/err")" "$TMP/small/results: cut short at byte "

status=0
"$loadgen" encode -output "$TMP/small/json" "$TMP/small/results" 2>"$TMP/err" || status=$?
expect_eq "status of encode" "$status" 1
expect_has "encode" "$(cat "$TMP/err")" "cannot write $TMP/small/json: No space left on device"
