#!/bin/sh
# tests/k8s/run.sh from end to end, with the real kubectl, target-api, loadgen and a name server; the
# cluster between them is tests/k8s/stand_in.py. Then clusters that do wrong, which it has to notice.
set -eu
. "$(dirname "$0")/lib.sh"
need kubectl "kubectl (https://kubernetes.io/docs/tasks/tools)"
REAL_KUBECTL=$(command -v kubectl)
export REAL_KUBECTL BIN PYTHONDONTWRITEBYTECODE=1
export HOME="$TMP" # kubectl keeps what it discovered

# start_cluster [FAULT]: in a network of its own; sets FOLDER, KUBECONFIG, NETWORK, CLUSTER
cluster=0
start_cluster() {
    cluster=$((cluster + 1))
    FOLDER=$TMP/cluster$cluster
    NETWORK=127.$(($$ / 200 % 200 + 20)).$(($$ % 200 + cluster))
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
    chmod +x "$FOLDER/pod/vegeta"
    FAULT=${1:-} /usr/bin/python3 tests/k8s/stand_in.py "$FOLDER" "$NETWORK" >"$FOLDER/log" 2>&1 &
    CLUSTER=$!
    STARTED="$STARTED $CLUSTER"
    wait_for [ -e "$KUBECONFIG" ] || fail "the stand-in does not start: $(cat "$FOLDER/log")"
}
# run_it: run.sh at that cluster; its output in $TMP/out, sets status
run_it() {
    status=0
    PATH=$FOLDER/bin:$PATH tests/k8s/run.sh >"$TMP/out" 2>&1 || status=$?
}
# removed: nothing is left of it
removed() {
    expect_eq "namespaces left" "$("$REAL_KUBECTL" get namespaces -o name)" ""
    expect_eq "folders left" "$(find build -maxdepth 1 -name 'k8s-run.*')" ""
    kill -TERM "$CLUSTER"
    wait "$CLUSTER" || true
}

start_cluster
DURATION=8 RATE=30 PATIENCE=30 run_it
[ "$status" -eq 0 ] || fail "$(cat "$TMP/out")"
expect_has "its end" "$(cat "$TMP/out")" "PASSED: 9 steps"
for route in /health /metadata /add_users/; do
    expect_has "what was seen" "$(cat "$TMP/out")" "saw: $route: loadgen counts 240, 240 of them 200; the pods served 240 ($NETWORK."
done
removed

# Pods that never get ready: said in the step, diagnosed, removed.
start_cluster unready
PATIENCE=2 run_it
expect_eq "never ready" "$status" 1
expect_has "never ready" "$(cat "$TMP/out")" "FAILED in step 3: target-api is not ready after 2 s"
expect_has "what the pods said" "$(cat "$TMP/out")" "what a pod said"
removed

# Somebody else asks the pods as well: what was counted is not what was served.
start_cluster
# shellcheck disable=SC2016 # for the wrapper
sed -i '2i [ "$1" = attack ] \&\& for address in $(cut -d " " -f 1 "$FOLDER/hosts"); do curl -s "http://$address:5000/health" >/dev/null; done' "$FOLDER/pod/vegeta"
DURATION=8 run_it
expect_eq "requests from elsewhere" "$status" 1
expect_has "requests from elsewhere" "$(cat "$TMP/out")" "FAILED in step 5: /health: what was counted is not what was served"
removed

# interrupted STEP [FAULT]: in that step; removed all the same, and soon
interrupted() {
    start_cluster "${2:-}"
    (
        export PATH="$FOLDER/bin:$PATH" DURATION=60 PATIENCE=120
        exec tests/k8s/run.sh >"$TMP/out" 2>&1
    ) &
    runner=$!
    STARTED="$STARTED $runner"
    wait_for grep -q "== $1" "$TMP/out" || fail "no step $1: $(cat "$TMP/out")"
    began=$(date +%s)
    kill -TERM "$runner"
    status=0
    wait "$runner" || status=$?
    expect_eq "interrupted in step $1" "$status" 1
    expect_has "interrupted in step $1" "$(cat "$TMP/out")" "saw: it is gone"
    [ $(($(date +%s) - began)) -lt 60 ] || fail "interrupted in step $1, it went on for a minute"
    removed
}
interrupted 3 unready
interrupted 5

# Nothing is done with what would attack for ever.
status=0
DURATION=3 tests/k8s/run.sh >"$TMP/out" 2>&1 || status=$?
expect_eq "too short" "$status $(cat "$TMP/out")" '2 run: DURATION is "3": 8 seconds at least'
