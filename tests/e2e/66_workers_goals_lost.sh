#!/bin/sh
# A worker that is killed, or leaves, while users share requests, iterations at a rate, and rows that are taken once: what
# it did not report is unknown, what it left is dropped, and nothing is done twice.
#
# Long: a killed worker counts as lost after 20 s, and one that leaves may take 15 s.
# Not under sanitizers: workers are lost when they are slow to announce themselves; 66_workers_goals has the rest.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# run_with_workers SCENARIO FLAG...: in the background, with workers a and b. Sets RUN_PID.
run_with_workers() {
    BEFORE=$(wc -l <"$TMP/log")
    seen=$BEFORE
    "$BIN/loadgen" run "$@" -nats "$NATS" -expect-workers 2 -H "$U" -report json -output "$TMP/results" >"$TMP/report" 2>"$TMP/err" &
    RUN_PID=$!
    STARTED="$STARTED $RUN_PID"
}

end_run() {
    wait "$RUN_PID" || fail "status $?: $(cat "$TMP/err")"
    python3 tests/support/report_schema.py "$TMP/report" >"$TMP/schema" 2>&1 || fail "report: $(cat "$TMP/schema")"
    "$BIN/loadgen" report -type json "$TMP/results" >"$TMP/again"
    for value in "r['iterations']" "r['lost_rows']" "r['unknown']"; do
        expect_eq "$value of the file" "$(json "$TMP/again" "$value")" "$(json "$TMP/report" "$value")"
    done
}

at_a_rate() {
    start_workers a b
    seq 1 1000 >"$TMP/rows.txt"
    cat >"$TMP/rows.lua" <<'LUA'
local rows = feeder("rows.txt", { order = "once" })
local Reader = User {}
Reader:task(function(self) self:get("/items/" .. rows:next()) end)
LUA
    run_with_workers "$TMP/rows.lua" -u 4 -r 1000 -rate 20/s -t 10
    await_requests 60
    kill -9 "$WORKER_PID"
    end_run
    expect_has "told" "$(cat "$TMP/err")" "b is lost"
    expect_eq "the balance" "$(json "$TMP/report" "sum(r['iterations'].values()), 0 < r['iterations']['unknown'] <= 100")" "(200, True)"
    expect_eq "what arrived is reported or unknown" \
        "$(arrived "len(l) <= $(json "$TMP/report" "r['iterations']['started'] + r['iterations']['unknown']")")" True
    expect_eq "no row twice" "$(arrived "len({r['url'] for r in l}) == len(l)")" True
    expect_eq "rows of b" "$(json "$TMP/report" "r['lost_rows']")" 500
    expect_has "remarks" "$(json "$TMP/report" "r['remarks']")" "due on lost workers and not reported"
    expect_has "remarks" "$(json "$TMP/report" "r['remarks']")" "500 rows of feeders"
}

a_number() {
    start_workers a b
    echo 'local A = User { wait = constant(0.05) } A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
    run_with_workers "$TMP/a.lua" -u 4 -r 1000 -requests 1000
    await_requests 250
    kill -9 "$WORKER_PID"
    end_run
    expect_eq "the balance" "$(json "$TMP/report" "r['intended'], r['requests'] + r['unknown'], 0 < r['unknown'] <= 500")" "(1000, 1000, True)"
    expect_eq "what arrived is reported or unknown" "$(arrived "len(l) <= 1000")" True
}

# What the lost worker would have sent after a stop is not unknown.
stopped() {
    start_workers a b
    echo 'local A = User { wait = constant(0.05) } A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
    run_with_workers "$TMP/a.lua" -u 4 -r 1000 -requests 1000000
    await_requests 250
    kill -9 "$WORKER_PID"
    wait_for grep -q "b is lost" "$TMP/err" || fail "b is not lost: $(cat "$TMP/err")"
    kill -INT "$RUN_PID"
    end_run
    expect_eq "interrupted" "$(json "$TMP/report" "r['interrupted'], r['unknown'] < 1000")" "(True, True)"
    expect_has "remarks" "$(json "$TMP/report" "r['remarks']")" "Lost with b: at least "
}

# A worker that leaves sends for up to 15 s, and has no free users from then on.
leaves() {
    start_workers a b
    echo 'local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
    run_with_workers "$TMP/a.lua" -u 4 -r 1000 -rate 20/s -t 30
    await_requests 40
    kill -TERM "$WORKER_PID"
    end_run
    expect_has "told" "$(cat "$TMP/err")" "b has left, and its users have ended"
    expect_eq "the balance" "$(json "$TMP/report" "sum(r['iterations'].values()), r['iterations']['dropped'] > 0, r['iterations']['unknown']")" "(600, True, 0)"
    expect_eq "what arrived" "$(arrived "len(l)")" "$(json "$TMP/report" "r['iterations']['started']")"
}

beside at_a_rate a_number stopped leaves
