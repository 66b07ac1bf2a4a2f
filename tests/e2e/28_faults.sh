#!/bin/sh
# Each system call and allocation of loadgen fails once: it ends with a message, and without a leak.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

# ThreadSanitizer takes the place of the same functions, and does not let itself be preceded.
[ "$(basename "$(dirname "$BIN")")" != tsan ] || exit 0

start_target_api
cat >"$TMP/targets" <<END
# @name health
GET http://$API/health

POST http://$API/add_users/
Content-Type: application/json
@$TMP/body

GET http://$API/nothing
END
echo '{"id":4,"name":"user4","age":"100"}' >"$TMP/body"

# faults NAME COMMAND...
faults() {
    name=$1
    shift
    python3 tests/faults/faults.py "$BIN/fault.so" "$name" -- "$BIN/loadgen" "$@" || exit 1
}

faults attack attack -rate 100 -duration 20ms -output RESULTS -report text "http://$API/health"
faults "targets, warm-up, headers" attack -rate 100 -duration 20ms -targets "$TMP/targets" -encoding none \
    -header "A: b" -name x -warmup 10ms -report json
faults "lazy, metrics, bodies" attack -rate 100 -duration 30ms -lazy -targets "$TMP/targets" \
    -prometheus-addr 127.0.0.1:0 -output RESULTS -max-body 100 -report json

"$BIN/loadgen" attack -rate 100 -duration 200ms -targets "$TMP/targets" -max-body -1 -output "$TMP/results.bin"
faults report report "$TMP/results.bin"
faults "report -type=json" report -type=json "$TMP/results.bin"
