#!/bin/sh
# capacity -scenario over two workers finds how many iterations a second a target of known capacity carries.
#
# Long: it searches to the end.
# Not under sanitizers: its target is slow by the clock; 66_workers_goals has its parts.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

python3 tests/support/one_at_a_time.py >"$TMP/port" &
STARTED="$STARTED $!"
wait_for test -s "$TMP/port" || fail "the server does not start"
U=http://127.0.0.1:$(cat "$TMP/port")

start_nats
start_worker a
start_worker b

# Its users need a token of test_start, which runs once, here. Two requests each: at most 50 iterations a second.
cat >"$TMP/twice.lua" <<'LUA'
function test_start(self) return { path = "/twice" } end
local Visitor = User { wait = constant(1000) }
Visitor:task(function(self)
    self:get(self.setup.path)
    self:get(self.setup.path)
end)
LUA
actual=0
"$BIN/loadgen" capacity -nats "$NATS" -expect-workers 2 -quick -trial 1s -scenario "$TMP/twice.lua" -H "$U" -u 40 \
    -slo "p50<50ms,errors<50%" -min-rate 20 -max-rate 80 -output "$TMP/result" >"$TMP/out" 2>"$TMP/err" || actual=$?
expect_eq "status: $(cat "$TMP/out" "$TMP/err")" "$actual" 0
python3 tests/support/report_schema.py -schema capacity.schema.json "$TMP/result" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"
expect_eq "what was found: $(cat "$TMP/out")" "$(json "$TMP/result" "r['verdict'], 20 <= r['capacity']['rate'] <= 50")" "('found', True)"
expect_eq "who sent" "$(json "$TMP/result" "{tuple(sorted(w['name'] for w in t['workers'])) for t in r['trials']}")" "{('a', 'b')}"
expect_has "text" "$(cat "$TMP/out")" "iterations per second of twice.lua, 40 users"

# What no trial can share is told before the first.
echo 'Shape { tick = function() return 1, 1 end } local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
refused 2 "a Shape changes the number of users" capacity -nats "$NATS" -scenario "$TMP/a.lua" -slo "p99<1s" -H "$U"
