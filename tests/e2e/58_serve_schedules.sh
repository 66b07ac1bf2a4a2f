#!/bin/sh
# loadgen serve: schedules of a rate, the host and the users of a search, -run-time, and arguments of a
# scenario, over the API and /swarm.
set -eu
. "$(dirname "$0")/lib.sh"
JSON="Content-Type: application/json"

# serve FLAG...: starts the server. Sets W, its URL, and SERVE_PID.
serve() {
    rm -f "$TMP/serve.err"
    "$BIN/loadgen" serve -web 127.0.0.1:0 "$@" >"$TMP/serve.out" 2>"$TMP/serve.err" &
    SERVE_PID=$!
    STARTED="$STARTED $SERVE_PID"
    wait_for grep -qs '^loadgen: serving ' "$TMP/serve.err" || fail "not ready: $(cat "$TMP/serve.err")"
    W=$(sed -n 's|^loadgen: serving \(.*\)/$|\1|p' "$TMP/serve.err")
}

end_server() {
    kill "$SERVE_PID"
    wait "$SERVE_PID" || fail "status $? after SIGTERM: $(cat "$TMP/serve.err")"
}

# post STATUS PATH [JSON]: the answer is in $TMP/answer
post() {
    actual=$(curl -sS -o "$TMP/answer" -w '%{http_code}' -X POST -H "$JSON" -d "${3-}" "$W/api/v1/$2")
    expect_eq "status of $2 ${3-}: $(cat "$TMP/answer")" "$actual" "$1"
}

begin() {
    post 201 runs "$1"
    ID=$(json "$TMP/answer" "r['id']")
}

# wrong JSON FIELD TEXT: the order is refused at this field
wrong() {
    post 400 runs "$1"
    expect_eq "field of $1" "$(json "$TMP/answer" "r['error']['field']")" "$2"
    expect_has "text of $1" "$(json "$TMP/answer" "r['error']['text']")" "$3"
}

# run EXPRESSION: of the run, `r`
run() {
    curl -sS -o "$TMP/run" "$W/api/v1/runs/$ID"
    json "$TMP/run" "$1"
}

has_ended() { [ "$(run "r['ended_ms'] is not None")" = True ]; }

# Waits at most 40 s: a busy machine is slow.
ends() { wait_for has_ended || wait_for has_ended || wait_for has_ended || wait_for has_ended || fail "no end: $(cat "$TMP/run")"; }

# seconds EXPRESSION: of `n`, how many requests were due in each second
seconds() {
    curl -sS -o "$TMP/seconds" "$W/api/v1/runs/$ID/seconds"
    json "$TMP/seconds" "(lambda n: ($1))([p[r['columns'].index('intended')] for p in r['points']])"
}

# swarm FIELD=VALUE...: what /swarm says
swarm() {
    for field; do
        set -- "$@" -F "$field"
        shift
    done
    curl -sS -o "$TMP/answer" "$@" "$W/swarm"
    json "$TMP/answer" "r['success'], r['message']"
}

schedules() {
    start_target_api
    serve "http://$API/health" -rate 40 -arrival poisson -run-time 90
    curl -sS -o "$TMP/page" "$W/page/state"
    expect_eq "defaults" "$(json "$TMP/page" "r['order']['rate'], r['order']['run_time_s'], r['arrival']")" "(40.0, 90, 'poisson')"

    # a ramp from 0 to 200/s in 4 s has 400 requests, 25 of them in its first second
    begin '{"kind": "rate", "ramp": "0:200", "duration": "4s"}'
    expect_eq "order" "$(run "r['order']")" "{'duration': '4s', 'kind': 'rate', 'ramp': '0:200'}"
    ends
    expect_eq "ramp" "$(run "r['summary']['requests']") $(seconds "n[0] < n[1] < n[2] < n[3]")" "400 True"
    begin '{"kind": "rate", "stages": "1s:100,1s:100,1s:0"}'
    ends
    expect_eq "stages" "$(run "r['summary']['requests'], r['order']")" "(200, {'kind': 'rate', 'stages': '1s:100,1s:100,1s:0'})"
    begin '{"kind": "rate", "sine": "100:50:1s:trough", "duration": "2s"}'
    ends
    expect_eq "sine" "$(run "r['summary']['requests']")" 200
    begin '{"kind": "rate", "rate": 100, "arrival": "constant", "duration": "1s"}'
    ends
    expect_eq "constant" "$(run "r['summary']['requests'], r['order']['arrival']")" "(100, 'constant')"
    begin '{"kind": "rate", "rate": 100, "duration": "1s"}'
    ends
    expect_eq "poisson of the command line" "$(run "r['summary']['requests'], 'arrival' in r['order']")" "(100, False)"

    # a new rate replaces the ramp, and does not move its end. 600 requests are due after a change at
    # the start, and some before it.
    begin '{"kind": "rate", "ramp": "1:20", "duration": "4s"}'
    post 200 "runs/$ID/change" '{"rate": 150}'
    expect_eq "changed" "$(json "$TMP/answer" "r['order']")" "{'arrival': 'constant', 'duration': '4s', 'kind': 'rate', 'rate': 150.0}"
    ends
    expect_eq "constant from then on" "$(seconds "len(n) <= 5, abs(n[2] - 150) < 8, 300 < sum(n) <= 610")" "(True, True, True)"

    # nor that of stages, whose sum it is; and its arrivals are constant, whatever the command line says
    begin '{"kind": "rate", "stages": "1s:20,2s:30"}'
    expect_eq "time of stages" "$(page "r['order']['run_time_s']")" 3
    post 200 "runs/$ID/change" '{"rate": 150}'
    expect_eq "changed stages" "$(json "$TMP/answer" "r['order']")" "{'arrival': 'constant', 'duration': '3s', 'kind': 'rate', 'rate': 150.0}"
    ends

    # what is refused starts nothing
    wrong '{"kind": "rate", "ramp": "fast", "duration": "1s"}' ramp "is not a ramp; expected FROM:TO"
    wrong '{"kind": "rate", "ramp": "0:0", "duration": "1s"}' ramp "all rates are 0"
    wrong '{"kind": "rate", "ramp": "1:2"}' duration "is missing; ramp needs it"
    wrong '{"kind": "rate", "sine": "50:50:1m", "duration": "1s"}' sine "the amplitude must be less than the mean"
    wrong '{"kind": "rate", "sine": "50", "duration": "1s"}' sine "is not a sine"
    wrong '{"kind": "rate", "stages": "1s"}' stages "is not a list of stages"
    wrong '{"kind": "rate", "stages": "1s:5", "duration": "1s"}' duration "times of their own"
    wrong '{"kind": "rate", "rate": 5, "stages": "1s:5"}' rate "stages sets the rate, too"
    wrong '{"kind": "rate", "ramp": "1:2", "duration": "1s", "arrival": "poisson"}' arrival "needs a constant rate"
    wrong '{"kind": "capacity", "host": "http://127.0.0.1:1"}' host "this server sends requests to targets"
    end_server
}

of_a_scenario() {
    start_log_target
    cat >"$TMP/scenario.lua" <<'LUA'
local shards = arg("shards", 3, "how many shards")
local token = arg("api_token", "s3cret", "for the API")
local Shopper = User { wait = constant(0.05) }
Shopper:task(function(self) self:get("/shard/" .. shards .. "/" .. token) end)
LUA
    serve "$TMP/scenario.lua" -H "$U" -slo "p99<10s" -trial 1s -generator-rate 1000 -u 6 -r 100 -t 2m -arg shards=4
    curl -sS -o "$TMP/page" "$W/page/state"
    expect_eq "prefilled" "$(json "$TMP/page" "[r['order'][k] for k in ('users', 'spawn_rate', 'run_time_s')]")" "[6, 100.0, 120]"
    expect_eq "declared" "$(json "$TMP/page" "[(a['name'], a['value'], a['help']) for a in r['arguments']]")" \
        "[('shards', '4', 'how many shards'), ('api_token', None, 'for the API')]"

    # of the command line, of /swarm, of the API; each for one test
    # shellcheck disable=SC2317 # wait_for calls it
    has_sent() { grep -aq "/shard/$1" "$TMP/log"; }
    for fields in "" "shards=7" "" "shards=8 api_token=hush other=1"; do
        # shellcheck disable=SC2086 # words
        expect_eq "swarm $fields" "$(swarm user_count=1 spawn_rate=1 $fields)" "(True, 'Swarming started')"
        case $fields in
        "") path=4/s3cret ;;
        shards=7) path=7/s3cret ;;
        *) path=8/hush ;;
        esac
        wait_for has_sent $path || fail "not $path: $(cat "$TMP/log")"
        expect_eq "changed $fields" "$(swarm user_count=2 spawn_rate=1 shards=9)" "(False, 'arguments: cannot be changed while a test is running')"
        curl -sS -o "$TMP/answer" "$W/stop"
        : >"$TMP/log"
    done
    begin '{"kind": "users", "users": 1, "spawn_rate": 1, "arguments": {"shards": 11, "api_token": "x"}}'
    wait_for has_sent 11/x || fail "not 11/x: $(cat "$TMP/log")"
    expect_eq "order" "$(run "r['order']['arguments'], r['order']['host'] == '$U'")" "({'api_token': '***', 'shards': '11'}, True)"
    post 200 "runs/$ID/stop"
    wrong '{"kind": "users", "users": 1, "spawn_rate": 1, "arguments": {"shards": "many"}}' arguments.shards 'is not a whole number'
    wrong '{"kind": "users", "users": 1, "spawn_rate": 1, "arguments": {"shard": 1}}' arguments.shard 'the scenario declares: shards, api_token'
    expect_has "swarm" "$(swarm user_count=1 spawn_rate=1 shards=many)" 'shards: "many" is not a whole number'

    # a search names its host and users, and takes neither of an earlier test
    swarm user_count=1 spawn_rate=1 host=http://127.0.0.1:1 >"$TMP/said"
    curl -sS -o "$TMP/answer" "$W/stop"
    begin '{"kind": "capacity", "max_rate": 40, "quick": true}'
    expect_eq "search" "$(run "r['order']['users'], r['order']['host'] == '$U'")" "(6, True)"
    post 200 "runs/$ID/stop"
    begin '{"kind": "capacity", "users": 3, "arguments": {"shards": 5}, "quick": true}'
    expect_eq "another" "$(run "r['order']['users'], r['order']['arguments']")" "(3, {'shards': '5'})"
    wait_for has_sent 5/s3cret || fail "not 5/s3cret: $(cat "$TMP/log")"
    post 200 "runs/$ID/stop"
    wrong '{"kind": "capacity", "host": "nowhere"}' host "is not a URL"
    end_server

    # an argument that is named like a field
    cat >"$TMP/host.lua" <<'LUA'
local host = arg("host", 80, "a number")
local Shopper = User { wait = constant(0.05) }
Shopper:task(function(self) self:get("/shard/" .. host) end)
LUA
    serve "$TMP/host.lua" -H "$U"
    wrong '{"kind": "users", "users": 1, "spawn_rate": 1, "arguments": {"host": "many"}}' arguments.host 'is not a whole number'
    begin '{"kind": "users", "users": 1, "spawn_rate": 1, "arguments": {"host": 81}}'
    wait_for has_sent 81 || fail "not 81: $(cat "$TMP/log")"
    expect_eq "the host" "$(run "r['order']['host'] == '$U'")" True
    end_server

    # Locust's variables
    export LOCUST_RUN_TIME=1h30m LOCUST_USERS=5 LOCUST_SPAWN_RATE=2
    serve "$TMP/scenario.lua" -H "$U"
    unset LOCUST_RUN_TIME LOCUST_USERS LOCUST_SPAWN_RATE
    curl -sS -o "$TMP/page" "$W/page/state"
    expect_eq "prefilled" "$(json "$TMP/page" "[r['order'][k] for k in ('users', 'spawn_rate', 'run_time_s')]")" "[5, 2.0, 5400]"
    expect_eq "not of /swarm" "$(swarm user_count=1 spawn_rate=1)" "(True, 'Swarming started')"
    curl -sS -o "$TMP/page" "$W/page/state"
    expect_eq "until it is stopped" "$(json "$TMP/page" "r['order']['run_time_s']")" None
    end_server
}

beside schedules of_a_scenario
