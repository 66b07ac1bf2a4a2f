#!/bin/sh
# loadgen serve: /api/v1/events with `curl -N` and with worse clients; /metrics as Prometheus scrapes it.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

cat >"$TMP/scenario.lua" <<'LUA'
local Shopper = User { wait = constant(0.02) }
Shopper:task(3, "browse", function(self) self:get("/items?page=1", { name = "/items" }) end)
Shopper:task(1, "missing", function(self) self:get("/missing") end)
LUA

serve() { start_serve "$TMP/scenario.lua" -H "$U" "$@"; }

# follow FILE [CURL FLAG...]: a subscriber, until it is killed. Sets FOLLOW_PID.
follow() {
    file=$1
    shift
    curl -sSN "$@" -o "$file" "$W/api/v1/events" 2>"$file.err" &
    FOLLOW_PID=$!
    STARTED="$STARTED $FOLLOW_PID"
    wait_for has_second "$file" || fail "no events: $(cat "$file" "$file.err")"
}

# show FILE EXPRESSION: of the events in it, as tests/support/event_stream.py has them
show() {
    ask events "$@"
}

# is_told FILE EXPRESSION: it is true
is_told() {
    [ "$(show "$1" "$2")" = True ]
}

has_second() { [ -s "$1" ] && is_told "$1" "any(x.name == 'second' for x in e)"; }

swarm() {
    curl -sS -d "$1" "$W/swarm" >"$TMP/answer"
    expect_has "swarm" "$(cat "$TMP/answer")" '"success": true'
}

scrape() {
    expect_eq "metrics" "$(code /metrics)" 200
    expect_has "head" "$(cat "$TMP/head")" "Content-Type: text/plain; version=0.0.4; charset=utf-8"
    mv "$TMP/answer" "$1"
    python3 "$SUPPORT/prometheus_page.py" read "$1"
}

# metric PAGE NAME: its value
metric() {
    sed -n "s/^$2 //p" "$1"
}

serve
first=$TMP/first

# before the first test
expect_eq "HEAD" "$(code /api/v1/events -I)" 200
expect_has "type" "$(cat "$TMP/head")" "Content-Type: text/event-stream"
expect_eq "OPTIONS" "$(code /api/v1/events -X OPTIONS)" 200
expect_has "methods" "$(cat "$TMP/head")" "Allow: GET, HEAD, OPTIONS"
expect_eq "POST" "$(code /api/v1/events -d x=1)" 405
expect_eq "another site" "$(code /api/v1/events -H "Origin: http://evil.example")" 403
expect_eq "another host" "$(code /metrics -H "Host: evil.example")" 403
follow "$first" -D "$TMP/head"
expect_has "buffers" "$(cat "$TMP/head")" "X-Accel-Buffering: no"
expect_eq "at first" "$(show "$first" "retry, [x.name for x in e], e[1].data['state'], e[4].data['points'], e[0].id == e[0].data['id'] + '.0'")" \
    "('2000', ['reset', 'state', 'change', 'search', 'second'], 'ready', [], True)"

# a test, and a change of it
swarm "user_count=4&spawn_rate=100"
wait_for is_told "$first" "len(points) >= 3" || fail "no seconds: $(cat "$first")"
expect_eq "a new run" "$(show "$first" "[x.name for x in e[5:8]], int(e[5].data['id']) > int(e[0].data['id']), e[6].data['state'], e[7].data['order']['users']")" \
    "(['reset', 'state', 'change'], True, 'spawning', 4)"
is_told "$first" "[x.data['state'] for x in e if x.name == 'state'] == ['ready', 'spawning', 'running']" || fail "states: $(cat "$first")"
swarm "user_count=2&spawn_rate=100"
wait_for is_told "$first" "e[-1].name == 'second' and e[-1].data['users'] == 2 and [x.data['order']['users'] for x in e if x.name == 'change'][1:] == [4, 2]" ||
    fail "no change: $(cat "$first")"
is_told "$first" "[p['first'] for p in points] == list(range(len(points))) and sum(p['ended'] for p in points) > 5 * len(points)" ||
    fail "points: $(cat "$first")"
expect_eq "ids" "$(show "$first" "(lambda ids: (sorted(set(ids)) == ids, ids[0], ids[-1] == len(points)))([int(x.id.split('.')[1]) for x in e[5:] if x.name == 'second'])")" \
    "(True, 0, True)"
is_told "$first" "[x['number'] for x in log] == list(range(1, len(log) + 1)) and any('4 users' in x['text'] for x in log)" ||
    fail "log: $(show "$first" log)"

# /metrics while it runs: the first scrape waits for the next second
scrape "$TMP/page1"
seen=$(show "$first" "len(points)")
wait_for is_told "$first" "len(points) > $seen + 1" || fail "no more seconds: $(cat "$first")"
scrape "$TMP/page2"
python3 "$SUPPORT/prometheus_page.py" grows "$TMP/page1" "$TMP/page2"
expect_eq "users" "$(metric "$TMP/page2" loadgen_users) $(metric "$TMP/page2" loadgen_run_active) $(metric "$TMP/page2" loadgen_event_clients)" "2 1 1"
grep -q '^loadgen_request_latency_seconds_count{target="Shopper GET /items"} [1-9]' "$TMP/page2" || fail "no row: $(cat "$TMP/page2")"

# who comes back gets what was missed; who has something else, everything
id=$(show "$first" "[x.id for x in e if x.name == 'second'][2]")
follow "$TMP/second" -H "Last-Event-ID: $id"
kill $FOLLOW_PID
is_told "$TMP/second" "[x.name for x in e[:4]] == ['state', 'change', 'search', 'second'] and [p[0] for p in e[3].data['points']][0] == int('${id#*.}')" ||
    fail "not resumed at $id: $(cat "$TMP/second")"
for other in x "${id%.*}" "${id%.*}." "${id%.*}.x" "${id%.*}.1x" "${id%.*}.99999" "1.2" "99999999999999999999999.1" ".1" "-1.1"; do
    rm "$TMP/second"
    follow "$TMP/second" -H "Last-Event-ID: $other"
    kill $FOLLOW_PID
    is_told "$TMP/second" "e[0].name == 'reset' and e[4].data['points'][0][0] == 0" || fail "id $other: $(cat "$TMP/second")"
done

# a client that does not read is dropped, and others go on
python3 "$SUPPORT/events.py" silent "$W/api/v1/events" >"$TMP/silent" &
STARTED="$STARTED $!"
wait_for grep -qs ready "$TMP/silent" || fail "no silent client"
changes=$(python3 "$SUPPORT/events.py" flood "$W/swarm" "$W/metrics")
[ "$changes" -lt 20000 ] || fail "not dropped after $changes changes"
scrape "$TMP/page"
expect_eq "dropped" "$(metric "$TMP/page" loadgen_event_clients_dropped_total)" 1
seen=$(show "$first" "len(points)")
wait_for is_told "$first" "len(points) > $seen + 1" || fail "the other one has stopped: $(tail -5 "$first")"
is_told "$first" "sum(p['ended'] for p in points) > 5 * len(points) and sum(p['failures'] for p in points) < sum(p['ended'] for p in points)" ||
    fail "the run has suffered: $(show "$first" "[(p['ended'], p['failures']) for p in points]")"

# a crowd: half of the connections are for other requests
expect_has "crowd" "$(python3 "$SUPPORT/events.py" crowd "$W/api/v1/events" 200)" "{'200': 63, "
curl -sSf "$W/stats/requests" >"$TMP/answer"
seen=$(show "$first" "len(points)")
wait_for is_told "$first" "len(points) > $seen + 1" || fail "a crowd has evicted the first one: $(tail -5 "$first")"
is_alone() {
    scrape "$TMP/page"
    [ "$(metric "$TMP/page" loadgen_event_clients)" = 1 ]
}
wait_for is_alone || fail "clients that have gone: $(cat "$TMP/page")"

# the end: events, points, metrics and Locust's numbers are the same
curl -sS "$W/stop" >"$TMP/answer"
curl -sS "$W/stats/requests" >"$TMP/numbers"
all=$(json "$TMP/numbers" "r['stats'][-1]['num_requests']")
wait_for is_told "$first" "[x.data['state'] for x in e if x.name == 'state'][-1] == 'stopped'" || fail "not stopped: $(tail -9 "$first")"
wait_for is_told "$first" "sum(p['ended'] for p in points) == $all" || fail "not $all: $(show "$first" "points, e[-1]")"
follow "$TMP/third"
kill $FOLLOW_PID
expect_eq "a second viewer" "$(show "$TMP/third" "points, e[1].data, e[4].data['total']['requests'], e[4].data['recent']")" \
    "$(show "$first" "points, [x.data for x in e if x.name == 'state'][-1], $all, None")"
scrape "$TMP/page"
python3 "$SUPPORT/prometheus_page.py" is_end "$TMP/page" "$(metric "$TMP/page" loadgen_offered_total)"
expect_eq "requests" "$(metric "$TMP/page" loadgen_sent_total) $(metric "$TMP/page" loadgen_run_active)" "$all 0"

# the end of the server ends the streams; who follows comes back to the next server, and begins anew
swarm "user_count=1&spawn_rate=1"
id=$(show "$first" "[x.id for x in e if x.id][-1]")
follow "$TMP/last"
kill -TERM $SERVE_PID
wait $FOLLOW_PID || fail "a subscriber ended with status $?: $(cat "$TMP/last.err")"
wait $SERVE_PID || fail "the server ended with status $?: $(cat "$TMP/serve.err")"
is_told "$TMP/last" "[x.data['state'] for x in e if x.name == 'state'][-1] == 'stopped'" || fail "no end: $(tail -5 "$TMP/last")"
echo secret >"$TMP/token"
serve -web "${W#http://}" -token-file "$TMP/token"
for path in api/v1/events metrics; do
    expect_eq "$path without a token" "$(code "/$path")" 401
done
expect_eq "metrics" "$(code /metrics -H "Authorization: Bearer secret")" 200
mv "$TMP/answer" "$TMP/page"
python3 "$SUPPORT/prometheus_page.py" read "$TMP/page"
expect_eq "before a test" "$(metric "$TMP/page" loadgen_users) $(metric "$TMP/page" loadgen_run_active)" "0 0"
follow "$TMP/fourth" -H "Authorization: Bearer secret" -H "Last-Event-ID: $id"
expect_eq "anew" "$(show "$TMP/fourth" "e[0].name, e[1].data['state'], points")" "('reset', 'ready', [])"
