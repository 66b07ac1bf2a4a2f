#!/bin/sh
# loadgen run: -requests and -iterations are exact, over several threads, with fast and slow users.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

start_log_target

# run STATUS SCENARIO FLAG...
run() { run_users "$@" -H "$U"; }

# Two users never have their next turn: those that are fast send the rest, and the waits are cut short.
cat >"$TMP/uneven.lua" <<'LUA'
local Slow = User { fixed_count = 2, wait = constant(1000) }
function Slow:on_start() self:post("/login", { json = { user = "eva" } }) end
Slow:task(function(self) self:get("/items") end)
function Slow:on_stop() self:get("/me") end
local Fast = User { wait = constant(0.001) }
Fast:task(function(self) self:get("/"); self:get("/items/1"); self:get("/items/2") end)
LUA
run 0 "$TMP/uneven.lua" -u 6 -r 1000 -cpus 2 -requests 500
expect_eq "requests" "$(json "$TMP/report" "r['requests'], r['intended'], r['not_started'], r['interrupted']")" \
    "(500, 500, 0, False)"
expect_eq "arrived" "$(arrived "len(l)")" 500
expect_eq "errors of scripts" "$(json "$TMP/report" "r['exceptions']")" "[]"

run 0 "$TMP/uneven.lua" -u 6 -r 1000 -cpus 2 -iterations 50
expect_eq "waits are cut short" "$(arrived "len([1 for r in l if r['url'] in ('/', '/items')])")" 50

# A task that is under way completes, with what it says of the last answer.
cat >"$TMP/judge.lua" <<'LUA'
local Judge = User {}
Judge:task(function(self)
    for n = 1, 10 do
        local r <close> = self:get("/items/" .. n, { name = "/items/{id}", check = true })
        r:failure("%d", n)
    end
end)
LUA
run 1 "$TMP/judge.lua" -u 3 -r 1000 -cpus 2 -requests 17
expect_eq "judged" "$(json "$TMP/report" "r['requests'], r['success']")" "(17, 0.0)"
expect_eq "fewer than the users" "$(run 1 "$TMP/judge.lua" -u 30 -r 10000 -requests 7 && arrived "len(l)")" 7

# One iteration is one task; what on_start and on_stop send is not one.
cat >"$TMP/once.lua" <<'LUA'
local Visitor = User { wait = constant(0) }
function Visitor:on_start() self:get("/me") end
Visitor:task(function(self) self:get("/items/a"); self:get("/items/b") end)
Visitor:task(function(self) self:get("/items/a"); self:get("/items/b"); error("one iteration all the same") end)
Visitor:task(function(self) self:get("/items/a"); self:get("/items/b"); self:reschedule() end)
function Visitor:on_stop() self:get("/") end
LUA
for n in 1 5 301; do
    seen=$(wc -l <"$TMP/log")
    timeout 60 "$loadgen" run "$TMP/once.lua" -H "$U" -u 5 -r 10000 -cpus 2 -iterations $n >"$TMP/report" 2>"$TMP/err" || true
    expect_eq "iterations" "$(arrived "[len([1 for r in l if r['url'] == u]) for u in ('/items/a', '/items/b')]")" "[$n, $n]"
    expect_eq "on_stop of all that were there" "$(arrived "len([1 for r in l if r['url'] == '/']) == len([1 for r in l if r['url'] == '/me'])")" True
done

# Users that end by themselves leave the rest to others; a set's on_start belongs to its iteration. Its answer is 401.
# The wait lets user 1 start before the others have used up the iterations.
cat >"$TMP/sets.lua" <<'LUA'
local Flow = SequentialTaskSet { wait = constant(0.2) }
function Flow:on_start()
    self:get("/me")
    if self.number == 1 then self:stop_user() end
end
Flow:task(function(self) self:get("/items/1") end)
Flow:task(function(self) self:get("/items/2"); self:interrupt() end)
local Walker = User { wait = constant(1000) }
Walker:task(Flow)
LUA
run 1 "$TMP/sets.lua" -u 4 -r 10000 -cpus 2 -iterations 7
expect_eq "tasks of sets" "$(arrived "len([1 for r in l if r['url'].startswith('/items/')])")" 6
refused 2 "is not a count; expected a whole number, at least 1" run "$TMP/sets.lua" -requests 0
refused 2 "is not a count; expected a whole number, at least 1" run "$TMP/sets.lua" -iterations x
