#!/bin/sh
# loadgen run: with a shape, on_stop of a user that ends early has 10 s. A user that takes longer is stopped, and the
# next user with its number inherits nothing from it.
#
# Not under tsan: one thread has the user.
set -eu
. "$(dirname "$0")/lib.sh"

start_log_target

run_users 0 - -cpus 1 -H "$U" <<'LUA'
local Visitor = User { wait = constant(0.2) }
local has_ended = false
function Visitor:on_start() self:get("/items/" .. self.number) end
Visitor:task(function(self) self:get("/") end)
function Visitor:on_stop()
    if has_ended then return end
    has_ended = true
    sleep(9.7)
    while true do self:post("/login", { json = { user = "x" } }) end -- the answer has a cookie
end
Shape {
    { duration = 0.5, users = 2, spawn_rate = 1000 },
    { duration = 0.5, users = 1, spawn_rate = 1000 },
    { duration = 10.5, users = 2, spawn_rate = 1000 },
}
LUA
expect_eq "starts" "$(arrived "[r['url'] for r in l if r['url'].startswith('/items/')]")" "['/items/1', '/items/2', '/items/2']"
again="max(i for i, r in enumerate(l) if r['url'] == '/items/2')"
expect_eq "cut off" "$(arrived "(lambda again: 10 < l[again]['time'] - l[0]['time'] < 11.5)($again)")" True
expect_eq "it was busy" "$(arrived "(lambda again: len([r for r in l[:again] if r['url'] == '/login']) > 5)($again)")" True
expect_eq "nothing after it" "$(arrived "(lambda again: [r['url'] for r in l[again:] if r['url'] == '/login' or 'cookie' in r['headers']])($again)")" "[]"
