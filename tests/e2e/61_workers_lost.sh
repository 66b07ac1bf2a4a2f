#!/bin/sh
# A worker is killed in the middle of a run: it is named, its slots move after 20 s, no request is
# sent by two, and the counters balance with what it may have sent.
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
attack_with_workers 3 -rate 100 -duration 30s
has_requests() {
    [ "$(wc -l <"$TMP/log")" -gt "$BEFORE" ]
}
wait_for has_requests || fail "no requests: $(cat "$TMP/err")"
sleep 3
kill -9 "$WORKER_PID"
end_attack
expect_has "the silent worker" "$(cat "$TMP/err")" "c is silent"
expect_has "the lost worker" "$(cat "$TMP/err")" "c is lost"
expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 3000
expect_eq "the balance" \
    "$(json "$TMP/report" 'r["requests"] + r["not_started"] + r["unknown"] == r["intended"]')" True
expect_eq "what was lost" "$(json "$TMP/report" '0 < r["unknown"] < 1500')" True
"$BIN/loadgen" report "$TMP/results" >"$TMP/text"
expect_has "the report" "$(cat "$TMP/text")" "Lost with c: "
expect_once
arrived=$(wc -l <"$TMP/numbers")
[ "$arrived" -ge "$(json "$TMP/report" 'r["requests"]')" ] || fail "only $arrived requests arrived"
