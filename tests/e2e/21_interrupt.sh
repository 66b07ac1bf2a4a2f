#!/bin/sh
# Interrupted attacks, cut files, full disks: existing results are readable, and reports name the loss.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

# SIGINT: sending stops, the account is complete
sigint() {
    "$loadgen" attack -rate 500 -output "$TMP/results" "http://$API/health" 2>"$TMP/err" &
    pid=$!
    trap 'kill -KILL "$pid" 2>/dev/null || true' EXIT
    sleep 2
    kill -INT $pid
    wait $pid || fail "an interrupted attack ended with status $?: $(cat "$TMP/err")"
    "$loadgen" report -type json "$TMP/results" >"$TMP/json"
    expect_eq "interrupted" "$(json "$TMP/json" "r['interrupted'], r['cut_short'], r['not_started']")" "(True, False, 0)"
    expect_eq "balance" "$(json "$TMP/json" "r['intended'] == r['requests'] == r['status_codes']['200'] > 500")" True
}

# SIGTERM when the run is over and its report waits for a slow reader: it takes nothing away
sigterm_behind_the_end() {
    mkfifo "$TMP/pipe"
    exec 3<>"$TMP/pipe"
    head -c 65536 /dev/zero >&3
    "$loadgen" attack -rate 100 -duration 1s -encoding none -report json "http://$API/health" >&3 2>/dev/null 3>&- &
    pid=$!
    trap 'kill -KILL "$pid" 2>/dev/null || true' EXIT
    sleep 2
    kill -TERM $pid
    sleep 0.2
    kill -0 $pid || fail "a signal behind the end of the run took the report away"
    { head -c 65536 >/dev/null; exec cat >"$TMP/json"; } <"$TMP/pipe" 3>&- &
    reader=$!
    exec 3>&-
    wait $pid || fail "a signal behind the end of the run ended the attack with status $?"
    wait $reader
    expect_eq "report" "$(json "$TMP/json" "r['requests'], r['interrupted']")" "(100, False)"
}

# kill -9: no end; what was written is read, and the report says that it was cut short
kill_9() {
    "$loadgen" attack -rate 500 -output "$TMP/results" "http://$API/health" 2>/dev/null &
    pid=$!
    trap 'kill -KILL "$pid" 2>/dev/null || true' EXIT
    sleep 2.5
    kill -KILL $pid
    wait $pid 2>/dev/null || true
    "$loadgen" report -type json "$TMP/results" >"$TMP/json"
    expect_eq "cut short" "$(json "$TMP/json" "r['cut_short'], r['intended'], r['requests'] >= 500")" "(True, None, True)"
    expect_has "remark" "$("$loadgen" report "$TMP/results")" "! The results were cut short"
}

# a file that lost its end, and one that was damaged in the middle
lost_end_and_damage() {
    "$loadgen" attack -rate 500 -duration 2s -output "$TMP/whole" "http://$API/health" 2>/dev/null
    size=$(wc -c <"$TMP/whole")
    head -c $((size - 100)) "$TMP/whole" >"$TMP/cut"
    expect_has "a lost end" "$("$loadgen" report "$TMP/cut")" "! The results were cut short"
    { head -c 3000 "$TMP/whole"; printf 'XXXX'; tail -c +3005 "$TMP/whole"; } >"$TMP/damaged"
    expect_has "damage" "$("$loadgen" report "$TMP/damaged")" "! Results are missing"
}

# a full disk and a reader that goes away end the attack with an error
full_disk_and_closed_pipe() {
    status=0
    "$loadgen" attack -rate 2000 -duration 20s -output /dev/full "http://$API/health" 2>"$TMP/err" || status=$?
    expect_eq "full disk" "$status" 1
    expect_has "full disk" "$(cat "$TMP/err")" "cannot write results to /dev/full: No space left on device"
    status=0
    { "$loadgen" attack -rate 2000 -duration 20s "http://$API/health" 2>"$TMP/err" || echo $? >"$TMP/status"; } | head -c 10 >/dev/null
    expect_eq "closed pipe" "$(cat "$TMP/status")" 1
    expect_has "closed pipe" "$(cat "$TMP/err")" "cannot write results to stdout: Broken pipe"
}

# a reader that sleeps holds the attack back, and the report says for how long
slow_reader() {
    # answers of 10 kB and a pipe of 4 KiB: a busy machine fills them as well
    python3 -c 'import fcntl, os, sys; fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 4096); os.execv(sys.argv[1], sys.argv[1:])' \
        "$loadgen" attack -rate 0 -max-workers 32 -duration 3s -max-body -1 "http://$API/openapi.json" 2>"$TMP/err" |
        { sleep 2.5; exec cat; } |
        "$loadgen" report >"$TMP/text"
    expect_has "slow reader" "$(cat "$TMP/text")" "was too slow: the attack was blocked for"
}

beside sigint sigterm_behind_the_end kill_9 lost_end_and_damage full_disk_and_closed_pipe slow_reader
