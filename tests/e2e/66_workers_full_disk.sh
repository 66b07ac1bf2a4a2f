#!/bin/sh
# The disk of the broker fills up during a run. With room and a broker that was started again, nothing is lost. Without,
# the run ends a minute after its time, or when it is stopped, and what the broker did not store is unknown.
# Needs root, for a small tmpfs.
#
# Long: the broker is waited for.
# Not under sanitizers: 64_workers_broker has the same end.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

mount_disk() {
    mkdir "$TMP/nats"
    mount -t tmpfs -o size=24m tmpfs "$TMP/nats" 2>"$TMP/err"
}
mount_disk || {
    echo "a full disk is not tested: nothing can be mounted here: $(cat "$TMP/err")"
    exit 77
}
umount "$TMP/nats"

# fill_disk FLAG...: during an attack by workers a and b
fill_disk() {
    mount_disk
    trap 'umount -l "$TMP/nats"; clean_up' EXIT # the broker has files there
    start_workers a b
    attack_with_workers 2 -rate 100 "$@"
    await_requests 200
    ! head -c 30m /dev/zero 2>"$TMP/full" >"$TMP/nats/rest" || fail "the disk is not full"
    told="the broker stores nothing: it is down, cut off, or its disk is full"
    wait_for grep -qs "$told" "$TMP/err" || fail "it is not told: $(cat "$TMP/err")"
}

# expect_lost: requests, with both workers
expect_lost() {
    expect_balance
    expect_eq "what was sent" "$(json "$TMP/report" 'r["not_started"], r["requests"] > 0')" "(0, True)"
    expect_both_lost
}

room_again() {
    fill_disk -duration 20s
    rm "$TMP/nats/rest"
    kill -9 "$NATS_PID" # it hangs
    restart_nats
    end_attack
    expect_balance
    expect_once
    expect_eq "unknown" "$(json "$TMP/report" 'r["unknown"]')" 0
}

for_good() {
    fill_disk -duration 6s -timeout 1s
    refused 1 "the broker does not answer" attack -nats "$NATS" -duration 1s "$U/"
    end_attack
    expect_has "at the end" "$(cat "$TMP/err")" "unreported results are lost"
    expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 600
    expect_lost
    expect_all 600
}

stopped() {
    fill_disk -duration 60s
    kill -INT "$ATTACK_PID"
    sleep 1.5
    kill -INT "$ATTACK_PID"
    end_attack
    expect_lost
}

beside room_again for_good stopped
