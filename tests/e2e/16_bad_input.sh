#!/bin/sh
# Bad input on the socket: a clear answer or a closed connection, and target-api goes on.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh
export PYTHONDONTWRITEBYTECODE=1

# Chosen anew each time, and printed when it fails.
seed=$(date +%s)
start_target_api -request-timeout 5
timeout 60 tests/contract/bad_input.py "$API" "$ADMIN" 4 "$seed" >"$TMP/bad" 2>&1 ||
    fail "seed $seed: $(cat "$TMP/bad" "$TMP/target-api.err")"
kill -TERM "$API_PID"
got=0
wait "$API_PID" || got=$?
expect_eq "exit status (seed $seed) $(cat "$TMP/target-api.err")" "$got" 0
