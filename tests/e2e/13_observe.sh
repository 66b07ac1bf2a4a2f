#!/bin/sh
# target-api's metadata, metrics and test endpoints.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

HEADROOM_POD=pod-1 HEADROOM_NODE='node "2"' HEADROOM_NAMESPACE=space \
    start_target_api -threads 1 -test-endpoints
timeout 60 tests/contract/crowd.py "$API_PID" "$API" || fail "many requests at once"
timeout 60 tests/contract/observe.py "$API" "$ADMIN" || fail "what it says of itself"
kill -TERM "$API_PID"
wait "$API_PID" || fail "exit status after the test endpoints"

# They are off by default, and not described either.
start_target_api
expect_eq "/delay/1 by default" \
    "$(curl -s -o /dev/null -w '%{http_code}' "http://$API/delay/1")" 404
! curl -s "http://$API/openapi.json" | grep -q delay || fail "/openapi.json describes /delay"
