#!/bin/sh
# What all users of a scenario do together, over two workers: iterations at a rate, numbers of requests and iterations,
# and rows that are taken once. Each is done by one worker, and the target gets as many as on one machine.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# Iterations at a rate: each is started, or dropped by a worker without a free user. None is due before the last user of
# the run starts, even on the worker that does not have it.
at_a_rate() {
    start_workers a b
    cat >"$TMP/open.lua" <<'LUA'
local Visitor = User { wait = constant(1000) }
function Visitor:on_start() self:get("/") end
Visitor:task(function(self) self:get("/items/" .. self.number) end)
LUA
    run_there 0 "$TMP/open.lua" -u 30 -r 1000 -rate 100/s -t 2 -output "$TMP/results"
    expect_eq "iterations" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 200
    expect_eq "what arrived" "$(arrived "len([1 for r in l if r['url'].startswith('/items/')])")" "$(json "$TMP/report" "r['iterations']['started']")"
    expect_eq "users of both workers" "$(arrived "len({r['url'] for r in l if r['url'] != '/'})")" 30
    expect_eq "both took part" "$(json "$TMP/report" "sorted(g['file'] for g in r['generators'])")" "['a', 'b']"
    "$BIN/loadgen" report -type json "$TMP/results" >"$TMP/again"
    expect_eq "the file" "$(json "$TMP/again" "r['iterations']")" "$(json "$TMP/report" "r['iterations']")"

    run_there 0 "$TMP/open.lua" -u 2 -r 0.25 -rate 20/s -arrival poisson -t 2
    expect_eq "poisson" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 40
    expect_eq "after the last user's start" \
        "$(arrived "min(r['time'] for r in l if r['url'].startswith('/items/')) - l[0]['time'] > 1")" True

    # One user for two workers: only its worker has iterations.
    run_there 0 "$TMP/open.lua" -u 1 -rate 10/s -t 1
    expect_eq "one user" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped'], r['iterations']['started'] > 0")" "(10, True)"

    cat >"$TMP/slow.lua" <<'LUA'
local Slow = User {}
Slow:task(function(self) sleep(0.5) self:get("/") end)
LUA
    run_there 99 "$TMP/slow.lua" -u 4 -r 1000 -rate 100/s -t 2 -slo "p99<20s"
    expect_eq "too few users" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped'], 4 <= r['iterations']['started'] <= 20")" "(200, True)"
    expect_has "why" "$(cat "$TMP/err")" "iterations were dropped, because no user was free; raise -u"
}

# Exactly as many requests or iterations as on one machine, also with fewer users than workers.
exact_numbers() {
    start_workers a b
    cat >"$TMP/uneven.lua" <<'LUA'
local Slow = User { fixed_count = 2, wait = constant(1000) }
Slow:task(function(self) self:get("/items/slow") end)
local Fast = User { wait = constant(0.001) }
Fast:task(function(self) self:get("/items/1") self:get("/items/2") end)
function Fast:on_stop() self:get("/") end
LUA
    run_there 0 "$TMP/uneven.lua" -u 8 -r 1000 -requests 501
    expect_eq "requests" "$(json "$TMP/report" "r['requests'], r['intended'], r['unknown'], r['interrupted']")" "(501, 501, 0, False)"
    expect_eq "arrived" "$(arrived "len(l)")" 501
    run_there 0 "$TMP/uneven.lua" -u 8 -r 1000 -iterations 101
    expect_eq "iterations" "$(arrived "len([1 for r in l if r['url'] in ('/items/slow', '/items/2')])")" 101
    run_there 0 "$TMP/uneven.lua" -u 8 -r 1000 -rate 100/s -iterations 37
    expect_eq "at a rate" "$(arrived "len([1 for r in l if r['url'] in ('/items/slow', '/items/2')])")" 37

    cat >"$TMP/few.lua" <<'LUA'
local Few = User { fixed_count = 1, wait = constant(0.001) }
Few:task(function(self) self:get("/items/1") end)
LUA
    for users in 1 5; do # of which one exists
        run_there 0 "$TMP/few.lua" -u $users -r 1000 -requests 20
        expect_eq "one of $users users" "$(arrived "len(l)")" 20
    done
    run_there 0 "$TMP/uneven.lua" -u 8 -r 1000 -requests 1
    expect_eq "fewer than users" "$(arrived "len(l)")" 1
}

# Each row once over both workers, whatever is done at the end.
rows_once() {
    start_workers a b
    seq 1 101 >"$TMP/rows.txt"
    for at_end in end_user end_test; do
        cat >"$TMP/rows.lua" <<LUA
local rows = feeder("rows.txt", { order = "once", at_end = "$at_end" })
local Reader = User { wait = constant(0.001) }
Reader:task(function(self) self:get("/items/" .. rows:next()) end)
LUA
        run_there 0 "$TMP/rows.lua" -u 7 -r 1000 -t 50
        expect_eq "$at_end" "$(arrived "sorted(int(r['url'][7:]) for r in l) == list(range(1, 102))")" True
    done

    # Again when all of a worker are used up; one row, of one worker, is for the users of both.
    for count in 10 1; do
        seq 1 $count >"$TMP/rows.txt"
        sed -i 's/at_end = "[a-z_]*"/at_end = "restart"/' "$TMP/rows.lua"
        run_there 0 "$TMP/rows.lua" -u 4 -r 1000 -requests $((4 * count))
        expect_eq "$count rows again" "$(arrived "sorted(int(r['url'][7:]) for r in l) == sorted(4 * list(range(1, $count + 1)))")" True
    done
}

# run_there STATUS SCENARIO FLAG...: with both workers
run_there() {
    there_status=$1 there_scenario=$2
    shift 2
    run_users "$there_status" "$there_scenario" -nats "$NATS" -expect-workers 2 -H "$U" "$@"
}

beside at_a_rate exact_numbers rows_once
