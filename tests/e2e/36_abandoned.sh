#!/bin/sh
# Attacks and searches whose reader has gone, such as the client of `kubectl exec -i`, end with complete results. Other
# attacks continue.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints
terminal=$PWD/tests/support/terminal.py
cd "$TMP"
whole="r['interrupted'], r['cut_short'], r['requests'] == sum(r['status_codes'].values()) == r['intended']"

# What `kubectl exec -it` is for: Ctrl-C in a terminal reaches attack and report, and that is printed.
timeout 30 python3 "$terminal" \
    "'$loadgen' attack -rate 50 -duration 60s 'http://$API/health' | '$loadgen' report -type json >ctrl_c.json" 1.5 >/dev/null ||
    fail "Ctrl-C in a terminal: status $?"
expect_eq "Ctrl-C in a terminal" "$(json ctrl_c.json "$whole")" "(True, False, True)"

# begin NAME SECONDS COMMAND: of a shell, whose stdout and stderr are a pipe that is read for
# SECONDS; NAME.status has its status. The command runs on when the reader has gone.
begin() {
    { sh -c "$3" 2>&1 || echo $? >"$1.status"; } | { sleep "$2"; } &
    STARTED="$STARTED $!"
}

has_end() {
    "$loadgen" report -type json "$1" 2>/dev/null | grep -q '"cut_short":false'
}

# seconds NAME: how long its attack went on
seconds() {
    "$loadgen" report -type json "$1" >"$1.json"
    json "$1.json" "round(r['duration'] / 1e9, 1)"
}

# Its stdout and stderr lose their reader after a second; the answers take a second.
begin lost 1 "'$loadgen' attack -rate 50 -duration 60s -output lost.bin 'http://$API/delay/1000'"
# The reader of its results is a report, which has lost its own. stdin is as it is.
begin piped 1 "'$loadgen' attack -rate 50 -duration 60s 'http://$API/health' | '$loadgen' report -type json"
# A terminal that is gone, and no signal for it
python3 - "$loadgen" "http://$API/health" <<'END' &
import os, subprocess, sys, time
terminal, end = os.openpty()
subprocess.Popen([sys.argv[1], "attack", "-rate", "50", "-duration", "60s", "-output", "terminal.bin",
                  sys.argv[2]], stdin=end, stdout=end, stderr=end, start_new_session=True)
os.close(end)
time.sleep(1.5)
os.close(terminal)
END
# A search that would go on for minutes
begin search 1 "'$loadgen' capacity -slo 'p50<2s' -min-rate 20 -max-rate 30 -trial 60s 'http://$API/health'"
# What is still wanted: it goes to a file or to /dev/null, its stdin is closed, nohup says so, or
# one of the two has a reader
url=http://$API/health
begin file 1 "'$loadgen' attack -rate 20 -duration 9s '$url' >file.bin <&-"
begin null 1 "'$loadgen' attack -rate 20 -duration 9s -output null.bin '$url' >/dev/null <&-"
begin quiet 1 "'$loadgen' attack -rate 20 -duration 9s -output quiet.bin '$url' >/dev/null 2>&1"
begin nohup 1 "nohup '$loadgen' attack -rate 20 -duration 9s -output nohup.bin '$url' </dev/null"
begin half 1 "'$loadgen' attack -rate 20 -duration 9s '$url' | cat >half.bin"
begin closed 1 "'$loadgen' attack -rate 20 -duration 9s -output closed.bin '$url' <&- >&- 2>&-"
# One that is back within five seconds: a named pipe
mkfifo fifo
sh -c "exec '$loadgen' attack -rate 20 -duration 9s -output back.bin '$url' >fifo 2>&1" &
STARTED="$STARTED $!"
sh -c 'sleep 1' <fifo # opened, read by nobody, and closed
sleep 3
tail -f /dev/null <fifo &
STARTED="$STARTED $!"

sleep 9
for name in lost terminal; do
    wait_for has_end $name.bin || fail "$name: no end of its results"
    seconds $name.bin >took
    expect_eq "$name, whole" "$(json $name.bin.json "$whole")" "(True, False, True)"
    expect_eq "$name: after 5 s without a reader, not $(cat took)" "$(awk '{ print ($1 >= 5 && $1 < 9.5) }' took)" 1
done
expect_eq "all answers of the one with slow answers" "$(json lost.bin.json "list(r['status_codes'])")" "['200']"
wait_for test -e piped.status || fail "an attack goes on whose report has no reader"
tries=0
until [ -e search.status ] || [ $tries -ge 150 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
expect_eq "a search without a reader" "$(cat search.status)" 1
for name in file null quiet nohup half closed back; do
    wait_for has_end $name.bin || fail "$name: no end of its results"
    "$loadgen" report -type json $name.bin >$name.json
    expect_eq "$name" "$(json $name.json "$whole, r['requests']")" "(False, False, True, 180)"
done
