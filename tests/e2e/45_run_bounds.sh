#!/bin/sh
# loadgen run: what scripts cannot break, whatever they try.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

log_target() { exec python3 tests/contract/locust/target.py "$PORT" "$TMP/log"; }
start_on_free_port log_target
U=http://127.0.0.1:$PORT

# run STATUS FLAG...: runs the scenario on stdin; its report is $TMP/report
run() {
    expected=$1 actual=0
    shift
    cat >"$TMP/scenario.lua"
    timeout 60 "$loadgen" run "$TMP/scenario.lua" -report json -cpus 1 -r 1000 -t 30 -H "$U" "$@" >"$TMP/report" 2>"$TMP/err" || actual=$?
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err" "$TMP/report")"
}

# the metatable of users and answers
run 0 -u 2 -iterations 2 <<'LUA'
local A = User { wait = 0 }
A:task(function(self)
    local r = self:get("/items")
    for _, value in ipairs { self, r, r.headers, A, User } do
        assert(getmetatable(value) == false)
        assert(not pcall(setmetatable, value, {}))
    end
end)
LUA

# the coroutine of a user, from another one and from its own coroutines
run 0 -u 2 -iterations 2 <<'LUA'
local A = User { wait = 0 }
local first
local function refused(f, ...)
    local ok, why = pcall(f, ...)
    assert(not ok and why:find("the coroutine of a user", 1, true), why)
end
A:task(function(self)
    local own = coroutine.running()
    if first then
        refused(coroutine.resume, first)
        refused(coroutine.close, first)
    end
    first = first or own
    refused(coroutine.close, own)
    coroutine.wrap(function() refused(coroutine.resume, own) refused(coroutine.close, own) end)()
    local mine = coroutine.create(function(x) coroutine.yield(x + 1) end)
    assert(select(2, coroutine.resume(mine, 1)) == 2 and coroutine.close(mine) and coroutine.status(mine) == "dead")
    assert(self:get("/slow", { timeout = 0.01 }).error == "time-out")
end)
LUA

# a judgement whose text closes the answer; string.format is ours
run 0 -u 1 -iterations 1 <<'LUA'
local A = User {}
A:task(function(self)
    local r = self:get("/items", { check = true })
    local closes = setmetatable({}, { __tostring = function() do local _ <close> = r end return "closed" end })
    local ok, why = pcall(r.failure, r, "%s", closes)
    assert(not ok and why:find("already recorded", 1, true), why)
    string.format = error
    self:get("/items", { check = true, name = "second" }):failure("it is %d", 5)
end)
LUA
expect_eq "judged" "$(json "$TMP/report" "r['requests'], round(r['success'], 2), r['errors']")" "(2, 0.5, ['it is 5'])"

# metamethods of what becomes a request are not called: they could use the buffers in which it is made
seen=$(wc -l <"$TMP/log")
run 0 -u 1 -iterations 1 <<'LUA'
local A = User {}
local called
local big = ("x"):rep(1000000)
local meta = { __index = function() called = json.encode(big) end, __pairs = error, __len = error }
A:task(function(self)
    local function with(t) return setmetatable(t, meta) end
    self.headers = with { ["X-One"] = "1" }
    self:post("/items", with { body = "kept", auth = with { "user", "password" } })
    self:post("/items", with { json = with { 1, with { a = with {} } } })
    self:post("/items", with { form = with { a = with { 1, 2 } }, params = with {}, cookies = with {} })
    assert(json.encode(with {}) == "{}" and not called)
end)
LUA
expect_eq "bodies" "$(tail -n +$((seen + 1)) "$TMP/log" | python3 -c 'import json, sys; print([json.loads(l)["body"] for l in sys.stdin])')" \
    "['kept', '[1,{\"a\":{}}]', 'a=1&a=2']"

# -script-memory: requests until they are answered, and answers
run 1 -u 1 -iterations 2 -script-memory 64MB <<'LUA'
local A = User { wait = 0 }
local body, list = ("x"):rep(1000000), {}
for i = 1, 200 do list[i] = { "POST", "/items", { body = body } } end
A:task(function(self)
    local ok, why = pcall(self.parallel, self, list)
    assert(not ok and why:find("not enough memory", 1, true), why)
    assert(self:post("/items", { body = body }).ok)
    self:parallel(list)
end)
LUA
expect_has "requests" "$(json "$TMP/report" "r['requests'], r['exceptions'][0]['count'], r['exceptions'][0]['message']")" \
    "(2, 2, '$TMP/scenario.lua:8: not enough memory; raise -script-memory')"

start_target_api -test-endpoints
run 1 -u 1 -iterations 1 -script-memory 64MB -H "http://$API" <<'LUA'
local A = User { wait = 0 }
local list = {}
for i = 1, 20 do list[i] = "/bytes/4000000" end
A:task(function(self)
    for _ = 1, 3 do assert(#self:parallel({ list[1], list[1] })[2].text == 4000000) end
    self:parallel(list)
end)
LUA
expect_has "answers" "$(json "$TMP/report" "r['requests'], r['exceptions'][0]['message']")" \
    "(26, '$TMP/scenario.lua:6: not enough memory for the answer; raise -script-memory')"

echo 'local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/good.lua"
refused 2 "not enough memory; raise -script-memory" run "$TMP/good.lua" -script-memory 1
