#!/bin/sh
# loadgen run: where the users' time and the generator's CPU go.
#
# Runs alone: it judges times.
# Not under sanitizers: it judges the parts of the CPU time, and only our own code is slower there.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints

# run FLAG...: the scenario on stdin, on one thread
run() { run_users 0 - -H "http://$API" -cpus 1 "$@"; }

# Users x time = the sum of what they spent waiting, asking and running, within 1 %, and none of the three is small.
# User 1 starts 1 ms after user 0. Late timers are none of the three, so a task takes long.
run -u 2 -r 1000 -t 4 <<'LUA'
local Busy = User { wait = constant(0.02) }
Busy:task(function(self)
    local until_s = os.clock() + 0.001
    while os.clock() < until_s do end
    self:get("/delay/10")
end)
LUA
python3 - "$TMP/report" <<'PYTHON' || fail "users x time"
import json, sys
r = json.load(open(sys.argv[1]))
all_s = 2 * 4 - 0.001
parts = {
    "waiting": 0.02 * r["requests"],
    "asking": r["latencies"]["total"] / 1e9,
    "running": r["generator"]["script_seconds"],
}
print(parts, "sum", sum(parts.values()), "of", all_s)
sys.exit(not (abs(sum(parts.values()) / all_s - 1) < 0.01 < min(parts.values()) / all_s))
PYTHON

# Listeners are part of their user's script: they delay what it asks for, but are neither lag nor part of an answer,
# whether they run before the script goes on, when it has judged the answer, or while it would wait for others.
run -u 1 -iterations 20 <<'LUA'
events.request.add_listener(function(request)
    local until_s = os.clock() + 0.01
    while os.clock() < until_s do end
end)
local Heard = User { wait = constant(0.02) }
Heard:task(function(self)
    self:get("/health", { name = "first" })
    do local r <close> = self:get("/health", { name = "after a request", check = true }) end
    self:get("/health", { name = "after a check" })
    local one = { "GET", "/health", { name = "parallel" } }
    self:parallel { one, one, one }
    events.request.fire { request_type = "flow", name = "x", response_time = 1 }
    self:get("/health", { name = "after a fired result" })
end)
LUA
expect_eq "own listeners: $(json "$TMP/report" "r['lag'], r['targets']")" \
    "$(json "$TMP/report" "r['lag']['50th'] < 5e6, [t['name'] for t in r['targets'] if t['latencies']['min'] > 5e6]")" "(True, [])"

# What scripts use is what they say that they use. Beside other work it is estimated
# too low, because it is what runs for long that has to wait for a CPU.
run -u 4 -r 1000 -t 2 <<'LUA'
local Hog = User { wait = constant(0) }
Hog:task(function(self)
    local until_s = os.clock() + 0.002
    while os.clock() < until_s do end
    self:get("/health")
end)
LUA
expect_eq "CPU of scripts: $(json "$TMP/report" "r['generator'], r['requests']")" \
    "$(json "$TMP/report" "0.8 < r['generator']['script_seconds'] / (0.002 * r['requests']) < 1.1")" True
share=$(json "$TMP/report" "round(100 * r['generator']['script_seconds'] / r['generator']['cpu_seconds'])")
[ "$share" -ge 70 ] || fail "scripts used only $share%: $(cat "$TMP/report")"
expect_has "verdict" "$(json "$TMP/report" "r['generator']['why']")" " Scripts used $share% of the generator's CPU."
python3 tests/support/report_schema.py "$TMP/report" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"

# Sending, reading and counting is the greater part where scripts do nothing else.
run -u 20 -r 1000 -t 1 <<'LUA'
local Visitor = User { wait = constant(0) }
Visitor:task(function(self) self:get("/health") end)
LUA
expect_eq "share of scripts that only ask: $(json "$TMP/report" "r['generator']")" \
    "$(json "$TMP/report" "0.02 < r['generator']['script_seconds'] / r['generator']['cpu_seconds'] < 0.3")" True

# A function that chooses the wait is a script, too; loading the scenario is none of it.
run -u 1 -t 1 -output "$TMP/results" <<'LUA'
local function burn(seconds)
    local until_s = os.clock() + seconds
    while os.clock() < until_s do end
end
burn(0.5)
local Thinker = User { wait = function() burn(0.01) return 0.01 end }
Thinker:task(function(self) self:get("/health") end)
LUA
expect_eq "CPU of waits: $(json "$TMP/report" "r['generator'], r['requests']")" \
    "$(json "$TMP/report" "0.8 < r['generator']['script_seconds'] / (0.01 * r['requests']) < 1.1")" True
"$loadgen" report -type json "$TMP/results" >"$TMP/read"
expect_eq "from the file" "$(json "$TMP/read" "r['generator']['script_seconds']")" "$(json "$TMP/report" "r['generator']['script_seconds']")"

"$loadgen" attack -rate 100 -duration 1s -report json -encoding none "http://$API/health" >"$TMP/report"
expect_eq "without scripts" "$(json "$TMP/report" "r['generator']['script_seconds'], 'Scripts' in r['generator']['why']")" "(None, False)"
