#!/bin/sh
# A capacity search over two workers finds what a target of known capacity carries. A trial during which a worker joins
# is invalid and is repeated.
#
# Long: it searches to the end.
# Not under sanitizers: its target is slow by the clock; 60_workers has its parts.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

python3 tests/support/one_at_a_time.py >"$TMP/port" &
STARTED="$STARTED $!"
wait_for test -s "$TMP/port" || fail "the server does not start"

start_nats
start_worker a
start_worker b

# search STATUS FLAG...: leaves $TMP/result
search() {
    expected=$1 actual=0
    shift
    "$BIN/loadgen" capacity -nats "$NATS" -quick -output "$TMP/result" "$@" >"$TMP/out" 2>"$TMP/err" || actual=$?
    expect_eq "status: $(cat "$TMP/out" "$TMP/err")" "$actual" "$expected"
    python3 tests/support/report_schema.py -schema capacity.schema.json "$TMP/result" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"
}

search 0 -expect-workers 2 -trial 1s -slo "p50<25ms,errors<50%" -min-rate 20 -max-rate 400 -max-connections 64 \
    "http://127.0.0.1:$(cat "$TMP/port")/"
expect_eq "what was found" "$(json "$TMP/result" "r['verdict'], 40 <= r['capacity']['rate'] <= 100")" "('found', True)"
expect_eq "who was expected, and no calibration" "$(json "$TMP/result" "r['settings']['workers'], r['searches'][0]['generator']")" "(2, None)"
expect_eq "who sent" "$(json "$TMP/result" "{tuple(sorted(w['name'] for w in t['workers'])) for t in r['trials']}")" "{('a', 'b')}"
expect_eq "who changed" "$(json "$TMP/result" "{t['workers_changed'] for t in r['trials']}")" "{False}"
expect_has "text" "$(grep '^Workers' "$TMP/out")" "a"

# A worker joins in the first trial: it is told from the pings before it by its requests.
start_log_target
(search 1 -expect-workers 2 -trial 12s -slo "p50<100ms,errors<50%" -min-rate 50 -max-rate 50 -time-limit 45s \
    -journal "$TMP/journal" "$U/") &
SEARCH_PID=$!
STARTED="$STARTED $SEARCH_PID"
wait_for grep -qs first_rate "$TMP/journal" || fail "no probe: $(cat "$TMP/err")"
BEFORE=$(wc -l <"$TMP/log")
is_in_trial() {
    [ "$(wc -l <"$TMP/log")" -gt $((BEFORE + 60)) ]
}
wait_for is_in_trial || fail "no trial: $(cat "$TMP/err")"
start_worker c
wait "$SEARCH_PID" || fail "the search"
expect_eq "the first trial" "$(json "$TMP/result" "[(t['outcome'], t['workers_changed'], len(t['workers'])) for t in r['trials']][0]")" \
    "('invalid', True, 3)"
expect_has "why" "$(json "$TMP/result" "r['trials'][0]['reason']")" "workers joined, left or were lost during the trial"
expect_eq "the second" "$(json "$TMP/result" "[(t['rate'], t['outcome'], t['workers_changed']) for t in r['trials']][1]")" \
    "(50.0, 'good', False)"

# The search is stopped while a worker is awaited: it was interrupted, which is no error of the workers.
"$BIN/loadgen" capacity -nats "$NATS" -expect-workers 9 -quick -slo "p99<1s" "$U/" >"$TMP/out" 2>"$TMP/err" &
SEARCH_PID=$!
STARTED="$STARTED $SEARCH_PID"
wait_for grep -qs 'waiting for 9 workers' "$TMP/err" || fail "it does not wait: $(cat "$TMP/err")"
kill -INT "$SEARCH_PID"
actual=0
wait "$SEARCH_PID" || actual=$?
expect_has "interrupted, status $actual" "$(cat "$TMP/err")" "the search was interrupted"
