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
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err")"
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
