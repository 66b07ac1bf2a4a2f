#!/bin/sh
# loadgen serve with test_start and test_stop: who stops them, and what then remains of the test.
set -eu
. "$(dirname "$0")/lib.sh"

# The target has what is in $TMP. Each test has a gate there, which is open when it has made the file.
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$TMP" >"$TMP/target.out" 2>"$TMP/target.err" &
STARTED="$STARTED $!"
wait_for grep -qs "port [0-9]" "$TMP/target.out" || fail "no target: $(cat "$TMP/target.err")"
U=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$TMP/target.out")

scenario=$TMP/scenario.lua
cat >"$scenario" <<'LUA'
local held = arg("held", "nothing", "what waits for the gate")
local gate = arg("gate", "/gate")
local function pass(self, part)
    if held ~= part then return end
    print(part .. " waits")
    repeat sleep(0.05) until self:get(gate).status == 200
end
function test_start(self) pass(self, "start") end
function test_stop(self) pass(self, "stop") print("cleaned up") end
local Guest = User { wait = constant(0.05) }
Guest:task("wait", function(self) self:get("/") pass(self, "task") end)
LUA

serve() {
    start_serve "$scenario" -H "$U" -arg "gate=/${TMP##*/}/gate" "$@"
}
open_gate() { : >"$TMP/gate"; }

# start FIELD=VALUE...: a test of one user
start() {
    for field; do
        set -- "$@" -d "$field"
        shift
    done
    get /swarm -d user_count=1 -d spawn_rate=1 "$@"
    expect_eq "swarm: $(cat "$TMP/answer")" "$(json "$TMP/answer" "r['success']")" True
}
is_state() {
    get /stats/requests
    [ "$(json "$TMP/answer" "r['state']")" = "$1" ]
}
becomes() { wait_for is_state "$1" || fail "not $1: $(cat "$TMP/answer" "$TMP/serve.err")"; }
# waits PART [TIMES]
waiting() { [ "$(grep -cx "$1 waits" "$TMP/serve.err")" = "$2" ]; }
waits() { wait_for waiting "$1" "${2:-1}" || fail "$1 does not wait: $(cat "$TMP/serve.err")"; }
# An answer comes only at the end of the test, so nobody waits for it here.
stop() { curl -sS -m 1 -o "$TMP/stopped" "$W/stop" 2>"$TMP/err" || true; }
last_run() {
    get '/api/v1/runs?limit=1'
    json "$TMP/answer" "[(x['state'], x['problem']) for x in r['runs']]"
}
is_clean() {
    wait_for grep -qsx "cleaned up" "$TMP/serve.err" || fail "$1: no test_stop: $(cat "$TMP/serve.err")"
    ! grep "interrupted\|has failed" "$TMP/serve.err" || fail "$1: interrupted"
}

# A stop that comes while test_stop runs changes nothing, and neither does a signal. The test is stopping then.
late_stop() {
    serve -s 60
    start run_time=1s held=stop
    waits stop
    becomes stopping
    get /swarm -d "user_count=2&spawn_rate=1"
    expect_has "a change" "$(cat "$TMP/answer")" "a test is stopping"
    stop
    open_gate
    becomes stopped
    is_clean "a late stop"
    expect_eq "a late stop" "$(last_run)" "[('stopped', None)]"
    end_serve
}
late_signal() {
    serve -s 60
    start run_time=1s held=stop
    waits stop
    kill -TERM "$SERVE_PID"
    stop
    open_gate
    wait "$SERVE_PID" || fail "status $?: $(cat "$TMP/serve.err")"
    is_clean "a late signal"
}

# Who stops a test during test_start has no failure.
early_stop() {
    serve -slo "errors<100%" -generator-rate 5000
    start held=start
    waits start
    get /stop
    expect_eq "an early stop" "$(last_run)" "[('stopped', None)]"
    expect_eq "start of a search" "$(code /api/v1/runs -H "Content-Type: application/json" -d '{"kind": "capacity", "users": 2, "quick": true,
        "min_rate": 5, "max_rate": 9, "arguments": {"held": "start"}}')" 201
    waits start 2
    get /stop
    expect_eq "an early stop of a search" "$(last_run)" "[('stopped', None)]"
    expect_eq "on the page" "$(page "r['state'], r['problem'], r['search']['phase']")" "('stopped', None, 'done')"
    end_serve
    ! grep "interrupted\|has failed" "$TMP/serve.err" || fail "an early stop is told as a failure"
}

# A client's stop and a signal are the same wish, whichever is first: the test still ends in order.
stop_and_signal() {
    serve -s 60
    start held=task
    waits task
    kill -TERM "$SERVE_PID"
    becomes stopping
    get /logs
    expect_has "log" "$(cat "$TMP/answer")" "a signal stopped the test"
    stop
    open_gate
    wait "$SERVE_PID" || fail "status $?: $(cat "$TMP/serve.err")"
    is_clean "a signal and a stop"
}
signal_after_stop() {
    serve -s 60
    start held=task
    waits task
    stop
    becomes stopping
    kill -TERM "$SERVE_PID"
    sleep 0.2 # nothing tells when a signal that changes nothing has come
    open_gate
    wait "$SERVE_PID" || fail "status $?: $(cat "$TMP/serve.err")"
    is_clean "a stop and a signal"
}

# two_signals WHAT: after which the server has ended at once
two_signals() {
    kill -TERM "$SERVE_PID"
    kill -INT "$SERVE_PID"
    status=0
    wait "$SERVE_PID" || status=$?
    [ "$status" = 130 ] || [ "$status" = 143 ] || fail "$1: status $status"
    ! grep "cleaned up" "$TMP/serve.err" || fail "$1: test_stop was not cut off"
}

# A second signal abandons a test that a client has stopped, and its test_stop.
abandoned() {
    serve -s 60
    start held=task
    waits task
    stop
    two_signals "a stop and two signals"
}
abandoned_at_its_end() {
    serve -s 60
    start run_time=1s held=stop
    waits stop
    two_signals "two signals in test_stop"
}

beside late_stop late_signal early_stop
beside stop_and_signal signal_after_stop abandoned abandoned_at_its_end
