#!/bin/sh
# Twenty workers: one run at a rate, whose requests all arrive once, and as many from each as its slots say.
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
