#!/bin/sh
# A worker is stopped (SIGSTOP) for so long that its slots have moved, and goes on: it sends nothing
# of what was its before it joins again, so no request is sent by two. Another one is stopped for 5 s
# only, which loses nothing.
#
# Long: a worker is lost only after 20 s.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# run_with_pause SECONDS PAUSE: of so many seconds in all, worker c stands still in PAUSE
run_with_pause() {
    start_workers a b c
    attack_with_workers 3 -rate 100 -duration "$1s"
    await_requests 200
    kill -STOP "$WORKER_PID"
    sleep "$2"
    kill -CONT "$WORKER_PID"
    end_attack
}

until_it_is_lost() {
    run_with_pause 50 27
    expect_has "the lost worker" "$(cat "$TMP/err")" "c is lost"
    expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 5000
    expect_balance
    expect_eq "most were sent" "$(json "$TMP/report" 'r["requests"] > 3400')" True
    expect_once
    expect_eq "how often c joined" "$(grep -c 'joins the run at epoch' "$TMP/c.err")" 2
}

for_a_moment() {
    run_with_pause 12 5
    expect_has "the silent worker" "$(cat "$TMP/err")" "c is silent"
    expect_eq "not started, unknown" "$(json "$TMP/report" 'r["not_started"], r["unknown"]')" "(0, 0)"
    expect_all 1200
}

beside until_it_is_lost for_a_moment
