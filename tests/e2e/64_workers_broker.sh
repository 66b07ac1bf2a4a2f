#!/bin/sh
# The broker is killed and does not come back. Who stops the attack twice gets a report at once: of what
# had been reported until then, and of what may have been sent since.
#
# Not under sanitizers: the report has to come within seconds.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_workers a b
attack_with_workers 2 -rate 100 -duration 60s
await_requests 300
kill -9 "$NATS_PID"
kill -INT "$ATTACK_PID"
sleep 1.5
arrived=$(($(wc -l <"$TMP/log") - BEFORE))
kill -INT "$ATTACK_PID"
end_attack
expect_eq "interrupted" "$(json "$TMP/report" 'r["interrupted"]')" True
expect_eq "results" "$(json "$TMP/report" 'r["requests"] > 50')" True
expect_eq "all that arrived is reported or unknown: $arrived" \
    "$(json "$TMP/report" "r['requests'] + r['unknown'] >= $arrived")" True
expect_balance
expect_both_lost
expect_once
