#!/bin/sh
# cloudbuild.yaml, deploy, undeploy and pin without Google Cloud: each step and script runs unchanged, in a copy of
# the tree without .git. Stand-ins for docker, gcloud, kubectl and the like only record how they are called.
#
# Not under sanitizers: no program of ours runs.
set -eu
. "$(dirname "$0")/lib.sh"
need kubectl "kubectl (https://kubernetes.io/docs/tasks/tools)"
REAL_KUBECTL=$(command -v kubectl)
REAL_MAKE=$(command -v make)
HERE=$PWD
DIGEST=sha256:$(printf '%064d' 7)
export REAL_KUBECTL REAL_MAKE TMP DIGEST

cloudbuild() {
    python3 "$HERE/tests/k8s/cloudbuild.py" "$@"
}
cloudbuild check cloudbuild.yaml >"$TMP/out" || fail "$(cat "$TMP/out")"
cloudbuild break cloudbuild.yaml >"$TMP/out" || fail "$(cat "$TMP/out")"

# A copy of what git knows or would add: what `gcloud builds submit` sends
mkdir "$TMP/workspace" "$TMP/bin" "$TMP/home"
git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
    [ ! -e "$file" ] || printf '%s\n' "$file"
done >"$TMP/files"
tar -cf - -T "$TMP/files" | tar -xf - -C "$TMP/workspace"
cd "$TMP/workspace"

# The stand-ins. What one is to fail at is a pattern in $TMP/broken.
cat >"$TMP/bin/stand-in" <<'EOF'
#!/bin/sh
name=$(basename "$0")
echo "$name $*" >>"$TMP/calls"
if [ -s "$TMP/broken" ] && echo "$name $*" | grep -qf "$TMP/broken"; then
    echo "$name: broken" >&2
    exit 3
fi
case "$name $*" in
"gcloud artifacts docker tags list"*)
    printf '%s\t%s\n' v10 sha256:another "$TAG" "$DIGEST" latest sha256:another | grep -v unheard ;;
"kubectl config current-context") echo a-cluster ;;
"kubectl get namespace"*part-of*) cat "$TMP/owner" ;;
"kubectl get pods"*jsonpath*) echo loadgen-abc ;;
"kubectl diff"*) echo "-  replicas: 3"; exit 1 ;;
"kubectl kustomize"*) "$REAL_KUBECTL" kustomize "$2" ;;
"kubectl get secret"*) cat "$TMP/secret" ;;
"kubectl create -f -") cat >"$TMP/created.yaml" ;;
"kubectl apply -k"*) "$REAL_KUBECTL" kustomize "$3" >"$TMP/applied.yaml" ;;
"kubectl delete namespace"*) : >"$TMP/owner" ;;
"skopeo inspect"*) echo "the manifest of $3" ;;
esac
EOF
chmod +x "$TMP/bin/stand-in"
for name in docker gcloud kubectl apt-get make skopeo; do ln -s stand-in "$TMP/bin/$name"; done
: >"$TMP/calls"
: >"$TMP/broken"
: >"$TMP/owner"
: >"$TMP/secret"
PATH=$TMP/bin:$PATH
HOME=$TMP/home
export PATH HOME

# calls PATTERN: how many there were
calls() {
    grep -c "$1" "$TMP/calls" || true
}
# steps [_X=Y]...: all of them, as far as they go
steps() {
    : >"$TMP/calls"
    for step in $(cloudbuild steps cloudbuild.yaml); do
        cloudbuild run cloudbuild.yaml "$step" "$@" >"$TMP/out" 2>&1 || return 1
    done
}
# stops_at STEP: with $TMP/broken it ends there, and nothing after it is called
stops_at() {
    ! steps _DEPLOY=true || fail "a broken \"$(cat "$TMP/broken")\" is passed over"
    expect_eq "where \"$(cat "$TMP/broken")\" stops the build" "$step" "$1"
    : >"$TMP/broken"
}

tag=11111111-2222-3333-4444-555555555555
registry=us-central1-docker.pkg.dev/test-project/headroom
steps || fail "step $step: $(cat "$TMP/out")"
for command in "make lint" "make test JUDGE_TIMES=no LONG=no"; do expect_eq "$command" "$(calls "^$command\$")" 1; done
for program in target-api loadgen; do
    expect_eq "builds of $program" \
        "$(calls "^docker build .*-t $registry/$program:$tag .*-f docker/$program.Dockerfile .* \.\$")" 1
    expect_eq "its cache" "$(calls "^docker build .*--cache-from $registry/$program:build ")" 2
    for pushed in "$tag" build latest; do
        expect_eq "pushes of $program:$pushed" "$(calls "^docker push $registry/$program:$pushed\$")" 1
    done
done
expect_eq "not deployed" "$(calls '^gcloud\|^kubectl')" 0

steps _CHECK=false || fail "unchecked: step $step: $(cat "$TMP/out")"
expect_eq "without a check" "$(calls '^make\|^apt-get') $(calls '^docker push')" "0 4"

# The first build finds no cache; everything else that fails ends the build.
echo '^docker pull' >"$TMP/broken"
steps || fail "no cache: step $step: $(cat "$TMP/out")"
for broken in "check ^apt-get install" "check ^make lint" "check ^make test" \
    "build ^docker build.*target-api:build " "build ^docker build.*target-api:1111" "build ^docker build.*loadgen:1111" \
    "push ^docker push.*target-api" "push ^docker push.*loadgen" "deploy ^gcloud container" \
    "push-latest ^docker push.*loadgen:latest" "deploy ^gcloud artifacts" "deploy ^kubectl apply" "deploy ^kubectl rollout.*target-api"; do
    echo "${broken#* }" >"$TMP/broken"
    stops_at "${broken%% *}"
done

# By digest only
steps _DEPLOY=true _TAG=v1 _CLUSTER=c _LOCATION=us-central1-a _REGION=europe-west1 || fail "deploy: $(cat "$TMP/out")"
expect_eq "credentials" "$(calls '^gcloud container clusters get-credentials c --location us-central1-a')" 1
registry=europe-west1-docker.pkg.dev/test-project/headroom
expect_eq "looked up" "$(calls "^gcloud artifacts docker tags list $registry/[a-z-]* --project test-project ")" 2
expect_eq "images" "$(sed -n 's/^ *image: //p' "$TMP/applied.yaml")" \
    "$(printf '%s@%s\n' "$registry/loadgen" "$DIGEST" "$registry/target-api" "$DIGEST")"

# make deploy: what is missing is named
deploy() {
    : >"$TMP/calls"
    status=0
    "$REAL_MAKE" -s deploy "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
}
deploy PROJECT=p REGION=europe-west1
expect_eq "without a tag" "$status $(calls .)" "2 0"
expect_has "without a tag" "$(cat "$TMP/err")" "deploy: TAG is missing: make deploy PROJECT="
deploy PROJECT=p REGION=europe-west1 TAG=unheard-of
expect_eq "an unknown tag" "$status $(calls apply)" "2 0"
expect_has "an unknown tag" "$(cat "$TMP/err")" \
    "europe-west1-docker.pkg.dev/p/headroom/target-api has no tag unheard-of; it has: v10 latest"
echo '^gcloud artifacts' >"$TMP/broken"
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "no such image" "$status $(calls apply)" "2 0"
expect_has "no such image" "$(cat "$TMP/err")" "cannot list the tags of europe-west1-docker.pkg.dev/p/headroom/target-api"
: >"$TMP/broken"

for nowhere in "config current-context:kubectl has no current context" "get namespace:a-cluster does not answer"; do
    echo "^kubectl ${nowhere%%:*}" >"$TMP/broken"
    deploy PROJECT=p REGION=europe-west1 TAG=v2
    expect_eq "no cluster" "$status $(calls apply)" "2 0"
    expect_has "no cluster" "$(cat "$TMP/err")" "deploy: ${nowhere#*:}"
done
: >"$TMP/broken"

# A namespace of that name that is somebody else's stays as it is.
echo headroom/ >"$TMP/owner"
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "somebody else's namespace" "$status $(calls apply)" "2 0"
expect_has "somebody else's namespace" "$(cat "$TMP/err")" "deploy: namespace headroom exists without the label app.kubernetes.io/part-of=headroom"
: >"$TMP/owner"

# The first time everything is new; then there is a difference; in the end the commands.
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "the first time" "$status $(calls '^kubectl diff') $(calls '^kubectl apply --dry-run=client')" "0 0 1"
echo headroom/headroom >"$TMP/owner"
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "the second time" "$status $(calls '^kubectl diff')" "0 1"
expect_has "the difference" "$(cat "$TMP/out")" "-  replicas: 3"
expect_has "the command" "$(cat "$TMP/out")" \
    'kubectl exec -n headroom -it loadgen-abc -- bash -c "vegeta --version && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/get-health-target | vegeta report -type=text'
expect_eq "no components" "$(sed -n 's/^components: //p' build/deploy/kustomization.yaml)" "[]"
deploy PROJECT=p REGION=europe-west1 TAG=v2 COMPONENTS=big-generator
expect_eq "a larger generator" "$status $(grep -c 'cpu: "4"' "$TMP/applied.yaml")" "0 2"
deploy PROJECT=p REGION=europe-west1 TAG=v2 COMPONENTS=capacity-job
expect_eq "a Job" "$status $(calls '^kubectl delete job -n headroom capacity')" "0 1"
expect_eq "its images" "$(grep -c "image: europe-west1-docker.pkg.dev/p/headroom/loadgen@$DIGEST" "$TMP/applied.yaml")" 3
expect_has "its result" "$(cat "$TMP/out")" "  make fetch-report"
deploy PROJECT=p REGION=europe-west1 TAG=v2 COMPONENTS=scenario
expect_eq "a scenario" "$status $(calls '^kubectl delete') $(grep -c 'name: LOCUST_MODE' "$TMP/applied.yaml")" "0 0 1"
expect_has "its log" "$(cat "$TMP/out")" "  kubectl logs -n headroom -f deployment/loadgen"
deploy PROJECT=p REGION=europe-west1 TAG=v2 COMPONENTS=web
expect_eq "the page" "$status $(grep -c '^  name: locust-master$' "$TMP/applied.yaml")" "0 2"
expect_has "where it is" "$(cat "$TMP/out")" "  kubectl port-forward -n headroom service/locust-master 8089"
deploy PROJECT=p REGION=europe-west1 TAG=v2 COMPONENTS=huge
expect_eq "no such component" "$status $(calls '^kubectl apply')" "2 0"
expect_has "no such component" "$(cat "$TMP/err")" "deploy: COMPONENTS: there is no huge in k8s/components"

# Another overlay: with its own images, or with those of the tag
deploy OVERLAY=scenario
expect_eq "an overlay" "$status $(calls '^gcloud') $(calls '^kubectl rollout')" "0 0 2"
expect_eq "its images" "$(sed -n 's/^ *image: //p' "$TMP/applied.yaml")" "$(printf 'loadgen:latest\ntarget-api:latest')"
deploy OVERLAY=examples/tutorial PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "a folder" "$status $(grep -c 'name: HEADROOM_SAMPLE_WEBAPP' "$TMP/applied.yaml")" "0 1"
expect_eq "images of the tag" "$(sed -n 's/^ *image: //p' "$TMP/applied.yaml")" \
    "$(printf "europe-west1-docker.pkg.dev/p/headroom/%s@$DIGEST\n" loadgen target-api)"
deploy OVERLAY=distributed PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "many pods: $(cat "$TMP/err")" "$status $(calls '^kubectl rollout') $(calls '^kubectl create')" "0 4 1"
expect_eq "their images" "$(sed -n 's/^ *image: .*p\/headroom\/\(.*\)@.*/\1/p' "$TMP/applied.yaml" | sort | uniq -c | tr -s '\n ' ' ')" " 3 loadgen 1 target-api "
expect_eq "the Secret" "$(sed -n '/^ *name/p' "$TMP/created.yaml" | tr -d '\n')" "  name: nats  namespace: headroom"
expect_has "their number" "$(cat "$TMP/out")" "  kubectl scale -n headroom deployment/loadgen-worker --replicas=20"
expect_has "the page" "$(cat "$TMP/out")" "  kubectl port-forward -n headroom service/locust-master 8089"
order=$(sed -n 's/^kubectl \(apply\|create\|rollout\) .*/\1/p' "$TMP/calls" | uniq | tr '\n' ' ')
expect_eq "the Secret when there is a namespace, and before pods wait for it" "$order" "apply create rollout "
echo secret/nats >"$TMP/secret"
deploy OVERLAY=distributed
expect_eq "the Secret that is there" "$status $(calls '^gcloud') $(calls '^kubectl create')" "0 0 0"
deploy OVERLAY=tutorial
expect_eq "the tutorials' names" "$status $(calls '^kubectl rollout') $(calls '^kubectl create')" "0 3 0"
expect_has "their number" "$(cat "$TMP/out")" "  kubectl scale -n headroom deployment/locust-worker --replicas=20"
deploy OVERLAY=capacity PROJECT=p
expect_eq "half a registry" "$status $(calls .)" "2 0"
expect_has "half a registry" "$(cat "$TMP/err")" "deploy: REGION is missing"
deploy OVERLAY=nowhere
expect_eq "no such overlay" "$status $(calls .)" "2 0"
expect_has "no such overlay" "$(cat "$TMP/err")" "deploy: OVERLAY: there is no nowhere in k8s/overlays, and no nowhere/kustomization.yaml"

deploy PROJECT=p REGION=europe-west1 TAG=v2
order=$(sed -n 's/^kubectl \(diff\|apply\|rollout\) .*/\1/p' "$TMP/calls" | tr '\n' ' ')
expect_eq "in this order" "$order" "diff apply rollout rollout "

echo '^kubectl rollout.*loadgen' >"$TMP/broken"
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "a pod that does not start" "$status $(calls '^kubectl get events')" "2 1"
expect_has "a pod that does not start" "$(cat "$TMP/err")" "deploy: loadgen is not ready"
echo '^kubectl diff' >"$TMP/broken"
deploy PROJECT=p REGION=europe-west1 TAG=v2
expect_eq "no difference can be shown" "$status $(calls '^kubectl apply')" "2 0"
: >"$TMP/broken"

# make undeploy: only what is ours
echo headroom/somebody >"$TMP/owner"
"$REAL_MAKE" -s undeploy >"$TMP/out" 2>&1 && fail "somebody else's namespace was removed"
expect_eq "deletes" "$(calls '^kubectl delete')" 0
echo headroom/headroom >"$TMP/owner"
"$REAL_MAKE" -s undeploy >"$TMP/out" || fail "undeploy: $(cat "$TMP/out")"
expect_eq "deletes" "$(calls '^kubectl delete namespace headroom')" 1
"$REAL_MAKE" -s undeploy >"$TMP/out" || fail "undeploy twice: $(cat "$TMP/out")"

# Nothing but build/ is new or changed (.git is what the check's `git init` made).
expect_eq "what is left behind" "$(find . -newer "$TMP/bin/stand-in" -type f ! -path './build/*' ! -path './.git/*')" ""
[ ! -e build/deploy ] || fail "build/deploy is left behind"

# make pin: digests, and the versions beside them; again: the same; without a network: nothing
echo '^skopeo.*google-cloud-cli' >"$TMP/broken"
"$REAL_MAKE" -s pin >"$TMP/out" 2>&1 && fail "an image that cannot be looked up is pinned"
cmp cloudbuild.yaml "$HERE/cloudbuild.yaml"
: >"$TMP/broken"
"$REAL_MAKE" -s pin >"$TMP/out" || fail "pin: $(cat "$TMP/out")"
expected=$(echo "the manifest of docker://debian:12.11-slim" | sha256sum | cut -d ' ' -f 1)
expect_has "pinned" "$(cat cloudbuild.yaml)" "    name: debian@sha256:$expected # 12.11-slim"
expect_eq "steps by version" "$(grep -c '^    name: .*:[0-9.]*$' cloudbuild.yaml || true)" 0
cp cloudbuild.yaml "$TMP/pinned"
"$REAL_MAKE" -s pin >"$TMP/out" || fail "pin again: $(cat "$TMP/out")"
cmp cloudbuild.yaml "$TMP/pinned"
cloudbuild check cloudbuild.yaml >"$TMP/out" || fail "pinned: $(cat "$TMP/out")"
