#!/bin/sh
# Concurrent attacks: each report names the others, and `loadgen stop` ends them.
#
# Not under tsan: other processes are looked for before threads start.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
# At the end of a program LeakSanitizer looks at it from a process that executes the same file.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
start_target_api -test-endpoints
cd "$TMP"
url=http://$API/health

# Root needs no user namespace, others may make namespaces only inside of one. In a namespace of its
# own nobody else's attack is beside one.
as_user=
[ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
# shellcheck disable=SC2086
if ! unshare $as_user --pid --fork --mount-proc true 2>err; then
    echo "attacks beside each other need a PID namespace: $(cat err)"
    exit 77
fi
# in_container COMMAND: for a shell, in a container of its own
in_container() {
    # shellcheck disable=SC2086
    LOADGEN=$loadgen VEGETA=$BIN/vegeta URL=$url API=$API timeout 60 \
        unshare $as_user --pid --fork --kill-child --mount-proc sh -euc "$1"
}

# others NAME...: how many each says were beside it
others() {
    for name; do
        "$loadgen" report -type json "$name.bin" >"$name.json"
        json "$name.json" "r['generator']['other_attacks'], sum('ran at the same time in this container' in one for one in r['remarks'])"
    done
}

# Neither what waits or reads, nor an attack that has no targets yet, nor one before or after, sends.
# shellcheck disable=SC2016 # the shell inside expands it
in_container '
    "$LOADGEN" attack -rate 50 -duration 300ms -output before.bin "$URL"
    "$LOADGEN" idle 2>/dev/null & idle=$!
    sleep 30 | "$LOADGEN" report >/dev/null & sleep 30 | "$LOADGEN" encode >/dev/null &
    sleep 30 | "$LOADGEN" attack -output waiting.bin 2>/dev/null &
    sleep 0.3
    "$LOADGEN" attack -rate 50 -duration 1s -output alone.bin "$URL"
    kill $idle
'
expect_eq "alone" "$(others before alone)" "(0, 0)
(0, 0)"
"$loadgen" report alone.bin >alone.txt
! grep -Eq 'other attack|Other attacks' alone.txt || fail "alone, and it says it was not"

# A short one in the middle of a long one, by the other name and with flags before the command; two more
# shellcheck disable=SC2016
in_container '
    "$LOADGEN" attack -rate 50 -duration 4s -output long.bin "$URL" & long=$!
    sleep 0.7
    "$VEGETA" -cpus 1 attack -rate 100 -duration 100ms -output short.bin "$URL"
    "$LOADGEN" attack -rate 50 -duration 500ms -output second.bin "$URL" & second=$!
    "$LOADGEN" attack -rate 50 -duration 500ms -output third.bin "$URL"
    wait $second $long
'
expect_eq "beside each other" "$(others long short second third)" "(3, 1)
(1, 1)
(2, 1)
(2, 1)"
expect_has "the text" "$("$loadgen" report short.bin)" "! 1 other attack ran at the same time in this container"
expect_has "the text of several" "$("$loadgen" report long.bin short.bin)" "! 3 other attacks ran at the same time"
expect_eq "of two files the worst" "$("$loadgen" report -type json long.bin short.bin >two.json; json two.json "r['generator']['other_attacks'], [one['other_attacks'] for one in r['generators']]")" "(3, [3, 1])"

# Another user, who may neither look into the other's process nor write a file
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    # shellcheck disable=SC2016
    in_container '
        setpriv --reuid 65532 --regid 65532 --clear-groups \
            "$LOADGEN" attack -rate 50 -duration 2s -report json -encoding none "$URL" >other.json & other=$!
        sleep 0.4
        "$LOADGEN" attack -rate 50 -duration 200ms -output root.bin "$URL"
        wait $other
    '
    expect_eq "another user's" "$(others root)" "(1, 1)"
    expect_eq "to another user" "$(json other.json "r['generator']['other_attacks']")" 1
fi

# stop: each attack gets SIGTERM and is waited for; what reads its results and what waits go on.
# shellcheck disable=SC2016
in_container '
    "$LOADGEN" idle 2>/dev/null & idle=$!
    "$VEGETA" -cpus=1 attack -rate 20 -output slow.bin "http://$API/delay/1000" & slow=$!
    "$VEGETA" --cpus 1 attack -rate 20 "$URL" | "$VEGETA" report -type json >piped.json & piped=$!
    sleep 1.5
    "$LOADGEN" stop >stop.txt
    for pid in $slow $piped; do wait $pid; done
    kill -0 $idle
    status=0; "$LOADGEN" stop >again.txt 2>again.err || status=$?; echo $status >again.status
    kill $idle
'
whole="r['interrupted'], r['cut_short'], list(r['status_codes'])"
"$loadgen" report -type json slow.bin >slow.json
expect_eq "slow answers" "$(json slow.json "$whole")" "(True, False, ['200'])"
expect_eq "a report of what came" "$(json piped.json "$whole")" "(True, False, ['200'])"
expect_eq "told" "$(grep -c ': stopping$' stop.txt)" 2
expect_eq "ended" "$(grep -c ': stopped$' stop.txt)" 2
expect_eq "nothing runs" "$(cat again.status) $(cat again.txt again.err)" "1 loadgen: no attack, run, capacity search or server test of this user is running"

# A run of users and a search count as beside an attack, and `stop` ends them as well.
cat >users.lua <<'END'
local Visitor = User { wait = between(0.05, 0.1) }
Visitor:task("health", function(self) self:get("/health") end)
END
# shellcheck disable=SC2016
in_container '
    "$LOADGEN" run users.lua -u 2 -r 2 -t 50s -H "http://$API" -output run.bin >run.txt & run=$!
    "$VEGETA" --cpus 1 capacity -slo "p50<2s" -min-rate 20 -max-rate 30 -trial 20s "$URL" >search.txt 2>&1 & search=$!
    tries=0
    until [ "$(grep -c "@headroom/.*/attack/" /proc/net/unix)" -ge 2 ] || [ $tries -ge 250 ]; do
        sleep 0.1; tries=$((tries + 1))
    done
    "$LOADGEN" attack -rate 50 -duration 300ms -output both.bin "$URL"
    "$LOADGEN" stop >both.txt
    status=0; wait $search || status=$?; echo $status >search.status
    wait $run
'
expect_eq "beside a run and a search" "$(others both)" "(2, 1)"
expect_eq "a run and a search, ended" "$(grep -c ': stopped$' both.txt)" 2
"$loadgen" report -type json run.bin >run.json
expect_eq "a run that was stopped" "$(json run.json "r['interrupted'], r['cut_short'], r['generator']['other_attacks']")" "(True, False, 2)"
expect_eq "a search that was stopped" "$(cat search.status)" 1
expect_has "a search that was stopped" "$(cat search.txt)" "the search was interrupted"

# It gives up after -timeout; one that Ctrl-Z stopped is ended; other namespaces are left alone.
# shellcheck disable=SC2016
in_container '
    "$LOADGEN" attack -rate 20 -timeout 20s -output late.bin "http://$API/delay/20000" & late=$!
    until [ -s late.bin ]; do sleep 0.1; done
    sleep 0.2
    status=0; "$LOADGEN" stop -timeout 300ms >late.txt 2>late.err || status=$?; echo $status >late.status
    kill -9 $late; wait $late || true
    "$LOADGEN" attack -rate 20 -output held.bin "$URL" & held=$!
    until [ -s held.bin ]; do sleep 0.1; done
    kill -STOP $held; "$LOADGEN" stop >/dev/null; wait $held
    unshare --pid --fork --kill-child --mount-proc "$LOADGEN" attack -rate 20 -duration 1s -output inner.bin "$URL" & inner=$!
    until [ -s inner.bin ]; do sleep 0.1; done
    status=0; "$LOADGEN" stop 2>/dev/null || status=$?; echo $status >inner.status
    wait $inner
'
expect_eq "after the time-out" "$(cat late.status)" 1
expect_has "after the time-out" "$(cat late.err)" "is still running after 300ms; kill -9 "
expect_eq "another namespace's" "$(cat inner.status)" 1
for name in held inner; do "$loadgen" report -type json $name.bin >$name.json; done
expect_eq "stopped, and ended" "$(json held.json "r['interrupted'], r['cut_short']")" "(True, False)"
expect_eq "inner" "$(json inner.json "r['interrupted'], r['requests']")" "(False, 20)"
refused 2 "unexpected argument \"now\"" stop now
