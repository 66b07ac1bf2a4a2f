#!/bin/sh
# docker/entrypoint.sh, with the variables of k8s/components/scenario and web. Without LOCUST_MODE it is loadgen. With
# LOCUST_MODE=standalone it runs the scenario, alone or beside `loadgen idle`, process 1 of a PID namespace, or serves
# the page. With LOCUST_MODE=master or worker, it uses the broker.
#
# Where no namespace can be made, as in the build of an image, the last part is skipped.
#
# Not under sanitizers: it is about a shell script; what the programs do here, other tests do too.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"
mkdir "$TMP/bin"
export PATH="$TMP/bin:$BIN:$PATH"
start_target_api
ENTRYPOINT=$PWD/docker/entrypoint.sh
SCENARIO=$PWD/k8s/components/scenario/scenario.lua

# entry ARGUMENT...: the entry point, with the variables of the caller. Sets status; leaves $TMP/out and $TMP/err.
entry() {
    status=0
    timeout 60 "$ENTRYPOINT" "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
}
# rejects MESSAGE [STATUS]: the entry point ended with status 2, or this one, and one line
rejects() {
    expect_eq "status, expected: $1" "$status" "${2:-2}"
    expect_has "message" "$(cat "$TMP/err")" "$1"
    expect_eq "lines of: $1" "$(cat "$TMP/out" "$TMP/err" | wc -l)" 1
}
# served: how many requests of the scenario's look-ups
served() {
    curl -sS "http://$ADMIN/metrics" |
        awk '/^http_requests_total.*route="\/users_name\/[^"]*".*code="200"/ { n += $NF } END { print n + 0 }'
}
requests() { sed -n 's/^Requests .*\] *\([0-9]*\),.*/\1/p' "$1"; }

# Without LOCUST_MODE, or with an empty one
entry -version
expect_eq "without a mode" "$status $(cat "$TMP/out")" "0 $("$BIN/loadgen" -version)"
LOCUST_MODE='' TARGET_HOST=$API entry attack -rate 10 -duration 1s -report text /health
expect_eq "with an empty mode" "$status $(requests "$TMP/out")" "0 10"
entry idle now
rejects 'loadgen: unexpected argument "now"'

# What is wrong is said, and ends the container.
for mode in worker slave; do
    LOCUST_MODE=$mode TARGET_HOST=$API entry idle
    rejects "LOCUST_MASTER is not set; for example: LOCUST_MASTER=locust-master"
    LOCUST_MODE=$mode LOCUST_MASTER=127.0.0.1 entry idle
    rejects "cannot connect to the broker at 127.0.0.1:5557" 1
    LOCUST_MODE=$mode LOCUST_MASTER=locust-master LOCUST_NATS=nats://127.0.0.1:1 entry idle
    rejects "cannot connect to the broker at 127.0.0.1:1:" 1
done
LOCUST_MODE=worker LOCUST_MASTER=locust-master entry idle
rejects '-nats: "locust-master" is not on this machine, and would be reached without TLS or credentials' 2
LOCUST_MODE=master entry idle
rejects "TARGET_HOST is not set; for example: TARGET_HOST=http://target-api-headless:5000"
LOCUST_MODE=worker entry worker -nats nats://127.0.0.1:1
rejects 'LOCUST_MODE=worker takes no command, but the command is "worker -nats nats://127.0.0.1:1"; remove one of them'
LOCUST_MODE=Standalone TARGET_HOST=$API entry idle
rejects 'LOCUST_MODE is "Standalone"; expected standalone, master or worker'
export LOCUST_MODE=standalone LOCUST_LOCUSTFILE="$SCENARIO" LOCUST_AUTOSTART=true
entry idle
rejects "TARGET_HOST is not set; for example: TARGET_HOST=http://target-api-headless:5000"
export TARGET_HOST="$API"
entry attack /health
rejects 'LOCUST_MODE=standalone takes no command, but the command is "attack /health"; remove one of them'
LOCUST_NATS=nats://127.0.0.1:1 entry idle
rejects "LOCUST_NATS is for LOCUST_MODE=master and worker; remove it, or change the mode"
LOCUST_TARGETS=$TMP/targets entry idle
rejects "LOCUST_TARGETS is for the page; with LOCUST_HEADLESS or LOCUST_AUTOSTART, a scenario is run"
TARGET_PODS=three entry idle
rejects 'TARGET_PODS is "three"; expected a whole number'
LOCUST_USERS=none entry idle
rejects 'loadgen: LOCUST_USERS: "none" is not a number of users'
LOCUST_LOCUSTFILE='' entry idle
rejects "cannot open /scenario/scenario.lua" 1
echo 'import locust' >"$TMP/locustfile.py"
LOCUST_LOCUSTFILE=$TMP/locustfile.py entry idle
rejects "is a Python file; scenarios are written in Lua"
expect_eq "served until now" "$(served)" 0

# Alone: the container ends with the run's status.
export LOCUST_USERS=20 LOCUST_SPAWN_RATE=100 LOCUST_TAGS=read LOCUST_REQUESTS=40
LOCUST_HEADLESS=true entry idle
expect_eq "alone: $(cat "$TMP/err")" "$status $(requests "$TMP/out") $(served)" "0 40 40"
LOCUST_HEADLESS=1 LOCUST_HOST=http://$API TARGET_HOST=127.0.0.1:1 LOCUST_SLO='max<1ns' entry idle
case $status in 98 | 99) ;; *) fail "a missed SLO: status $status: $(cat "$TMP/err")" ;; esac
expect_eq "the host of LOCUST_HOST" "$(served)" 80

# The page, at an address that others can reach: only if it is said who may come in. A token is asked for even if
# LOCUST_NO_TOKEN is set.
# start_page [NAME=VALUE...]: starts it with these variables. Sets W, its URL, and SERVE_PID.
start_page() {
    rm -f "$TMP/serve.err"
    env LOCUST_AUTOSTART=false LOCUST_TARGETS='' LOCUST_WEB=127.0.0.1:0 "$@" "$ENTRYPOINT" idle -probe-addr :1 >"$TMP/serve.out" 2>"$TMP/serve.err" &
    SERVE_PID=$!
    STARTED="$STARTED $SERVE_PID"
    await_serve "$TMP/serve.err"
}
is_stopped() {
    get /stats/requests
    [ "$(json "$TMP/answer" "r['state']")" = stopped ]
}
LOCUST_AUTOSTART='' LOCUST_WEB=0.0.0.0:0 entry idle
rejects "loadgen: -web: other machines can reach 0.0.0.0:"
# shellcheck disable=SC2016 # for the stand-in
printf '#!/bin/sh\necho "$* at $LOCUST_WEB with ${LOCUST_NATS:-no broker}"\n' >"$TMP/bin/loadgen"
chmod +x "$TMP/bin/loadgen"
LOCUST_AUTOSTART='' entry idle
expect_eq "its address" "$status $(cat "$TMP/out")" "0 serve at 0.0.0.0:8089 with no broker"
LOCUST_MODE=master LOCUST_AUTOSTART='' entry idle
expect_eq "of a master" "$status $(cat "$TMP/out")" "0 serve at 0.0.0.0:8089 with nats://127.0.0.1:5557"
LOCUST_MODE=master LOCUST_AUTOSTART='' LOCUST_NATS=tls://nats:4222 entry idle
expect_eq "of a master with a broker elsewhere" "$status $(cat "$TMP/out")" "0 serve at 0.0.0.0:8089 with tls://nats:4222"
rm "$TMP/bin/loadgen"
before=$(served)
start_page
expect_eq "the page" "$(code /)" 200
expect_eq "start" "$(code /swarm -F user_count=5 -F spawn_rate=100 -F run_time=1s) $(json "$TMP/answer" "r['success'], r['host']")" \
    "200 (True, 'http://$API')"
wait_for is_stopped || fail "the test does not end: $(cat "$TMP/answer")"
expect_eq "counted" "$(json "$TMP/answer" "r['stats'][-1]['num_requests']")" "$(($(served) - before))"
end_serve
echo "GET /health" >"$TMP/targets"
settings=$(export -p) # of the scenario
unset LOCUST_LOCUSTFILE LOCUST_USERS LOCUST_SPAWN_RATE LOCUST_TAGS LOCUST_REQUESTS
# run_a_rate NAME=VALUE...: ten requests, by the page with these variables
run_a_rate() {
    start_page LOCUST_TARGETS="$TMP/targets" "$@"
    expect_eq "a rate" "$(code /api/v1/runs -H 'Content-Type: application/json' -d '{"kind": "rate", "rate": 10, "duration": "1s"}')" 201
    wait_for is_stopped || fail "the test does not end: $(cat "$TMP/answer")"
    expect_eq "answered" "$(json "$TMP/answer" "r['stats'][-1]['num_requests'], r['stats'][-1]['num_failures']")" "(10, 0)"
}
run_a_rate
end_serve

# The same by a master, whose worker sends it, and leaves after SIGTERM
start_nats
LOCUST_MODE=worker LOCUST_NATS=$NATS LOCUST_NAME=one "$ENTRYPOINT" idle 2>"$TMP/worker.err" &
WORKER_PID=$!
STARTED="$STARTED $WORKER_PID"
run_a_rate LOCUST_MODE=master LOCUST_NATS="$NATS"
expect_eq "who sent it" "$(json "$TMP/answer" "[w['id'] for w in r['workers']]")" "['one']"
end_serve
eval "$settings"
before=$(served)
LOCUST_MODE=master LOCUST_NATS=$NATS LOCUST_HEADLESS=true LOCUST_RUN_TIME=2s entry idle
[ "$(served)" -gt "$before" ] || fail "no requests: $(cat "$TMP/err")"
expect_eq "a run of a master: $(cat "$TMP/err")" "$status $(requests "$TMP/out")" "0 $(($(served) - before))"
expect_has "who runs it" "$(cat "$TMP/err")" "workers: one ("
kill -TERM "$WORKER_PID"
wait "$WORKER_PID" || fail "worker: status $?: $(cat "$TMP/worker.err")"
eval "$settings"
start_page HEADROOM_TOKEN=s3cret LOCUST_NO_TOKEN=true LOCUST_WEB=0.0.0.0:0
W=http://127.0.0.1:${W##*:}
expect_eq "a token" "$(code /stats/requests) $(code /stats/requests -H "Authorization: Bearer s3cret") $(code /)" "401 200 200"
end_serve

# Waits for the targets: two of them, the same for ten looks. Looks are counted in $TMP/looks.
cat >"$TMP/bin/getent" <<'END'
#!/bin/sh
[ "$*" = "ahostsv4 127.0.0.1" ] || exit 2
echo >>"$TMP/looks"
looks=$(wc -l <"$TMP/looks")
[ "$looks" -gt 2 ] || exit 2 # no such name yet
echo "10.0.0.$((looks < 5 ? looks : 5)) STREAM name"
[ "$looks" -lt 9 ] || printf '10.0.0.%s STREAM \n' 1 5 1
END
printf '#!/bin/sh\n' >"$TMP/bin/sleep"
chmod +x "$TMP/bin/getent" "$TMP/bin/sleep"
export TMP
TARGET_PODS=2 LOCUST_HEADLESS=true entry idle
expect_eq "after a wait: $(cat "$TMP/err")" "$status $(requests "$TMP/out")" "0 40"
expect_has "that it waits" "$(cat "$TMP/err")" "waiting until 127.0.0.1 has the same addresses for 10 s, at least 2"
expect_eq "looks" "$(wc -l <"$TMP/looks")" 19
rm "$TMP/bin/getent" "$TMP/bin/sleep"

# Beside `loadgen idle`, as process 1
as_user=
[ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
# shellcheck disable=SC2086
if ! unshare $as_user --pid --fork --mount-proc true 2>"$TMP/err"; then
    echo "the entry point as process 1 needs a PID namespace: $(cat "$TMP/err")"
    exit 77
fi

# start_container: sets STARTER, FIRST and PROBES; what it says goes to $TMP/log
# shellcheck disable=SC2086
start_container() {
    rm -f "$TMP/log" # what the one before said
    unshare $as_user --pid --fork --kill-child --mount-proc "$ENTRYPOINT" idle -probe-addr 127.0.0.1:0 >"$TMP/log" 2>&1 &
    STARTER=$!
    STARTED="$STARTED $STARTER"
    wait_for grep -qs '^loadgen: idle$' "$TMP/log" || fail "it does not idle: $(cat "$TMP/log")"
    PROBES=$(sed -n 's/^loadgen: probes at \(.*\)\/readyz$/\1/p' "$TMP/log")
    FIRST=$(cat "/proc/$STARTER/task/$STARTER/children")
    FIRST=${FIRST% }
}
# ends: SIGTERM ends it well
ends() {
    kill -TERM "$FIRST"
    status=0
    wait "$STARTER" || status=$?
    expect_eq "status after SIGTERM: $(cat "$TMP/log")" "$status" 0
}
has_served() { [ "$(served)" -gt "$before" ]; }
has_ended_run() { grep -q "^loadgen-entrypoint: the run ended with status $1\$" "$TMP/log"; }

before=$(served)
start_container
wait_for has_ended_run 0 || fail "the run does not end: $(cat "$TMP/log")"
expect_eq "the report in the log" "$(requests "$TMP/log") $(($(served) - before))" "40 40"
expect_eq "ready after the run" "$(curl -sS "$PROBES/readyz")" ok
ends

# SIGTERM in the middle of a run: users finish, and there is a report.
export LOCUST_REQUESTS=1000000
before=$(served)
start_container
wait_for has_served || fail "nothing is sent: $(cat "$TMP/log")"
ends
has_ended_run 0 || fail "the run is not known to have ended: $(cat "$TMP/log")"
expect_has "the report" "$(cat "$TMP/log")" "! The run was stopped early"
expect_eq "what was counted" "$(requests "$TMP/log")" "$(($(served) - before))"
