#!/usr/bin/env bash
# run.sh - the whole flow in a real cluster: apply, measure, kill a pod, scale up, remove everything.
#
#     KUBECONFIG=... tests/k8s/run.sh
#
# Any cluster will do that has the images (docs/kubernetes.md says how they get into kind, k3s and
# minikube), a free CPU and a default storage class: the `local` overlay goes into a namespace of its own,
# then the `capacity`, the `scenario`, the `web`, the `distributed` and the `tutorial` overlay, and it is removed
# in the end, whatever happens. Takes about fifteen minutes. Each step says what it does and what it saw.
#
# Environment: REGISTRY= TAG=latest   the images are REGISTRY/target-api:TAG and REGISTRY/loadgen:TAG
#              DURATION=60 RATE=60    seconds (8 at least) and requests/s of each of the three attacks: the
#                                     tutorial's
#              PATIENCE=300           seconds for the pods to be ready, and for the removal
# Exit status: 0 all steps passed; 1 one did not; 2 nothing was done.
set -euo pipefail
cd "$(dirname "$0")/../.."
NAMESPACE=headroom-test-$(date +%s)
DURATION=${DURATION:-60}
RATE=${RATE:-60}
PATIENCE=${PATIENCE:-300}
TARGETS=/vegeta/configmap
STEP=0
MADE=
BACKGROUND=

for program in kubectl awk sed openssl; do
    command -v "$program" >/dev/null || { echo "run: $program is not installed" >&2; exit 2; }
done
[ "$DURATION" -ge 8 ] || { echo "run: DURATION is \"$DURATION\": 8 seconds at least" >&2; exit 2; }
mkdir -p build
WORK=$(mktemp -d build/k8s-run.XXXXXX) # kustomize takes overlays by relative paths only

step() {
    STEP=$((STEP + 1))
    printf '\n== %d. %s (%s UTC)\n' "$STEP" "$*" "$(date -u +%H:%M:%S)"
}
saw() { printf '   saw: %s\n' "$*"; }
indent() { sed 's/^/   | /'; }
fail() {
    printf '\nFAILED in step %d: %s\n' "$STEP" "$*"
    exit 1
}
k() { kubectl -n "$NAMESPACE" "$@"; }

# What somebody who has only this output wants to know of a step that failed.
diagnose() {
    printf '\n-- pods, what happened to them, and what they said\n'
    k get pods,services,deployments -o wide 2>&1 | indent
    k describe pods 2>&1 | indent
    k get events --sort-by=.lastTimestamp 2>&1 | tail -n 30 | indent
    for name in target-api loadgen capacity nats loadgen-worker; do
        k logs -l "app.kubernetes.io/name=$name" --all-containers --prefix --tail=20 2>&1 | indent
    done
}
remove() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    set +e
    exec >&4 # the end may have come while this was redirected
    [ "$status" -eq 0 ] || [ -z "$MADE" ] || diagnose
    [ -z "$BACKGROUND" ] || kill "$BACKGROUND" 2>/dev/null
    if [ -n "$MADE" ]; then
        step "remove namespace $NAMESPACE and everything in it"
        kubectl delete namespace "$NAMESPACE" --ignore-not-found --timeout="${PATIENCE}s" 2>&1 | indent
        left=$(kubectl get namespace "$NAMESPACE" --ignore-not-found -o name) ||
            left="namespace/$NAMESPACE, for all that is known,"
        if [ -n "$left" ]; then
            echo "FAILED: $left is still there; what holds it: kubectl get namespace $NAMESPACE -o yaml"
            status=1
        else
            saw "it is gone"
        fi
    fi
    rm -rf "$WORK"
    [ "$status" -eq 0 ] && printf '\nPASSED: %d steps\n' "$STEP"
    [ "$status" -eq 0 ] || printf '\nFAILED: see above\n'
    exit "$status"
}
exec 4>&1
trap remove EXIT
trap 'echo "interrupted" >&4; exit 1' INT TERM HUP

# target_pods: "NAME ADDRESS" of each that is not on its way out
target_pods() {
    k get pods -l app.kubernetes.io/name=target-api -o \
        'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.podIP}{"|"}{.metadata.deletionTimestamp}{"\n"}{end}' |
        awk -F '|' '$2 != "" && $3 == "" { print $1, $2 }'
}

# scrape FILE: the requests that each target pod has served so far, "ADDRESS http_requests_total{...} N".
# Asked from the generator's pod, the only one that the policies let in; bash is all that it needs. Some
# clusters take seconds until their policies know a new pod: so it is asked again.
# shellcheck disable=SC2016 # for the shell in the pod
SCRAPE='for address; do
    exec 3<>"/dev/tcp/$address/5001" || exit 1
    printf "GET /metrics HTTP/1.0\r\n\r\n" >&3
    while IFS= read -r line <&3; do
        case $line in http_requests_total*) echo "$address $line" ;; esac
    done
    exec 3>&-
done'
scrape() {
    for _ in $(seq 10); do
        target_pods >"$WORK/pods"
        # shellcheck disable=SC2046 # an address each
        in_generator timeout 30 bash -c "$SCRAPE" bash $(awk '{print $2}' "$WORK/pods") >"$1" && return
        sleep 3
    done
    fail "the second port of a target pod does not answer the generator: $(cat "$WORK/pods")"
}
in_generator() { k exec "$GENERATOR" -- "$@" </dev/null; }

# served BEFORE AFTER [ROUTE]: "ADDRESS N" for each pod of AFTER, of all routes or of one
served() {
    awk -v route="${3:-}" '
        { count[$1] += 0 }
        route == "" || index($0, "route=\"" route "\"") { count[$1] += sign * $NF }
        END { for (address in count) print address, count[address] }' sign=-1 "$1" sign=1 "$2" | sort
}
total() { awk '{ n += $2 } END { print n + 0 }'; }
spread() { awk '{ printf "%s%s: %d", (NR > 1 ? ", " : ""), $1, $2 }'; }

# Of a text report on stdin
requests() { sed -n 's/^Requests .*\] *\([0-9]*\),.*/\1/p'; }
addresses() { awk '$2 ~ /%$/ && $NF ~ /:5000$/ { gsub(/^\[|\]?:5000$/, "", $NF); print $NF, $1 }' | sort; }
with_code() { sed -n 's/^Status Codes .*\] *//p' | tr -s ' ' '\n' | sed -n "s/^$1://p"; }

# begin COMMAND: for a shell in the generator's pod; what it prints goes to $WORK/report. In the
# background, so that an interrupt is heard at once.
begin() {
    k exec -i "$GENERATOR" -- bash -c "$1" </dev/null >"$WORK/report" 2>&1 &
    BACKGROUND=$!
}
finish() {
    ended=0
    wait "$BACKGROUND" || ended=$?
    BACKGROUND=
    indent <"$WORK/report"
    [ "$ended" -eq 0 ] || fail "kubectl exec ended with status $ended"
}
# In the background as well: bash hears of a signal only between two commands.
wait_ready() {
    { k rollout status "${2:-deployment}/$1" --timeout="${PATIENCE}s" 2>&1 | indent; } &
    wait "$!" || fail "$1 is not ready after $PATIENCE s"
}

step "look at the cluster"
kubectl version 2>&1 | indent || fail "no cluster answers: is KUBECONFIG right?"
saw "context $(kubectl config current-context 2>/dev/null || echo "(none: in a pod?)")"
kubectl get nodes -o 'custom-columns=NODE:.metadata.name,CPU:.status.allocatable.cpu,MEMORY:.status.allocatable.memory,KUBELET:.status.nodeInfo.kubeletVersion' 2>&1 | indent || true
[ -z "$(kubectl get namespace "$NAMESPACE" --ignore-not-found -o name)" ] || fail "$NAMESPACE is there already"

# apply OVERLAY: to our namespace, with our images and what stdin has
apply() {
    {
        echo "namespace: $NAMESPACE"
        echo "resources: [../../k8s/overlays/$1]"
        echo "images:"
        for name in target-api loadgen; do
            echo "  - { name: $name, newName: '${REGISTRY:+$REGISTRY/}$name', newTag: '${TAG:-latest}' }"
        done
        cat
    } >"$WORK/kustomization.yaml"
    kubectl apply -k "$WORK" >"$WORK/applied" 2>&1 || { indent <"$WORK/applied"; fail "kubectl apply failed"; }
    indent <"$WORK/applied"
    ! grep -qi 'would violate PodSecurity' "$WORK/applied" || fail "a pod may do more than restricted allows"
}

step "apply the local overlay to namespace $NAMESPACE"
MADE=yes
apply local </dev/null

find_generator() {
    GENERATOR=$(k get pods -l app.kubernetes.io/name=loadgen -o 'jsonpath={.items[0].metadata.name}')
}
step "wait until every pod is ready"
wait_ready target-api
wait_ready loadgen
find_generator
k get pods -o wide 2>&1 | indent
saw "generator $GENERATOR; targets $(target_pods | tr '\n' ' ')"
[ "$(target_pods | wc -l)" -eq 3 ] || fail "three target pods were expected"

step "reach every pod from the generator, and the name"
for address in $(target_pods | awk '{ print $2 }') target-api-headless; do
    for tries in $(seq 20); do
        in_generator timeout 5 bash -c "exec 3<>/dev/tcp/$address/5000" 2>"$WORK/err" && break
        [ "$tries" -lt 20 ] || fail "$address, port 5000: $(cat "$WORK/err"); do the policies let it through, is its name known?"
        sleep 2
    done
    saw "$address answers, at try $tries"
done

step "the tutorial's three attacks, $RATE/s for $DURATION s each"
scrape "$WORK/before"
command="vegeta --version"
for target in get-health get-metadata post-add_users; do
    command="$command && vegeta attack -duration=${DURATION}s -rate=$RATE -targets=$TARGETS/$target-target | vegeta report -type=text"
done
echo "   kubectl exec -it $GENERATOR -- bash -c \"$command\""
begin "$command"
finish
scrape "$WORK/after"
attack=0
for route in /health /metadata /add_users/; do
    attack=$((attack + 1))
    counted=$(requests <"$WORK/report" | sed -n "${attack}p")
    answered=$(with_code 200 <"$WORK/report" | sed -n "${attack}p")
    served "$WORK/before" "$WORK/after" "$route" >"$WORK/served"
    saw "$route: loadgen counts ${counted:-nothing}, ${answered:-0} of them 200; the pods served $(total <"$WORK/served") ($(spread <"$WORK/served"))"
    [ "${counted:-0}" -gt 0 ] || fail "$route: there is no report"
    [ "$counted" = "$answered" ] || fail "$route: not every request was answered with 200"
    [ "$counted" -eq "$(total <"$WORK/served")" ] || fail "$route: what was counted is not what was served"
done

step "a connection for each request: every pod gets its part"
scrape "$WORK/before"
begin "vegeta attack -keepalive=false -duration=$((DURATION / 4))s -rate=60 -targets=$TARGETS/get-health-target | vegeta report -type=text"
finish
scrape "$WORK/after"
served "$WORK/before" "$WORK/after" /health >"$WORK/served"
counted=$(requests <"$WORK/report")
saw "loadgen counts $counted; the pods served $(total <"$WORK/served") ($(spread <"$WORK/served"))"
[ "$counted" -eq "$(total <"$WORK/served")" ] || fail "what was counted is not what was served"
addresses <"$WORK/report" >"$WORK/counted"
saw "the report's rows: $(spread <"$WORK/counted")"
cmp -s "$WORK/counted" "$WORK/served" || fail "a row of the report is not what that pod served"
awk -v all="$counted" '{ if ($2 * 3 < all * 0.8 || $2 * 3 > all * 1.2) bad = 1 } END { exit bad || NR != 3 }' \
    "$WORK/served" || fail "not a third each, within a fifth"

step "kill a target pod during an attack"
begin "vegeta attack -keepalive=false -timeout=2s -duration=$((DURATION / 2))s -rate=50 -targets=$TARGETS/get-health-target | vegeta report -type=text"
sleep $((DURATION / 8))
victim=$(target_pods | awk 'NR == 1 { print $1 }')
k delete pod "$victim" --grace-period=1 --wait=false 2>&1 | indent
finish
counted=$(requests <"$WORK/report")
answered=$(with_code 200 <"$WORK/report")
saw "of $counted requests ${answered:-0} were answered with 200: $((counted - ${answered:-0})) failed at the address of $victim"
[ "${answered:-0}" -gt 0 ] || fail "the other pods did not answer"
[ "$counted" -gt "${answered:-0}" ] || fail "a pod was killed and the report does not show it"
sed -n '/^Error Set:/,/^$/p' "$WORK/report" | sed 1d | grep -q . || fail "the report names no error"
wait_ready target-api
[ "$(target_pods | wc -l)" -eq 3 ] || fail "the pod was not replaced"
saw "replaced: $(target_pods | tr '\n' ' ')"

step "scale up to 4 during an attack with -dns-ttl 2s"
target_pods | awk '{ print $1 }' | sort >"$WORK/old"
scrape "$WORK/before"
results=/tmp/$NAMESPACE
begin "exec vegeta attack -dns-ttl=2s -duration=10m -rate=50 -targets=$TARGETS/get-health-target -output=$results.bin"
sleep 5
k scale deployment/target-api --replicas=4 2>&1 | indent
wait_ready target-api
new=$(target_pods | grep -vwFf "$WORK/old" || true)
[ "$(printf '%s\n' "$new" | grep -c .)" -eq 1 ] || fail "one new pod was expected, not: ${new:-none}"
saw "the new pod is $new; now the name server's own cache has to hear of it (30 s with some)"
rises=0 last=0
for _ in $(seq 60); do
    kill -0 "$BACKGROUND" 2>/dev/null || fail "the attack has ended: $(cat "$WORK/report")"
    scrape "$WORK/after"
    now=$(awk -v address="${new#* }" '$1 == address { n += $NF } END { print n + 0 }' "$WORK/after")
    if [ "$now" -gt "$last" ]; then
        saw "the new pod has served $now"
        rises=$((rises + 1)) last=$now
    fi
    [ "$rises" -lt 3 ] || break
    sleep 2
done
[ "$rises" -ge 3 ] || fail "the new pod's count does not rise"
in_generator vegeta stop 2>&1 | indent
finish
begin "vegeta report -type=text $results.bin && rm $results.bin"
finish
scrape "$WORK/after"
served "$WORK/before" "$WORK/after" /health >"$WORK/served"
counted=$(requests <"$WORK/report")
answered=$(with_code 200 <"$WORK/report")
served=$(total <"$WORK/served")
saw "loadgen counts $counted, ${answered:-0} of them 200; the pods served $served ($(spread <"$WORK/served"))"
# A cluster whose policies are slow to know the new pod may have refused its first connections.
[ "${answered:-0}" -le "$served" ] || fail "more was answered than served"
[ "$served" -le "$counted" ] || fail "more was served than counted"
[ $((answered * 5)) -ge $((counted * 4)) ] || fail "more than one in five failed"

step "a search for the capacity by a Job, and its result from the volume"
apply capacity <<'END'
configMapGenerator:
  - name: capacity
    behavior: merge
    literals: [SLO=errors<50%, QUICK=true, TRIAL=1s, MAX_RATE=60]
END
{ NAMESPACE=$NAMESPACE TO=$WORK/result WAIT=$PATIENCE k8s/fetch-report.sh 2>&1 | indent; } &
wait "$!" || fail "there is no result"
[ "$(k get job capacity -o 'jsonpath={.status.succeeded}')" = 1 ] || fail "the Job did not succeed"
verdict=$(k get pods -l job-name=capacity -o 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.message}')
saw "the termination message: $verdict"
[ "$verdict" = "60/s, the maximum, meets the SLO" ] || fail "that is not the verdict"
grep -q '"verdict": *"above-maximum"' "$WORK/result/capacity.json" || fail "capacity.json does not have the verdict"
pods=$(grep -o '"address": *"[^"]*"' "$WORK/result/capacity.json" | sort -u | wc -l)
saw "capacity.json knows $pods pods; capacity.html has $(wc -c <"$WORK/result/capacity.html") bytes"
[ "$pods" -eq "$(target_pods | wc -l)" ] || fail "there are other pods"
grep -qi '<html' "$WORK/result/capacity.html" || fail "capacity.html is no page"
[ -z "$(k get pod capacity-reader --ignore-not-found -o name)" ] || fail "the reader is still there"

# The overlay's own scenario, but only its look-ups, which nothing else here sends
step "a scenario that the generator's pod runs by itself"
apply scenario <<'END'
configMapGenerator:
  - name: run-settings
    behavior: merge
    literals: [LOCUST_SPAWN_RATE=100, LOCUST_REQUESTS=300, LOCUST_TAGS=read]
END
wait_ready target-api
wait_ready loadgen
find_generator
for tries in $(seq $((PATIENCE + 30))); do
    k logs "$GENERATOR" >"$WORK/report" 2>&1 || true
    ! grep -q "the run ended with status" "$WORK/report" || break
    [ "$tries" -lt $((PATIENCE + 30)) ] || fail "the run has not ended: $(cat "$WORK/report")"
    sleep 1
done
indent <"$WORK/report"
grep -q "the run ended with status 0$" "$WORK/report" || fail "that is no success"
: >"$WORK/before"
scrape "$WORK/after"
served "$WORK/before" "$WORK/after" "/users_name/{users_id}" >"$WORK/served"
counted=$(requests <"$WORK/report")
answered=$(with_code 200 <"$WORK/report")
saw "loadgen counts $counted, ${answered:-0} of them 200; the pods served $(total <"$WORK/served") ($(spread <"$WORK/served"))"
[ "$counted" -eq 300 ] || fail "300 requests were asked for"
[ "$counted" = "$answered" ] || fail "not every request was answered with 200"
[ "$counted" -eq "$(total <"$WORK/served")" ] || fail "what was counted is not what was served"

# As the tutorials on Locust do it: by a pod of the namespace that asks the Service.
step "a test that a pod of the namespace starts on the page"
apply web <<'END'
configMapGenerator:
  - name: run-settings
    behavior: merge
    literals: [LOCUST_TAGS=read]
END
wait_ready loadgen
find_generator
apply_client() { sed "s,^  namespace: .*,  namespace: $NAMESPACE," k8s/client.yaml | k apply -f - 2>&1 | indent; }
apply_client
{ k wait --for=condition=Ready pod/client --timeout="${PATIENCE}s" 2>&1 | indent; } &
wait "$!" || fail "the client is not ready after $PATIENCE s"

# ask METHOD PATH [BODY]: by the client, a form unless TYPE says what else; the answer goes to $WORK/answer, its body to $WORK/body
ask() {
    k exec client -- curl -sS -i -m 30 -X "$1" -H "Host: ${HOST:-locust-master:8089}" ${TYPE:+-H "Content-Type: $TYPE"} \
        --data "${3:-}" "http://locust-master:8089$2" </dev/null >"$WORK/answer" 2>"$WORK/err" || return 1
    sed '1,/^\r*$/d' "$WORK/answer" >"$WORK/body"
}
# Some clusters take seconds until their policies know a new pod.
for tries in $(seq 20); do
    ask GET /stats/requests && break
    [ "$tries" -lt 20 ] || fail "locust-master, port 8089: $(cat "$WORK/err"); does the policy let the client in?"
    sleep 2
done
saw "$(head -n 1 "$WORK/answer" | tr -d '\r') at try $tries"
HOST=elsewhere:8089 ask GET /stats/requests
grep -q '^HTTP/1.1 403' "$WORK/answer" || fail "any Host is answered: $(cat "$WORK/answer")"
scrape "$WORK/before"
ask POST /swarm 'locust_count=20&hatch_rate=20&run_time=5s'
saw "/swarm: $(cat "$WORK/body")"
grep -q '"success": *true' "$WORK/body" || fail "the test has not begun"
for tries in $(seq 60); do
    ask GET /stats/requests
    ! grep -q '"state": *"stopped"' "$WORK/body" || break
    [ "$tries" -lt 60 ] || fail "the test does not end: $(cat "$WORK/body")"
    sleep 1
done
ask GET /stats/requests/csv
tr -d '\r' <"$WORK/body" | indent
scrape "$WORK/after"
served "$WORK/before" "$WORK/after" "/users_name/{users_id}" >"$WORK/served"
counted=$(awk -F , '$2 == "Aggregated" { print $3 }' "$WORK/body")
failed=$(awk -F , '$2 == "Aggregated" { print $4 }' "$WORK/body")
saw "the page counts ${counted:-nothing}, ${failed:-nothing} of them failed; the pods served $(total <"$WORK/served") ($(spread <"$WORK/served"))"
[ "${counted:-0}" -ge 20 ] || fail "each of 20 users was to send requests"
[ "$failed" = 0 ] || fail "not every request was answered with 200"
[ "$counted" -eq "$(total <"$WORK/served")" ] || fail "what was counted is not what was served"

step "the same test, from the volume, after its pod is gone"
k delete pod "$GENERATOR" 2>&1 | indent
wait_ready loadgen
for tries in $(seq 20); do
    ask GET /api/v1/runs && break
    [ "$tries" -lt 20 ] || fail "locust-master, port 8089: $(cat "$WORK/err")"
    sleep 2
done
saw "/api/v1/runs: $(cat "$WORK/body")"
grep -q "\"requests\": *${counted}[,}]" "$WORK/body" || fail "the test with $counted requests is not there"

# Three workers of a run, then six, then two; a worker and the controller are deleted. Small sizes, for a small cluster.
step "a run over many pods, scaled from 3 workers to 6 and to 2, and one of them replaced"
size() {
    value='{"cpu": "'$2'", "memory": "'$3'"}'
    printf '{"op": "replace", "path": "/spec/template/spec/%s/resources", "value": {"requests": %s, "limits": %s}}' \
        "$1" "$value" "$value"
}
SMALL="patches:
  - { target: { kind: Deployment, name: target-api }, patch: '[$(size containers/0 150m 192Mi)]' }
  - { target: { kind: Deployment, name: loadgen$ }, patch: '[$(size containers/0 200m 256Mi)]' }
  - { target: { kind: StatefulSet, name: nats }, patch: '[$(size containers/0 80m 128Mi)]' }
  - { target: { kind: Deployment, name: loadgen-worker },
      patch: '[$(size containers/0 40m 96Mi), $(size initContainers/0 40m 96Mi)]' }"
apply distributed <<<"$SMALL"
{ NAMESPACE=$NAMESPACE k8s/nats-secret.sh | k create -f - 2>&1 | indent; } || fail "no Secret for the broker"
wait_ready nats statefulset
for name in target-api loadgen loadgen-worker; do wait_ready "$name"; done
find_generator

# await_workers N: until the page shows so many
await_workers() {
    for tries in $(seq "$PATIENCE"); do
        ! ask GET /worker-count || ! grep -q "\"worker_count\": *$1\$" "$WORK/body" || return 0
        [ "$tries" -lt "$PATIENCE" ] || fail "the page shows other workers than $1: $(cat "$WORK/body")"
        sleep 1
    done
}
sends_more() {
    ask GET /stats/requests/csv || true
    before=$(awk -F , '$2 == "Aggregated" { print $3 }' "$WORK/body")
    for tries in $(seq 60); do
        ask GET /stats/requests/csv || true
        now=$(awk -F , '$2 == "Aggregated" { print $3 }' "$WORK/body")
        [ "${now:-0}" -le "${before:-0}" ] || return 0
        [ "$tries" -lt 60 ] || fail "nothing more is sent: $(cat "$WORK/body")"
        sleep 1
    done
}
scrape "$WORK/before"
TYPE=application/json ask POST /api/v1/runs '{"kind": "rate", "rate": 60, "duration": "20m"}'
run=$(sed -n 's/.*"id": *"\([0-9]*\)".*/\1/p' "$WORK/body" | head -n 1)
[ -n "$run" ] || fail "no run: $(cat "$WORK/answer")"
await_workers 3
sends_more
for count in 6 2; do
    k scale deployment/loadgen-worker --replicas="$count" 2>&1 | indent
    await_workers "$count"
    sends_more
    saw "$count workers, and the run goes on"
done
victim=$(k get pods -l app.kubernetes.io/name=loadgen-worker -o 'jsonpath={.items[0].metadata.name}')
k delete pod "$victim" --wait=false 2>&1 | indent
wait_ready loadgen-worker
await_workers 2
sends_more
saw "$victim was deleted, and the run goes on"

step "the controller is deleted: what it counted is what was served"
k delete pod "$GENERATOR" 2>&1 | indent
wait_ready loadgen
find_generator
for tries in $(seq 20); do
    ask GET "/api/v1/runs/$run/report" && grep -q '^HTTP/1.1 200' "$WORK/answer" && break
    [ "$tries" -lt 20 ] || fail "the run is not kept: $(cat "$WORK/answer" "$WORK/err")"
    sleep 2
done
scrape "$WORK/after"
# compare_with_report [ROUTE]: the report in $WORK/body with what the pods served, of all routes or of one
number() { grep -o "\"$1\": *[0-9]*" "$WORK/body" | head -n 1 | grep -o '[0-9]*$'; }
compare_with_report() {
    served "$WORK/before" "$WORK/after" "${1:-}" >"$WORK/served"
    counted=$(number requests) unknown=$(number unknown) sent=$(total <"$WORK/served")
    saw "the report counts ${counted:-nothing}, and ${unknown:-0} unknown; the pods served $sent ($(spread <"$WORK/served"))"
    [ "${counted:-0}" -gt 0 ] || fail "there is no report"
    [ "$counted" -le "$sent" ] || fail "more was counted than served"
    [ "$sent" -le $((counted + ${unknown:-0})) ] || fail "what was served is neither counted nor unknown"
}
compare_with_report /health

# The commands of docs/many-pods.md, as they are there, but in our namespace, and with fewer workers.
step "the names of the tutorials on Locust: users on 2 workers, and on 4"
sed -n '/^## The names of the tutorials/,/^## /p' docs/many-pods.md | grep '^kubectl ' >"$WORK/commands"
grep -q '^kubectl apply -k k8s/overlays/tutorial ' "$WORK/commands" || fail "docs/many-pods.md applies another overlay"
# documented TEXT [REPLICAS]: runs the command that has TEXT; what it prints goes to $WORK/body
documented() {
    command=$(grep -F -e "$1" "$WORK/commands") || fail "docs/many-pods.md has no command with \"$1\""
    command=${command//-n headroom/-n $NAMESPACE}
    command=${command//--replicas=20/--replicas=${2:-}}
    echo "   $command"
    timeout "${SECONDS_AT_MOST:-$PATIENCE}" bash -c "$command" </dev/null >"$WORK/body" 2>&1
}
k delete deployment/loadgen deployment/loadgen-worker statefulset/nats 2>&1 | indent
for tries in $(seq "$PATIENCE"); do
    left=$(for name in loadgen loadgen-worker; do k get pods -l "app.kubernetes.io/name=$name" -o name; done)
    [ -n "$left" ] || break
    [ "$tries" -lt "$PATIENCE" ] || fail "pods that were deleted are still there: $left"
    sleep 1
done
apply tutorial <<END
$SMALL
  - { target: { kind: Deployment, name: loadgen$ }, patch: '[$(size containers/1 80m 128Mi)]' }
END
documented "kubectl scale" 2 || fail "$(cat "$WORK/body")"
documented "kubectl rollout status" || fail "$(cat "$WORK/body")"
apply_client
documented "kubectl wait" || fail "$(cat "$WORK/body")"
wait_ready target-api
find_generator
await_workers 2
scrape "$WORK/before"
documented /swarm || fail "$(cat "$WORK/body")"
saw "/swarm: $(cat "$WORK/body")"
grep -q '"success": *true' "$WORK/body" || fail "the test has not begun"
for tries in $(seq "$PATIENCE"); do
    ! documented /stats/requests >/dev/null || ! grep -q '"user_count": *100[,}]' "$WORK/body" || break
    [ "$tries" -lt "$PATIENCE" ] || fail "there are no 100 users: $(cat "$WORK/body")"
    sleep 1
done
saw "100 users"
documented "kubectl scale" 4 || fail "$(cat "$WORK/body")"
await_workers 4
sends_more
# The new workers get their part of the users.
for tries in $(seq "$PATIENCE"); do
    ask GET /api/v1/workers || true
    counts=$(grep -o '"users": *[0-9]*' "$WORK/body" | awk '{ printf "%s ", $NF }')
    ! echo "$counts" | awk '{ for (i = 1; i <= NF; i++) { sum += $i; idle += $i == 0 } exit NF != 4 || idle || sum != 100 }' ||
        break
    [ "$tries" -lt "$PATIENCE" ] || fail "not all users run, or not on all workers: $(cat "$WORK/body")"
    sleep 1
done
saw "users of each worker: $counts"
documented /stop || fail "$(cat "$WORK/body")"
saw "/stop: $(cat "$WORK/body")"
documented /stats/requests || fail "$(cat "$WORK/body")"
grep -q '"state": *"stopped"' "$WORK/body" || fail "the test has not ended: $(cat "$WORK/body")"
scrape "$WORK/after"
ask GET /api/v1/runs
run=$(grep -o '"id": *"[0-9]*"' "$WORK/body" | grep -o '[0-9]*' | sort -n | tail -n 1) # numbers increase
ask GET "/api/v1/runs/$run/report"
compare_with_report
moved=$(number users_moved)
saw "${moved:-no} users moved to the new workers"
[ "${moved:-0}" -gt 0 ] || fail "no user moved"
for tries in $(seq 10); do
    SECONDS_AT_MOST=5 documented "kubectl logs" || true # it follows the log
    ! grep -q Aggregated "$WORK/body" || break
    [ "$tries" -lt 10 ] || fail "the log has no table: $(cat "$WORK/body")"
done
saw "the log has the table of requests"
