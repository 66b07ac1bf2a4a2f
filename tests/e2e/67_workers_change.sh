#!/bin/sh
# Workers join and leave during a run: while its rate rises, while its arrivals are random, and in a closed loop. No
# request is lost, none is sent twice. A worker of a closed loop, or of users, is killed: what it did not report is lost, no more.
#
# Long: a worker is lost only after 20 s.
# Not under sanitizers: 60 to 63 have the same parts; here, many programs run beside each other.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# start_run FLAG...: with workers a and b; b is WORKER_PID
start_run() {
    start_workers a b
    WHERE=slow attack_with_workers 2 "$@"
    await_requests 100
}

# come_and_go FLAG...: c and d join, b and c leave.
come_and_go() {
    start_run "$@"
    leaving=$WORKER_PID
    for name in c d; do
        start_worker $name
        wait_for grep -qs 'joins the run at epoch' "$TMP/$name.err" || fail "$name: $(cat "$TMP/$name.err")"
        kill -TERM "$leaving"
        wait "$leaving" || fail "status $? of the worker that left"
        leaving=$WORKER_PID
    done
    expect_eq "the run goes on" "$(cat "$TMP/report")" ""
    end_attack
    expect_eq "what was not sent" "$(json "$TMP/report" 'r["not_started"], r["unknown"], r["intended"] - r["requests"]')" "(0, 0, 0)"
}

expect_all_reported() { expect_all "$(json "$TMP/report" 'r["requests"]')"; }

ramp() {
    come_and_go -ramp 50:200 -duration 22s
    expect_all_reported
}

poisson() {
    come_and_go -rate 120 -arrival poisson -duration 22s
    expect_all_reported
}

# The numbers of its requests have gaps.
expect_each_once() {
    expect_once
    expect_eq "all arrived" "$(wc -l <"$TMP/numbers")" "$(json "$TMP/report" 'r["requests"]')"
}

closed_loop() {
    come_and_go -rate 0 -max-workers 6 -duration 22s
    expect_each_once
}

# lose_b: until the end
lose_b() {
    kill -9 "$WORKER_PID"
    end_attack
    expect_has "the lost worker" "$(cat "$TMP/err")" "b is lost"
    expect_balance
    unknown=$(json "$TMP/report" 'r["unknown"]') # in flight, and of a second of which only a part was reported
    [ "$unknown" -le 150 ] || fail "$unknown requests are lost"
    expect_eq "all that was reported arrived: $(wc -l <"$TMP/log")" \
        "$(json "$TMP/report" "r['requests'] <= $(($(wc -l <"$TMP/log") - BEFORE))")" True
}

closed_loop_with_a_loss() {
    start_run -rate 0 -max-workers 6 -duration 30s
    lose_b
    expect_once
}

users_with_a_loss() {
    start_workers a b
    echo 'local U = User {} U:task(function(self) self:get("/slow") end)' >"$TMP/users.lua"
    BEFORE=$(wc -l <"$TMP/log")
    "$BIN/loadgen" run "$TMP/users.lua" -nats "$NATS" -expect-workers 2 -H "$U" -u 6 -r 100 -t 28 -report json \
        >"$TMP/report" 2>"$TMP/err" &
    ATTACK_PID=$!
    STARTED="$STARTED $ATTACK_PID"
    await_requests 100
    lose_b
}

beside ramp poisson closed_loop closed_loop_with_a_loss users_with_a_loss
