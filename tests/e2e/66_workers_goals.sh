#!/bin/sh
# What all users of a scenario do together, over two workers: iterations at a rate. Each is done by one worker, and the
# target gets as many as on one machine.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# Iterations at a rate: each is started, or dropped by a worker without a free user. None is due before the last user of
# the run starts, even on the worker that does not have it.
at_a_rate() {
    start_there
    cat >"$TMP/open.lua" <<'LUA'
local Visitor = User { wait = constant(1000) }
function Visitor:on_start() self:get("/") end
Visitor:task(function(self) self:get("/items/" .. self.number) end)
LUA
    run_there 0 "$TMP/open.lua" -u 30 -r 1000 -rate 100/s -t 2 -slo "p99<20s" -output "$TMP/results"
    expect_eq "iterations" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 200
    expect_eq "what arrived" "$(arrived "len([1 for r in l if r['url'].startswith('/items/')])")" "$(json "$TMP/report" "r['iterations']['started']")"
    expect_eq "users of both workers" "$(arrived "len({r['url'] for r in l if r['url'] != '/'})")" 30
    expect_eq "both took part" "$(json "$TMP/report" "sorted(g['file'] for g in r['generators'])")" "['a', 'b']"
    "$BIN/loadgen" report -type json "$TMP/results" >"$TMP/again"
    expect_eq "the file" "$(json "$TMP/again" "r['iterations']")" "$(json "$TMP/report" "r['iterations']")"

    run_there 0 "$TMP/open.lua" -u 2 -r 0.5 -rate 20/s -arrival poisson -t 2 -slo "p99<20s"
    expect_eq "poisson" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 40
    expect_eq "after the last user's start" \
        "$(arrived "min(r['time'] for r in l if r['url'].startswith('/items/')) - l[0]['time'] > 1")" True

    # One user for two workers: only its worker has iterations.
    run_there 0 "$TMP/open.lua" -u 1 -rate 10/s -t 1 -slo "p99<20s"
    expect_eq "one user" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped'], r['iterations']['started'] > 3")" "(10, True)"

    cat >"$TMP/slow.lua" <<'LUA'
local Slow = User {}
Slow:task(function(self) sleep(0.5) self:get("/") end)
LUA
    run_there 99 "$TMP/slow.lua" -u 4 -r 1000 -rate 100/s -t 2 -slo "p99<20s"
    expect_eq "too few users" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped'], 4 <= r['iterations']['started'] <= 20")" "(200, True)"
    expect_has "why" "$(cat "$TMP/err")" "iterations were dropped, because no user was free; raise -u"
}

# start_there: a target, a broker, and workers a and b
start_there() {
    start_log_target
    start_nats
    start_worker a
    start_worker b
}

# run_there STATUS SCENARIO FLAG...: with both workers
run_there() {
    there_status=$1 there_scenario=$2
    shift 2
    run_users "$there_status" "$there_scenario" -nats "$NATS" -expect-workers 2 -H "$U" "$@"
}

at_a_rate
