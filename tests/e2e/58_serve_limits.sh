#!/bin/sh
# loadgen serve at its limits: crowds, slow readers, long bodies, many kept tests, few open files; two servers
# on one host; and who asks the target while a search measures it. Not under sanitizers: it is about time.
# shellcheck disable=SC3045 # dash and bash have ulimit -n
set -eu
. "$(dirname "$0")/lib.sh"

cat >"$TMP/scenario.lua" <<'LUA'
local Guest = User { wait = constant(0.02) }
Guest:task("home", function(self) self:get("/health") end)
LUA
scenario=$TMP/scenario.lua

# value PATH EXPRESSION: of the answer, whose status must be 200
value() {
    get "$1"
    json "$TMP/answer" "$2"
}

# Each of them leaves the server quick, and small.
crowds() {
    start_target_api
    start_serve "$scenario" -H "http://$API"
    expect_eq "swarm" "$(code /swarm -d "user_count=2&spawn_rate=100")" 200
    expect_has "swarm" "$(cat "$TMP/answer")" '"success": true'
    for crowd in "silent 1000" "heads 1000" "bodies 1000" "events 1000" "reports 200"; do
        # shellcheck disable=SC2086 # two words
        python3 "$SUPPORT/hostile.py" "$W" "$SERVE_PID" $crowd >"$TMP/crowd" || fail "$crowd: $(cat "$TMP/crowd")"
    done
    expect_eq "stop" "$(code /stop)" 200
    expect_eq "failures" "$(value /stats/requests "r['fail_ratio']")" 0.0
}

# What two parsers could take for two things, and a body that nobody needs to send
requests() {
    start_target_api
    start_serve "$scenario" -H "http://$API"
    expect_eq "a NUL in the path" "$(code "/stats/requests%00.css")" 400
    expect_eq "a NUL in the query" "$(code "/stats/requests?a=%00")" 200
    expect_eq "a body that is too long" "$(python3 "$SUPPORT/hostile.py" "$W" long /swarm)" "413 text/plain; charset=utf-8"
    expect_eq "the same in the API" "$(python3 "$SUPPORT/hostile.py" "$W" long /api/v1/runs)" "413 application/json"
    expect_eq "the same from another site" "$(python3 "$SUPPORT/hostile.py" "$W" long /swarm "Origin: http://evil.example")" \
        "403 text/plain; charset=utf-8"
}

# A folder with many tests opens quickly, is listed quickly, and shrinks quickly when its limit is lowered.
many_tests() {
    start_target_api
    start_serve "$scenario" -H "http://$API" -data "$TMP/data"
    expect_eq "start" "$(code /api/v1/runs -H "Content-Type: application/json" -d '{"kind": "users", "users": 1, "spawn_rate": 1}')" 201
    ID=$(json "$TMP/answer" "r['id']")
    expect_eq "stop" "$(code "/api/v1/runs/$ID/stop" -X POST)" 200
    end_serve
    python3 - "$TMP/data/runs.db" 50000 <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
names = [row[1] for row in db.execute("PRAGMA table_info(runs)") if row[1] not in ("id", "seconds", "report")]
run = db.execute(f"SELECT {', '.join(names)} FROM runs").fetchone()
marks = ", ".join("?" * (1 + len(run)))
db.executemany(f"INSERT INTO runs (id, {', '.join(names)}) VALUES ({marks})", ((1 + i, *run) for i in range(int(sys.argv[2]))))
db.commit()
PYTHON
    start_serve "$scenario" -H "http://$API" -data "$TMP/data" -data-runs 100000 -data-size -1
    before=$(date +%s%N)
    value '/api/v1/runs?limit=1000' "len(r['runs']), r['runs'][0]['id'] == '$ID'" >"$TMP/list"
    took_ms=$((($(date +%s%N) - before) / 1000000))
    expect_eq "list" "$(cat "$TMP/list")" "(1000, True)"
    [ "$took_ms" -lt 2000 ] || fail "the list took $took_ms ms"
    end_serve
    start_serve "$scenario" -H "http://$API" -data "$TMP/data" # within 10 s
    expect_eq "left" "$(value '/api/v1/runs?limit=1000' "len(r['runs'])")" 100
    expect_eq "said" "$(cat "$TMP/serve.err")" "loadgen: the oldest 49901 tests were deleted to make room
loadgen: serving $W/"
    end_serve
}

# Browsers send a cookie to all ports of its host.
two_servers() {
    start_target_api
    for name in one other; do
        echo "token-of-$name" >"$TMP/$name"
        start_serve "$scenario" -H "http://$API" -token-file "$TMP/$name"
        expect_eq "login at $name" "$(code /login -d "token=token-of-$name" -b "$TMP/jar" -c "$TMP/jar")" 200
        echo "$W" >"$TMP/$name.url"
    done
    for name in one other; do
        W=$(cat "$TMP/$name.url")
        expect_eq "$name" "$(code /stats/requests -b "$TMP/jar")" 200
    done
}

# Those who watch have files of their own, beyond those of the users.
few_files() {
    start_target_api
    (ulimit -n 700 && exec "$BIN/loadgen" serve "$scenario" -H "http://$API" -web 127.0.0.1:0) >"$TMP/serve.out" 2>"$TMP/serve.err" &
    STARTED="$STARTED $!"
    await_serve "$TMP/serve.err"
    expect_eq "swarm" "$(code /swarm -d "user_count=93&spawn_rate=100")" 200
    expect_has "too many" "$(cat "$TMP/answer")" "user_count: 93 connections and 608 other files exceed the limit of 700 open files"
    code /swarm -d "user_count=92&spawn_rate=1000" >"$TMP/code"
    expect_has "as many as there are files" "$(cat "$TMP/answer")" '"success": true'
    expect_eq "stop" "$(code /stop)" 200
}

has_ended() {
    [ "$(value "/api/v1/runs/$ID" "r['state']")" = stopped ]
}

# A search reads the target's metrics at its start, before each trial and after it; nobody else does.
search() {
    start_target_api
    python3 "$SUPPORT/metrics_page.py" >"$TMP/metrics" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/metrics" || fail "no metrics"
    start_serve -slo "errors<50%" -trial 1s -generator-rate 100000 -target-metrics "http://$(head -1 "$TMP/metrics")/metrics" "http://$API/health"
    expect_eq "start" "$(code /api/v1/runs -H "Content-Type: application/json" \
        -d '{"kind": "capacity", "min_rate": 59, "max_rate": 60, "quick": true}')" 201
    ID=$(json "$TMP/answer" "r['id']")
    wait_for has_ended || wait_for has_ended || fail "it goes on: $(cat "$TMP/answer")"
    trials=$(json "$TMP/answer" "len(r['search']['trials'])")
    [ "$trials" -ge 1 ] || fail "no trial: $(cat "$TMP/answer")"
    expect_eq "readings of $trials trials" "$(grep -c read "$TMP/metrics")" $((1 + 2 * trials))
    expect_eq "shown" "$(value "/page/state" "r['target']['text'].startswith('In the last trial, the target used ') and r['target']['cpu'] > 0")" True
    expect_eq "chart" "$(value "/page/state" "sum(p[r['history']['columns'].index('target_cpu_ms')] is not None for p in r['history']['points'])")" "$trials"
}

beside crowds requests
beside many_tests two_servers few_files search

# what cannot be meant
refused 2 "-data-size: expected at least 1 byte, or -1 for no limit" serve "$scenario" -data-size 0
refused 2 "-trial: expected a duration above 0, such as 10s" serve "$scenario" -trial 0s
refused 2 "-trial: expected a duration above 0, such as 10s" capacity -slo "p99<1s" -trial 0 http://127.0.0.1:1/
for host in '*' http://locust-master a.example:x; do
    refused 2 "-allow-host: \"$host\" is not HOST or HOST:PORT, such as locust-master" serve "$scenario" -allow-host "$host"
done
