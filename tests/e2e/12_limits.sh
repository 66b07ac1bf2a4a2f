#!/bin/sh
# target-api's limits: what each refuses, the memory of idle connections, flags and environment.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

start_target_api -threads 2 -max-header-bytes 1024 -max-body-bytes 100 -max-users 4 \
    -max-connections 20 -request-timeout 1 -idle-timeout 4 -test-endpoints
timeout 60 tests/contract/limits.py "$API" "$ADMIN" || fail "a limit did not hold"
kill -TERM "$API_PID"
wait "$API_PID" || fail "exit status after the limits"

# Silent clients on the admin port do not keep probes out.
start_target_api
timeout 60 tests/contract/silent.py "$ADMIN" || fail "silent clients keep probes out"
kill -TERM "$API_PID"
wait "$API_PID" || fail "exit status after the silent clients"

# By the environment, and beyond what makes sense.
HEADROOM_MAX_BODY_BYTES=10 start_target_api
expect_eq "a body of 11 bytes" "$(curl -s -o /dev/null -w '%{http_code}' -d 12345678901 \
    "http://$API/add_users/")" 413
got=0
"$BIN/target-api" -max-connections 0 2>"$TMP/err" || got=$?
expect_eq "exit status of -max-connections 0" "$got" 2
expect_has "-max-connections 0" "$(cat "$TMP/err")" "-max-connections: 0 is not between 1 and 1000000"

# 10,000 idle connections within the 300Mi of a pod; fewer where fewer files may be open. What the
# sanitizers add to each allocation is not ours.
count=10000
files=$(python3 -c 'import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE)[1])')
if [ "$files" -ge 0 ] && [ "$files" -lt 11000 ]; then
    count=$((files > 2000 ? files - 1000 : files / 2))
fi
bytes=$((300 * 1024 * 1024 * count / 10000))
case $BIN in
*asan* | *tsan*)
    count=500
    bytes=$((1024 * 1024 * 1024))
    ;;
esac
start_target_api
timeout 60 tests/contract/idle.py "$API" "$ADMIN" "$count" "$bytes" || fail "idle connections"
