#!/bin/sh
# run.sh - starts what is in both images, as a cluster would, and measures the one with the other.
#
#     unshare --net tests/images/run.sh FOLDER
#
# FOLDER has for each image NAME.json, its configuration, and NAME.root, where it is unpacked
# (check.sh). Lines that begin with "run: " are what check.sh shows.

# shellcheck disable=SC2154 # config.py sets them: uid, gid, environment, command and so on
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
BIN=/
. "$here/../e2e/lib.sh"
ip link set lo up

# Process 1 of a container outlives its starter, as it became another user.
end_containers() {
    for pid in $STARTED; do
        if grep -qs "^PPid:[[:space:]]*$SHELL_PID\$" "/proc/$pid/status"; then
            xargs -r kill -9 <"/proc/$pid/task/$pid/children" || true
        fi
    done
    clean_up
}
trap end_containers EXIT

# Sets what config.py says of an image.
configure() {
    eval "$(python3 "$here/config.py" "$folder/$1.json")"
}

# start NAME [VARIABLE=VALUE...]: the image's entry point as process 1, as the image's user. Sets
# STARTER, a process here, and FIRST, which is that process 1.
start() {
    name=$1
    shift
    configure "$name"
    root=$(cat "$folder/$name.root")
    eval "set -- $environment \"\$@\" $command"
    unshare --mount --pid --fork --kill-child \
        "$here/enter.sh" "$root" "$uid" "$gid" "$@" >"$TMP/$name.log" 2>&1 &
    STARTER=$!
    STARTED="$STARTED $STARTER"
    FIRST=
    wait_for find_first || fail "$name did not start: $(cat "$TMP/$name.log")"
}

find_first() {
    FIRST=$(cat "/proc/$STARTER/task/$STARTER/children")
    FIRST=${FIRST% }
    [ -n "$FIRST" ]
}

# execute COMMAND...: in the container that was started last, as kubectl exec does it.
execute() {
    eval "set -- $environment TARGET_HOST=127.0.0.1:5000 \"\$@\""
    nsenter --target "$FIRST" --mount --pid --root --wd \
        setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs \
        --bounding-set -all --inh-caps -all env -i "$@"
}

# ends NAME: SIGTERM ends it well.
ends() {
    kill -TERM "$FIRST"
    status=0
    timeout 20 tail --pid="$STARTER" -f /dev/null || fail "$1 does not end: $(cat "$TMP/$1.log")"
    wait "$STARTER" || status=$?
    expect_eq "status of $1 after SIGTERM" "$status" 0
}

answers() {
    curl -sf "$1" >"$TMP/body"
}

served() {
    curl -sS http://127.0.0.1:5002/metrics |
        sed -n "s#^http_requests_total{route=\"$1\",.*code=\"200\"} ##p"
}

# what the images say
for name in target-api loadgen; do
    configure $name
    expect_eq "user and stop signal of $name" "$uid:$gid $stop_signal" "65532:65532 SIGTERM"
    expect_has "labels of $name" "$labels" "org.opencontainers.image.title=$name "
    expect_has "labels of $name" "$labels" "org.opencontainers.image.revision=${COMMIT:-unknown}"
    echo "$name $ports" >>"$TMP/ports"
done
expect_eq "ports" "$(cat "$TMP/ports")" "target-api 5000/tcp 5001/tcp
loadgen 5001/tcp 8089/tcp"

# target-api as it is, on all addresses
start target-api
wait_for answers http://127.0.0.1:5001/readyz || fail "target-api is not ready: $(cat "$TMP/target-api.log")"
answers http://127.0.0.2:5000/health || fail "target-api does not listen on all addresses"
expect_eq "target-api" "$(cat "$TMP/body")" '{"health":"ok"}'
execute /bin/sleep 0 || fail "there is no /bin/sleep for the preStop hook of k8s/base"
ends target-api

# Both share one network here, so the second port has to be another.
start target-api HEADROOM_ADMIN_PORT=5002
wait_for answers http://127.0.0.1:5002/readyz || fail "target-api is not ready: $(cat "$TMP/target-api.log")"
start loadgen
wait_for answers http://127.0.0.1:5001/readyz || fail "loadgen is not ready: $(cat "$TMP/loadgen.log")"

# the place that a user of kubectl exec finds
expect_eq "user" "$(execute bash -c 'id -u; id -g' | tr '\n' ' ')" "65532 65532 "
execute bash -c ': >/tmp/file' 2>/dev/null && fail "the root is not read-only"
expect_eq "process 1" "$(execute bash -c 'tr "\0" " " </proc/1/cmdline')" \
    "/usr/local/bin/loadgen idle -probe-addr :5001 "
expect_has "version" "$(execute vegeta --version)" "Commit: ${COMMIT:-unknown}"

# the tutorial's command, for two seconds each instead of sixty
execute bash -c "vegeta --version &&
    vegeta attack -duration=2s -rate=60 -targets=/vegeta/configmap/get-health-target | vegeta report -type=text &&
    vegeta attack -duration=2s -rate=60 -targets=/vegeta/configmap/get-metadata-target | vegeta report -type=text &&
    vegeta attack -duration=2s -rate=60 -targets=/vegeta/configmap/post-add_users-target | vegeta report -type=text" \
    >"$TMP/reports" 2>"$TMP/err" || fail "the tutorial's command: $(cat "$TMP/err")"
expect_eq "three reports" "$(grep -c '^Status Codes .* 200:120 *$' "$TMP/reports")" 3
expect_eq "success" "$(grep -c '^Success .* 100.00%$' "$TMP/reports")" 3
for route in /health /metadata /add_users/; do
    expect_eq "served of $route" "$(served $route)" 120
done

# SIGTERM to process 1 reaches an attack that it did not start, and a path is on TARGET_HOST
execute bash -c "vegeta attack -duration=1m -rate=50 /users_name/0 | vegeta report" >"$TMP/report" 2>"$TMP/err" &
attack=$!
wait_for execute bash -c 'grep -l attack /proc/[0-9]*/cmdline' >/dev/null 2>&1 || fail "there is no attack"
sleep 1
ends loadgen
wait "$attack" || fail "the attack ended with status $?: $(cat "$TMP/err")"
expect_has "report" "$(cat "$TMP/report")" "! The run was stopped early."
expect_has "report" "$(cat "$TMP/report")" "Success       [ratio]                           100.00%"

# scenario [NAME=VALUE...]: the image runs the scenario as in a pod, with these variables
scenario() {
    start loadgen LOCUST_MODE=standalone TARGET_HOST=127.0.0.1:5000 LOCUST_USERS=50 LOCUST_SPAWN_RATE=100 \
        LOCUST_TAGS=read LOCUST_REQUESTS=120 "$@"
}
# reported WHAT: in its log, and served since $before
reported() {
    expect_has "$1" "$(cat "$TMP/loadgen.log")" "Requests      [total, rate, throughput]         120,"
    expect_eq "$1: served" "$(($(served '/users_name/{users_id}') - before))" 120
}
before=$(served '/users_name/{users_id}')
scenario LOCUST_AUTOSTART=true
wait_for grep -q "the run ended with status 0" "$TMP/loadgen.log" || fail "the scenario: $(cat "$TMP/loadgen.log")"
reported "a scenario"
answers http://127.0.0.1:5001/readyz || fail "loadgen is not ready after its run"
ends loadgen
before=$(served '/users_name/{users_id}')
scenario LOCUST_HEADLESS=true
timeout 20 tail --pid="$STARTER" -f /dev/null || fail "a scenario alone does not end: $(cat "$TMP/loadgen.log")"
wait "$STARTER" || fail "a scenario alone ended with status $?: $(cat "$TMP/loadgen.log")"
reported "a scenario alone"

# the page, where somebody starts it
scenario LOCUST_NO_TOKEN=true
wait_for answers http://127.0.0.1:8089/ || fail "there is no page: $(cat "$TMP/loadgen.log")"
before=$(served '/users_name/{users_id}')
curl -sS -F user_count=5 -F spawn_rate=100 http://127.0.0.1:8089/swarm >"$TMP/swarm"
expect_has "start" "$(cat "$TMP/swarm")" '"success": true'
sleep 1
execute vegeta stop >"$TMP/stop" 2>&1 || fail "stop: $(cat "$TMP/stop")"
expect_has "stop" "$(cat "$TMP/stop")" "process 1: its test is stopped"
[ "$(served '/users_name/{users_id}')" -gt "$before" ] || fail "the test sent nothing"
ends loadgen
echo "run: the tutorial's three attacks: 360 requests sent, answered and served; a fourth, stopped, was reported whole; a scenario ran, alone, beside idle, and from the page"
