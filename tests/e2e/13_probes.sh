#!/bin/sh
# target-api's probes while its API port is flooded.
#
# Runs alone: it judges time.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

start_target_api
# Within 50 ms while the API port is flooded, ten times that under a sanitizer; this machine may be busy with
# other things as well, so one of three tries has to show it.
limit_ms=50
[ -z "${SANITIZER:-}" ] || limit_ms=500
tries=0
until
    "$BIN/loadgen" attack -rate 0 -max-workers 100 -duration 3s -report json \
        "http://$API/metadata" >"$TMP/flood" 2>&1 &
    flood=$!
    STARTED="$STARTED $flood"
    sleep 0.3
    status=0
    timeout 30 tests/contract/probe.py "$ADMIN" 1.4 "$limit_ms" "$API_PID" "$flood" >"$TMP/probe" || status=$?
    [ "$status" -eq 0 ]
do
    wait "$flood" || fail "the flood failed: $(cat "$TMP/flood")"
    tries=$((tries + 1))
    [ "$tries" -lt 3 ] || [ "$status" -ne 77 ] || { cat "$TMP/probe"; exit 77; }
    [ "$tries" -lt 3 ] || fail "$(cat "$TMP/probe")"
done
wait "$flood" || fail "the flood failed: $(cat "$TMP/flood")"
