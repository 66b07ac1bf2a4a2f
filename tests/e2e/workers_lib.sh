# workers_lib.sh - what the tests of `loadgen worker` share; sourced after lib.sh.
# shellcheck shell=sh

# start_nats: a broker with JetStream, on a port that the kernel chooses. Sets NATS, its URL, and NATS_PID.
start_nats() {
    need nats-server "nats-server (Debian: nats-server)"
    # Its disk may have less room than the streams may take.
    echo "jetstream { store_dir: \"$TMP/nats\", max_file: 2GB }" >"$TMP/nats.conf"
    run_nats -1 || fail "nats-server: $(cat "$TMP/nats.log")"
    # shellcheck disable=SC2034 # for those who source this
    NATS=$(json "$TMP/nats/nats-server_$NATS_PID.ports" 'r["nats"][0]')
}

# run_nats PORT: false if it ends, or does not listen
run_nats() {
    mkdir -p "$TMP/nats"
    nats-server -c "$TMP/nats.conf" -a 127.0.0.1 -p "$1" --ports_file_dir "$TMP/nats" -l "$TMP/nats.log" &
    NATS_PID=$!
    STARTED="$STARTED $NATS_PID"
    wait_for nats_is_up_or_gone && [ -s "$TMP/nats/nats-server_$NATS_PID.ports" ]
}
nats_is_up_or_gone() {
    [ -s "$TMP/nats/nats-server_$NATS_PID.ports" ] || ! kill -0 "$NATS_PID" 2>/dev/null
}

# restart_nats: after it was killed, at the same port, with what is left of what it stored. Sets NATS_PID.
restart_nats() {
    # Meanwhile, a connection of another test may have the port.
    wait_for run_nats "${NATS##*:}" || fail "nats-server: $(cat "$TMP/nats.log")"
}

# start_worker NAME FLAG...: with one thread. Sets WORKER_PID; what it says is in $TMP/NAME.err.
start_worker() {
    name=$1
    shift
    rm -f "$TMP/$name.err" # of a process of the same name that was killed
    "$BIN/loadgen" -cpus 1 worker -nats "$NATS" -name "$name" "$@" 2>"$TMP/$name.err" &
    WORKER_PID=$!
    STARTED="$STARTED $WORKER_PID"
    wait_for grep -qs 'waiting for an order' "$TMP/$name.err" || fail "worker $name: $(cat "$TMP/$name.err")"
}

# start_workers NAME...: the log target, a broker, and these workers. WORKER_PID is that of the last one.
start_workers() {
    start_log_target
    start_nats
    for each; do
        start_worker "$each"
    done
}

# attack_with_workers N FLAG...: in the background, on the log target and there on /$WHERE, or /. Sets ATTACK_PID;
# leaves $TMP/report, in JSON, and $TMP/err.
attack_with_workers() {
    workers=$1
    shift
    BEFORE=$(wc -l <"$TMP/log")
    "$BIN/loadgen" attack -nats "$NATS" -expect-workers "$workers" -report json -output "$TMP/results" "$@" \
        "$U/${WHERE:-}" >"$TMP/report" 2>"$TMP/err" &
    ATTACK_PID=$!
    STARTED="$STARTED $ATTACK_PID"
}

# await_requests N: until more than N of the attack have arrived
await_requests() {
    wait_for have_arrived "$1" || fail "no requests: $(cat "$TMP/err")"
}
have_arrived() { [ "$(wc -l <"$TMP/log")" -gt $((BEFORE + $1)) ]; }

# end_attack: waits for it, which must succeed
end_attack() {
    wait "$ATTACK_PID" || fail "attack: status $?: $(cat "$TMP/err")"
}

# numbers: sorts the numbers of the requests that arrived during the last attack_with_workers into
# $TMP/numbers, one a line
numbers() {
    tail -n "+$((BEFORE + 1))" "$TMP/log" | python3 -c 'import json, sys
for line in sys.stdin:
    print(json.loads(line)["headers"]["x-vegeta-seq"])' | sort -n >"$TMP/numbers"
}

# expect_once: no request arrived twice
expect_once() {
    numbers
    expect_eq "requests that arrived twice" "$(uniq -d "$TMP/numbers" | head -3)" ""
}

# expect_all N: each of N requests arrived once
expect_all() {
    numbers
    seq 0 $(($1 - 1)) | cmp -s - "$TMP/numbers" ||
        fail "not each of $1 requests arrived once: $(seq 0 $(($1 - 1)) | diff - "$TMP/numbers" | head -5)"
}

# expect_balance: what was due was sent, was not started, or may have been sent by a worker that was lost
expect_balance() {
    expect_eq "the balance" \
        "$(json "$TMP/report" 'r["requests"] + r["not_started"] + r["unknown"] == r["intended"]')" True
}

# expect_both_lost: the report names a and b, in any order
expect_both_lost() {
    "$BIN/loadgen" report "$TMP/results" >"$TMP/text"
    grep -Eq 'Lost with (a, b|b, a): ' "$TMP/text" || fail "a and b are not lost: $(cat "$TMP/text")"
}
