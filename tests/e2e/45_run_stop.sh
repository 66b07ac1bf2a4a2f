#!/bin/sh
# How the run of a scenario ends: by quit(), by signals, and after -stop-timeout.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints

# begin FLAG...: starts the scenario on stdin; $pid, $TMP/report, $TMP/err
begin() {
    rm -f "$TMP/err"
    cat >"$TMP/scenario.lua"
    "$loadgen" run "$TMP/scenario.lua" -H "http://$API" -cpus 1 -report json "$@" >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
}

# ends STATUS [SECONDS]: the run ends with this status, and long before what it must not wait for would end, which takes
# a minute: at most so much later (30), also on a busy machine
ends() {
    status=0
    begin_s=$(date +%s)
    wait "$pid" || status=$?
    expect_eq "status: $(cat "$TMP/err")" "$status" "$1"
    [ $(($(date +%s) - begin_s)) -le "${2:-30}" ] || fail "it took $(($(date +%s) - begin_s)) s"
}

# has_said TEXT COUNT: so many lines of the run's scenario
has_said() { [ "$(grep -cx "$1" "$TMP/err")" -ge "$2" ]; }

# requests: of each row
requests() { json "$TMP/report" "{t['name'].split('/')[-1]: t['requests'] for t in r['targets']}"; }

# quit() is no signal: the first Ctrl-C behind it lets on_stop end
quit_and_a_signal() {
    begin -u 1 -t 600 <<'LUA'
local Quitter = User {}
Quitter:task(function(self) self:get("/health") quit(7) end)
function Quitter:on_stop() print("stops") self:get("/delay/2000") self:get("/metadata") end
LUA
    wait_for grep -qs stops "$TMP/err" || fail "no on_stop"
    sleep 0.3
    kill -INT "$pid"
    ends 7
    expect_eq "on_stop" "$(requests)" "{'health': 1, '2000': 1, 'metadata': 1}"
    expect_eq "account" "$(json "$TMP/report" "r['interrupted'], r['not_started'], r['success']")" "(True, 0, 1.0)"
}

# quit() ends a search, too
quit_of_a_search() {
    echo 'local A = User {} A:task(function(self) self:get("/health") quit() end)' >"$TMP/quit.lua"
    refused 1 "the search was interrupted" capacity -quick -trial 1s -slo "errors<50%" -scenario "$TMP/quit.lua" -H "http://$API" -u 4 \
        -min-rate 10 -max-rate 11
}

# a second Ctrl-C ends -stop-timeout, and on_stop, whatever they wait for; the results are kept
second_signal() {
    begin -u 3 -r 100 -s 60 <<'LUA'
local Slow = User { fixed_count = 1 }
Slow:task(function(self)
    self:get("/health")
    print("waits")
    sleep(1000)
    error("not reached")
end)
local Held = User { fixed_count = 1 }
Held:task(function(self)
    local r = self:get("/metadata", { check = true })
    print("waits")
    sleep(1000)
end)
local Stopping = User { fixed_count = 1, wait = constant(1000) }
Stopping:task(function(self) self:get("/openapi.json") print("waits") end)
function Stopping:on_stop()
    print("stops")
    sleep(1000)
end
LUA
    wait_for has_said waits 3 || fail "not all three wait: $(cat "$TMP/err")"
    kill -INT "$pid"
    wait_for grep -qs stops "$TMP/err" || fail "no on_stop"
    sleep 1.2
    kill -INT "$pid"
    ends 0 8
    expect_eq "results" "$(requests)" "{'health': 1, 'metadata': 1, 'openapi.json': 1}"
    expect_eq "account" "$(json "$TMP/report" "r['interrupted'], r['intended'], r['not_started'], r['success'], r['exceptions']")" "(True, 3, 0, 1.0, [])"
}

# nor does it wait for listeners, however many results they have yet to see: these would take minutes
second_signal_and_listeners() {
    begin -u 1 <<'LUA'
events.request.add_listener(function(request)
    if request.name == "first" then print("listens") end
    local sum = 0
    for i = 1, 2000000 do sum = sum + i end
end)
local A = User { wait = constant(1000) }
A:task(function(self)
    self:get("/health", { name = "first" })
    for _ = 1, 50000 do events.request.fire { request_type = "WS", name = "x", response_time = 1 } end
end)
LUA
    wait_for grep -qs listens "$TMP/err" || fail "no listener"
    kill -INT "$pid"
    sleep 1.2
    kill -INT "$pid"
    ends 0 8
    expect_eq "account" "$(json "$TMP/report" "r['interrupted'], r['fired'], r['intended'], r['not_started']")" "(True, 50000, 50001, 0)"
}

# -stop-timeout: tasks may end, at most for this time; on_stop follows
stop_timeout() {
    cat >"$TMP/tasks.lua" <<'LUA'
local Task = User {}
Task:task(function(self)
    self:get("/health")
    sleep(2)
    self:get("/metadata")
    if self.number == 2 then sleep(1000) error("not reached") end
end)
function Task:on_stop() self:get("/openapi.json") end
LUA
    begin -u 1 -t 1 <"$TMP/tasks.lua"
    ends 0
    expect_eq "without" "$(requests)" "{'health': 1, 'openapi.json': 1}"
    begin -u 1 -t 1 -s 60 <"$TMP/tasks.lua"
    ends 0
    expect_eq "the task ends" "$(requests)" "{'health': 1, 'metadata': 1, 'openapi.json': 1}"
    begin -u 2 -r 100 -t 1 -s 4 <"$TMP/tasks.lua"
    ends 0
    expect_eq "one does not" "$(requests)" "{'health': 2, 'metadata': 2, 'openapi.json': 2}"
    expect_eq "exceptions" "$(json "$TMP/report" "r['exceptions']")" "[]"
}

# A request that is never answered is waited for until its own timeout, and is one of the results.
request_without_end() {
    begin -u 1 -t 1 -s 1 -timeout 3s <<'LUA'
local A = User {}
A:task(function(self) self:get("/delay/60000") end)
LUA
    ends 1
    expect_eq "results" "$(requests)" "{'60000': 1}"
    expect_eq "account" "$(json "$TMP/report" "r['timed_out'], r['success']")" "(1, 0.0)"
}

# moments ROW: when the requests of a row were intended, in ms after the first one
moments() {
    "$loadgen" encode -to json "$TMP/results" | python3 -c '
import datetime, json, re, sys
def ns(text):
    whole, fraction = re.match(r"(.*?)(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$", text).groups()
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))
all_ns = sorted(ns(r["timestamp"]) for r in map(json.loads, sys.stdin) if r["url"].endswith(sys.argv[1]))
print(eval(sys.argv[2], {"ms": [(t - all_ns[0]) / 1e6 for t in all_ns]}))' "$1" "$2"
}

# Users start evenly inside each second, and pacing is from start to start. Intended moments are exact, whatever else
# the machine does, up to the microseconds that the script takes to ask.
starts_and_pacing() {
    begin -u 40 -r 20 -t 3 -output "$TMP/results" <<'LUA'
local Starter = User { wait = constant(1000) }
function Starter:on_start() self:get("/health") end
Starter:task(function(self) end)
LUA
    ends 0
    expect_eq "starts" "$(moments /health "len(ms), all(abs(t - 50 * i) < 20 for i, t in enumerate(ms))")" "(40, True)"
    begin -u 2 -r 1000 -t 4 -output "$TMP/results" <<'LUA'
local Paced = User { fixed_count = 1, wait = constant_pacing(0.75) }
Paced:task(function(self) self:get("/health") self:get("/delay/200") end)
local Even = User { fixed_count = 1, wait = constant_throughput(2) }
Even:task(function(self) self:get("/metadata") self:get("/delay/100") end)
LUA
    ends 0
    expect_eq "pacing" "$(moments /health "len(ms), all(-1 < t - 750 * i < 20 * (i + 1) for i, t in enumerate(ms))")" "(6, True)"
    expect_eq "throughput" "$(moments /metadata "len(ms), all(-1 < t - 500 * i < 20 * (i + 1) for i, t in enumerate(ms))")" "(8, True)"
}

# Pacing is judged within 20 ms, which are less than tsan needs for a start on a busy machine.
pacing=starts_and_pacing
[ "${SANITIZER:-}" != tsan ] || pacing=
# shellcheck disable=SC2086 # nothing, or a name
beside quit_and_a_signal quit_of_a_search second_signal second_signal_and_listeners stop_timeout request_without_end $pacing
