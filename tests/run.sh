#!/bin/sh
# run.sh - the main job on this machine: target-api on loopback, measured by loadgen (`make run`).
#
# Environment: BIN=build/release/bin RATE=1000 DURATION=10s
set -eu
BIN=${BIN:-build/release/bin}
RATE=${RATE:-1000}
DURATION=${DURATION:-10s}
. "$(dirname "$0")/e2e/lib.sh"

start_target_api
echo "target-api answers on http://$API (metrics on http://$ADMIN/metrics)"
echo "loadgen attack -rate $RATE -duration $DURATION http://$API/health"
echo
"$BIN/loadgen" attack -rate "$RATE" -duration "$DURATION" -report text "http://$API/health"
echo
echo "What target-api counted itself:"
curl -sS "http://$ADMIN/metrics" | grep '^http_requests_total'
