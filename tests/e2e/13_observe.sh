#!/bin/sh
# What target-api says of itself, its test endpoints, and its probes while it is flooded.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh
export PYTHONDONTWRITEBYTECODE=1

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
curl -s "http://$API/openapi.json" | grep -q delay && fail "/openapi.json describes /delay"

# Within 50 ms while the first port is flooded; this machine may be busy with other things as well,
# so one of three tries has to show it.
tries=0
until
    "$BIN/loadgen" attack -rate 0 -max-workers 100 -duration 2s -report json \
        "http://$API/metadata" >"$TMP/flood" 2>&1 &
    flood=$!
    STARTED="$STARTED $flood"
    sleep 0.3
    timeout 30 tests/contract/probe.py "$ADMIN" 1.4 50 >"$TMP/probe"
do
    wait "$flood" || fail "the flood failed: $(cat "$TMP/flood")"
    tries=$((tries + 1))
    [ "$tries" -lt 3 ] || fail "$(cat "$TMP/probe")"
done
wait "$flood" || fail "the flood failed: $(cat "$TMP/flood")"
