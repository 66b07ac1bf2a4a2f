#!/bin/sh
# loadgen idle, process 1 of a container: in a PID namespace of its own, with attacks that are started
# as kubectl exec starts them, by a process from outside of it.
#
# Where no namespace can be made, as in the build of an image, the second half is skipped.
set -eu
. "$(dirname "$0")/lib.sh"
# At the end of a program LeakSanitizer looks at it from a process that executes the same file, and
# would be told to stop as well.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
loadgen=$BIN/loadgen
start_target_api -test-endpoints
cd "$TMP"

status_of() {
    curl -sS -o body -w '%{http_code}' "$@"
}

has_ended() {
    ! kill -0 "$1" 2>/dev/null || grep -qs '^State:.Z' "/proc/$1/status"
}

# start_idle [COMMAND...]: `loadgen idle`, by COMMAND; sets STARTER and PROBES
start_idle() {
    rm -f idle.err
    "$@" "$loadgen" idle -probe-addr 127.0.0.1:0 2>idle.err &
    STARTER=$!
    STARTED="$STARTED $STARTER"
    wait_for grep -qs '^loadgen: idle' idle.err || fail "idle did not start: $(cat idle.err)"
    PROBES=$(sed -n 's/^loadgen: probes at \(.*\)\/readyz$/\1/p' idle.err)
}

# On somebody's machine it is not process 1: it answers probes, and leaves other attacks alone.
start_idle
expect_has "what it says" "$(cat idle.err)" "not process 1, so SIGTERM will not stop attacks"
expect_eq "livez" "$(status_of "$PROBES/livez") $(cat body)" "200 ok"
expect_eq "readyz" "$(status_of "$PROBES/readyz") $(cat body)" "200 ok"
expect_eq "readyz, HEAD" "$(status_of -I "$PROBES/readyz")" 200
expect_eq "readyz, POST" "$(status_of -d x "$PROBES/readyz")" 405
expect_eq "another path" "$(status_of "$PROBES/metrics")" 404
"$loadgen" attack -rate 100 -duration 2s -output alone.bin "http://$API/health" 2>/dev/null &
attack=$!
STARTED="$STARTED $attack"
sleep 0.5
kill -TERM "$STARTER"
wait "$STARTER" || fail "not as process 1 it ended with status $?"
wait "$attack" || fail "an attack was stopped by an idle that is not process 1"
"$loadgen" report -type json alone.bin >alone.json
expect_eq "an attack of somebody else" "$(json alone.json "r['requests'], r['interrupted']")" "(200, False)"

refused 1 "-probe-addr: cannot listen on $ADMIN: Address already in use" idle -probe-addr "$ADMIN"
refused 2 "-probe-addr: \"5001\" is not HOST:PORT" idle -probe-addr 5001
refused 2 "unexpected argument \"now\"" idle now

# Root needs no user namespace, others may make namespaces only inside of one.
as_user=
[ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
as_member=
[ "$(id -u)" -eq 0 ] || as_member="--user --preserve-credentials"
# shellcheck disable=SC2086
if ! unshare $as_user --pid --fork --mount-proc true 2>"$TMP/err"; then
    echo "idle as process 1 needs a PID namespace: $(cat "$TMP/err")"
    exit 77
fi

# shellcheck disable=SC2086 # lists of words
start_container() {
    start_idle unshare $as_user --pid --fork --kill-child --mount-proc
    expect_eq "as process 1" "$(tail -n 1 idle.err)" "loadgen: idle"
    FIRST=$(cat "/proc/$STARTER/task/$STARTER/children")
    FIRST=${FIRST% }
}

# As `kubectl exec POD -- COMMAND...` does it.
# shellcheck disable=SC2086
inside() {
    nsenter --target "$FIRST" $as_member --pid --mount --wdns="$TMP" "$@"
}

count_in() {
    # shellcheck disable=SC2016 # the shell inside expands it
    inside sh -c 'cat /proc/[0-9]*/status 2>/dev/null' | grep -c "$1" || true
}

# What it is left with is reaped, as soon as it ends.
start_container
inside sh -c 'sleep 2 & sleep 2 & sleep 60 & exit 0'
has_children() { [ "$(count_in '^PPid:.1$')" = "$1" ]; }
wait_for has_children 3 || fail "orphans are not its children"
wait_for has_children 1 || fail "orphans that have ended are not reaped"
expect_eq "zombies" "$(count_in '^State:.Z')" 0

# SIGTERM: attacks end with their results whole, what reads them goes on, others are left alone.
in_flight="http://$API/delay/1500" # 1.5 s until the last answer is there
inside sh -c "trap 'echo told >stranger' TERM; while :; do sleep 0.1; done" &
inside "$loadgen" attack -rate 50 -output slow.bin "$in_flight" 2>/dev/null &
slow=$!
inside sh -c "'$BIN/vegeta' attack -rate 100 '$in_flight' 2>/dev/null | '$BIN/vegeta' report -type=json >piped.json" &
piped=$!
inside sh -c "'$loadgen' attack -rate 100 -output first.bin 'http://$API/health'
    '$loadgen' attack -rate 100 -duration 1m -output second.bin 'http://$API/health'" 2>/dev/null &
both=$!
for file in slow first; do
    wait_for test -s $file.bin || fail "no attack: $file"
done
sleep 1
kill -TERM "$FIRST"
is_stopping() { [ "$(status_of "$PROBES/readyz") $(cat body)" = "503 stopping" ]; }
wait_for is_stopping || fail "readyz of one that stops: $(cat body)"
expect_eq "livez of one that stops" "$(status_of "$PROBES/livez")" 200
for pid in $slow $piped $both; do
    wait "$pid" || fail "an attack that was told to stop ended with status $?"
done
wait_for has_ended "$STARTER" || fail "it does not end: $(cat idle.err)"
wait "$STARTER" || fail "it ended with status $?"
expect_eq "told to stop, the report as well" "$(grep -c ': stopping$' idle.err)" 5
[ ! -e stranger ] || fail "a process of somebody else was signalled"
for file in slow first second; do
    "$loadgen" report -type json $file.bin >$file.json
done
whole="r['interrupted'], r['cut_short'], r['requests'] == sum(r['status_codes'].values()) == r['intended']"
for file in slow piped first second; do
    expect_eq "$file, interrupted and whole" "$(json $file.json "$whole")" "(True, False, True)"
done
expect_eq "there was something" "$(json slow.json "r['requests'] > 10, r['status_codes'].keys()")" "(True, dict_keys(['200']))"
expect_has "the text says so" "$("$loadgen" report slow.bin)" "! The run was stopped early"

# A second SIGTERM at once is the same wish; one that comes later is passed on, and what was measured is kept.
start_container
inside "$loadgen" attack -rate 10 -output killed.bin "http://$API/delay/20000" 2>/dev/null &
attack=$!
wait_for test -s killed.bin
sleep 0.5
kill -TERM "$FIRST"
wait_for grep -q ': stopping$' idle.err || fail "the attack was not told: $(cat idle.err)"
kill -TERM "$FIRST"
sleep 1.2
! has_ended "$STARTER" || fail "a second SIGTERM within a second was no repetition"
kill -TERM "$FIRST"
status=0
wait "$STARTER" || status=$?
expect_eq "status after a second SIGTERM" "$status" 143
status=0
wait "$attack" || status=$?
expect_eq "status of the attack" "$status" 143
"$loadgen" report -type json killed.bin >killed.json 2>killed.err
expect_eq "what is told of the file" "$(cat killed.err)" ""
expect_eq "kept" "$(json killed.json "r['interrupted'], r['cut_short'], r['abandoned'] == r['intended'] > 3")" "(True, False, True)"
