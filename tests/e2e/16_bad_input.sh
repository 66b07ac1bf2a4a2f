#!/bin/sh
# Bad input on a socket: a clear answer or a closed connection, and target-api keeps serving.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

start_target_api
timeout 120 tests/contract/heads.py "$API" "$ADMIN" || fail "heads: $(cat "$TMP/target-api.err")"
kill -TERM "$API_PID"
got=0
wait "$API_PID" || got=$?
expect_eq "exit status after the heads" "$got" 0

# Neither do side ports of loadgen answer twice, or hang.
"$BIN/loadgen" idle -probe-addr 127.0.0.1:0 2>"$TMP/idle.err" &
idle=$!
STARTED="$STARTED $idle"
wait_for grep -qs '^loadgen: idle' "$TMP/idle.err" || fail "idle did not start: $(cat "$TMP/idle.err")"
timeout 60 tests/contract/heads.py --side-port "$(sed -n 's|^loadgen: probes at http://\(.*\)/readyz$|\1|p' "$TMP/idle.err")" ||
    fail "heads at a side port of loadgen"
kill -TERM "$idle"
wait "$idle" || fail "idle ended with status $?"

# Chosen anew each time, and printed when it fails.
seed=$(date +%s)
start_target_api -request-timeout 5
timeout 60 tests/contract/bad_input.py "$API" "$ADMIN" 4 "$seed" >"$TMP/bad" 2>&1 ||
    fail "seed $seed: $(cat "$TMP/bad" "$TMP/target-api.err")"
kill -TERM "$API_PID"
got=0
wait "$API_PID" || got=$?
expect_eq "exit status (seed $seed) $(cat "$TMP/target-api.err")" "$got" 0
