#!/bin/sh
# loadgen run: scripts that use every feature, at full speed. No request is lost; under asan, no memory either.
# Not under tsan: its record of calls grows with each error of a script, to gigabytes; other scripts run under it.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api -test-endpoints

# 1, for the exceptions
run_users 1 tests/support/every_way.lua -u 50 -r 10000 -cpus 2 -requests 30000 -H "http://$API"
expect_eq "requests" "$(json "$TMP/report" "r['requests'], r['intended'], r['not_started'], sum(t['requests'] for t in r['targets'])")" \
    "(30000, 30000, 0, 30000)"
expect_eq "outcomes: $(json "$TMP/report" "r['errors_by_kind'], r['status_codes']")" \
    "$(json "$TMP/report" "r['answered'] + r['timed_out'] + r['failed'] == r['requests'], r['timed_out'] > 0")" "(True, True)"
expect_eq "exceptions" "$(json "$TMP/report" "sorted(e['message'] for e in r['exceptions'])")" "['an error', 'not closed']"
expect_eq "names" "$(json "$TMP/report" "len(r['targets'])")" 9
