#!/bin/sh
# loadgen serve with scripts, exporters and pipelines written for a Locust master: the recorded requests, the
# tutorials' commands, clients of version 0.8, the log, many rows.
#
# Not under tsan: its threads are those of 50_serve.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

serve() { start_serve "$TMP/scenario.lua" -H "$U" "$@"; }

# is EXPRESSION: of the numbers `r`
is() {
    get /stats/requests
    [ "$(json "$TMP/answer" "$1")" = True ]
}

tables() {
    [ "$(grep -c Aggregated "$TMP/serve.err")" -ge "$1" ]
}

# What was recorded of the real program.
replays() {
    python3 tests/contract/rest.py "$BIN/loadgen" "$U" "$TMP"
}

# The commands of the tutorials, letter by letter; the name of the service is that of this machine.
tutorials() {
    echo 'local A = User { wait = constant(0.02) } A:task("home", function(self) self:get("/") end)' >"$TMP/scenario.lua"
    serve -print-stats -allow-host locust-master
    echo "connect-to = locust-master:8089:127.0.0.1:${W##*:}" >"$TMP/.curlrc"
    export CURL_HOME="$TMP"
    curl -sS -X POST -F 'locust_count=4' -F 'hatch_rate=4' http://locust-master:8089/swarm >"$TMP/answer"
    expect_eq "swarm" "$(json "$TMP/answer" "r['success'], r['message'], r['host']")" "(True, 'Swarming started', '$U')"
    wait_for is "r['user_count'] == 4 and r['state'] == 'running'" || fail "not running: $(cat "$TMP/answer")"
    wait_for tables 3 || fail "no tables while it runs: $(cat "$TMP/serve.err")"
    expect_has "tables" "$(cat "$TMP/serve.err")" "Type     Name  "
    curl -sS http://locust-master:8089/stop >"$TMP/answer"
    expect_eq "stop" "$(json "$TMP/answer" "r")" "{'message': 'Test stopped', 'success': True}"
    is "r['state'] == 'stopped' and r['user_count'] == 0" || fail "not stopped: $(cat "$TMP/answer")"
    expect_has "the table of percentiles" "$(cat "$TMP/serve.err")" "Response time percentiles"
    curl -sS -o /dev/null -w '%{http_code}' http://locust-master:8089/ >"$TMP/answer"
    expect_eq "the probe of its manifests" "$(cat "$TMP/answer")" 200
    end_serve
}

# An exporter that was written for 0.8 knows the state hatching, and leaves out the row Total.
old_clients() {
    cat >"$TMP/scenario.lua" <<'LUA'
local A = User { wait = constant(0.02) }
A:task("home", function(self) self:get("/") end)
A:task("missing", function(self) self:get("/missing") end)
LUA
    serve
    get /stats/distribution/csv
    expect_eq "before" "$(tail -n 1 "$TMP/answer")" '"None Total",0,"N/A","N/A","N/A","N/A","N/A","N/A","N/A","N/A","N/A"'
    get /swarm -d "locust_count=20&hatch_rate=1"
    wait_for is "len(r['stats']) == 3 and r['state'] == 'spawning'" || fail "no rows: $(cat "$TMP/answer")"
    get '/stats/requests?_=1&compat=0.8'
    expect_eq "0.8" "$(json "$TMP/answer" "r['state'], r['stats'][-1]['name'], r['stats'][-1]['method'], r['slave_count'], 'occurences' in r['errors'][0]")" \
        "('hatching', 'Total', None, 0, True)"
    get '/stats/requests?compat=0.80'
    expect_eq "another version" "$(json "$TMP/answer" "r['state'], r['stats'][-1]['name']")" "('spawning', 'Aggregated')"
    get /stop
    get '/stats/requests?compat=0.8'
    cp "$TMP/answer" "$TMP/old"
    get /stats/requests
    expect_eq "successes" "$(json "$TMP/old" "[(s['num_requests'], s['num_failures']) for s in r['stats']]")" \
        "$(json "$TMP/answer" "[(s['num_requests'] - s['num_failures'], s['num_failures']) for s in r['stats']]")"
    all=$(json "$TMP/answer" "r['stats'][-1]['num_requests']")
    get /stats/distribution/csv
    expect_has "type" "$(cat "$TMP/head")" "attachment;filename=distribution_"
    expect_eq "distribution" "$(cut -d, -f1,2 "$TMP/answer" | sed -n '1p;$p')" "\"Name\",\"# requests\"
\"None Total\",$all"
    end_serve

    # Those that cannot add a query
    serve -compat 0.8
    for case in "/stats/requests Total" "/stats/requests?_=1 Total" "/stats/requests?compat=0.8 Total" "/stats/requests?compat=2 Aggregated" \
        "/stats/requests?compat= Aggregated"; do
        get "${case% *}"
        expect_eq "${case% *}" "$(json "$TMP/answer" "r['stats'][-1]['name']")" "${case#* }"
    done
    end_serve
    refused 2 "-compat: expected 0.8" serve "$TMP/scenario.lua" -compat 0.9
}

# /logs: who did what, and what scripts log; a script that logs much does not push the rest out.
logs() {
    cat >"$TMP/scenario.lua" <<'LUA'
local A = User { wait = constant(0.01) }
A:task("talk", function(self)
    for i = 1, 10 do log("line %d <b>", i) end
    self:get("/")
end)
LUA
    serve
    get /logs
    expect_eq "before" "$(json "$TMP/answer" "r")" "{'master': [], 'workers': {}}"
    get /swarm -d "user_count=2&spawn_rate=100&run_time=1m"
    wait_for grep -qs 'A 2: line 10 <b>' "$TMP/serve.err" || fail "nothing is logged"
    sleep 1
    get /swarm -d "user_count=3&spawn_rate=100"
    get /stats/reset
    get /stop
    get /logs
    python3 - "$TMP/answer" "$U" <<'PYTHON'
import json, re, sys
lines = json.load(open(sys.argv[1]))["master"]
assert len(lines) <= 200, len(lines)
assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines), lines
said = [line[25:] for line in lines if not re.search(r"A \d: line|dropped", line)]
assert said == [f"127.0.0.1 started a test: 2 users, 100 per second, for 1m0s, at {sys.argv[2]}",
                "127.0.0.1 changed the test: 3 users, 100 per second", "127.0.0.1 reset the numbers",
                "127.0.0.1 stopped the test", said[-1]] and said[-1].startswith("the test has ended after "), said
assert sum("line 1 <b>" in line for line in lines) >= 5, lines
PYTHON
    get /page/state
    expect_eq "the page has the same" "$(json "$TMP/answer" "r['log'][-1]['text'].startswith('the test has ended'), len(r['log']) <= 200, r['workers']")" \
        "(True, True, [])"
    end_serve
}

# More rows and errors than a list has, and many different errors of scripts.
many_rows() {
    cat >"$TMP/scenario.lua" <<'LUA'
local A = User { wait = constant(0) }
local n = 0
A:task("get", function(self)
    n = n + 1
    self:get("/missing", { name = "/" .. n % 700 })
    if n % 7 == 0 then error("error " .. n % 700) end
end)
LUA
    serve
    get /swarm -d "user_count=4&spawn_rate=100"
    wait_for is "len(r['stats']) == 501 and r['stats'][-1]['num_requests'] > 3000" || fail "rows: $(head -c 300 "$TMP/answer")"
    expect_eq "lists" "$(json "$TMP/answer" "len(r['stats']), r['stats'][-1]['name'], len(r['errors'])")" "(501, 'Aggregated', 500)"
    get /stop
    get /exceptions
    expect_eq "exceptions" "$(json "$TMP/answer" "len(r['exceptions']), r['exceptions'][-1]['msg']")" "(65, 'other errors')"
    get /page/state
    expect_eq "rows of the page" "$(json "$TMP/answer" "len(r['requests']), len(r['failures'])")" "(500, 500)"
    for _ in 1 2 3 4 5 6 7 8 9; do
        curl -sS -o "$TMP/answer" -w '%{time_total}\n' "$W/stats/requests"
    done | sort | awk '{ all[NR] = $1 * 1000 } END { printf "/stats/requests with 500 rows: median of %d: %.1f ms\n", NR, all[(NR + 1) / 2] }'
    end_serve
}

beside replays tutorials old_clients logs many_rows
