#!/bin/sh
# Listeners judge and name the results of requests; scripts fire results, and log.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_log_target

# run STATUS FLAG...: the scenario on stdin
run() {
    status=$1
    shift
    run_users "$status" - -H "$U" "$@"
}

# report EXPRESSION: over the report; rows: name -> (requests, share of successes)
report() { json "$TMP/report" "(lambda rows: ($1))({t['name']: (t['requests'], t['success']) for t in r['targets']})"; }

# what a listener sees, and what comes of what it says; the next one sees that (status 1: requests failed)
run 1 -u 1 -t 30 <<'LUA'
local shown = {}
events.request.add_listener(function(request)
    request.name = request.name:gsub("%d+", "{id}")
    shown[#shown + 1] = request
    if #shown > 1 then
        local ok, why = pcall(function() return shown[1].name end)
        assert(not ok and why:find("a listener can use a request only until it returns", 1, true), why)
    end
    local r = request.response
    if request.name == "/items/{id}" then
        assert(request.request_type == "GET" and request.response_length == #r.text and #r.text > 0)
        assert(r.status == 200 and r.headers["Content-Type"] == "application/json" and request.exception == nil)
        assert(math.abs(request.response_time - 1000 * r.elapsed) < 1e-6 and r.elapsed > 0)
        assert(request.url:match("^http://127%.0%.0%.1:%d+/items/%d+$") and request.url == r.url)
        if r:json().id % 2 == 1 then request:failure("odd: %d", r:json().id) end
    elseif request.name == "/error" then
        assert(request.exception == "500 Internal Server Error")
        request:success()
        assert(request.exception == nil)
    elseif request.name == "/drop" then
        assert(r.status == 0 and r.error and request.exception == r.error)
        local ok, why = pcall(request.success, request)
        assert(not ok and why:find("there is no response", 1, true), why)
        request:failure("dropped")
        assert(request.exception == "dropped")
    elseif request.name == "/stock" then
        assert(request.exception == "sold out") -- what the script says comes first
        request:failure("sold out, says the script")
    elseif request.name == "/" then
        r:failure("as the answer's own method")
    end
    for _, bad in ipairs { "", ("x"):rep(201), "a\0b", false } do
        assert(not pcall(function() request.name = bad end))
    end
    assert(not pcall(function() request.url = "/" end) and not pcall(function() return request.nothing end))
end)
events.request.add_listener(function(request)
    assert(not request.name:find("%d"))
    if request.name == "/items/{id}" and request.exception then assert(request.exception:find("^odd: ")) end
end)
local A = User {}
A:task(function(self)
    for i = 1, 20 do self:get("/items/" .. i) end
    self:get("/error")
    self:get("/drop")
    do
        local r <close> = self:get("/stock", { params = { n = 4 }, check = true })
        r:failure("sold out")
    end
    self:parallel { "/me", "/me", { "POST", "/login", { json = { user = "eva" }, name = "log in 77" } } }
    assert(self:get("/").ok) -- the listener judges the result, not the answer
    self:stop_user()
end)
LUA
expect_eq "rows" "$(report "sorted(rows.items())")" \
    "[('A GET /', (1, 0.0)), ('A GET /drop', (1, 0.0)), ('A GET /error', (1, 1.0)), ('A GET /items/{id}', (20, 0.5)), ('A GET /me', (2, 0.0)), ('A GET /stock', (1, 0.0)), ('A POST log in {id}', (1, 1.0))]"
expect_eq "texts" "$(report "[t in r['errors'] for t in ('odd: 1', 'odd: 19', 'dropped', 'odd: 2', 'sold out, says the script', \"as the answer's own method\")]")" \
    "[True, True, True, False, True, True]"
expect_eq "account" "$(report "r['requests'], r['intended'], r['not_started'], r['answered'], r['failed'], r['fired']")" \
    "(27, 27, 0, 26, 1, 0)"

# an error in a listener: its line is said, the result stays as it was judged so far, the next listener is called
run 1 -u 3 -r 100 -iterations 30 -cpus 2 <<'LUA'
events.request.add_listener(function(request)
    request.name = "renamed"
    request:failure("judged")
    local x = nil + 1
end)
events.request.add_listener(function(request) assert(request.exception == "judged" and request.name == "renamed") end)
local A = User {}
A:task(function(self)
    self:get("/")
    do local r <close> = self:get("/", { check = true }) end
end)
LUA
expect_eq "results" "$(report "rows, r['errors']")" "({'A GET renamed': (60, 0.0)}, ['judged'])"
expect_eq "exceptions" "$(report "[(e['count'], e['message'].rpartition('/')[2]) for e in r['exceptions']]")" \
    "[(60, 'scenario.lua:4: attempt to perform arithmetic on a nil value')]"

# what a listener cannot do, and one without an end; results are counted all the same
run 1 -u 1 -t 30 <<'LUA'
local A = User {}
local self_of_task
events.request.add_listener(function(request)
    local function refused(f, ...)
        local ok, why = pcall(f, ...)
        assert(not ok and why:find("cannot be called in a listener", 1, true), why)
    end
    refused(self_of_task.get, self_of_task, "/")
    refused(sleep, 1)
    refused(quit)
    refused(self_of_task.stop_user, self_of_task)
    refused(events.request.fire, { request_type = "WS", name = "x", response_time = 1 })
    assert(not pcall(events.request.add_listener, print) and not pcall(coroutine.yield))
    if request.name == "/me" then while true do end end
end)
A:task(function(self)
    self_of_task = self
    self:get("/")
    self:get("/me")
    self:stop_user()
end)
LUA
expect_eq "results" "$(report "rows")" "{'A GET /': (1, 1.0), 'A GET /me': (1, 0.0)}"
expect_eq "without an end" "$(report "[(e['count'], e['message'].rpartition('/')[2]) for e in r['exceptions']]")" \
    "[(1, 'scenario.lua:14: stopped: ran for too long without a request, sleep() or return')]"

# any number of paths, one row; and more names than rows
run 0 -u 1 -t 30 <<'LUA'
events.request.add_listener(function(request) request.name = "/items" end)
local A = User {}
A:task(function(self)
    for i = 1, 600 do self:get("/items/" .. i) end
    self:stop_user()
end)
LUA
expect_eq "one row" "$(report "rows, [t for t in r['remarks'] if 'the row' in t]")" "({'A GET /items': (600, 1.0)}, [])"
run 0 -u 1 -t 30 -output "$TMP/results" <<'LUA'
local A = User {}
A:task(function(self)
    for i = 1, 600 do events.request.fire { request_type = "n", name = "name " .. i, response_time = i } end
    for i = 1, 600 do events.request.fire { request_type = "n", name = "name " .. i, response_time = i } end
    self:stop_user()
end)
LUA
expect_eq "512 rows and the other" "$(report "len(rows), rows['A n name 512'], rows['other'], r['requests']")" "(513, (2, 1.0), (176, 1.0), 1200)"

"$loadgen" report -type json "$TMP/results" >"$TMP/from-file"
for file in report from-file; do
    expect_eq "how many share it, $file" "$(json "$TMP/$file" "[t.split(';')[0] for t in r['remarks'] if 'the row' in t]")" \
        "['88 targets share the row \"other\"']"
done

# results of a script's own, exactly: extremes, mean, percentiles by nearest rank (0.1 %), bytes, texts; beside requests,
# with and without listeners, on two threads
cat >"$TMP/fire.lua" <<'LUA'
if env("LISTENS", false) then
    events.request.add_listener(function(request)
        if request.request_type == "WS" then
            assert(request.response == nil and request.url == nil and request.name:find("^r?eceive$") or request.name == "send")
            if request.name == "eceive" then request.name = "receive" end
            assert((request.exception == nil) == (request.name == "send"))
            assert(request.name ~= "send" or request.response_time == math.floor(request.response_time))
        end
    end)
end
local A = User {}
A:task(function(self)
    self:get("/")
    for i = 1, 1000 do
        events.request.fire { request_type = "WS", name = "send", response_time = i, response_length = 10 }
    end
    events.request.fire { request_type = "WS", name = env("LISTENS", false) and "eceive" or "receive", response_time = 0.25, exception = "no echo" }
    self:get("/")
    self:stop_user()
end)
LUA
for listens in false true; do
    LISTENS=$listens run_users 1 "$TMP/fire.lua" -H "$U" -u 6 -r 1000 -cpus 2 -t 30 -output "$TMP/results"
    "$loadgen" report -type json "$TMP/results" >"$TMP/report"
    expect_eq "account" "$(report "r['requests'], r['intended'], r['not_started'], r['answered'], r['timed_out'], r['failed'], r['fired']")" \
        "(6018, 6018, 0, 12, 0, 0, 6006)"
    expect_eq "rows" "$(report "sorted(rows.items())")" "[('A GET /', (12, 1.0)), ('A WS receive', (6, 0.0)), ('A WS send', (6000, 1.0))]"
    expect_eq "bytes" "$(report "r['bytes_in']['total'], r['status_codes'], r['errors'], r['errors_by_kind']['http']")" \
        "(60072, {'200': 12}, ['no echo'], {'count': 6, 'example': 'no echo'})"
    latencies="[t['latencies'] for t in r['targets'] if t['name'] == 'A WS send'][0]"
    expect_eq "extremes and mean" "$(report "[${latencies}[k] for k in ('min', 'max', 'mean', 'total')]")" "[1000000, 1000000000, 500500000, 3003000000000]"
    expect_eq "percentiles" "$(report "[abs(${latencies}[k] / (n * 1e6) - 1) < 1e-3 for k, n in (('50th', 500), ('90th', 900), ('95th', 950), ('99th', 990))]")" \
        "[True, True, True, True]"
    expect_eq "not of sending" "$(report "[t['requests'] for t in r['addresses'] or []]")" "[12]"
    expect_eq "remark" "$(report "[t for t in r['remarks'] if 'fired' in t]")" \
        "['6006 of 6018 results were fired by scripts (events.request.fire). They count as requests, although loadgen sent nothing.']"
    python3 tests/support/result_reader.py "$TMP/results" "$TMP/report" >"$TMP/found" || fail "results: $(cat "$TMP/found")"
done
# an SLO on such a row
run_users 0 "$TMP/fire.lua" -H "$U" -u 1 -t 30 -slo 'A WS send:p50<510ms,A WS send:max<=1s,A WS send:errors<=0%'
status=0
"$loadgen" run "$TMP/fire.lua" -H "$U" -u 1 -t 30 -slo 'A WS send:p50<490ms' >"$TMP/out" 2>&1 || status=$?
case $status in 98 | 99) ;; *) fail "a missed SLO: status $status: $(cat "$TMP/out")" ;; esac

# a latency that is longer than the run: the run is no longer for it, here and in the result file
run 0 -u 1 -iterations 20 -output "$TMP/results" <<'LUA'
local A = User { wait = constant(0.02) }
A:task(function(self)
    self:get("/")
    events.request.fire { request_type = "WS", name = "long", response_time = 3600000 }
end)
LUA
length="r['duration'] + r['wait'] < 60e9, r['throughput'] > 1, r['latencies']['max']"
expect_eq "length" "$(report "$length")" "(True, True, 3600000000000)"
python3 tests/support/result_reader.py "$TMP/results" "$TMP/report" >"$TMP/found" || fail "results: $(cat "$TMP/found")"
awk '$1 == "WS" && $2 == "long" { print ($9 + 0 > 1) }' "$TMP/err" >"$TMP/found"
expect_eq "Locust's requests per second" "$(sed -n 1p "$TMP/found")" 1
"$loadgen" report -type json "$TMP/results" >"$TMP/report"
expect_eq "length" "$(report "$length")" "(True, True, 3600000000000)"

# any number of types, in little memory
run 0 -u 1 -iterations 100 -script-memory 4MB <<'LUA'
local A = User { wait = constant(0) }
local n = 0
A:task(function(self)
    for _ = 1, 1000 do
        n = n + 1
        events.request.fire { request_type = "type-" .. n, name = "x", response_time = 1 }
    end
end)
LUA
expect_eq "types" "$(report "r['fired'], r['exceptions']")" "(100000, [])"

# however a run ends, each result has passed the listener once, and the account is right
cat >"$TMP/all.lua" <<'LUA'
events.request.add_listener(function(request)
    request.name = "L " .. request.name:gsub("%d+", "N")
    if random(5) == 1 then request:failure("random") end
    if random(50) == 1 then error("in the listener") end
end)
local function note(name, ms) events.request.fire { request_type = "note", name = name, response_time = ms } end
local Set = SequentialTaskSet {}
function Set:on_start() self:get("/items/1") end
Set:task(function(self) self:parallel { "/slow", "/items/2", { "GET", "/items/3", { check = true } } } end)
Set:task(function(self)
    local r <close> = self:get("/items/4", { check = true })
    self:interrupt()
end)
local A = User { wait = function(self) note("wait", 3) return random() / 50 end }
A:task(Set)
A:task(function(self)
    local r <close> = self:get("/slow", { check = true })
    sleep(0.01)
    r:success()
    self:get("/drop")
end)
A:task(function(self)
    for i = 1, 20 do note("in " .. i, i) end
    local a <close> = self:get("/items/8", { check = true })
    local b <close> = self:get("/items/9", { check = true })
    if random(3) == 1 then error("in the task") end
    if random(30) == 1 then self:stop_user() end
end)
function A:on_stop()
    self:get("/items/77")
    note("stop", 1)
end
LUA
balanced="r['intended'] == r['requests'] + r['abandoned'] > 100, r['not_started'], r['requests'] - r['answered'] - r['timed_out'] - r['failed'] - r['fired'], [name for name in rows if name.split(' ')[2] != 'L']"
for flags in "-t 1" "-t 1 -stop-timeout 1s" "-t 1 -rate 100/s" "-requests 1000" "-iterations 200"; do
    # shellcheck disable=SC2086 # several flags
    run_users 1 "$TMP/all.lua" -H "$U" -u 20 -r 100 -cpus 2 $flags
    expect_eq "account of $flags" "$(report "$balanced")" "(True, 0, 0, [])"
done
"$loadgen" run "$TMP/all.lua" -H "$U" -u 20 -r 100 -cpus 2 -t 60 -report json >"$TMP/report" 2>"$TMP/err" &
run_pid=$!
sleep 1
kill -INT $run_pid
sleep 1.1 # a second signal counts after a second
kill -INT $run_pid 2>/dev/null || true
wait $run_pid || true
expect_eq "account of two signals" "$(report "$balanced")" "(True, 0, 0, [])"

# requests are counted by -requests, fired results are not; a check shows them
run 0 -u 2 -r 100 -requests 5 <<'LUA'
local A = User {}
A:task(function(self)
    self:get("/")
    events.request.fire { request_type = "flow", name = "one", response_time = 2.5 }
end)
LUA
expect_eq "a budget" "$(report "r['requests'] - r['fired'], 3 <= r['fired'] <= 5, r['intended'] == r['requests']")" "(5, True, True)"
"$loadgen" run "$TMP/scenario.lua" -H "$U" -check >"$TMP/check"
grep -qx "= flow one: 2.5ms, 0 bytes" "$TMP/check" || fail "no line of the result in: $(cat "$TMP/check")"

# what is no result, and bytes of names
run 1 -u 1 -t 30 <<'LUA'
local A = User {}
A:task(function(self)
    local function refused(changes, message)
        local result = { request_type = "WS", name = "send", response_time = 1 }
        for key, value in pairs(changes) do result[key] = value end
        if changes.without then result[changes.without], result.without = nil, nil end
        local ok, why = pcall(events.request.fire, result)
        assert(not ok and why:find(message, 1, true), why)
    end
    for _, bad in ipairs { -1, -1e-9, 0 / 0, 1 / 0, -1 / 0, 3600001, 1e300, "5", true } do
        refused({ response_time = bad }, "fire: response_time: expected milliseconds, 0 to 3600000")
    end
    refused({ without = "response_time" }, "fire: response_time: expected milliseconds")
    for _, bad in ipairs { "", "a b", ("x"):rep(33), "\xff", "a\n", 5, false } do
        refused({ request_type = bad }, "fire: request_type: expected a word of 1 to 32 bytes")
    end
    refused({ without = "request_type" }, "fire: request_type: expected a word")
    for _, bad in ipairs { "", ("x"):rep(201), "a\0b", {} } do
        refused({ name = bad }, "name: expected a string of 1 to 200 bytes")
    end
    for _, bad in ipairs { -1, 1.5, 2 ^ 60, 0 / 0, "10", true } do
        refused({ response_length = bad }, "fire: response_length: expected a whole number of bytes")
    end
    refused({ exception = 5 }, "fire: exception: expected a string")
    refused({ status = 200 }, "fire: unknown option \"status\"")
    assert(not pcall(events.request.fire) and not pcall(events.request.fire, "x"))
    events.request.fire { request_type = "é", name = "\27[31m\xffé\n", response_time = 0, exception = "\27\xff" }
    events.request.fire { request_type = "x", name = "long", response_time = 0, exception = ("é"):rep(200) }
    events.request.fire { request_type = "x", name = "long", response_time = 0, exception = ("\x80"):rep(200) }
    self:get("/x\xff")
    coroutine.wrap(function() events.request.fire { request_type = "x", name = "inside", response_time = 3600000 } end)()
    self:stop_user()
end)
LUA
expect_eq "bytes" "$(report "rows, [t.replace('é' * 95, '95 é').replace('?' * 187, '187 ?') for t in r['errors']]")" \
    "({'A é ?[31m?é?': (1, 0.0), 'A x long': (2, 0.0), 'A GET /x?': (1, 0.0), 'A x inside': (1, 1.0)}, ['??', '95 é', '187 ?', '404 Not Found'])"

# refused before the run
bad() {
    run 2
    expect_has "what is wrong" "$(cat "$TMP/err")" "$1"
}
bad 'fire: can be called only in functions that users run' <<'LUA'
events.request.fire { request_type = "WS", name = "x", response_time = 1 }
LUA
bad 'add_listener: expected a function: events.request.add_listener(function(request) ... end)' <<'LUA'
events.request:add_listener(print)
LUA
bad 'add_listener: more than 100 listeners' <<'LUA'
for _ = 1, 101 do events.request.add_listener(print) end
LUA
bad 'events.request_success: write events.request; request.exception is nil' <<'LUA'
events.request_success.add_listener(print)
LUA
bad 'events.test_start: write function test_start(self) ... end' <<'LUA'
events.test_start.add_listener(print)
LUA
bad 'events.heartbeat_sent: there is no such event; the only one is events.request' <<'LUA'
events.heartbeat_sent.add_listener(print)
LUA
bad 'log: can be called only in functions that users run' <<'LUA'
log("loading")
LUA

# the log: who and when; what is no format; no more than 1,000 lines a second; a reader that does not read
run 0 -u 2 -r 100 -iterations 2 <<'LUA'
events.request.add_listener(function(request) log("%s took %s", request.name, request.response_time > 0) end)
local Shopper = User {}
Shopper:task(function(self)
    self:get("/")
    log("100%")
    log("%d of %s", 7, "nine\n\27[31m")
    log(nil)
    self:stop_user()
end)
LUA
time='20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9][0-9][0-9]Z'
expect_eq "lines of the log" "$(sed -n "s/^$time //p" "$TMP/err" | sort)" \
    "$(for n in 1 2; do printf 'Shopper %s: %s\n' $n '/ took true' $n '100%' $n '7 of nine??[31m' $n nil; done | sort)"
run 0 -u 1 -iterations 1 <<'LUA'
local A = User {}
A:task(function(self) for i = 1, 5000 do log("line %d", i) end end)
LUA
python3 - "$TMP/err" <<'PYTHON' || fail "lines: $(sort "$TMP/err" | uniq -c | sort -rn | head -5)"
import re, sys
kept = dropped = 0
for line in open(sys.argv[1]):
    note = re.fullmatch(r"\((\d+) lines? dropped\)\n", line)
    kept += bool(re.fullmatch(r"20.{21}Z A 1: line \d+\n", line))
    dropped += int(note[1]) if note else 0
sys.exit(not (kept + dropped == 5000 and 100 <= kept <= 2000))
PYTHON
cat >"$TMP/long.lua" <<'LUA'
local A = User {}
A:task(function(self)
    self:get("/")
    for i = 1, 100 do log(("x"):rep(900)) end
end)
LUA
seen=$(wc -l <"$TMP/log")
has_arrived() { [ "$(wc -l <"$TMP/log")" -ge $((seen + 20)) ]; }
"$loadgen" run "$TMP/long.lua" -H "$U" -u 2 -r 100 -iterations 20 -report json 2>&1 >"$TMP/report" | {
    wait_for has_arrived || fail "the log holds up requests"
    cat >"$TMP/err"
}
expect_eq "nobody reads" "$(report "r['requests'], r['success']")" "(20, 1.0)"
