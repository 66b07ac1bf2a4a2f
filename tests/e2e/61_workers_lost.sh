#!/bin/sh
# A worker is killed in the middle of a run: it is named, its slots move after 20 s, no request is
# sent by two, and the counters balance with what it may have sent. Another one is killed and started
# again under its name: it takes part in the rest of the run.
#
# Long: a worker is lost only after 20 s.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# start_run SECONDS: with workers a, b and c, whose process is then WORKER_PID
start_run() {
    start_workers a b c
    attack_with_workers 3 -rate 100 -duration "$1s"
    await_requests 300
}

# expect_lost INTENDED: some of them with c; what arrived is no less than what was reported
expect_lost() {
    expect_has "the silent worker" "$(cat "$TMP/err")" "c is silent"
    expect_has "the lost worker" "$(cat "$TMP/err")" "c is lost"
    expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" "$1"
    expect_balance
    expect_eq "what was lost" "$(json "$TMP/report" '0 < r["unknown"] < 1500')" True
    "$BIN/loadgen" report "$TMP/results" >"$TMP/text"
    expect_has "the report" "$(cat "$TMP/text")" "Lost with c: "
    expect_once
    arrived=$(wc -l <"$TMP/numbers")
    [ "$arrived" -ge "$(json "$TMP/report" 'r["requests"]')" ] || fail "only $arrived requests arrived"
}

killed() {
    start_run 30
    kill -9 "$WORKER_PID"
    end_attack
    expect_lost 3000
}

started_again() {
    start_run 34
    kill -9 "$WORKER_PID"
    start_worker c
    end_attack
    expect_lost 3400
    wait_for grep -qs 'the run has ended' "$TMP/c.err" || fail "the new c: $(cat "$TMP/c.err")"
    expect_has "the new c" "$(cat "$TMP/c.err")" "joins the run at epoch"
}

beside killed started_again
