#!/bin/sh
# What loadgen run has in common with attack: SLOs, reports, result files, metrics and progress, all with rows by
# class and name.
#
# Not under tsan: its threads are those of 45_run.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints

cat >"$TMP/two.lua" <<'LUA'
local Reader = User { weight = 2, wait = constant(0.02) }
Reader:task("fast", function(self) self:get("/health") end)
Reader:task("slow", function(self) self:get("/delay/" .. random(30, 32), { name = "/delay/{ms}" }) end)
local Writer = User { wait = constant(0.02) }
Writer:task(function(self) self:post("/add_users/", { json = { id = 4, name = "a", age = "1" } }) end)
Writer:task(function(self) self:get("/health") end)
LUA
rows="['Reader GET /delay/{ms}', 'Reader GET /health', 'Writer GET /health', 'Writer POST /add_users/']"

# run FLAG...: 9 users, for 2 s unless a flag says otherwise; $TMP/out, $TMP/err and $status
run() {
    status=0
    timeout 60 "$loadgen" run "$TMP/two.lua" -u 9 -r 100 -t 2 -H "http://$API" "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
}

expect_status() {
    [ "$status" = "$1" ] || fail "status $status, expected $1: $(cat "$TMP/err" "$TMP/out")"
}

objectives() {
    own
    run -report json -slo 'Reader GET /health:p99<5s,"Reader GET /delay/{ms}":p50>=0ms' || true
    expect_status 2
    expect_has "an operator that times do not have" "$(cat "$TMP/err")" "loadgen: -slo: "
    run -report json -slo 'Reader GET /delay/{ms}:p50<5s,Writer POST /add_users/:errors<=0%,errors<=0%,rate>10'
    expect_status 0
    expect_eq "met" "$(json "$TMP/out" "[(f['target'], f['held']) for f in r['slo']]")" \
        "[('Reader GET /delay/{ms}', True), ('Writer POST /add_users/', True), (None, True), (None, True)]"
    # 99, or 98 on a busy machine
    run -report json -slo 'Reader GET /delay/{ms}:p50<20ms,Reader GET /delay/{ms}:p50<10s'
    case $status in 98 | 99) ;; *) fail "status $status: $(cat "$TMP/err")" ;; esac
    expect_has "missed" "$(cat "$TMP/err")" "loadgen: the SLO was missed: Reader GET /delay/{ms}:p50<20ms ("
    expect_eq "missed" "$(json "$TMP/out" "[(f['held'], f['value'] > 3e7) for f in r['slo']]")" \
        "[(False, True), (True, True)]"
    run -slo 'Reader GET /dealy/{ms}:p50<1s'
    expect_status 99
    expect_has "no such row" "$(cat "$TMP/err")" "no target has this name; did you mean Reader GET /delay/{ms}"
    run -slo 'rate>=50%'
    expect_status 2
    expect_has "a share of no rate" "$(cat "$TMP/err")" "or users, there is no rate to take a percentage of"
    run -t 60 -report json -abort-on-slo -slo 'Reader GET /delay/{ms}:max<20ms'
    case $status in 98 | 99) ;; *) fail "status $status: $(cat "$TMP/err")" ;; esac
    expect_eq "aborted" "$(json "$TMP/out" "r['aborted'], r['interrupted'], r['duration'] < 30e9")" "(True, False, True)"
}

reports() {
    own
    run -report json
    expect_status 0
    expect_eq "rows" "$(json "$TMP/out" "sorted(t['name'] for t in r['targets'])")" "$rows"
    expect_eq "their sum" "$(json "$TMP/out" "sum(t['requests'] for t in r['targets']) == r['requests'] == r['intended'] > 100")" True
    expect_eq "each its own" "$(json "$TMP/out" "[t['latencies']['min'] > 3e7 for t in r['targets'] if 'delay' in t['name']]")" "[True]"
    python3 tests/support/report_schema.py "$TMP/out" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"
    run
    expect_status 0
    expect_eq "rows of the text" "$(sed -n 's/.*  \(\(Reader\|Writer\) .*\)/\1/p' "$TMP/out" | sort | tr '\n' ,)" \
        "Reader GET /delay/{ms},Reader GET /health,Writer GET /health,Writer POST /add_users/,"
    grep -Eq '^Schedule +\[rate, intended, not started\] +9 users, [1-9][0-9]+, 0$' "$TMP/out" || fail "the schedule: $(cat "$TMP/out")"
    run -report 'hist[0,20ms,10s]'
    expect_eq "hist" "$(awk 'NR > 1 && $3 > 0 {n++} END {print n}' "$TMP/out")" 2
    run -report hdrplot
    expect_has "hdrplot" "$(head -n 1 "$TMP/out")" "Value(ms)"
    run -report hdrlog
    expect_has "hdrlog" "$(cat "$TMP/out")" "StartTimestamp"
    run -report nonsense
    expect_status 2
}

files() {
    own
    run -output "$TMP/results" -report json
    expect_status 0
    "$loadgen" report -type json "$TMP/results" >"$TMP/read"
    for key in targets latencies status_codes intended requests success lag errors plan generator; do
        expect_eq "$key, read from the file" "$(json "$TMP/read" "r['$key']")" "$(json "$TMP/out" "r['$key']")"
    done
    "$loadgen" encode -to json "$TMP/results" >"$TMP/lines" 2>"$TMP/err"
    expect_eq "as lines of JSON" "$(wc -l <"$TMP/lines")" "$(json "$TMP/out" "r['requests']")"
    expect_eq "methods and URLs" "$(python3 -c 'import json, sys; print(sorted({(r["method"], r["url"].partition("/delay/")[0]) for r in map(json.loads, open(sys.argv[1]))}))' "$TMP/lines")" \
        "[('GET', 'http://$API'), ('GET', 'http://$API/health'), ('POST', 'http://$API/add_users/')]"
    "$loadgen" plot "$TMP/results" >"$TMP/plot.html"
    expect_has "plot" "$(cat "$TMP/plot.html")" "Reader GET /delay/{ms}"
    "$loadgen" run "$TMP/two.lua" -u 2 -r 100 -t 1 -H "http://$API" -output stdout 2>"$TMP/err" |
        "$loadgen" report -type json -slo 'Reader GET /health:p99<5s' >"$TMP/read"
    expect_eq "through a pipe" "$(json "$TMP/read" "r['cut_short'], r['intended'] == r['requests'] > 10, r['slo'][0]['held']")" \
        "(False, True, True)"
    run -output stdout -report json
    expect_status 2
    run -output "$TMP/two.lua"
    expect_status 2
    expect_has "the scenario is spared" "$(cat "$TMP/err")" "is also an input"
    run -output /dev/full
    expect_status 1
    # A signal ends the run in order, and the file has its end.
    "$loadgen" run "$TMP/two.lua" -u 9 -r 100 -H "http://$API" -output "$TMP/results" -report json >"$TMP/out" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    sleep 1.3
    kill -INT $pid
    wait $pid || fail "interrupted: $?: $(cat "$TMP/err")"
    "$loadgen" report -type json "$TMP/results" >"$TMP/read"
    expect_eq "interrupted" "$(json "$TMP/read" "r['interrupted'], r['cut_short'], r['requests']")" \
        "(True, False, $(json "$TMP/out" "r['requests']"))"
}

metrics() {
    own
    # The report goes into a pipe that is full, so that the run cannot end before the last scrape.
    mkfifo "$TMP/pipe"
    exec 3<>"$TMP/pipe"
    dd if=/dev/zero of="$TMP/pipe" bs=4096 oflag=nonblock 2>/dev/null || true
    "$loadgen" run "$TMP/two.lua" -u 9 -r 100 -t 4 -H "http://$API" -prometheus-addr 127.0.0.1:0 -report json \
        >"$TMP/pipe" 2>"$TMP/err" 3>&- &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qs "^loadgen: metrics at " "$TMP/err" || fail "no address: $(cat "$TMP/err")"
    url=$(sed -n 's/^loadgen: metrics at //p' "$TMP/err")
    curl -sS "$url" >"$TMP/page0"
    python3 tests/support/prometheus_page.py read "$TMP/page0"
    sleep 1.6
    curl -sS "$url" >"$TMP/page1"
    sleep 1.2
    curl -sS "$url" >"$TMP/page2"
    python3 tests/support/prometheus_page.py grows "$TMP/page1" "$TMP/page2"
    # The last page stays the same; two of a run that goes on, over a second apart, differ.
    before='' last=$(curl -sS "$url")
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$last" != "$before" ] || break
        sleep 1.2
        before=$last last=$(curl -sS "$url")
    done
    echo "$last" >"$TMP/page3"
    tr -d '\0' <"$TMP/pipe" >"$TMP/report" 3>&- &
    reader=$!
    exec 3>&-
    wait $pid || fail "status $?: $(cat "$TMP/err")"
    wait $reader
    python3 tests/support/prometheus_page.py agrees "$TMP/page3" "$TMP/report"
    for row in 'Reader GET /delay/{ms}' 'Reader GET /health' 'Writer GET /health' 'Writer POST /add_users/'; do
        grep -q "^loadgen_request_latency_seconds_count{target=\"$row\"} [1-9]" "$TMP/page3" || fail "no row $row: $(cat "$TMP/page3")"
    done
}

# told: what is on stderr before Locust's tables
told() { sed '/^Type /,$d' "$TMP/err"; }

progress() {
    own
    run -t 3 -progress 1s
    expect_status 0
    expect_eq "lines" "$(grep -Ec '^\[[#-]{20}\] [123]s of 3s  sent [1-9][0-9]*  [1-9][0-9]*/s  in flight [0-9]+  p50 .*  p99 .*  errors 0$' "$TMP/err")" "$(told | wc -l)"
    expect_eq "one each second" "$(told | awk '{print $2}' | sort -u | wc -l | awk '{print ($1 >= 2)}')" 1
    run -t 2 -progress 0
    expect_eq "none" "$(told)" ""
    timeout 30 python3 tests/support/terminal.py "$loadgen run $TMP/two.lua -u 9 -r 100 -t 2 -H http://$API -report json >$TMP/out" >"$TMP/shown" ||
        fail "in a terminal: $?: $(cat "$TMP/shown")"
    expect_has "in a terminal" "$(cat "$TMP/shown")" "] 1s of 2s  sent "
    # Without a time there is no bar.
    timeout 30 python3 tests/support/terminal.py "$loadgen run $TMP/two.lua -u 9 -r 100 -H http://$API -report json >$TMP/out" 1.5 >"$TMP/shown" ||
        fail "interrupted in a terminal: $?: $(cat "$TMP/shown")"
    expect_has "without a time" "$(tr '\r' '\n' <"$TMP/shown")" "1s  sent "
}

# A request whose answer is still judged was sent and is not counted yet: it is in flight.
judged() {
    cat >"$TMP/two.lua" <<'LUA'
local Judge = User {}
Judge:task(function(self)
    local r <close> = self:get("/health", { check = true })
    sleep(1000)
end)
LUA
    run -t 3 -progress 1s -report json
    expect_status 0
    expect_eq "lines: $(cat "$TMP/err")" "$(grep -c '  sent 9  0/s  in flight 9  ' "$TMP/err" | awk '{print ($1 >= 1)}')" 1
    expect_eq "at the end" "$(json "$TMP/out" "r['requests'], r['success']")" "(9, 1.0)"
}

# own: a scenario in the folder of this part
own() { cp "${TMP%/*}/two.lua" "$TMP/two.lua"; }

beside objectives reports files metrics progress judged
