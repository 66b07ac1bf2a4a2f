#!/bin/sh
# Twenty workers: one run at a rate, whose requests all arrive once. Then fifty simulated ones (tests/cluster), whose
# counts must be as exact, because `make bench` relies on it.
#
# Not under sanitizers: twenty workers and their threads.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

WORKERS=20
start_log_target
start_nats
for i in $(seq $WORKERS); do
    start_worker "w$i"
done
attack_with_workers $WORKERS -rate 400 -duration 5s
end_attack
expect_all 2000
expect_eq "counts" "$(json "$TMP/report" 'r["intended"], r["requests"], r["success"], r["not_started"], r["unknown"]')" \
    "(2000, 2000, 1.0, 0, 0)"
expect_eq "workers" "$(json "$TMP/report" 'len({g["file"] for g in r["generators"]})')" $WORKERS

"$BIN/many_workers" "$NATS" 50 2>"$TMP/simulated.err" &
STARTED="$STARTED $!"
attack_with_workers $((WORKERS + 50)) -rate 700 -duration 3s
end_attack
expect_eq "counts with simulated ones" "$(json "$TMP/report" 'r["intended"], r["requests"], r["not_started"], r["unknown"]')" \
    "(2100, 2100, 0, 0)"
expect_eq "all workers" "$(json "$TMP/report" 'len({g["file"] for g in r["generators"]})')" $((WORKERS + 50))
