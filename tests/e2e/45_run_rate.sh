#!/bin/sh
# loadgen run -rate: iterations start at their moments, whatever the target does, and those that find no free
# user are dropped and counted.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

run() { run_users "$@" -H "$U"; }

# has_arrived COUNT: so many requests, or more
has_arrived() { [ $(($(wc -l <"$TMP/log") - seen)) -ge "$1" ]; }

# Every iteration is there, none before the slowest on_start has ended, and waits are left out. The answer to
# /me is 401, so runs without -slo end with 1.
open_loop() {
    start_log_target
    cat >"$TMP/open.lua" <<'LUA'
local Visitor = User { wait = constant(1000) }
function Visitor:on_start()
    if self.number == 7 then sleep(0.7) end
    self:get("/me")
end
Visitor:task(2, function(self) self:get("/items/a") end)
Visitor:task(1, function(self) self:get("/items/b") end)
function Visitor:on_stop() self:get("/") end
LUA
    run 0 "$TMP/open.lua" -u 40 -r 1000 -cpus 2 -rate 100/s -t 2 -output "$TMP/results" -slo 'p99<20s'
    expect_eq "iterations" "$(json "$TMP/report" "r['iterations'], r['requests']")" "({'started': 200, 'dropped': 0, 'unknown': 0}, 280)"
    expect_eq "arrived" "$(arrived "len([1 for r in l if r['url'].startswith('/items')])")" 200
    expect_eq "on_start first" "$(arrived "[i for i, r in enumerate(l) if r['url'].startswith('/items')][0]")" 40
    expect_eq "over two seconds" "$(arrived "1.7 < l[239]['time'] - l[40]['time'] < 3")" True
    expect_eq "in turn" "$(arrived "len({r['connection'] for r in l if r['url'].startswith('/items')})")" 40
    "$loadgen" report -type json "$TMP/results" >"$TMP/read"
    expect_eq "read from the file" "$(json "$TMP/read" "r['iterations'], r['plan']['scenario']['rate']")" \
        "({'started': 200, 'dropped': 0, 'unknown': 0}, '$(json "$TMP/report" "r['plan']['scenario']['rate']")')"
    python3 tests/support/report_schema.py "$TMP/report" >"$TMP/schema" 2>&1 || fail "report: $(cat "$TMP/schema")"

    # exactly N iterations
    run 1 "$TMP/open.lua" -u 40 -r 1000 -cpus 2 -rate 200/s -iterations 37
    expect_eq "-iterations" "$(arrived "len([1 for r in l if r['url'].startswith('/items')])")" 37

    # random arrivals, and an end by a signal
    run 1 "$TMP/open.lua" -u 100 -r 10000 -rate 100/s -arrival poisson -t 2
    expect_eq "poisson" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 200
    seen=$(wc -l <"$TMP/log")
    "$loadgen" run "$TMP/open.lua" -u 10 -r 1000 -rate 50/s -H "$U" -report json >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for has_arrived 40 || fail "nothing arrives"
    kill -INT $pid
    status=0
    wait $pid || status=$?
    expect_eq "status after an interrupt: $(cat "$TMP/err")" "$status" 1
    expect_eq "interrupted" "$(json "$TMP/report" "r['interrupted'], r['iterations']['started'] > 20")" "(True, True)"
    refused 2 "-arrival poisson requires -rate" run "$TMP/open.lua" -arrival poisson
}

# Too few users: what is due and finds none is dropped, at once.
too_few_users() {
    start_log_target
    cat >"$TMP/slow.lua" <<'LUA'
local Slow = User {}
Slow:task(function(self) sleep(0.5); self:get("/") end)
LUA
    run 99 "$TMP/slow.lua" -u 4 -r 1000 -cpus 2 -rate 100/s -t 2 -slo 'p99<10s'
    expect_eq "all are counted" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 200
    expect_eq "started" "$(json "$TMP/report" "12 <= r['iterations']['started'] <= 20")" True
    expect_eq "no request waited" "$(json "$TMP/report" "r['intended'] == r['requests'] <= 20, r['latencies']['max'] < 4e8")" "(True, True)"
    expect_has "why" "$(cat "$TMP/err")" "iterations were dropped, because no user was free; raise -u"
    expect_has "remark" "$(json "$TMP/report" "r['remarks']")" "were dropped, because no user was free when they were due. Raise the number of users (-u)"
    run 0 "$TMP/slow.lua" -u 4 -r 1000 -rate 100/s -t 1

    # While it runs, the progress line and the metrics count them.
    "$loadgen" run "$TMP/slow.lua" -u 4 -r 1000 -rate 100/s -t 4 -H "$U" -progress 1s -prometheus-addr 127.0.0.1:0 -report json >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -q '  dropped [1-9]' "$TMP/err" || fail "no drops: $(cat "$TMP/err")"
    curl -sS "$(sed -n 's/^loadgen: metrics at //p' "$TMP/err")" >"$TMP/page"
    python3 tests/support/prometheus_page.py read "$TMP/page"
    wait $pid || fail "status $?: $(cat "$TMP/err")"
    expect_eq "progress" "$(grep -Ec '  errors 0  dropped [1-9][0-9]*$' "$TMP/err")" "$(grep -c '  sent ' "$TMP/err")"
    expect_eq "metrics" "$(awk '$1 == "loadgen_iterations_started_total" {s = $2} $1 == "loadgen_iterations_dropped_total" {d = $2} END {print (s > 0), (d > s), (s + d <= 400)}' "$TMP/page")" "1 1 1"
}

# A busy script makes iterations late: lag counts from the moment when they were due, and none is lost.
busy_script() {
    start_log_target
    cat >"$TMP/busy.lua" <<'LUA'
local Busy = User {}
Busy:task(function(self)
    local until_s = os.clock() + 0.015
    while os.clock() < until_s do end
    self:get("/")
end)
LUA
    run 0 "$TMP/busy.lua" -u 160 -r 1000 -cpus 1 -rate 150/s -t 1
    expect_eq "late" "$(json "$TMP/report" "r['iterations']['started'], r['requests'], r['lag']['max'] > 2e8, r['latencies']['max'] > 2e8")" \
        "(150, 150, True, True)"
}

# Users that have ended leave their part to be dropped; a set is a way to a task.
users_that_end() {
    start_log_target
    cat >"$TMP/ends.lua" <<'LUA'
local Ends = User {}
Ends:task(function(self)
    self:get("/items/x")
    if self.number > 1 then self:stop_user() end
end)
LUA
    run 0 "$TMP/ends.lua" -u 2 -r 1000 -cpus 2 -rate 20/s -t 1
    expect_eq "one user is left" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped'], r['iterations']['started'] > 5")" "(20, True)"

    # The schedule goes on after the last user, so that an SLO over what is missing is not met.
    cat >"$TMP/short.lua" <<'LUA'
local Short = User {}
Short:task(function(self) self:get("/"); self:stop_user() end)
LUA
    run 99 "$TMP/short.lua" -u 4 -r 1000 -cpus 2 -rate 20/s -t 1 -slo 'p99<10s'
    expect_eq "no user is left" "$(json "$TMP/report" "r['iterations']")" "{'started': 4, 'dropped': 16, 'unknown': 0}"
    echo 'local E = User {} E:task(function(self) self:stop_user() end)' >"$TMP/end.lua"
    run 0 "$TMP/end.lua" -u 3 -r 1000 -cpus 2 -rate 100/s
    expect_eq "none is left" "$(json "$TMP/report" "r['iterations']['started']")" 3
    cat >"$TMP/sets.lua" <<'LUA'
local Flow = SequentialTaskSet {}
function Flow:on_start() self:get("/me") end
Flow:task(function(self) self:get("/items/1") end)
Flow:task(function(self) self:get("/items/2"); self:interrupt() end)
function Flow:on_stop() self:get("/stock?n=1") end
local Walker = User {}
Walker:task(Flow)
LUA
    run 1 "$TMP/sets.lua" -u 1 -rate 10/s -iterations 4
    expect_eq "sets" "$(arrived "[r['url'] for r in l]")" \
        "['/me', '/items/1', '/items/2', '/stock?n=1', '/me', '/items/1', '/items/2', '/stock?n=1']"
    expect_eq "at the rate" "$(arrived "l[6]['time'] - l[1]['time'] > 0.28")" True
}

beside open_loop too_few_users busy_script users_that_end
