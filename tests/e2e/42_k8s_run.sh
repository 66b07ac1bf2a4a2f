#!/bin/sh
# tests/k8s/run.sh from end to end, with the real kubectl, target-api, loadgen and a name server; the
# cluster between them is tests/k8s/stand_in.py. Then with faulty clusters, which the script must detect.
#
# Long: its attacks take half a minute, as the seconds of a cluster are those of a clock.
# Not under sanitizers: what the programs do here, other tests do too.
set -eu
# `vegeta stop` ends all that sends in its container: here, in a PID namespace of the test's own.
as_user=
[ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
# shellcheck disable=SC2086
if [ -z "${IS_ALONE:-}" ] && unshare $as_user --pid --fork --mount-proc true 2>/dev/null; then
    IS_ALONE=yes exec unshare $as_user --pid --fork --kill-child --mount-proc sh "$0"
fi
. "$(dirname "$0")/lib.sh"
need kubectl "kubectl (https://kubernetes.io/docs/tasks/tools)"
need nats-server "nats-server (Debian: nats-server)"
REAL_KUBECTL=$(command -v kubectl)
export REAL_KUBECTL BIN
export HOME="$TMP" # kubectl keeps what it discovered

# fetch-report waits for a Job that is running, and for one that fails as well.
mkdir "$TMP/stub"
cat >"$TMP/stub/kubectl" <<'END'
#!/bin/sh
shift 2
case $* in
"get job capacity --ignore-not-found"*) echo image ;;
"get job capacity"*)
    echo >>"$TMP/asked"
    [ "$(wc -l <"$TMP/asked")" -lt "$RUNNING" ] || echo 1
    ;;
"get pods"*) echo "no rate met the SLO" ;;
logs*) echo "the report" ;;
exec*ls*) cd "$TMP/results" && ls capacity.* ;;
exec*) echo "{}" ;;
esac
END
chmod +x "$TMP/stub/kubectl"
mkdir "$TMP/results"
echo "{}" >"$TMP/results/capacity.json"
export TMP
# fetch_report RUNNING: from a Job that ends when it has been asked so often
fetch_report() {
    rm -f "$TMP/asked"
    status=0
    RUNNING=$1 WAIT=${WAIT:-30} TO=$TMP/report PATH=$TMP/stub:$PATH k8s/fetch-report.sh >"$TMP/out" 2>&1 || status=$?
}
fetch_report 3
expect_eq "a Job that ended" "$status $(cat "$TMP/out")" "0 the Job is running; its progress: kubectl logs -n headroom -f job/capacity
the report
verdict: no rate met the SLO
fetched: $TMP/report/capacity.json"
# A second Job on the same claim fails: what the first one left is not its result.
refused 1 "no warm-up request was answered" \
    capacity -slo "errors<1%" -output "$TMP/results/capacity.json" -html "$TMP/results/capacity.html" http://127.0.0.1:1/
fetch_report 1
expect_eq "a Job that failed" "$status" 1
expect_has "a Job that failed" "$(cat "$TMP/out")" "fetch-report: the Job left no result"
WAIT=1 fetch_report 1000
expect_eq "a Job that does not end" "$status" 1
expect_has "a Job that does not end" "$(cat "$TMP/out")" "fetch-report: the Job has not ended after 1 s"

# In a PID namespace, process numbers are those of every other run of this test.
PLACE=$(od -An -N2 -tu2 /dev/urandom)
# start_cluster NUMBER [FAULT]: in a network of its own; sets FOLDER, KUBECONFIG, NETWORK, CLUSTER
start_cluster() {
    FOLDER=$TMP/cluster$1
    NETWORK=127.$((PLACE / 200 % 200 + 20)).$((PLACE % 200 + $1))
    KUBECONFIG=$FOLDER/kubeconfig
    export FOLDER NETWORK KUBECONFIG
    mkdir -p "$FOLDER/bin" "$FOLDER/pod"
    ln -s "$PWD/tests/k8s/stand_in_kubectl.sh" "$FOLDER/bin/kubectl"
    cat >"$FOLDER/pod/vegeta" <<EOF
#!/bin/sh
[ "\$1" = attack ] || exec "$BIN/vegeta" "\$@"
shift
exec "$BIN/vegeta" attack -resolvers "$NETWORK.1:10053" "\$@"
EOF
    # The names that the image's entry point asks for
    printf '#!/bin/sh\nsed "s/ .*/ STREAM/" "%s/hosts"\n' "$FOLDER" >"$FOLDER/pod/getent"
    chmod +x "$FOLDER/pod/vegeta" "$FOLDER/pod/getent"
    FAULT=${2:-} python3 tests/k8s/stand_in.py "$FOLDER" "$NETWORK" >"$FOLDER/log" 2>&1 &
    CLUSTER=$!
    trap 'kill -KILL "$CLUSTER" 2>/dev/null || true' EXIT
    wait_for [ -e "$KUBECONFIG" ] || fail "the stand-in does not start: $(cat "$FOLDER/log")"
}
# run_it: run.sh at that cluster; its output in $FOLDER/out, sets status
run_it() {
    status=0
    PATH=$FOLDER/bin:$PATH tests/k8s/run.sh >"$FOLDER/out" 2>&1 || status=$?
}
# said WHAT TEXT: run.sh printed it
said() {
    expect_has "$1" "$(cat "$FOLDER/out")" "$2"
}
# removed: nothing is left in the cluster
removed() {
    expect_eq "namespaces left" "$("$REAL_KUBECTL" get namespaces -o name)" ""
    kill -TERM "$CLUSTER"
    wait "$CLUSTER" || true
}

it_passes() {
    start_cluster 1
    NAMES=IP:$NETWORK.2
    export NAMES # of the broker's certificate: here, pods have no names
    DURATION=8 RATE=30 PATIENCE=30 run_it
    [ "$status" -eq 0 ] || fail "$(cat "$FOLDER/out")"
    said "its end" "PASSED: 16 steps"
    for route in /health /metadata /add_users/; do
        said "what was seen" "saw: $route: loadgen counts 240, 240 of them 200; the pods served 240 ($NETWORK."
    done
    said "the page" '"success": true'
    said "the page" ", 0 of them failed; the pods served "
    said "the scenario" "saw: loadgen counts 300, 300 of them 200; the pods served 300 ($NETWORK."
    removed
}

# Pods that never get ready: said in the step, diagnosed, removed.
pods_are_never_ready() {
    start_cluster 2 unready
    PATIENCE=2 run_it
    expect_eq "never ready" "$status" 1
    said "never ready" "FAILED in step 3: target-api is not ready after 2 s"
    said "what the pods said" "what a pod said"
    removed
}

# Another client asks the pods as well: what was counted is not what was served.
requests_come_from_elsewhere() {
    start_cluster 3
    # shellcheck disable=SC2016 # for the wrapper
    sed -i '2i [ "$1" = attack ] \&\& for address in $(cut -d " " -f 1 "$FOLDER/hosts"); do curl -s "http://$address:5000/health" >/dev/null; done' "$FOLDER/pod/vegeta"
    DURATION=8 run_it
    expect_eq "requests from elsewhere" "$status" 1
    said "requests from elsewhere" "FAILED in step 5: /health: what was counted is not what was served"
    removed
}

# interrupted NUMBER STEP [FAULT]: in that step; removed all the same, and soon
interrupted() {
    start_cluster "$1" "${3:-}"
    (
        export PATH="$FOLDER/bin:$PATH" DURATION=60 PATIENCE=120
        exec tests/k8s/run.sh >"$FOLDER/out" 2>&1
    ) &
    runner=$!
    trap 'kill -TERM "$runner" 2>/dev/null || true; kill -KILL "$CLUSTER" 2>/dev/null || true' EXIT
    wait_for grep -qs "== $2" "$FOLDER/out" || fail "no step $2: $(cat "$FOLDER/out")"
    began=$(date +%s)
    kill -TERM "$runner"
    status=0
    wait "$runner" || status=$?
    expect_eq "interrupted in step $2" "$status" 1
    said "interrupted in step $2" "saw: it is gone"
    [ $(($(date +%s) - began)) -lt 60 ] || fail "interrupted in step $2, it went on for a minute"
    removed
}

beside it_passes pods_are_never_ready requests_come_from_elsewhere "interrupted 4 3 unready" "interrupted 5 5"
expect_eq "folders left" "$(find build -maxdepth 1 -name 'k8s-run.*')" ""

# Nothing is done with what would attack for ever.
status=0
DURATION=3 tests/k8s/run.sh >"$TMP/out" 2>&1 || status=$?
expect_eq "too short" "$status $(cat "$TMP/out")" '2 run: DURATION is "3": 8 seconds at least'
