#!/bin/sh
# loadgen run: limits that scripts cannot evade.
#
# Not under tsan: a bound is one thread's, and the threads are those of 45_run.
set -eu
. "$(dirname "$0")/lib.sh"

start_log_target

# run STATUS FLAG...: the scenario on stdin
run() {
    status=$1
    shift
    run_users "$status" - -cpus 1 -r 1000 -t 30 -H "$U" "$@"
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
run 1 -u 2 -iterations 2 <<'LUA'
local A = User { wait = 0 }
local first
local function refused(f, ...)
    local ok, why = pcall(f, ...)
    assert(not ok and why:find("this coroutine is a user's", 1, true), why)
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

# entries of parallel() that are no requests, which took long to find out
run 1 -u 1 -iterations 1 <<'LUA'
local A = User { wait = 0 }
local wide, list = { "GET", "/items" }, {}
for i = 1, 200000 do wide[-i] = i end
for i = 1, 1000 do list[i] = wide end
A:task(function(self) self:parallel(list) end)
LUA
expect_eq "wide" "$(json "$TMP/report" "r['requests'], r['exceptions'][0]['message']")" \
    "(0, '$TMP/scenario.lua:5: parallel: request 1: expected a path, or { METHOD, PATH [, OPTIONS] }')"

# long names are cut before a character, or refused; a time-out is at least 1 ns
run 1 -u 1 -iterations 1 <<'LUA'
local A = User { wait = 0 }
A:task(function(self)
    self:get("/items/" .. ("ü"):rep(1000) .. "?x")
    self:get("/items?x", { name = ("n"):rep(200) })
    local ok, why = pcall(self.get, self, "/items", { name = ("n"):rep(201) })
    assert(not ok and why:find("name: expected a string of 1 to 200 bytes", 1, true), why)
    assert(self:get("/slow", { timeout = 1e-10 }).error == "time-out")
end)
LUA
expect_eq "names" "$(json "$TMP/report" "{t['name'] for t in r['targets']} ^ {'A GET /items/' + 96 * 'ü', 'A GET ' + 200 * 'n', 'A GET /slow'}")" \
    "set()"

# a judgement whose text closes the answer; string.format is ours
run 1 -u 1 -iterations 1 <<'LUA'
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
expect_eq "bodies" "$(arrived "[r['body'] for r in l]")" \
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

# the path is in the message, and in the URL of the answer
run 0 -u 1 -iterations 1 -script-memory 64MB <<'LUA'
local A = User {}
local path = "/" .. ("x"):rep(14000000)
A:task(function(self)
    local ok, why = pcall(self.get, self, path)
    assert(not ok and why:find("not enough memory", 1, true), why)
end)
LUA
expect_eq "a long path" "$(json "$TMP/report" "r['requests']")" 0

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
    "(26, '$TMP/scenario.lua:6: not enough memory for the response; raise -script-memory')"

echo 'local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/good.lua"
refused 2 "not enough memory; raise -script-memory" run "$TMP/good.lua" -script-memory 1
