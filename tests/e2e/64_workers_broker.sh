#!/bin/sh
# The broker is killed and does not come back. Who stops the attack twice gets a report at once: of what
# had been reported until then, and of what may have been sent since.
#
# Not under sanitizers: the report has to come within seconds.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_log_target
start_nats
start_worker a
start_worker b
attack_with_workers 2 -rate 100 -duration 60s
has_requests() {
    [ "$(wc -l <"$TMP/log")" -gt $((BEFORE + 300)) ]
}
wait_for has_requests || fail "no requests: $(cat "$TMP/err")"
kill -9 "$NATS_PID"
kill -INT "$ATTACK_PID"
sleep 1.5
kill -INT "$ATTACK_PID"
end_attack
expect_eq "interrupted" "$(json "$TMP/report" 'r["interrupted"]')" True
expect_eq "results" "$(json "$TMP/report" 'r["requests"] > 50')" True
expect_eq "unknown" "$(json "$TMP/report" 'r["unknown"] > 0')" True
expect_eq "the balance" \
    "$(json "$TMP/report" 'r["requests"] + r["not_started"] + r["unknown"] == r["intended"]')" True
"$BIN/loadgen" report "$TMP/results" >"$TMP/text"
expect_has "the report" "$(cat "$TMP/text")" "Lost with a"
expect_once
