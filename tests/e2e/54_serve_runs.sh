#!/bin/sh
# The API of loadgen serve: runs are started, changed, stopped, listed, compared, kept and deleted; and what
# is left after kill -9 and on a full disk.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api -test-endpoints

cat >"$TMP/scenario.lua" <<'LUA'
local Guest = User { wait = constant(0.02) }
Guest:task(3, "health", function(self) self:get("/health") end)
Guest:task(1, "missing", function(self) self:get("/missing") end)
LUA
JSON="Content-Type: application/json"

# serve FLAG...: for users of the scenario
serve() { start_serve "$TMP/scenario.lua" -H "http://$API" "$@"; }

# value PATH EXPRESSION [CURL FLAG...]: of the answer, whose status must be 200
value() {
    value_path=$1 expression=$2
    shift 2
    get "$value_path" "$@"
    json "$TMP/answer" "$expression"
}

# start BODY: starts a run. Sets ID.
start() {
    expect_eq "start: $(cat "$TMP/answer" 2>/dev/null)" "$(code /api/v1/runs -H "$JSON" -d "$1")" 201
    ID=$(json "$TMP/answer" "r['id']")
    expect_has "location" "$(tr -d '\r' <"$TMP/head")" "Location: runs/$ID"
}

has_seconds() {
    [ "$(value "/api/v1/runs/$ID/seconds" "len(r['points']) >= $1 and r['points'][0][r['columns'].index('ended')] > 0")" = True ]
}

is_state() {
    [ "$(value "/api/v1/runs/$ID" "r['state']")" = "$1" ]
}

# wrong STATUS FIELD TEXT PATH [CURL FLAG...]
wrong() {
    expected=$1 field=$2 text=$3
    shift 3
    expect_eq "status of $*" "$(code "$@")" "$expected"
    expect_has "type of $*" "$(cat "$TMP/head")" "Content-Type: application/json"
    expect_eq "field of $*" "$(json "$TMP/answer" "r['error']['field']")" "$field"
    expect_has "text of $*" "$(json "$TMP/answer" "r['error']['text']")" "$text"
}

users='{"kind": "users", "users": 4, "spawn_rate": 100}'
serve -data "$TMP/data"

# before the first run
expect_eq "no runs" "$(value /api/v1/runs r)" "{'kept': True, 'runs': []}"

# what is refused is refused with its field, and starts nothing
post() {
    wrong "$1" "$2" "$3" /api/v1/runs -H "$JSON" -d "$4"
}
post 400 None "the body is not JSON: line 1" '{"kind": "users",'
post 400 None "the body is not JSON" ''
post 400 None "the body is not JSON" '{"kind": "users"} {}'
post 400 None "duplicate object key" '{"kind": "users", "kind": "users"}'
post 400 None "the body is not a JSON object" '[1]'
post 400 kind 'expected "users", "rate" or "capacity"' '{"users": 4}'
post 400 kind "was started without what this kind of run needs" '{"kind": "rate", "rate": 5}'
post 400 users "is missing" '{"kind": "users", "spawn_rate": 1}'
post 400 users "expected a whole number from 1 to 1000000" '{"kind": "users", "users": "4", "spawn_rate": 1}'
post 400 None "the body is not JSON" '{"kind": "users", "users": 1e400, "spawn_rate": 1}'
post 400 spawn_rate "expected a number above 0" '{"kind": "users", "users": 4, "spawn_rate": 0}'
post 400 proxy "unknown field" '{"kind": "users", "users": 4, "spawn_rate": 1, "proxy": "http://127.0.0.1:1"}'
post 400 unix_socket "unknown field" '{"kind": "users", "users": 4, "spawn_rate": 1, "unix_socket": "/x"}'
post 400 run_time "is not a duration" '{"kind": "users", "users": 4, "spawn_rate": 1, "run_time": "soon"}'
post 400 host "expected" '{"kind": "users", "users": 4, "spawn_rate": 1, "host": ""}'
post 400 host "is not a URL" '{"kind": "users", "users": 4, "spawn_rate": 1, "host": "nowhere"}'
wrong 415 None "Content-Type must be application/json" /api/v1/runs -d "$users"
wrong 415 None "Content-Type" /api/v1/runs -H "Content-Type: application/jsonx" -d "$users"
wrong 400 limit "expected a number from 1 to 1000" '/api/v1/runs?limit=0'
wrong 400 limit "expected a number" '/api/v1/runs?limit=1x'
wrong 400 offset "unknown parameter" '/api/v1/runs?offset=1'
wrong 404 id "there is no run with this id" /api/v1/runs/1
wrong 404 id "there is no run" /api/v1/runs/one
wrong 404 id "there is no run" /api/v1/runs/99999999999999999999999
wrong 404 id "there is no run" /api/v1/runs/1/stop -X POST
wrong 404 None "there is nothing at this path" /api/v1/runs/
wrong 404 None "there is nothing at this path" /api/v1/runs/1/2
wrong 405 None "this method is not allowed" /api/v1/runs -X PUT
expect_has "Allow" "$(cat "$TMP/head")" "Allow: GET, HEAD, POST, OPTIONS"
head -c 70000 /dev/zero | tr '\0' ' ' >"$TMP/long"
wrong 413 None "longer than 64 kB" /api/v1/runs -H "$JSON" -d "@$TMP/long"
wrong 403 None "another site" /api/v1/runs -H "$JSON" -H "Origin: http://evil.example" -d "$users"
wrong 403 None "another site" /api/v1/runs/1 -X DELETE -H "Origin: http://evil.example"
expect_eq "still no runs" "$(value /api/v1/runs "r['runs']")" "[]"

# a run is started, changed and stopped
start "$users"
FIRST=$ID
wrong 409 None "a test is running" /api/v1/runs -H "$JSON" -d "$users"
wait_for has_seconds 2 || fail "no seconds: $(cat "$TMP/answer")"
expect_eq "running" "$(value "/api/v1/runs/$ID" "r['state'], r['kind'], r['ended_ms'], r['summary']['requests'] > 0, r['has_result'], r['unkept']")" \
    "('running', 'users', None, True, True, None)"
expect_eq "order" "$(value "/api/v1/runs/$ID" "r['order']")" "{'host': 'http://$API', 'kind': 'users', 'spawn_rate': 100.0, 'users': 4}"
expect_eq "listed" "$(value /api/v1/runs "[(x['id'], x['state']) for x in r['runs']]")" "[('$ID', 'running')]"
wrong 409 id "the run is active; stop it first" "/api/v1/runs/$ID" -X DELETE
wrong 409 None "the run has not ended" "/api/v1/runs/$ID/report"
change() {
    wrong "$1" "$2" "$3" "/api/v1/runs/$ID/change" -H "$JSON" -d "$4"
}
change 400 users "is missing" '{}'
change 400 host "cannot be changed while a test is running" '{"users": 7, "host": "http://127.0.0.1:1"}'
change 400 rate "unknown field" '{"rate": 7}'
expect_eq "change" "$(value "/api/v1/runs/$ID/change" "r['order']['users'], r['order']['spawn_rate']" -H "$JSON" -d '{"users": 7}')" "(7, 100.0)"
has_users() {
    [ "$(value "/api/v1/runs/$ID/seconds" "r['points'][-1][r['columns'].index('users')]")" = "$1" ]
}
wait_for has_users 7 || fail "not 7 users: $(cat "$TMP/answer")"
curl -sS "$W/api/v1/runs/$ID/result" -o "$TMP/so_far"
"$BIN/loadgen" report -type json "$TMP/so_far" >"$TMP/json" 2>/dev/null
expect_eq "so far" "$(json "$TMP/json" "r['requests'] > 0")" True
expect_eq "stop" "$(value "/api/v1/runs/$ID/stop" "r['state'], r['problem'], r['ended_ms'] > r['begun_ms']" -X POST)" "('stopped', None, True)"
expect_eq "stop again" "$(value "/api/v1/runs/$ID/stop" "r['state']" -X POST)" stopped
wrong 409 id "the run has ended" "/api/v1/runs/$ID/change" -H "$JSON" -d '{"users": 7}'

# its numbers are the same everywhere
requests=$(value "/api/v1/runs/$ID" "r['summary']['requests']")
failures=$(value "/api/v1/runs/$ID" "r['summary']['failures']")
column() {
    value "/api/v1/runs/$ID/seconds" "sum(p[r['columns'].index('$1')] for p in r['points'])"
}
expect_eq "seconds" "$(column ended) $(column failures)" "$requests $failures"
expect_eq "from" "$(value "/api/v1/runs/$ID/seconds?from=1" "r['from'], r['points'][0][0], r['id']")" "(1, 1, '$ID')"
expect_eq "from beyond" "$(value "/api/v1/runs/$ID/seconds?from=999" "r['points']")" "[]"
expect_eq "report" "$(value "/api/v1/runs/$ID/report" "r['requests']")" "$requests"
curl -sSOJ --output-dir "$TMP" "$W/api/v1/runs/$ID/result"
"$BIN/loadgen" report -type json "$TMP/$ID.results" >"$TMP/json" 2>"$TMP/err"
expect_eq "result file" "$(json "$TMP/json" "r['requests'], r['cut_short'], r['intended'] == r['requests']")" "($requests, False, True)"
expect_eq "permissions" "$(stat -c %a "$TMP/data" "$TMP/data/$ID.results" | tr '\n' ' ')" "700 600 "

# two runs are compared
start '{"kind": "users", "users": 4, "spawn_rate": 100, "run_time": "2s"}'
wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
expect_eq "newest first" "$(value '/api/v1/runs?limit=1' "[x['id'] for x in r['runs']]")" "['$ID']"
expect_eq "compare" "$(value "/api/v1/compare?a=$FIRST&b=$ID" "[m['name'] for m in r['metrics']], r['a']['id'], r['b']['id'], r['metrics'][4]['a'] > 0.1")" \
    "(['rate', 'p50_ms', 'p95_ms', 'p99_ms', 'failures'], '$FIRST', '$ID', True)"
wrong 400 b "is missing" "/api/v1/compare?a=$FIRST"
wrong 400 a "expected a number" "/api/v1/compare?a=x&b=$ID"
wrong 404 id "there is no run" "/api/v1/compare?a=$FIRST&b=1"

# two servers on one folder
refused 1 "-data: $TMP/data: another server keeps its runs there" serve "$TMP/scenario.lua" -web 127.0.0.1:0 -data "$TMP/data"

# one is deleted, with its file
expect_eq "delete" "$(code "/api/v1/runs/$FIRST" -X DELETE)" 204
[ ! -e "$TMP/data/$FIRST.results" ] || fail "the file of a deleted run is there"
wrong 404 id "there is no run" "/api/v1/runs/$FIRST"
wrong 404 id "there is no run" "/api/v1/runs/$FIRST" -X DELETE

# kill -9 in the middle: the run is lost, its seconds are not
start "$users"
wait_for has_seconds 4 || fail "no seconds: $(cat "$TMP/answer")"
kept=$(value "/api/v1/runs/$ID/seconds" "sum(p[r['columns'].index('ended')] for p in r['points'][:-1])")
kill -9 "$SERVE_PID"
wait "$SERVE_PID" 2>/dev/null || true
serve -data "$TMP/data"
expect_eq "lost" "$(value "/api/v1/runs/$ID" "r['state'], r['summary']['requests'] >= $kept, r['summary']['p99_ms'] > 0, r['ended_ms'] > r['begun_ms']")" \
    "('lost', True, True, True)"
requests=$(value "/api/v1/runs/$ID" "r['summary']['requests']")
expect_eq "its seconds" "$(value "/api/v1/runs/$ID/seconds" "sum(p[r['columns'].index('ended')] for p in r['points']), len(r['points']) >= 3, r['points'][2][r['columns'].index('users')], r['points'][2][r['columns'].index('p99')] > 0")" \
    "($requests, True, 4, True)"
expect_eq "its report" "$(value "/api/v1/runs/$ID/report" "r['requests'], r['cut_short']")" "($requests, True)"
LOST=$ID

# the next one has another id, and the oldest go when there are too many
end_serve
serve -data "$TMP/data" -data-runs 2
start '{"kind": "users", "users": 1, "spawn_rate": 1, "run_time": "1s"}'
wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
expect_eq "at most two" "$(value /api/v1/runs "[x['id'] for x in r['runs']]")" "['$ID', '$LOST']"
expect_has "told" "$(cat "$TMP/serve.err")" "loadgen: the oldest test was deleted to make room: "
end_serve

# without a folder, the last run alone is known
serve
start '{"kind": "users", "users": 1, "spawn_rate": 1, "run_time": "1s"}'
wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
FIRST=$ID
start '{"kind": "users", "users": 2, "spawn_rate": 100, "run_time": "1s"}'
wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
expect_eq "the last one" "$(value /api/v1/runs "r['kept'], [(x['id'], x['has_result']) for x in r['runs']]")" "(False, [('$ID', False)])"
expect_eq "report" "$(value "/api/v1/runs/$ID/report" "r['requests'] > 0")" True
wrong 404 None "started without a folder" "/api/v1/runs/$ID/result"
wrong 404 id "there is no run" "/api/v1/runs/$FIRST"
expect_eq "nothing on stderr" "$(wc -l <"$TMP/serve.err")" 1
end_serve

# runs at a rate, and a search, of which its journal is left
url=http://$API/delay/5
start_serve "$url" -slo "errors<1%" -trial 1s -generator-rate 5000 -data "$TMP/targets"
start '{"kind": "rate", "rate": 50, "duration": "2s"}'
RATE=$ID
wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
expect_eq "rate" "$(value "/api/v1/runs/$ID" "r['summary']['requests'], r['verdict']['met'], r['order']")" \
    "(100, True, {'duration': '2s', 'kind': 'rate', 'rate': 50.0})"
start '{"kind": "capacity", "min_rate": 20, "max_rate": 400, "quick": true}'
has_trial() {
    [ "$(value "/api/v1/runs/$ID" "r['search'] is not None and len(r['search']['trials']) > 0")" = True ]
}
wait_for has_trial || fail "no trial: $(cat "$TMP/answer")"
expect_eq "search" "$(value "/api/v1/runs/$ID" "r['state'], r['summary'], r['has_result']")" "('running', None, True)"
kill -9 "$SERVE_PID"
wait "$SERVE_PID" 2>/dev/null || true
start_serve "$url" -data "$TMP/targets"
expect_eq "lost" "$(value "/api/v1/runs/$ID" "r['state'], r['kind'], r['has_result']")" "('lost', 'capacity', True)"
wrong 404 None "the search has no result: it was not completed" "/api/v1/runs/$ID/report"
expect_eq "its journal" "$(code "/api/v1/runs/$ID/result")" 200
expect_eq "its trials" "$(python3 -c 'import json, sys; l = [json.loads(x) for x in open(sys.argv[1])]; print(l[0]["journal"], any("rate" in x for x in l))' "$TMP/answer")" "1 True"
wrong 404 None "this run has no history" "/api/v1/runs/$ID/seconds"
wrong 409 None "cannot be compared" "/api/v1/compare?a=$RATE&b=$ID"
end_serve

# a folder that cannot be used
refused 1 "-data: cannot create $TMP/no/folder: No such file" serve "$TMP/scenario.lua" -web 127.0.0.1:0 -data "$TMP/no/folder"
mkdir "$TMP/text"
yes "this is no database" | head -100 >"$TMP/text/runs.db"
refused 1 "-data: $TMP/text/runs.db: file is not a database" serve "$TMP/scenario.lua" -web 127.0.0.1:0 -data "$TMP/text"
refused 2 "-data-runs is for tests that are kept; set -data, the folder" serve "$TMP/scenario.lua" -data-runs 5
refused 2 "-data-size is for tests that are kept; set -data, the folder" serve "$TMP/scenario.lua" -data-size 1GB
refused 2 "-data-runs: expected 1 to" serve "$TMP/scenario.lua" -data-runs 0

# a full disk: the run goes on, and says so
mkdir "$TMP/small"
if mount -t tmpfs -o size=96k tmpfs "$TMP/small" 2>"$TMP/err"; then
    trap 'umount -l "$TMP/small"; clean_up' EXIT
    serve -data "$TMP/small"
    start '{"kind": "users", "users": 60, "spawn_rate": 1000}'
    is_unkept() {
        [ "$(value "/api/v1/runs/$ID" "str(r['unkept']).startswith('cannot write results to $TMP/small/$ID.results: No space left on device')")" = True ]
    }
    wait_for is_unkept || fail "nothing of the full disk: $(cat "$TMP/answer")"
    wait_for grep -qs "the test goes on, but cannot be kept: cannot write results to " "$TMP/serve.err" || fail "not told: $(cat "$TMP/serve.err")"
    before=$(value "/api/v1/runs/$ID" "r['summary']['requests']")
    goes_on() {
        [ "$(value "/api/v1/runs/$ID" "r['state'] == 'running' and r['summary']['requests'] > $before")" = True ]
    }
    wait_for goes_on || fail "it does not go on: $(cat "$TMP/answer")"
    expect_eq "stop" "$(value "/api/v1/runs/$ID/stop" "r['problem'], r['unkept'] is not None" -X POST)" "(None, True)"
    end_serve
else
    echo "a full disk is not tested: nothing can be mounted here: $(cat "$TMP/err")"
fi
