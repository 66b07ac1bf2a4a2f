#!/bin/sh
# -slo and the exit statuses: 0 done or met, 1 failed, 2 usage, 98 the generator was the limit, 99 missed.
#
# Not under tsan: its threads are those of 20_attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints
u=http://$API/health

# expect_status STATUS ARGUMENT...: and $TMP/out, $TMP/err have what was printed
expect_status() {
    expected=$1 actual=0
    shift
    "$loadgen" "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || actual=$?
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err" "$TMP/out")"
}

# expect_missed ARGUMENT...: 99; on a busy machine the generator may be the limit, then 98 and it is said.
expect_missed() {
    actual=0
    "$loadgen" "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || actual=$?
    expected=99
    ! grep -q "Generator-limited" "$TMP/err" || expected=98
    expect_has "message of: $*" "$(cat "$TMP/err")" "loadgen: the SLO was missed"
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err" "$TMP/out")"
}

# 99: results that know of no generator; the failed one is the fastest
for code in 200 200 200 0; do
    printf '{"attack":"","seq":%s,"code":%s,"timestamp":"2026-01-02T03:04:05.%s00Z","latency":%s,"bytes_out":0,"bytes_in":0,"error":"%s","body":null,"method":"GET","url":"http://a/","headers":null}\n' \
        $((seq = ${seq:-0} + 1)) "$code" "$seq" "$((seq == 4 ? 1000 : seq * 1000000))" "$([ "$code" != 0 ] || echo refused)"
done >"$TMP/vegeta"
expect_status 0 report -slo "p75<3.1ms,errors<=25%" "$TMP/vegeta"
expect_status 99 report -slo "p75.1<1h" "$TMP/vegeta"
expect_has "99" "$(cat "$TMP/err")" "p75.1<1h (unbounded: 1 of 4 requests got no response)"
expect_status 99 report -slo "errors<25%" "$TMP/vegeta"
expect_status 99 report -slo "p75<2.9ms" "$TMP/vegeta"

# 0: met, by each criterion
expect_status 0 attack -rate 100 -duration 1s -output "$TMP/results" \
    -slo "p50<5s,p99.9<=5s,mean<5s,max<5s,errors<=0%,rate>=50%,throughput>=10,GET /health:p99<5s" "$u"
expect_eq "silence" "$(cat "$TMP/err")" ""
expect_status 0 report -slo "p99<5s , errors<0.1%" "$TMP/results"
expect_has "met" "$(cat "$TMP/out")" "SLO           [measured, verdict]               met"

# 0: without -slo, whatever happens
expect_status 0 attack -rate 20 -duration 500ms -report text -encoding none http://127.0.0.1:1/

# 99: a refused connection is fast, and slower than every limit
expect_missed attack -rate 20 -duration 500ms -report json -encoding none -slo "p99<1h,errors<1%" http://127.0.0.1:1/
expect_eq "findings" "$(json "$TMP/out" "[(f['criterion'], f['value'], f['held'], f['certain']) for f in r['slo']]")" \
    "[('p99<1h', None, False, True), ('errors<1%', 100.0, False, True)]"
expect_has "why" "$(json "$TMP/out" "r['slo'][0]['why']")" "10 of 10 requests got no response"
expect_has "message" "$(cat "$TMP/err")" \
    "loadgen: the SLO was missed: p99<1h (unbounded: 10 of 10 requests got no response), errors<1% (100%)"

# 99: what was not started counts for the target that it would have gone to, in the run and in its file
cat >"$TMP/targets" <<EOF
# @name a
GET http://$API/delay/50

# @name b
GET http://$API/delay/50
EOF
expect_missed attack -rate 100 -duration 1s -max-workers 1 -targets "$TMP/targets" -report json -output "$TMP/results" \
    -slo "a:p99<1h,b:p99<1h,p99<1h"
whole="sorted((f['target'] or '', f['why'].split(' of ')[1]) for f in r['slo'])"
missing="[int(f['why'].split()[0]) for f in r['slo']]"
expect_eq "intended of each" "$(json "$TMP/out" "$whole")" \
    "[('', '100 requests got no response'), ('a', '50 requests got no response'), ('b', '50 requests got no response')]"
expect_eq "not started" "$(json "$TMP/out" "${missing}[0] + ${missing}[1] == ${missing}[2] == r['not_started'] >= 70")" True
in_the_run=$(json "$TMP/out" "r['slo']")
expect_missed report -type json -slo "a:p99<1h,b:p99<1h,p99<1h" "$TMP/results"
expect_eq "from the file" "$(json "$TMP/out" "r['slo']")" "$in_the_run"

# 99: a status of 404 is an answer and an error
expect_missed attack -rate 20 -duration 500ms -report json -encoding none -slo "errors<50%,max<5s" "http://$API/none"
expect_eq "404" "$(json "$TMP/out" "[f['held'] for f in r['slo']]")" "[False, True]"

# 98: stopped for half a second, the generator sends late
"$loadgen" attack -rate 200 -duration 2s -report text -encoding none -slo "p99<50ms" "$u" >"$TMP/out" 2>"$TMP/err" &
pid=$!
STARTED="$STARTED $pid"
sleep 0.7
kill -STOP $pid
sleep 0.5
kill -CONT $pid
status=0
wait $pid || status=$?
expect_eq "limited: $(cat "$TMP/err")" "$status" 98
expect_has "limited" "$(cat "$TMP/err")" "without the generator's lag). Generator-limited: "

# -abort-on-slo: ends long before its time, and says so; the file as well
expect_missed attack -rate 100 -duration 60s -output "$TMP/results" -abort-on-slo -slo "errors<1%" http://127.0.0.1:1/
expect_has "aborted" "$(cat "$TMP/err")" "the SLO was missed, so the run was aborted: errors<1% (100%)"
"$loadgen" report -type json "$TMP/results" >"$TMP/out"
expect_eq "aborted" "$(json "$TMP/out" "r['aborted'], r['interrupted'], r['cut_short'], r['intended'] < 1000")" "(True, False, False, True)"
expect_status 0 report "$TMP/results"
expect_has "remark" "$(cat "$TMP/out")" "! The run was aborted because its SLO could no longer be met."
# with hope it goes on to the end
expect_status 0 attack -rate 50 -duration 1500ms -report json -encoding none -abort-on-slo -slo "max<1m" "$u"
expect_eq "not aborted" "$(json "$TMP/out" "r['aborted'], r['intended']")" "(False, 75)"

# 99: no data
printf 'GET %s\n' "$u" "$u" "$u" >"$TMP/targets"
expect_missed attack -rate 50 -duration 500ms -lazy -targets "$TMP/targets" -encoding none -slo "GET /heath:p99<1h"
expect_has "no data" "$(cat "$TMP/err")" "(no data: no target has this name; did you mean GET /health?)"

# 1: results that cannot be written, whatever the SLO says
expect_status 1 attack -rate 50 -duration 500ms -output /dev/full -slo "p99<1ns" "$u"
expect_status 1 report -slo "p99<1s" "$TMP/nothing"

# 2: a wrong expression is pointed at
expect_status 2 attack -slo "p99<20,errors<1%" "$u"
expect_eq "pointed" "$(cat "$TMP/err")" "loadgen: -slo: expected a unit: ns, us, µs, ms, s, m or h
    p99<20,errors<1%
          ^"
expect_status 2 report -slo "p99<20ms,erors<1%" "$TMP/results"
expect_has "pointed" "$(cat "$TMP/err")" "did you mean errors?
    p99<20ms,erors<1%
             ^"
expect_status 2 attack -rate 1 -duration 1s -slo "mean<1s,GET /heath:p99<20ms" "$u"
expect_has "a name" "$(cat "$TMP/err")" "expected the name of a target; did you mean GET /health?
    mean<1s,GET /heath:p99<20ms
            ^"
expect_status 2 attack -rate 0 -max-workers 2 -duration 1s -slo "rate>=99%" "$u"
expect_has "a closed loop" "$(cat "$TMP/err")" "with -rate 0 or users, there is no rate to take a percentage of"
expect_status 2 attack -abort-on-slo "$u"
expect_has "no slo" "$(cat "$TMP/err")" "-abort-on-slo requires -slo"
