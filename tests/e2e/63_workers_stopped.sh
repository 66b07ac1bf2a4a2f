#!/bin/sh
# A worker is stopped (SIGSTOP) for so long that its slots have moved, and goes on: it sends nothing
# more, so no request is sent by two. Then one is stopped for a moment only, which loses nothing.
#
# Long: a worker is lost only after 20 s.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_log_target
start_nats
for name in a b c; do
    start_worker $name
done
C_PID=$WORKER_PID
has_requests() {
    [ "$(wc -l <"$TMP/log")" -gt $((BEFORE + 200)) ]
}

attack_with_workers 3 -rate 100 -duration 36s
wait_for has_requests || fail "no requests: $(cat "$TMP/err")"
kill -STOP "$C_PID"
sleep 27
kill -CONT "$C_PID"
end_attack
expect_has "the lost worker" "$(cat "$TMP/err")" "c is lost"
expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 3600
expect_eq "the balance" \
    "$(json "$TMP/report" 'r["requests"] + r["not_started"] + r["unknown"] == r["intended"]')" True
expect_eq "most were sent" "$(json "$TMP/report" 'r["requests"] > 2400')" True
expect_once

attack_with_workers 3 -rate 100 -duration 10s
wait_for has_requests || fail "no requests: $(cat "$TMP/err")"
kill -STOP "$C_PID"
sleep 3
kill -CONT "$C_PID"
end_attack
expect_has "the silent worker" "$(cat "$TMP/err")" "c is silent"
expect_eq "not started" "$(json "$TMP/report" 'r["not_started"]')" 0
expect_all 1000
