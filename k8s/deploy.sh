#!/bin/sh
# deploy.sh - deploys an overlay to the cluster of kubectl's current context (`make deploy`).
#
#     PROJECT=my-project REGION=us-central1 TAG=... [REPOSITORY=headroom] [COMPONENTS=big-generator] k8s/deploy.sh
#     OVERLAY=scenario k8s/deploy.sh
#     OVERLAY=distributed PROJECT=my-project REGION=us-central1 TAG=... k8s/deploy.sh
#
# Resolves the images' tag to digests once, shows what will change, applies it, waits until every pod is
# ready, and prints the commands to measure. Project, region and digests are written only to
# build/deploy/kustomization.yaml, which git ignores.
#
# OVERLAY is a name in k8s/overlays, or any folder with an overlay (default gke). Without PROJECT, REGION and TAG,
# an overlay other than gke is deployed with the images that it names.
set -eu
cd "$(dirname "$0")/.."
NAMESPACE=headroom

stop() {
    echo "deploy: $*" >&2
    exit 1
}
OVERLAY=${OVERLAY:-gke}
FOLDER=k8s/overlays/$OVERLAY
[ -d "$FOLDER" ] || FOLDER=$OVERLAY
[ -e "$FOLDER/kustomization.yaml" ] || stop "OVERLAY: there is no $OVERLAY in k8s/overlays, and no $OVERLAY/kustomization.yaml"
REGISTRY=
programs="kubectl diff"
if [ "$OVERLAY" = gke ] || [ -n "${PROJECT:-}${REGION:-}${TAG:-}" ]; then
    for variable in PROJECT REGION TAG; do
        eval "[ -n \"\${$variable:-}\" ]" || stop "$variable is missing: make deploy PROJECT=my-project REGION=us-central1 TAG=the-build's-id"
    done
    programs="gcloud $programs"
    REGISTRY=$REGION-docker.pkg.dev/$PROJECT/${REPOSITORY:-headroom}
fi
for program in $programs; do
    command -v "$program" >/dev/null || stop "$program is not installed (docs/kubernetes.md, \"Once\")"
done

# digest_of PROGRAM: the digest of the image that has the tag now. Reads the list of tags, which only needs
# read access to the repository; `images describe` also needs Container Analysis.
digest_of() {
    tags=$(gcloud artifacts docker tags list "$REGISTRY/$1" --project "$PROJECT" \
        --format 'value(tag.basename(),version.basename())') ||
        stop "cannot list the tags of $REGISTRY/$1: does it exist (gcloud builds submit creates it), and may you read it?"
    digest=$(echo "$tags" | awk -v tag="$TAG" '$1 == tag { print $2 }')
    case $digest in
    sha256:*) echo "$digest" ;;
    *) stop "$REGISTRY/$1 has no tag $TAG; it has: $(echo "$tags" | awk '{ printf "%s ", $1 }')" ;;
    esac
}

# write_image PROGRAM: an overlay's entry for its image, by digest. The gke overlay has a placeholder for the
# image, and the others the program's name.
write_image() {
    digest=$(digest_of "$1") || exit
    for name in "REGION-docker.pkg.dev/PROJECT/headroom/$1" "$1"; do
        printf '  - name: %s\n    newName: %s\n    digest: %s\n' "$name" "$REGISTRY/$1" "$digest"
    done
}

# write_overlay: OVERLAY with COMPONENTS; with a registry, the images by digest
write_overlay() {
    mkdir -p build/deploy
    components=
    for name in ${COMPONENTS:-}; do
        [ -d "k8s/components/$name" ] || stop "COMPONENTS: there is no $name in k8s/components"
        components=$components${components:+, }../../k8s/components/$name
    done
    images="  []"
    if [ -n "$REGISTRY" ]; then
        target_api=$(write_image target-api)
        loadgen=$(write_image loadgen)
        images="$target_api
$loadgen"
    fi
    cat >build/deploy/kustomization.yaml <<EOF
# Written by k8s/deploy.sh: $OVERLAY${REGISTRY:+, $REGISTRY, tag $TAG}.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$(realpath --relative-to=build/deploy "$FOLDER")]
components: [$components]
images:
$images
EOF
    kubectl kustomize build/deploy >build/deploy/objects.yaml
}

# has LINE: whether what is deployed has this line
has() {
    grep -q "^ *$1\$" build/deploy/objects.yaml
}

# The pod template of a Job cannot be changed, so the previous Job is deleted, even if it is still
# running.
remove_job() {
    ! has "kind: Job" || kubectl delete job -n "$NAMESPACE" capacity --ignore-not-found
}

# The first time there is no namespace to compare with. A namespace that is not ours is an error:
# `make undeploy` would delete it with everything in it.
show_difference() {
    owner=$(kubectl get namespace "$NAMESPACE" --ignore-not-found \
        -o 'jsonpath={.metadata.name}/{.metadata.labels.app\.kubernetes\.io/part-of}') ||
        stop "$context does not answer"
    case $owner in
    '')
        echo "deploy: everything is new:"
        kubectl apply --dry-run=client -k build/deploy
        return
        ;;
    "$NAMESPACE/headroom") remove_job ;;
    *) stop "namespace $NAMESPACE exists without the label app.kubernetes.io/part-of=headroom; if it is yours: kubectl label namespace $NAMESPACE app.kubernetes.io/part-of=headroom" ;;
    esac
    status=0
    kubectl diff -k build/deploy || status=$?
    case $status in
    0) echo "deploy: no differences" ;;
    1) ;;
    *) stop "kubectl diff failed" ;;
    esac
}

# The broker of the overlay distributed needs a Secret, which is in no file. An existing Secret is kept, because the
# pods have read it.
make_secret() {
    has "secretName: nats" || return 0
    found=$(kubectl get secret -n "$NAMESPACE" nats --ignore-not-found -o name) || stop "$context does not answer"
    [ -z "$found" ] || return 0
    secret=$(NAMESPACE=$NAMESPACE k8s/nats-secret.sh) || stop "there is no Secret for the broker"
    echo "$secret" | kubectl create -f -
}

# What is deployed: deployment/NAME and statefulset/NAME, a line each
workloads() {
    awk '/^kind: / { kind = $2 } /^  name: / && kind ~ /^(Deployment|StatefulSet)$/ { print tolower(kind) "/" $2 }' \
        build/deploy/objects.yaml
}

# When a pod waits for a node, an image or its probe, print which and why.
wait_until_ready() {
    for workload in $(workloads); do
        name=${workload#*/}
        kubectl rollout status -n "$NAMESPACE" "$workload" --timeout=10m && continue
        kubectl get pods -n "$NAMESPACE" -o wide || true
        kubectl get events -n "$NAMESPACE" --sort-by=.lastTimestamp | tail -n 20 || true
        kubectl logs -n "$NAMESPACE" "$workload" --tail=20 || true
        stop "$name is not ready; the events and the log above say why (docs/kubernetes.md, \"Troubleshooting\")"
    done
}

print_attacks() {
    pod=$(kubectl get pods -n "$NAMESPACE" -l app.kubernetes.io/name=loadgen \
        --field-selector=status.phase=Running -o 'jsonpath={.items[0].metadata.name}')
    cat <<EOF

Measure from the generator's pod:

  kubectl exec -n $NAMESPACE -it $pod -- bash -c "vegeta --version && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/get-health-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/get-metadata-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/post-add_users-target | vegeta report -type=text"

From outside, once the load balancer has an address (kubectl get service -n $NAMESPACE target-api):

  curl http://ADDRESS:5000/health
EOF
}

print_how_to_measure() {
    if has "kind: Job"; then
        cat <<EOF

The search runs as a Job. Wait for it, read its report, copy the page with the charts:

  make fetch-report
EOF
    elif has "name: locust-master"; then
        cat <<EOF

The generator's pod serves the page. While this runs, it is at http://localhost:8089/:

  kubectl port-forward -n $NAMESPACE service/locust-master 8089
EOF
        workers=$(workloads | grep -e '-worker$') || return 0
        cat <<EOF

Workers send the requests. This changes how many, also during a run:

  kubectl scale -n $NAMESPACE $workers --replicas=20
EOF
    elif has "- name: LOCUST_MODE"; then
        cat <<EOF

The generator's pod runs the scenario. Its log has the progress, and in the end the report:

  kubectl logs -n $NAMESPACE -f deployment/loadgen
EOF
    else
        print_attacks
    fi
}

print_commands() {
    print_how_to_measure
    [ -z "$REGISTRY" ] || cat <<EOF

The cluster costs money until you run make undeploy and the other commands of docs/kubernetes.md, "Clean up".
EOF
}

context=$(kubectl config current-context) ||
    stop "kubectl has no current context; for a cluster of Google's, run: gcloud container clusters get-credentials NAME --location ZONE"
echo "deploy: to $context, namespace $NAMESPACE"
write_overlay
show_difference
kubectl apply -k build/deploy
make_secret
wait_until_ready
print_commands
