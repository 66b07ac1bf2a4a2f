#!/bin/sh
# loadgen serve: Locust's REST interface, as its clients use it, against a server that logs what arrives.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

cat >"$TMP/scenario.lua" <<'LUA'
local Shopper = User { weight = 3, wait = constant(0.02) }
Shopper:task(3, "browse", function(self) self:get("/items?page=1", { name = "/items" }) end)
Shopper:task(1, "missing", function(self) self:get("/missing") end)
local Watcher = User { weight = 1, wait = constant(0.02) }
Watcher:task("browse", function(self) self:get("/items", { name = "/items" }) end)
Watcher:task("broken", function() error("this task breaks") end)
LUA

serve() { start_serve "$TMP/scenario.lua" "$@"; }

is_state() {
    get /stats/requests
    [ "$(json "$TMP/answer" "r['state']")" = "$1" ]
}

# swarm STATE FIELD=VALUE...: starts a test, and waits for its state
swarm() {
    state=$1
    shift
    for field; do
        set -- "$@" -F "$field"
        shift
    done
    get /swarm "$@"
    expect_eq "swarm" "$(json "$TMP/answer" "r['success']")" True
    wait_for is_state "$state" || fail "not $state: $(cat "$TMP/answer" "$TMP/serve.err")"
}

has_requests() {
    get /stats/requests
    [ "$(json "$TMP/answer" "r['stats'][-1]['num_requests'] > $1")" = True ]
}

serve -H "$U"

# before the first test
get /
get /stats/requests
expect_eq "before" "$(json "$TMP/answer" "r['state'], r['user_count'], [(s['name'], s['num_requests']) for s in r['stats']], r['errors']")" \
    "('ready', 0, [('Aggregated', 0)], [])"
get /tasks
expect_eq "tasks" "$(json "$TMP/answer" "r['per_class']['Shopper']['tasks']['browse'], r['total']['Watcher']['ratio']")" "({'ratio': 0.75}, 0.0)"
get /exceptions
expect_eq "exceptions" "$(json "$TMP/answer" "r")" "{'exceptions': []}"
get /stop
expect_eq "stop" "$(json "$TMP/answer" "r")" "{'message': 'Test stopped', 'success': True}"

# what is refused is refused with its field
for case in "user_count=many&spawn_rate=1|user_count: expected" "user_count=1&spawn_rate=0|spawn_rate: expected" "|Missing user_count" \
    "user_count=1&spawn_rate=1&run_time=soon|Valid run_time formats" "user_count=1&spawn_rate=1&host=nowhere|host"; do
    get /swarm -d "${case%|*}"
    expect_has "$case" "$(json "$TMP/answer" "r['success'], r['message'], r['host']")" "(False, "
    expect_has "$case" "$(cat "$TMP/answer")" "${case#*|}"
done
get /swarm -H "Content-Type: application/json" -d '{"user_count": 1, "spawn_rate": 1}'
expect_has "JSON" "$(cat "$TMP/answer")" "is not a form"

# the command of the tutorials, and a stop
swarm running locust_count=4 hatch_rate=40
wait_for has_requests 300 || fail "no requests: $(cat "$TMP/answer")"
expect_eq "users" "$(json "$TMP/answer" "r['user_count'], r['fail_ratio'] > 0, r['total_rps'] > 0, r['current_rps'] > 0, r['current_response_time_percentile_95'] > 0")" \
    "(4, True, True, True, True)"
get /swarm -d "user_count=1&spawn_rate=1&host=http://127.0.0.1:9"
expect_has "another host" "$(cat "$TMP/answer")" "host: cannot be changed while a test is running"
get /tasks
expect_eq "tasks" "$(json "$TMP/answer" "r['per_class']['Shopper']['ratio'], r['total']['Shopper']['tasks']['browse']['ratio']")" "(0.75, 0.5625)"
get /exceptions
expect_has "exceptions" "$(json "$TMP/answer" "[(e['msg'], e['nodes'], e['count'] > 0) for e in r['exceptions']]")" "this task breaks', 'local', True)"
get /stop -X POST
is_state stopped || fail "not stopped: $(cat "$TMP/answer")"

# what was counted is what arrived, by method and name, and in every form
count() {
    ask arrived "$TMP/log" 0 "sum(r['url'].split('?')[0] == '$1' for r in l)"
}
all=$(($(count /items) + $(count /missing)))
expect_eq "rows" "$(json "$TMP/answer" "[(s['method'], s['name'], s['num_requests'], s['num_failures']) for s in r['stats'][:2]]")" \
    "[('GET', '/items', $(count /items), 0), ('GET', '/missing', $(count /missing), $(count /missing))]"
expect_eq "total" "$(json "$TMP/answer" "r['stats'][2]['name'], r['stats'][2]['num_requests'], r['user_count'], r['current_rps']")" \
    "('Aggregated', $all, 0, 0.0)"
expect_eq "errors" "$(json "$TMP/answer" "[(e['method'], e['name'], e['error'], e['occurrences'], e['occurences']) for e in r['errors']]")" \
    "[('GET', '/missing', '404 Not Found', $(count /missing), $(count /missing))]"
get /stats/requests/csv
expect_has "type" "$(cat "$TMP/head")" "Content-Type: text/csv"
expect_has "name" "$(cat "$TMP/head")" "Content-Disposition: attachment;filename=requests_"
python3 - "$TMP/answer" "$(count /items)" "$(count /missing)" <<'PYTHON'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
assert all(len(r) == 22 for r in rows), rows
items, missing = int(sys.argv[2]), int(sys.argv[3])
assert [(r[0], r[1], int(r[2]), int(r[3])) for r in rows[1:]] == [
    ("GET", "/items", items, 0), ("GET", "/missing", missing, missing), ("", "Aggregated", items + missing, missing)], rows
PYTHON
get /stats/failures/csv
expect_has "failures" "$(cat "$TMP/answer")" "GET,/missing,404 Not Found,$(count /missing),20"
get /exceptions/csv
expect_has "exceptions" "$(cat "$TMP/answer")" "this task breaks"
get /stats/requests_full_history/csv
python3 - "$TMP/answer" "$all" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert rows and int(rows[-1]["Total Request Count"]) == int(sys.argv[2]), rows
assert all(int(b["Timestamp"]) == int(a["Timestamp"]) + 1 for a, b in zip(rows, rows[1:])), rows
PYTHON

# another test begins anew, with another host, and ends by itself
swarm stopped user_count=2 spawn_rate=100 run_time=1s "host=http://localhost:${U##*:}"
expect_eq "anew" "$(json "$TMP/answer" "0 < r['stats'][-1]['num_requests'] < $all")" True

# the number of users is changed while they run, and what was counted stays
has_users() {
    is_state running && [ "$(json "$TMP/answer" "r['user_count']")" = "$1" ]
}
swarm running user_count=2 spawn_rate=100
wait_for has_requests 50 || fail "no requests: $(cat "$TMP/answer")"
for users in 9 3 1; do
    get /swarm -F "user_count=$users" -F spawn_rate=100
    expect_eq "change" "$(json "$TMP/answer" "r['success']")" True
    wait_for has_users $users || fail "not $users users: $(cat "$TMP/answer")"
    expect_eq "still there" "$(json "$TMP/answer" "r['stats'][-1]['num_requests'] > 50")" True
done
get /stop

# a reset counts from zero
swarm running user_count=2 spawn_rate=100
wait_for has_requests 150 || fail "no requests: $(cat "$TMP/answer")"
before=$(json "$TMP/answer" "r['stats'][-1]['num_requests']")
curl -sS -o "$TMP/reset" "$W/stats/reset" -o "$TMP/answer" "$W/stats/requests"
expect_eq "reset" "$(cat "$TMP/reset")" ok
expect_eq "after a reset" "$(json "$TMP/answer" "r['stats'][-1]['num_requests'] < $before")" True
wait_for has_requests 0 || fail "no requests after a reset: $(cat "$TMP/answer")"
get /stop

# methods and paths
expect_eq "GET /swarm" "$(code /swarm)" 405
expect_has "Allow" "$(cat "$TMP/head")" "Allow: POST, OPTIONS"
expect_eq "PUT" "$(code /stats/requests -X PUT)" 405
expect_eq "OPTIONS" "$(code /swarm -X OPTIONS)" 200
expect_eq "HEAD" "$(code /stats/requests -I)" 200
expect_eq "HEAD of what changes something" "$(code /stop -I) $(code /stats/reset -I)" "405 405"
expect_eq "query" "$(code '/stats/requests?_=1')" 200
expect_eq "nothing there" "$(code /nope)" 404
head -c 70000 /dev/zero | tr '\0' a >"$TMP/long"
expect_eq "a long body" "$(code /swarm -d "@$TMP/long")" 413

# who may ask: no other host, no other site
expect_eq "host" "$(code /stats/requests -H "Host: evil.example")" 403
expect_eq "localhost" "$(code /stats/requests -H "Host: localhost:1")" 200
expect_eq "site" "$(code /stop -H "Origin: http://evil.example")" 403
expect_eq "referer" "$(code /stop -H "Referer: http://evil.example/")" 403
expect_eq "own referer" "$(code /stop -H "Referer: $W/")" 200
expect_eq "cross-site" "$(code /swarm -H "Sec-Fetch-Site: cross-site" -d "user_count=1&spawn_rate=1")" 403
expect_eq "two hosts" "$(python3 - "${W##*:}" <<'PYTHON'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")
print(s.recv(12).decode())
PYTHON
)" "HTTP/1.1 400"
expect_eq "own origin" "$(code / -H "Origin: $W")" 200
! grep -qi '^access-control' "$TMP/head" || fail "CORS: $(cat "$TMP/head")"

# a test goes on when a signal comes: it is ended in order
swarm running user_count=2 spawn_rate=100
end_serve
expect_eq "what it said" "$(wc -l <"$TMP/serve.err")" 1

# who waits for the end of a test gets the answer when a signal ends it
start_target_api -test-endpoints
serve -H "http://$API/delay/20000?"
swarm running user_count=2 spawn_rate=100
curl -sS -o "$TMP/stopped" -w '%{http_code}' "$W/stop" >"$TMP/stop" &
STOP_PID=$!
wait_for is_state stopping || fail "not stopping: $(cat "$TMP/answer")"
end_serve
wait "$STOP_PID"
expect_eq "stop" "$(cat "$TMP/stop")" 200

# a test that cannot begin says why
serve -H https://127.0.0.1:9 -root-certs "$TMP/nothing"
get /logs
expect_eq "no log" "$(json "$TMP/answer" "r")" "{'master': [], 'workers': {}}"
swarm stopped user_count=2 spawn_rate=100
get /logs
expect_has "log" "$(json "$TMP/answer" "r['master']")" "no certificates could be read from $TMP/nothing"
expect_has "on stderr" "$(cat "$TMP/serve.err")" "loadgen: the test has failed: -root-certs: no certificates"
end_serve

# a scenario that decides how many users there are, and what comes before and after them
mv "$TMP/scenario.lua" "$TMP/plain.lua"
cat >"$TMP/scenario.lua" <<'LUA'
Shape { { duration = 4, users = 3, spawn_rate = 100 } }
function test_start(self) self:get("/items/start") return { token = "t" } end
function test_stop(self, run) self:get("/items/stop") end
local Guest = User { wait = constant(0.02) }
Guest:task("home", function(self) self:get("/?" .. self.setup.token, { name = "/" }) end)
LUA
serve -H "$U" -print-stats
for _ in 1 2; do
    get /swarm -X POST
    expect_eq "shape" "$(json "$TMP/answer" "r['success'], r['message']")" "(True, 'Swarming started using shape class')"
    wait_for is_state running || fail "not running: $(cat "$TMP/answer")"
    expect_eq "users" "$(json "$TMP/answer" "r['user_count']")" 3
    get /swarm -F user_count=5 -F spawn_rate=1
    expect_has "change" "$(cat "$TMP/answer")" "the scenario's Shape sets"
    wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
    expect_eq "rows" "$(json "$TMP/answer" "[s['name'] for s in r['stats']], r['fail_ratio']")" "(['/', 'Aggregated'], 0.0)"
done
[ "$(grep -c Aggregated "$TMP/serve.err")" -ge 8 ] || fail "tables: $(cat "$TMP/serve.err")"
expect_eq "before and after" "$(count /items/start), $(count /items/stop)" "2, 2"
end_serve
mv "$TMP/plain.lua" "$TMP/scenario.lua"

# tokens
echo "s3cret" >"$TMP/token"
serve -H "$U" -token-file "$TMP/token"
expect_eq "no token" "$(code /stats/requests)" 401
expect_has "challenge" "$(cat "$TMP/head")" "WWW-Authenticate: Bearer"
expect_eq "wrong token" "$(code /stats/requests -H "Authorization: Bearer secret")" 401
expect_eq "token" "$(code /stats/requests -H "Authorization: Bearer s3cret")" 200
expect_eq "cookie" "$(code /stats/requests -H "Cookie: headroom_token=s3cret")" 200
expect_eq "probe" "$(code /)" 200
end_serve

# the server is not started
refused 2 "-web: other machines can reach 0.0.0.0:" serve "$TMP/scenario.lua" -web 0.0.0.0:0
refused 2 "-no-token and a token" serve "$TMP/scenario.lua" -web 0.0.0.0:0 -no-token -token-file "$TMP/token"
refused 1 "-token-file: cannot open $TMP/nothing" serve "$TMP/scenario.lua" -token-file "$TMP/nothing"
refused 2 "a scenario or -targets is required" serve -H "$U"
refused 2 "more than one scenario" serve a.lua b.lua
refused 2 '-web: "nowhere" is not HOST:PORT' serve "$TMP/scenario.lua" -web nowhere
refused 1 "cannot open $TMP/none.lua" serve "$TMP/none.lua"
