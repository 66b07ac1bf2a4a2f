#!/bin/sh
# loadgen run: a Shape changes the number of users, in stages or by a function, over several threads.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

run() { run_users "$@" -H "$U"; }

# What each user sends tells its number, its class and what it is doing.
USERS=$TMP/users.lua
cat >"$USERS" <<'LUA'
local Base = User { abstract = true, wait = constant(0.05) }
local function say(self, what)
    self:get("/items/" .. what, { headers = { ["X-User"] = tostring(self.number), ["X-Kind"] = self.name } })
end
function Base:on_start() say(self, "start") end
function Base:on_stop() say(self, "stop") end
local Reader = Base { weight = 2 }
Reader:task(function(self) say(self, "task") end)
local Writer = Base { weight = 1 }
Writer:task(function(self) say(self, "task") end)
LUA
# users EXPRESSION: over what arrived, of which n(WHAT) are the numbers of the users that said it, in order, and
# at(WHAT, USER) the times since the first request
users() {
    arrived "(lambda n, at: ($1))(lambda what: [int(r['headers']['x-user']) for r in l if r['url'] == '/items/' + what], lambda what, user: [round(r['time'] - l[0]['time'], 3) for r in l if r['url'] == '/items/' + what and int(r['headers']['x-user']) == user])"
}
# start after start and stop after stop, in turn
in_turn="(lambda t: t == sorted(t))([x for pair in zip(at('start', u), at('stop', u)) for x in pair])"

STAGES=$TMP/stages.lua
cat "$USERS" - >"$STAGES" <<'LUA'
Shape {
    { duration = 2, users = 9, spawn_rate = 50 },
    { ends_at = 4, users = 2, spawn_rate = 50 },
    { duration = 2, users = 12, spawn_rate = 10 },
}
LUA

# Stages, on 3 threads: up, down and up again. Those that end say goodbye, those that come back begin anew.
in_stages() {
    start_log_target
    run 0 "$STAGES" -u 50 -r 1000 -cpus 3 -output "$TMP/results"
    expect_eq "starts" "$(users "sorted(n('start'))")" "[1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 11, 12]"
    expect_eq "all say goodbye" "$(users "sorted(n('start')) == sorted(n('stop'))")" True
    expect_eq "9 users" "$(users "sorted({u for u in n('task') if any(1 < t < 1.9 for t in at('task', u))})")" "[1, 2, 3, 4, 5, 6, 7, 8, 9]"
    expect_eq "2 users" "$(users "sorted({u for u in n('task') if any(2.6 < t < 3.8 for t in at('task', u))})")" "[1, 2]"
    expect_eq "12 users" "$(users "len({u for u in n('task') if any(5.2 < t < 5.9 for t in at('task', u))})")" 12
    # 20 ms apart, from 3 threads: on a busy machine, neighbours change places
    expect_eq "the last to come goes first" "$(users "all(abs(u - v) <= 2 for u, v in zip(n('stop'), [9, 8, 7, 6, 5, 4, 3]))")" True
    expect_eq "at its rate" "$(users "0.7 < at('start', 12)[0] - at('start', 3)[1] < 1.4")" True
    expect_eq "a class for each number" "$(arrived "len({(r['headers']['x-user'], r['headers']['x-kind']) for r in l})")" 12
    expect_eq "shares" "$(arrived "len({r['headers']['x-user'] for r in l if r['headers']['x-kind'] == 'Writer'})")" 4
    expect_eq "the end" "$(json "$TMP/report" "r['interrupted'], 5e9 < r['duration'] < 7.5e9")" "(False, True)"
    expect_eq "all were counted" "$(json "$TMP/report" "r['requests']")" "$(arrived "len(l)")"
    expect_eq "the plan" "$(json "$TMP/report" "[r['plan']['scenario'].get(k) for k in ('shape', 'users', 'spawn_per_second')]")" \
        "['up to 12 users in 3 stages', 12, None]"
    expect_has "the report" "$("$loadgen" report "$TMP/results")" "up to 12 users in 3 stages, "
}

# A task may end within -stop-timeout, and is cut short without it.
tasks_that_may_end() {
    start_log_target
    cat >"$TMP/slow.lua" <<'LUA'
local Slow = User {}
Slow:task(function(self) sleep(1.5); self:get("/items/done") end)
function Slow:on_stop() self:get("/items/stop") end
Shape { { duration = 1, users = 4, spawn_rate = 1000 }, { duration = 3, users = 1, spawn_rate = 1000 } }
LUA
    run 0 "$TMP/slow.lua" -cpus 2 -t 2500ms
    expect_eq "without" "$(arrived "[sum(r['url'] == u for r in l) for u in ('/items/done', '/items/stop')]")" "[1, 4]"
    run 0 "$TMP/slow.lua" -cpus 2 -t 2500ms -s 10
    expect_eq "with -stop-timeout" "$(arrived "[sum(r['url'] == u for r in l) for u in ('/items/done', '/items/stop')]")" "[5, 4]"
}

# A function, which is asked each second, in one state: what it counts is its own.
as_a_function_says() {
    start_log_target
    cat "$USERS" - >"$TMP/tick.lua" <<'LUA'
local calls = 0
Shape { tick = function(run_time, users)
    calls = calls + 1
    print(("tick %d at %.0f: %d users"):format(calls, run_time, users))
    if run_time < 1.5 then return 5, 100 end
    if run_time < 3.5 then return 2, 100 end
end }
LUA
    run 0 "$TMP/tick.lua" -cpus 3
    expect_eq "calls" "$(grep '^tick' "$TMP/err")" "tick 1 at 0: 0 users
tick 2 at 1: 5 users
tick 3 at 2: 5 users
tick 4 at 3: 2 users
tick 5 at 4: 2 users"
    expect_eq "starts" "$(users "sorted(n('start')), sorted(n('stop'))")" "([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])"
    expect_eq "5 users" "$(users "len({u for u in n('task') if any(0.5 < t < 1.9 for t in at('task', u))})")" 5
    expect_eq "2 users" "$(users "sorted({u for u in n('task') if any(2.5 < t < 3.9 for t in at('task', u))})")" "[1, 2]"
    expect_eq "the end" "$(json "$TMP/report" "r['interrupted'], 3e9 < r['duration'] < 5.5e9")" "(False, True)"
    expect_eq "the plan" "$(json "$TMP/report" "[r['plan']['scenario'].get(k) for k in ('shape', 'users')]")" "['users as set by tick', None]"
}

# Being asked each second does not make users start faster.
started_slowly() {
    start_log_target
    cat "$USERS" - >"$TMP/slowly.lua" <<'LUA'
Shape { tick = function(run_time) if run_time < 4.5 then return 10 + run_time // 1, 0.5 end end }
LUA
    run 0 "$TMP/slowly.lua" -cpus 2
    expect_eq "starts" "$(users "n('start'), [round(at('start', u)[0]) for u in (1, 2, 3)]")" "([1, 2, 3], [0, 2, 4])"
}

# More users than there were: 200 on 4 threads, up and down in waves. No number has two users at a time.
in_waves() {
    start_log_target
    echo 'Shape { tick = function(run_time) if run_time < 6.5 then return run_time // 1 % 2 == 0 and 200 or 10, 400 end end }' >"$TMP/shape.lua"
    sed 's/constant(0.05)/constant(0.3)/' "$USERS" | cat - "$TMP/shape.lua" >"$TMP/waves.lua"
    run 0 "$TMP/waves.lua" -cpus 4
    expect_eq "each start has its end" "$(users "sorted(n('start')) == sorted(n('stop')), set(n('start')) == set(range(1, 201))")" "(True, True)"
    expect_eq "in turn" "$(users "all($in_turn for u in range(1, 201))")" True
    expect_eq "waves" "$(users "3 <= len(at('start', 200)) <= 4")" True
}

# A number that comes back waits for the user that is still ending; user 6 does not come back in time.
numbers_that_come_back() {
    start_log_target
    cat "$USERS" - >"$TMP/back.lua" <<'LUA'
function Reader:on_stop() sleep(1) say(self, "stop") end
Writer.on_stop = Reader.on_stop
Shape {
    { duration = 1, users = 6, spawn_rate = 1000 },
    { duration = 0.3, users = 2, spawn_rate = 1000 },
    { duration = 0.3, users = 6, spawn_rate = 1000 },
    { duration = 0.2, users = 5, spawn_rate = 1000 },
    { duration = 1, users = 5, spawn_rate = 1000 },
}
LUA
    run 0 "$TMP/back.lua" -cpus 2
    expect_eq "starts" "$(users "sorted(n('start')), sorted(n('stop'))")" "([1, 2, 3, 3, 4, 4, 5, 5, 6], [1, 2, 3, 3, 4, 4, 5, 5, 6])"
    expect_eq "in turn" "$(users "all($in_turn for u in range(1, 7))")" True
    expect_eq "when" "$(users "[at('start', u)[1] - at('stop', u)[0] < 0.3 for u in (3, 4, 5)]")" "[True, True, True]"
}

# A first signal ends it as usual; -t and -iterations may end it before the shape does.
ended_early() {
    start_log_target
    "$loadgen" run "$STAGES" -H "$U" -report json >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qs items/task "$TMP/log" || fail "no task: $(cat "$TMP/err")"
    kill -INT $pid
    wait $pid || fail "interrupted: $(cat "$TMP/err")"
    expect_eq "interrupted" "$(json "$TMP/report" "r['interrupted']")" True
    run 0 "$STAGES" -iterations 20
    expect_eq "-iterations" "$(users "len(n('task'))")" 20
}

# Errors.
errors() {
    start_log_target
    cat "$USERS" - >"$TMP/broken.lua" <<'LUA'
Shape { tick = function(run_time)
    if run_time > 1.5 then error("no idea") end
    return 2, 10
end }
LUA
    run 1 "$TMP/broken.lua"
    expect_eq "an error ends the run" "$(json "$TMP/report" "r['exceptions'][0]['count'], r['duration'] < 3e9")" "(1, True)"
    expect_has "its place" "$(json "$TMP/report" "r['exceptions'][0]['message']")" "broken.lua:12: no idea"
    sed 's/1.5/-1/' "$TMP/broken.lua" >"$TMP/broken_at_once.lua"
    run 1 "$TMP/broken_at_once.lua"
    expect_has "its place" "$(cat "$TMP/err")" "broken_at_once.lua:12: no idea"
    refused 2 "stages.lua: a Shape changes the number of users; with -rate, it must stay constant" \
        run "$STAGES" -H "$U" -rate 10/s -t 1
    refused 2 "stages.lua: a Shape changes the number of users, but all trials of a search need the same number" \
        capacity -scenario "$STAGES" -H "$U" -slo 'p99<1s'
    run 0 "$STAGES" -check
}

beside in_stages tasks_that_may_end as_a_function_says started_slowly in_waves numbers_that_come_back ended_early errors
