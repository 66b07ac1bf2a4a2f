#!/bin/sh
# SIGTERM under load: no accepted request is dropped.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

for round in 1 2 3; do
    start_target_api -threads "$round" -test-endpoints
    timeout 60 tests/contract/stop.py "$API_PID" "$API" "$ADMIN" >"$TMP/stop" 2>&1 ||
        fail "round $round: $(cat "$TMP/stop")"
    start=$(date +%s)
    got=0
    wait "$API_PID" || got=$?
    expect_eq "exit status, round $round" "$got" 0
    [ $(($(date +%s) - start)) -le 11 ] || fail "it took longer than its grace period"
done
