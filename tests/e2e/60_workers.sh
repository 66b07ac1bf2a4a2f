#!/bin/sh
# One attack over three workers, with a real broker: each request is sent once, by one of them, and
# the counts are exact to the request. Then a worker joins a Poisson run and another one leaves it.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_log_target
start_nats

# Flags.

refused 2 "-expect-workers requires -nats" attack -expect-workers 2 -duration 1s "$U/"
refused 2 "-nats is missing" worker
refused 1 "cannot connect to the broker at 127.0.0.1:1" attack -nats nats://127.0.0.1:1 -duration 1s -report text "$U/"
refused 2 "is not a valid name" worker -nats "$NATS" -name a.b
actual=0
"$BIN/loadgen" attack -nats "$NATS" -expect-workers-max-wait 300ms -report text "$U/" >"$TMP/out" 2>"$TMP/err" ||
    actual=$?
expect_eq "status without workers" "$actual" 1
expect_has "without workers" "$(cat "$TMP/err")" "-expect-workers: after 300ms, 0 of 1 workers are ready: nobody"

# Three workers.

for name in a b c; do
    start_worker $name
done
attack_with_workers 3 -rate 250 -duration 4s
end_attack
expect_has "workers" "$(cat "$TMP/err")" "workers: "
expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 1000
expect_eq "ended" "$(json "$TMP/report" 'r["requests"]')" 1000
expect_eq "unknown" "$(json "$TMP/report" 'r["unknown"]')" 0
expect_all 1000
"$BIN/loadgen" report -type json "$TMP/results" >"$TMP/again"
for value in 'r["requests"]' 'r["latencies"]' 'r["status_codes"]' 'r["bytes_in"]' '[(g["file"], g["worker"]) for g in r["generators"]]'; do
    expect_eq "$value of the file" "$(json "$TMP/again" "$value")" "$(json "$TMP/report" "$value")"
done
expect_eq "each worker's own numbers" \
    "$(json "$TMP/report" 'sorted(g["file"] for g in r["generators"] if 0 < g["worker"]["latency_p50"] <= g["worker"]["latency_p99"])')" \
    "['a', 'b', 'c']"
python3 tests/support/report_schema.py "$TMP/report" >"$TMP/schema" 2>&1 || fail "$(cat "$TMP/schema")"
"$BIN/loadgen" report "$TMP/results" >"$TMP/text"
expect_has "each worker's line" "$(cat "$TMP/text")" ", latency p50 "
for name in a b c; do
    wait_for grep -qs 'the run has ended' "$TMP/$name.err" || fail "worker $name: $(cat "$TMP/$name.err")"
done

# One joins, and the first one leaves.

attack_with_workers 3 -rate 150 -arrival poisson -duration 15s
await_requests 0 # before, d would be there from the start
start_worker d
D_PID=$WORKER_PID
wait_for grep -qs 'joins the run at epoch 1$' "$TMP/d.err" || fail "d: $(cat "$TMP/d.err")"
refused 1 "is the controller" attack -nats "$NATS" -duration 1s -report text "$U/"
kill -TERM "$D_PID"
wait "$D_PID" || fail "d: status $?: $(cat "$TMP/d.err")"
expect_has "d" "$(cat "$TMP/d.err")" "the run has ended"
end_attack
expect_eq "not started" "$(json "$TMP/report" 'r["not_started"]')" 0
expect_eq "unknown" "$(json "$TMP/report" 'r["unknown"]')" 0
expect_eq "ended" "$(json "$TMP/report" 'r["requests"] == r["intended"]')" True
expect_all "$(json "$TMP/report" 'r["requests"]')"

# An order that a worker may not run: because of its target, or of how it wants to get there.

# refused_by NAME TEXT FLAG...: worker NAME, the fourth, refuses the attack with this text
refused_by() {
    name=$1
    text=$2
    shift 2
    actual=0
    "$BIN/loadgen" attack -nats "$NATS" -expect-workers 4 -duration 1s -report text "$@" "$U/" >"$TMP/out" 2>"$TMP/err" ||
        actual=$?
    expect_eq "status of a refused order" "$actual" 1
    expect_has "a refused order" "$(cat "$TMP/err")" "$name cannot run the order: $text"
}

start_worker e -allow-target 192.0.2.1
refused_by e "127.0.0.1"
kill -TERM "$WORKER_PID"
wait "$WORKER_PID" || true
start_worker f -allow-target "127.0.0.0/8"
refused_by f "-resolvers: this worker has -allow-target" -resolvers 192.0.2.1
export http_proxy=http://192.0.2.7:3128
refused_by f "proxy 192.0.2.7:3128 is not in this worker's -allow-target"
