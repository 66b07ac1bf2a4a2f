#!/bin/sh
# loadgen serve: runs at a rate, and searches for the capacity, of targets and of a scenario.
#
# Long: it searches four times.
# Not under tsan: 57_serve_target searches there, and 58_serve_schedules changes a rate.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

# post STATUS PATH [JSON]: the answer is in $TMP/answer
post() {
    actual=$(curl -sS -o "$TMP/answer" -D "$TMP/head" -w '%{http_code}' -X POST -H "Content-Type: application/json" -d "${3-}" "$W/api/v1/$2")
    expect_eq "status of $2 ${3-}: $(cat "$TMP/answer")" "$actual" "$1"
}

# begin JSON: starts a run. Sets ID.
begin() {
    post 201 runs "$1"
    ID=$(json "$TMP/answer" "r['id']")
}

stop() { post 200 "runs/$ID/stop"; }

# refused_by_api STATUS PATH JSON FIELD TEXT
refused_by_api() {
    post "$1" "$2" "$3"
    expect_has "$3" "$(json "$TMP/answer" "r['error']['field'], r['error']['text']")" "$4"
    expect_has "$3" "$(cat "$TMP/answer")" "$5"
}

at_a_rate() {
    start_target_api -test-endpoints
    printf '# @name health\nGET http://%s/health\n' "$API" >"$TMP/targets"
    start_serve -targets "$TMP/targets" -rate 50 -slo "p99<2s,errors<1%"
    expect_eq "what is offered" "$(page "r['kinds'], r['kind'], r['order']['rate'], r['slo'], r['slo_limits'], r['asked'], r['verdict']")" \
        "(['rate', 'capacity'], None, 50.0, 'p99<2s,errors<1%', [{'percentile': 'p99', 'limit_ms': 2000.0}], None, None)"
    curl -sS -o "$TMP/answer" -F user_count=1 -F spawn_rate=1 "$W/swarm"
    expect_has "/swarm" "$(json "$TMP/answer" "r['success'], r['message']")" "(False, 'this server has no users: it was started with targets"
    curl -sS -o "$TMP/answer" "$W/tasks"
    expect_eq "/tasks" "$(json "$TMP/answer" "r")" "{'per_class': {}, 'total': {}}"

    # started, changed twice, stopped: each whole second has as many requests as were asked for
    begin '{"kind": "rate", "rate": 100}'
    expect_eq "started" "$(page "r['kind'], r['state'], r['asked'], r['order']['rate']")" "('rate', 'running', 100.0, 100.0)"
    shows "second is not None and abs(second['intended'] - 100) < 3"
    refused_by_api 409 runs '{"kind": "rate", "rate": 1}' None "a test is running"
    refused_by_api 400 "runs/$ID/change" '{"rate": 0}' rate "rate"
    for rate in 300 20; do
        post 200 "runs/$ID/change" "{\"rate\": $rate}"
        expect_eq "asked" "$(page "r['asked']")" "$rate.0"
        shows "abs(second['intended'] - $rate) < 3 and second['ended'] > 0"
    done
    stop
    shows "r['state'] == 'stopped'"
    expect_eq "at the end" "$(page "r['total']['failures'], r['asked'], r['problem'], r['verdict']")" \
        "(0, None, None, {'met': True, 'text': 'the SLO was met: p99<2s,errors<1%'})"
    expect_eq "of the target" "$(page "[(row['name'], row['requests'] == r['total']['requests']) for row in r['requests']]")" "[('health', True)]"

    # a duration ends it, with the default rate, and a change (without it: 300 requests) does not move the end. 1,200
    # requests are due after a change at the start, and some before it.
    begin '{"kind": "rate", "rate": 50, "duration": "6s"}'
    post 200 "runs/$ID/change" '{"rate": 200}'
    shows "r['state'] == 'stopped'"
    expect_eq "all of it" "$(page "400 < r['total']['requests'] <= 1210, r['order']['run_time_s'], r['total']['failures']")" \
        "(True, 6, 0)"

    # a target that dies: the run goes on, its errors are told, and it is judged
    begin '{"kind": "rate", "rate": 200}'
    shows "second is not None and second['ended'] > 0"
    kill -9 "$API_PID"
    shows "second['failures'] > 150"
    stop
    shows "r['state'] == 'stopped'"
    expect_eq "died" "$(page "r['problem'], r['verdict']['met'], 'errors<1%' in r['verdict']['text']")" "(None, False, True)"
    expect_has "why" "$(page "[f['text'] for f in r['failures']]")" "connection refused"
    end_serve
}

capacity() {
    # The SLO is loose, as a busy machine makes it slower; a looser one needs trials of 2 s.
    python3 "$SUPPORT/one_at_a_time.py" >"$TMP/port" &
    server=$!
    STARTED="$STARTED $server"
    wait_for test -s "$TMP/port" || fail "the server does not start"
    start_serve -slo "p50<25ms,errors<50%" -trial 1s -quick -max-connections 64 -generator-rate 5000 "http://127.0.0.1:$(cat "$TMP/port")/"
    refused_by_api 400 runs '{"kind": "capacity", "max_rate": 0.5}' max_rate "0.5/s is below 1/s, the lowest rate to try"

    # stopped in the middle: it says what is known
    begin '{"kind": "capacity", "min_rate": 20, "max_rate": 400, "quick": true}'
    shows "r['search']['phase'] == 'warming up'"
    shows "r['search']['phase'] == 'searching' and r['asked'] == r['search']['rate'] > 0"
    shows "len(r['search']['trials']) > 0"
    expect_eq "change" "$(post 400 "runs/$ID/change" '{"rate": 5}' && echo refused)" refused
    stop
    shows "r['state'] == 'stopped'"
    expect_eq "stopped" "$(page "r['search']['phase'], r['search']['result']['capacity'], r['search']['result']['text'][:22], r['problem'], r['asked'], r['verdict']")" \
        "('done', None, 'the search was stopped', None, None, None)"

    # what is on after it is not stopped by what is left of the stop
    begin '{"kind": "rate", "rate": 20, "duration": "2s"}'
    shows "r['state'] == 'stopped'"
    expect_eq "a run after a search" "$(page "r['total']['requests'], r['search']")" "(40, None)"

    # to its end
    begin '{"kind": "capacity", "min_rate": 20, "max_rate": 400, "quick": true}'
    shows "len(r['search']['trials']) > 1"
    sums=$(page "sum(t['seconds'] for t in r['search']['trials']) <= r['history']['points'][-1][0] + 1, r['total']['requests'] < 1000")
    expect_eq "numbers of a trial, charts of all" "$sums" "(True, True)"
    wait_for is_shown "r['state'] == 'stopped'" || wait_for is_shown "r['state'] == 'stopped'" || fail "no end: $(cat "$TMP/page")"
    expect_eq "result" "$(page "r['problem'], 40 <= r['search']['result']['capacity'] <= 100, r['search']['lower'] == r['search']['result']['low'] < r['search']['upper'] == r['search']['result']['high'], r['search']['phase']")" \
        "(None, True, True, 'done')"
    expect_has "in words" "$(page "r['search']['result']['text'] + '; ' + r['search']['result']['confidence']")" "/s meets the SLO, "
    expect_eq "trials" "$(page "{t['outcome'] for t in r['search']['trials']} <= {'good', 'bad', 'invalid'}, all(t['why'] for t in r['search']['trials'] if t['outcome'] != 'good')")" \
        "(True, True)"
    curl -sS -o "$TMP/result" "$W/api/v1/runs/$ID/result"
    expect_eq "document" "$(json "$TMP/result" "r['verdict']")" found
    python3 tests/support/report_schema.py -schema capacity.schema.json "$TMP/result" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"

    # a target that is gone: the search fails, and the server goes on
    kill -9 "$server"
    begin '{"kind": "capacity", "min_rate": 20, "max_rate": 400, "quick": true}'
    shows "r['state'] == 'stopped'"
    expect_has "gone" "$(page "r['problem']")" "no warm-up request was answered: "
    expect_eq "gone" "$(page "r['search']['phase'], r['search']['result'], r['asked']")" "('done', None, None)"
    expect_has "on stderr" "$(cat "$TMP/serve.err")" "loadgen: the test has failed: no warm-up request was answered"
    end_serve
}

of_a_scenario() {
    start_log_target
    cat >"$TMP/scenario.lua" <<'LUA'
local Shopper = User { wait = constant(0.02) }
Shopper:task(function(self) self:get("/items") end)
LUA
    start_serve -H "$U" -slo "p99<2s,errors<1%" -trial 1s -u 8 -cpus 1 "$TMP/scenario.lua"
    expect_eq "what is offered" "$(page "r['kinds'], r['order']['users'], r['order']['spawn_rate']")" "(['users', 'capacity'], 8, 1.0)"
    begin '{"kind": "users", "users": 4, "spawn_rate": 100}'
    shows "r['state'] == 'running' and r['users'] == 4"
    refused_by_api 400 "runs/$ID/change" '{"users": 900000, "spawn_rate": 100}' users "local ports"
    curl -sS -o "$TMP/answer" -F user_count=900000 -F spawn_rate=100 "$W/swarm"
    expect_has "/swarm" "$(json "$TMP/answer" "r['success'], r['message']")" "(False, 'user_count: 900000 users"
    expect_eq "they go on" "$(page "r['state'], r['order']['users']")" "('running', 4)"
    stop
    shows "r['state'] == 'stopped'"
    expect_eq "judged" "$(page "r['verdict']['met'], r['asked']")" "(True, None)"

    # iterations per second
    begin '{"kind": "capacity", "min_rate": 20, "max_rate": 30, "quick": true}'
    shows "r['users'] == 8 and 20 <= r['asked'] <= 30"
    curl -sS -o "$TMP/answer" -F user_count=1 -F spawn_rate=100 "$W/swarm"
    expect_has "/swarm" "$(json "$TMP/answer" "r['success'], r['message']")" "(False, 'a test of kind"
    stop
    shows "r['state'] == 'stopped' and r['search']['phase'] == 'done'"
    end_serve

    # a test that is ended at once has no test_stop
    start_target_api -test-endpoints
    cat >"$TMP/slow.lua" <<LUA
function test_stop(self) self:get("/items/stop") end
local Slow = User {}
Slow:task(function(self) self:get("http://$API/delay/20000") end)
LUA
    start_serve -H "$U" "$TMP/slow.lua"
    begin '{"kind": "users", "users": 2, "spawn_rate": 100}'
    shows "second is not None and second['in_flight'] == 2"
    kill -TERM "$SERVE_PID"
    sleep 0.5
    kill -INT "$SERVE_PID"
    actual=0
    wait "$SERVE_PID" || actual=$?
    expect_eq "ended at once" "$actual" 130
    ! grep -q items/stop "$TMP/log" || fail "test_stop: $(cat "$TMP/log")"

    # not with a Shape
    echo 'Shape { { duration = 4, users = 3, spawn_rate = 100 } }' >>"$TMP/scenario.lua"
    start_serve -H "$U" -slo "p99<2s" "$TMP/scenario.lua"
    expect_has "Shape" "$(cat "$TMP/serve.err")" "capacity searches are unavailable: the scenario's Shape sets"
    expect_eq "Shape" "$(page "r['kinds'], r['has_shape']")" "(['users'], True)"
    end_serve
}

beside at_a_rate capacity of_a_scenario

# the command line
echo 'local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
u=http://127.0.0.1:9/
refused 2 "a scenario or -targets is required" serve
refused 2 "a scenario and -targets cannot be combined" serve -targets "$TMP/targets" "$TMP/a.lua"
refused 2 "a scenario and a URL cannot be combined" serve -f "$TMP/a.lua" $u
refused 2 "-targets needs a list of targets; remove this flag or the URL" serve -targets "$TMP/targets" $u
refused 2 "more than one URL" serve $u $u
refused 2 "-rate is for targets" serve -rate 5 "$TMP/a.lua" -H $u
refused 2 "-header is for targets" serve -header "A: b" "$TMP/a.lua" -H $u
refused 2 "-host is for scenarios" serve -H $u $u
refused 2 "-max-rate is for searches, which require -slo" serve -max-rate 5 $u
refused 2 "-targets: stdin can be read only once" serve -targets stdin
refused 2 "must be greater than 0" serve -rate 0 $u
refused 2 "-max-rate: 2/s is below 4/s, the lowest rate to try" serve -slo "errors<1%" -max-rate 2 $u
refused 1 "-targets: cannot open $TMP/nothing" serve -targets "$TMP/nothing"

# an SLO that cannot be judged: the error points at the criterion
points_at() {
    text=$1
    shift
    timeout 20 "$loadgen" serve "$@" </dev/null >"$TMP/out" 2>&1 && fail "accepted: $*"
    expect_has "$*" "$(cat "$TMP/out")" "$text"
}
points_at "-slo: " -slo "p99<" $u
points_at "did you mean GET /" -slo "nowhere:p99<1s" $u
points_at "there is no rate to take a percentage of" -slo "rate>99%" "$TMP/a.lua" -H $u
