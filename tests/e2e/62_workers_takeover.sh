#!/bin/sh
# The controller is killed in the middle of a run. The workers go on; started again with the same
# command line, it takes the run over and reports all of it.
#
# Long: the lease of the one that was killed is void after 5 s.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_workers a b
attack_with_workers 2 -rate 100 -duration 18s
first=$BEFORE
has_requests() {
    [ "$(wc -l <"$TMP/log")" -gt $((first + 200)) ]
}
wait_for has_requests || fail "no requests: $(cat "$TMP/err")"
kill -9 "$ATTACK_PID"
attack_with_workers 2 -rate 100 -duration 18s
BEFORE=$first
end_attack
expect_has "the second controller" "$(cat "$TMP/err")" "takes over the run"
expect_eq "intended" "$(json "$TMP/report" 'r["intended"]')" 1800
expect_eq "ended" "$(json "$TMP/report" 'r["requests"]')" 1800
expect_eq "unknown" "$(json "$TMP/report" 'r["unknown"]')" 0
expect_all 1800

# The same order again is another run.
attack_with_workers 2 -rate 100 -duration 2s
end_attack
expect_all 200
