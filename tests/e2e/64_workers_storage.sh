#!/bin/sh
# The broker is restarted without what it had stored. Workers that wait for an order hear the next one.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_workers a
attack_with_workers 1 -rate 100 -duration 1s
end_attack
expect_all 100

kill -9 "$NATS_PID"
rm -rf "$TMP/nats"
restart_nats
attack_with_workers 1 -rate 50 -duration 2s
end_attack
expect_has "the worker" "$(cat "$TMP/a.err")" "the broker has lost its storage"
expect_all 100
