#!/bin/sh
# loadgen run: functions that run once: test_start, whose result each user gets, and test_stop, which judges the
# numbers of the run.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

run() { run_users "$@" -H "$U"; }

# has_arrived COUNT: more requests than these
has_arrived() { [ $(($(wc -l <"$TMP/log") - seen)) -gt "$1" ]; }

BOTH=$TMP/both.lua
cat >"$BOTH" <<'LUA'
seen = "nothing"
function test_start(self)
    seen = "test_start"
    local answer = self:post("/login", { json = { user = "setup" } })
    sleep(0.2)
    self:parallel { "/items/1", "/items/2" }
    return { token = answer:json().token, list = { 1, { deep = 2.5 } }, empty = array {}, none = null, yes = true }
end
local Member = User { wait = constant(0.1) }
function Member:on_start()
    assert(seen == "nothing") -- each thread has globals of its own
    self.headers.Authorization = self.setup.token
    self.setup.list[1] = self.setup.list[1] + self.number
    self:post("/items", { json = self.setup })
end
Member:task(function(self) self:get("/me") end)
function test_stop(self, run)
    self:delete("/items/" .. self.setup.token)
    print(seen, json.encode { run.total.requests, run.total.failures, run.total.fail_ratio })
    local me, items = run.rows["Member GET /me"], run.rows["Member POST /items"]
    print(me.requests + items.requests == run.total.requests, items.requests, run.rows["setup POST /login"])
    for _, row in ipairs { run.total, me } do
        assert(0 < row.p50 and row.p50 <= row.p95 and row.p95 <= row.p99 and row.p99 <= row.max and row.max < 10)
        assert(row.mean > 0 and row.mean <= row.max and row.rate > 0)
    end
end
LUA

# Before the users, after them, and counted apart.
once_for_the_run() {
    start_log_target
    run 0 "$BOTH" -u 6 -r 1000 -t 1 -cpus 3 -output "$TMP/results"
    expect_eq "before the users" "$(arrived "l[0]['url'], sorted(r['url'] for r in l[1:3])")" "('/login', ['/items/1', '/items/2'])"
    expect_eq "after them" "$(arrived "l[-1]['method'] + ' ' + l[-1]['url']")" "DELETE /items/t-setup"
    expect_eq "the token" "$(arrived "{r['headers']['authorization'] for r in l[3:-1]}")" "{'t-setup'}"
    expect_eq "each user has a copy" "$(arrived "sorted(r['body'] for r in l if r['url'] == '/items')")" \
        "$(python3 -c 'print(["{\"empty\":[],\"list\":[%d,{\"deep\":2.5}],\"none\":null,\"token\":\"t-setup\",\"yes\":true}" % (n + 1) for n in range(1, 7)])')"
    expect_eq "counted apart" "$(json "$TMP/report" "r['requests']")" "$(arrived "len(l) - 4")"
    grep -qx 'loadgen: test_start: 3 requests, 0 failed' "$TMP/err" || fail "test_start: $(cat "$TMP/err")"
    grep -qx 'loadgen: test_stop: 1 request, 0 failed' "$TMP/err" || fail "test_stop: $(cat "$TMP/err")"
    expect_has "the numbers" "$(cat "$TMP/err")" "test_start	[$(json "$TMP/report" "r['requests']"),0,0.0]"
    expect_has "the rows" "$(cat "$TMP/err")" "true	6	nil"
    expect_eq "rows of the report" "$(json "$TMP/report" "sorted(t['name'] for t in r['targets'])")" "['Member GET /me', 'Member POST /items']"

    # -check shows it, too.
    run 0 "$BOTH" -check
    for line in "setup: test_start" "> POST /login HTTP/1.1" "Member: on_start" "setup: test_stop" "> DELETE /items/t-setup HTTP/1.1"; do
        grep -q "^$line" "$TMP/report" || fail "no $line in: $(cat "$TMP/report")"
    done

    # With -rate
    run 0 "$BOTH" -u 6 -r 1000 -rate 50/s -t 1 -cpus 2
    expect_eq "at a rate" "$(json "$TMP/report" "r['iterations']['started'] + r['iterations']['dropped']")" 50
    # After a first signal test_stop still runs, with its requests.
    seen=$(wc -l <"$TMP/log")
    "$loadgen" run "$BOTH" -u 3 -r 1000 -H "$U" -report json >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for has_arrived 20 || fail "no requests: $(cat "$TMP/err")"
    kill -INT $pid
    wait $pid || fail "a signal: $(cat "$TMP/err")"
    expect_eq "after a signal" "$(arrived "l[-1]['method'] + ' ' + l[-1]['url']"), $(json "$TMP/report" "r['interrupted']")" "DELETE /items/t-setup, True"

    # A search has test_start once.
    "$loadgen" capacity -scenario "$BOTH" -u 20 -H "$U" -slo 'errors<50%' -max-rate 40/s -trial 1s -quick -cpus 1 \
        >"$TMP/report" 2>"$TMP/err" || [ $? -lt 100 ] || fail "capacity: $(cat "$TMP/err")"
    expect_has "once" "$(cat "$TMP/err")" "loadgen: test_start: 3 requests, 0 failed"
}

verdicts() {
    start_log_target
    # Failures of the set-up are told, and are no failures of the run.
    run 0 - -u 2 -r 100 -t 300ms <<'LUA'
function test_start(self)
    self:get("/none")
    self:get("/error", { name = "an error" })
    self:get("/")
    return 5
end
local Visitor = User { wait = constant(0.1) }
Visitor:task(function(self) assert(self.setup == 5) self:get("/") end)
LUA
    expect_has "failures" "$(cat "$TMP/err")" "loadgen: test_start: 3 requests, 2 failed
    setup GET /none: 1 of 1 failed
    setup GET an error: 1 of 1 failed"
    expect_eq "of the run" "$(json "$TMP/report" "r['success']")" 1.0

    # The verdict.
    cat >"$TMP/verdict.lua" <<'LUA'
local most = arg("most", 0.5, "fail ratio")
local Visitor = User { wait = constant(0.05) }
Visitor:task(function(self) self:get(self.number % 2 == 0 and "/error" or "/", { name = "/" }) end)
function test_stop(self, run)
    local all = run.total
    print(("ratio %.2f, %d"):format(all.fail_ratio, all.failures))
    quit(all.fail_ratio > most and 3 or 0)
end
LUA
    run 3 "$TMP/verdict.lua" -u 4 -r 1000 -t 1 -arg most=0.3
    expect_has "ratio" "$(cat "$TMP/err")" \
        "ratio $(json "$TMP/report" "'%.2f, %d' % (1 - r['success'], round((1 - r['success']) * r['requests']))")"
    expect_has "why" "$(cat "$TMP/err")" "the scenario ended with quit(3)"

    # It wins over requests that failed, and over the SLO.
    run 0 "$TMP/verdict.lua" -u 4 -r 1000 -t 1 -arg most=0.9
    run 0 "$TMP/verdict.lua" -u 4 -r 1000 -t 1 -arg most=0.9 -slo 'p99<1us'

    # quit() in test_start: no user starts.
    run 4 - -u 2 -t 1 <<'LUA'
function test_start(self) quit(4) end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
function test_stop(self) self:get("/items/stop") end
LUA
    expect_eq "no request" "$(arrived "len(l)")" 0
}

what_is_wrong() {
    start_log_target
    # fails MESSAGE: the scenario on stdin does not begin
    fails() {
        run 1 - -u 2 -t 1
        expect_has "message" "$(cat "$TMP/err")" "$1"
        expect_eq "no user" "$(arrived "[r['url'] for r in l if r['url'] == '/']")" "[]"
    }
    fails "scenario.lua:1: attempt to index a nil value (global 'nothing')" <<'LUA'
function test_start(self) return nothing.x end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    fails "test_start: setup.call: a function cannot be copied to the users; only strings, numbers, booleans, null and tables of them can" <<'LUA'
function test_start(self) self:get("/items/1") return { call = print } end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    fails "next of a feeder can be called only in on_start, on_stop and tasks" <<'LUA'
local lines = feeder("scenario.lua")
function test_start(self) lines:next() end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    run 1 - -u 2 -r 1000 -t 300ms <<'LUA'
local Visitor = User { wait = constant(0.1) }
Visitor:task(function(self) self:get("/") end)
function test_stop(self, run)
    local x = run.rows["Visitor GET /none"].p95
end
LUA
    expect_has "an error in test_stop" "$(cat "$TMP/err")" "scenario.lua:4: attempt to index a nil value"
    expect_eq "the report is there" "$(json "$TMP/report" "r['requests'] > 2")" True

    # Its status is that of any error of a script; another one that takes precedence does not hide it.
    cp "$TMP/scenario.lua" "$TMP/stop.lua"
    again() {
        run "$@" -u 2 -r 1000 -t 300ms
        expect_has "an error in test_stop" "$(cat "$TMP/err")" "loadgen: test_stop: "
    }
    sed 's|"/"|"/error"|' "$TMP/stop.lua" >"$TMP/errors.lua"
    again 99 "$TMP/errors.lua" -slo 'errors<1%'
    again 9 "$TMP/stop.lua" -exit-code-on-error 9
    { cat "$TMP/stop.lua"; echo 'function Visitor:on_stop() quit(4) end'; } >"$TMP/quit.lua"
    again 4 "$TMP/quit.lua"

    # refuses MESSAGE: the scenario on stdin is refused
    refuses() {
        run 2 - -u 2 -t 1
        expect_has "message" "$(cat "$TMP/err")" "$1"
    }
    refuses "the function on_test_start would not be called; name it test_start" <<'LUA'
function on_test_start() end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    refuses "test_stop: expected a function, not a number" <<'LUA'
test_stop = 5
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
}

signals() {
    start_log_target
    # A signal during test_start ends all.
    cat >"$TMP/long.lua" <<'LUA'
function test_start(self) print("waits") sleep(100) end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    "$loadgen" run "$TMP/long.lua" -H "$U" >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qs waits "$TMP/err" || fail "no test_start"
    kill -INT $pid
    status=0
    wait $pid || status=$?
    expect_eq "interrupted" "$status $(cat "$TMP/err")" "1 waits
loadgen: test_start was interrupted"
    # The signal is meant for the whole run, also when test_start may finish.
    seen=$(wc -l <"$TMP/log")
    sed 's/100/1/' "$TMP/long.lua" >"$TMP/shorter.lua"
    rm "$TMP/err" # so that the other one's line is not taken for this one's
    "$loadgen" run "$TMP/shorter.lua" -H "$U" -s 10 -t 2 >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qs waits "$TMP/err" || fail "no test_start"
    kill -INT $pid
    status=0
    wait $pid || status=$?
    expect_eq "interrupted" "$status $(cat "$TMP/err")" "1 waits
loadgen: test_start was interrupted"
    expect_eq "no user" "$(arrived "len(l)")" 0
}

no_run() {
    start_log_target
    # Where the copies do not fit, the run ends.
    run 1 - -u 1000 -r 1000 -t 20 -script-memory 16MB -cpus 1 <<'LUA'
function test_start(self)
    local list = {}
    for i = 1, 90000 do list[i] = i % 2 == 0 end
    return list
end
local Visitor = User { wait = constant(1) }
Visitor:task(function(self) self:get("/") end)
LUA
    expect_eq "no memory" "$(json "$TMP/report" "r['exceptions'][0]['message'], r['duration'] < 10e9")" \
        "('self.setup: not enough memory; raise -script-memory', True)"

    # So does a search, and says why.
    status=0
    "$loadgen" capacity -scenario "$TMP/scenario.lua" -u 1000 -r 1000 -H "$U" -slo 'errors<50%' -trial 1s -quick -cpus 1 \
        -script-memory 16MB >"$TMP/report" 2>"$TMP/err" || status=$?
    expect_eq "a search without memory" "$status" 1
    expect_has "a search without memory" "$(cat "$TMP/err")" \
        "loadgen: no warm-up request was answered: self.setup: not enough memory; raise -script-memory"

    # If the run cannot begin after test_start, test_stop still runs. The threads of the run execute the file later.
    seen=$(wc -l <"$TMP/log")
    cat >"$TMP/late.lua" <<LUA
if os.time() > $(date +%s) + 2 then error("too late") end
function test_start(self) sleep(4) self:get("/items/start") end
function test_stop(self, run) self:get("/items/stop?" .. run.total.requests) end
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
    status=0
    "$loadgen" run "$TMP/late.lua" -H "$U" -u 2 -t 5 >"$TMP/report" 2>"$TMP/err" || status=$?
    expect_eq "too late" "$status $(arrived "[r['url'] for r in l]")" "2 ['/items/start', '/items/stop?0']"
    expect_has "why" "$(cat "$TMP/err")" "late.lua:1: too late"
}

beside once_for_the_run verdicts what_is_wrong signals no_run
