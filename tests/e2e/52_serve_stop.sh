#!/bin/sh
# `loadgen stop` beside a server: it ends the running test, and the server continues.
set -eu
. "$(dirname "$0")/lib.sh"
# At the end of a program LeakSanitizer looks at it from a process that executes the same file.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
loadgen=$BIN/loadgen
start_target_api -test-endpoints

# Root needs no user namespace, others may make namespaces only inside of one. In a namespace of its own nobody else's
# test is stopped.
as_user=
[ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
as_member=
[ "$(id -u)" -eq 0 ] || as_member="--user --preserve-credentials"
# shellcheck disable=SC2086
if ! unshare $as_user --pid --fork --mount-proc true 2>"$TMP/err"; then
    echo "a server of its own needs a PID namespace: $(cat "$TMP/err")"
    exit 77
fi

cat >"$TMP/scenario.lua" <<'LUA'
local Visitor = User { wait = constant(0.02) }
Visitor:task("slow", function(self) self:get("/delay/300", { name = "/delay" }) end)
LUA

# The server is process 1, as in its image.
# shellcheck disable=SC2086
unshare $as_user --pid --fork --kill-child --mount-proc \
    "$loadgen" serve "$TMP/scenario.lua" -H "http://$API" -web 127.0.0.1:0 2>"$TMP/serve.err" &
STARTER=$!
STARTED="$STARTED $STARTER"
await_serve "$TMP/serve.err"
FIRST=$(cat "/proc/$STARTER/task/$STARTER/children")
FIRST=${FIRST% }

# shellcheck disable=SC2086
inside() {
    nsenter --target "$FIRST" $as_member --pid --mount --wdns="$PWD" "$@"
}
# stop FLAG...: sets status; leaves $TMP/stop
stop() {
    status=0
    inside "$loadgen" stop "$@" >"$TMP/stop" 2>&1 || status=$?
}
is_state() {
    curl -sS -o "$TMP/answer" "$W/stats/requests"
    [ "$(json "$TMP/answer" "r['state']")" = "$1" ]
}
swarm() {
    curl -sS -F user_count=3 -F spawn_rate=100 "$W/swarm" >"$TMP/answer"
    wait_for is_state running || fail "not running: $(cat "$TMP/answer" "$TMP/serve.err")"
}
nothing="1 loadgen: no attack, run, capacity search or server test of this user is running"

# Without a test, there is nothing to stop, and the signal changes nothing.
stop
expect_eq "no test" "$status $(cat "$TMP/stop")" "$nothing"
kill -USR1 "$FIRST"
is_state ready || fail "not ready: $(cat "$TMP/answer")"

# With a test, it ends with the answers to its requests, and the next one can begin.
for _ in 1 2; do
    swarm
    wait_for grep -qx loadgen-test "/proc/$FIRST/comm" || fail "as ps shows it: $(cat "/proc/$FIRST/comm")"
    stop
    expect_eq "a test" "$status $(cat "$TMP/stop")" "0 process 1: its test is stopping
process 1: its test is stopped"
    wait_for is_state stopped || fail "not stopped: $(cat "$TMP/answer")"
    expect_eq "answers" "$(json "$TMP/answer" "r['stats'][-1]['num_requests'] >= 3, r['stats'][-1]['num_failures']")" "(True, 0)"
done
curl -sS "$W/logs" >"$TMP/logs"
expect_has "the log" "$(cat "$TMP/logs")" "Z a signal (loadgen stop) stopped the test"
stop
expect_eq "after the test" "$status $(cat "$TMP/stop")" "$nothing"

# An attack beside it gets SIGTERM, and is waited for, too.
swarm
inside "$loadgen" attack -rate 20 -output "$TMP/attack.bin" "http://$API/health" 2>"$TMP/err" &
attack=$!
wait_for test -s "$TMP/attack.bin" || fail "no attack: $(cat "$TMP/err")"
stop
expect_eq "both" "$status $(grep -c ' stopping$' "$TMP/stop") $(grep -c ' stopped$' "$TMP/stop")" "0 2 2"
wait "$attack" || fail "the attack ended with status $?: $(cat "$TMP/err")"

# It gives up after -timeout.
mv "$TMP/scenario.lua" "$TMP/short.lua"
sed 's/300/20000/' "$TMP/short.lua" >"$TMP/scenario.lua"
swarm
stop -timeout 300ms
expect_eq "a test that does not end" "$status" 1
expect_has "a test that does not end" "$(cat "$TMP/stop")" "process 1 is still running after 300ms"
wait_for is_state stopping || fail "not stopping: $(cat "$TMP/answer")"
kill -TERM "$FIRST"
wait "$STARTER" || fail "the server ended with status $?: $(cat "$TMP/serve.err")"
