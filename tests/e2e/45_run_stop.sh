#!/bin/sh
# How the run of a scenario ends: by quit(), by signals, and after -stop-timeout.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints

# begin FLAG...: starts the scenario on stdin; $pid, $TMP/report, $TMP/err
begin() {
    cat >"$TMP/scenario.lua"
    "$loadgen" run "$TMP/scenario.lua" -H "http://$API" -cpus 1 -report json "$@" >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
}

# ends STATUS SECONDS: the run ends with this status, at most so much later
ends() {
    status=0
    begin_s=$(date +%s)
    wait "$pid" || status=$?
    expect_eq "status: $(cat "$TMP/err")" "$status" "$1"
    [ $(($(date +%s) - begin_s)) -le "$2" ] || fail "it took $(($(date +%s) - begin_s)) s, at most $2 expected"
}

# requests: of each row
requests() { json "$TMP/report" "{t['name'].split('/')[-1]: t['requests'] for t in r['targets']}"; }

# quit() is no signal: the first Ctrl-C behind it lets on_stop end
quit_and_a_signal() {
    begin -u 1 -t 600 <<'LUA'
local Quitter = User {}
Quitter:task(function(self) self:get("/health") quit(7) end)
function Quitter:on_stop() print("stops") self:get("/delay/2000") self:get("/metadata") end
LUA
    wait_for grep -q stops "$TMP/err" || fail "no on_stop"
    sleep 0.3
    kill -INT "$pid"
    ends 7 10
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
    sleep(1000)
    error("not reached")
end)
local Held = User { fixed_count = 1 }
Held:task(function(self)
    local r = self:get("/metadata", { check = true })
    sleep(1000)
end)
local Stopping = User { fixed_count = 1, wait = constant(1000) }
Stopping:task(function(self) self:get("/openapi.json") end)
function Stopping:on_stop()
    print("stops")
    sleep(1000)
end
LUA
    sleep 1.5
    kill -INT "$pid"
    wait_for grep -q stops "$TMP/err" || fail "no on_stop"
    sleep 1.2
    kill -INT "$pid"
    ends 0 2
    expect_eq "results" "$(requests)" "{'health': 1, 'metadata': 1, 'openapi.json': 1}"
    expect_eq "account" "$(json "$TMP/report" "r['interrupted'], r['intended'], r['not_started'], r['success'], r['exceptions']")" "(True, 3, 0, 1.0, [])"
}

beside quit_and_a_signal quit_of_a_search second_signal
