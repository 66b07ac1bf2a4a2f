#!/bin/sh
# SIGINT, SIGTERM and SIGHUP, once, twice and three times, at every moment and into pipelines:
# nothing that was measured is lost.
#
# Runs alone: it judges times.
# Not under tsan: its threads are those of 20_attack and 21_interrupt.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
export TMP
start_target_api -test-endpoints

timeout 300 python3 tests/support/endings.py "$loadgen" "http://$API" >"$TMP/found" || fail "$(cat "$TMP/found")"

# nohup: a SIGHUP that was ignored stays ignored
(trap '' HUP; exec "$loadgen" attack -rate 100 -duration 1500ms -output "$TMP/nohup" "http://$API/health" 2>/dev/null) &
pid=$!
STARTED="$STARTED $pid"
wait_for test -s "$TMP/nohup" || fail "no attack with nohup"
kill -HUP $pid
wait $pid || fail "SIGHUP ended an attack that ignores it, with status $?"
"$loadgen" report -type json "$TMP/nohup" >"$TMP/json"
expect_eq "nohup" "$(json "$TMP/json" "r['requests'], r['interrupted']")" "(150, False)"

# other signals end it as they do any program, and do not take the others' meaning away
"$loadgen" attack -rate 100 -output "$TMP/results" "http://$API/health" 2>/dev/null &
pid=$!
STARTED="$STARTED $pid"
wait_for test -s "$TMP/results" || fail "no attack"
kill -USR2 $pid
status=0
wait $pid || status=$?
expect_eq "SIGUSR2" "$status" 140

# a report of a file that takes long: what was read is printed; and what was encoded is whole lines
"$loadgen" attack -rate 0 -max-workers 16 -duration 1s -output "$TMP/results" "http://$API/health" 2>/dev/null
for command in "report -type json" encode; do
    # shellcheck disable=SC2046,SC2086 # lists of words
    timeout -s TERM 0.4 "$loadgen" $command $(yes "$TMP/results" | head -n 500) >"$TMP/out" 2>"$TMP/err" || true
    case $command in
    encode)
        expect_has "$command" "$(cat "$TMP/err")" "interrupted before the end of the results"
        tail -n 1 "$TMP/out" >"$TMP/json"
        expect_eq "the last line" "$(json "$TMP/json" "r['code']")" 200 ;;
    *) expect_eq "$command" "$(json "$TMP/out" "r['cut_short'], r['requests'] > 1000")" "(True, True)" ;;
    esac
done

# a file that may not grow (ulimit -f) is a full disk: what was measured is reported
status=0
(ulimit -f 64; exec "$loadgen" attack -rate 5000 -duration 5s -output "$TMP/small" -report json "http://$API/health") \
    >"$TMP/json" 2>"$TMP/err" || status=$?
expect_eq "status at the limit of a file's size" "$status" 1
expect_has "message" "$(cat "$TMP/err")" "cannot write results to $TMP/small: File too large"
expect_eq "report" "$(json "$TMP/json" "r['requests'] > 500")" True
"$loadgen" report -type json "$TMP/small" >"$TMP/json" 2>/dev/null
expect_eq "what is in the file" "$(json "$TMP/json" "r['requests'] > 500, r['cut_short']")" "(True, True)"

# -lazy: the file ends with the run, though more targets are being read
for round in 1 2 3 4 5 6 7 8; do
    seq -f "GET http://$API/health?%.0f" 200000 |
        "$loadgen" attack -lazy -rate 0 -max-workers 64 -duration 50ms -output "$TMP/lazy" 2>/dev/null
    expect_eq "lazy, round $round" "$("$loadgen" report -type json "$TMP/lazy" 2>&1 >/dev/null)" ""
done
