# workers_lib.sh - what the tests of `loadgen worker` share; sourced after lib.sh.
# shellcheck shell=sh

# start_nats: a broker with JetStream, on a port that the kernel chooses. Sets NATS, its URL, and NATS_PID.
start_nats() {
    need nats-server "nats-server (Debian: nats-server)"
    mkdir -p "$TMP/nats"
    nats-server -a 127.0.0.1 -p -1 -js -sd "$TMP/nats" --ports_file_dir "$TMP/nats" -l "$TMP/nats.log" &
    NATS_PID=$!
    STARTED="$STARTED $NATS_PID"
    wait_for test -s "$TMP/nats/nats-server_$NATS_PID.ports" || fail "nats-server: $(cat "$TMP/nats.log")"
    # shellcheck disable=SC2034 # for those who source this
    NATS=$(json "$TMP/nats/nats-server_$NATS_PID.ports" 'r["nats"][0]')
}

# restart_nats: after it was killed, at the same port. Sets NATS_PID.
restart_nats() {
    mkdir -p "$TMP/nats"
    : >"$TMP/nats.log"
    nats-server -a 127.0.0.1 -p "${NATS##*:}" -js -sd "$TMP/nats" -l "$TMP/nats.log" &
    NATS_PID=$!
    STARTED="$STARTED $NATS_PID"
    wait_for grep -q 'Server is ready' "$TMP/nats.log" || fail "nats-server: $(cat "$TMP/nats.log")"
}

# start_worker NAME FLAG...: with one thread. Sets WORKER_PID; what it says is in $TMP/NAME.err.
start_worker() {
    name=$1
    shift
    "$BIN/loadgen" -cpus 1 worker -nats "$NATS" -name "$name" "$@" 2>"$TMP/$name.err" &
    WORKER_PID=$!
    STARTED="$STARTED $WORKER_PID"
    wait_for grep -q 'waiting for an order' "$TMP/$name.err" || fail "worker $name: $(cat "$TMP/$name.err")"
}

# attack_with_workers N FLAG...: in the background, on the log target. Sets ATTACK_PID; leaves $TMP/report,
# in JSON, and $TMP/err.
attack_with_workers() {
    workers=$1
    shift
    BEFORE=$(wc -l <"$TMP/log")
    "$BIN/loadgen" attack -nats "$NATS" -expect-workers "$workers" -report json -output "$TMP/results" "$@" \
        "$U/" >"$TMP/report" 2>"$TMP/err" &
    ATTACK_PID=$!
    STARTED="$STARTED $ATTACK_PID"
}

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
