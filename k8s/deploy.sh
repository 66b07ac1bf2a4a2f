#!/bin/sh
# deploy.sh - deploys the images of a tag to the cluster of kubectl's current context (`make deploy`).
#
#     PROJECT=my-project REGION=us-central1 TAG=... [REPOSITORY=headroom] [COMPONENTS=big-generator] k8s/deploy.sh
#
# Resolves the tag to digests once, shows what will change, applies it, waits until every pod is ready,
# and prints the commands to measure. Project, region and digests are written only to
# build/deploy/kustomization.yaml, which git ignores.
set -eu
cd "$(dirname "$0")/.."
NAMESPACE=headroom

stop() {
    echo "deploy: $*" >&2
    exit 1
}
for variable in PROJECT REGION TAG; do
    eval "[ -n \"\${$variable:-}\" ]" || stop "$variable is missing: make deploy PROJECT=my-project REGION=us-central1 TAG=the-build's-id"
done
for program in gcloud kubectl diff; do
    command -v "$program" >/dev/null || stop "$program is not installed; docs/kubernetes.md, \"Once\", says how"
done
REGISTRY=$REGION-docker.pkg.dev/$PROJECT/${REPOSITORY:-headroom}

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

# write_overlay: the overlay for GKE, with the images by digest
write_overlay() {
    mkdir -p build/deploy
    components=
    for name in ${COMPONENTS:-}; do
        [ -d "k8s/components/$name" ] || stop "COMPONENTS: there is no $name in k8s/components"
        components=$components${components:+, }../../k8s/components/$name
    done
    target_api=$(digest_of target-api)
    loadgen=$(digest_of loadgen)
    cat >build/deploy/kustomization.yaml <<EOF
# Written by k8s/deploy.sh: $REGISTRY, tag $TAG.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../k8s/overlays/gke]
components: [$components]
images:
  - name: REGION-docker.pkg.dev/PROJECT/headroom/target-api
    newName: $REGISTRY/target-api
    digest: $target_api
  - name: REGION-docker.pkg.dev/PROJECT/headroom/loadgen
    newName: $REGISTRY/loadgen
    digest: $loadgen
EOF
}

# The pod template of a Job cannot be changed, so the previous Job is deleted, even if it is still
# running.
remove_job() {
    case " ${COMPONENTS:-} " in
    *" capacity-job "*) kubectl delete job -n "$NAMESPACE" capacity --ignore-not-found ;;
    esac
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

# When a pod waits for a node, an image or its probe, print which and why.
wait_until_ready() {
    for name in target-api loadgen; do
        kubectl rollout status -n "$NAMESPACE" "deployment/$name" --timeout=10m && continue
        kubectl get pods -n "$NAMESPACE" -o wide || true
        kubectl get events -n "$NAMESPACE" --sort-by=.lastTimestamp | tail -n 20 || true
        stop "$name is not ready; the events above say why (docs/kubernetes.md, \"When it does not start\")"
    done
}

print_commands() {
    case " ${COMPONENTS:-} " in
    *" capacity-job "*)
        cat <<EOF

The search runs as a Job. Wait for it, read its report, copy the page with the charts:

  make fetch-report

It costs money until you run make undeploy and the other commands of docs/kubernetes.md, "Clean up".
EOF
        return
        ;;
    esac
    pod=$(kubectl get pods -n "$NAMESPACE" -l app.kubernetes.io/name=loadgen \
        --field-selector=status.phase=Running -o 'jsonpath={.items[0].metadata.name}')
    cat <<EOF

Measure from the generator's pod:

  kubectl exec -n $NAMESPACE -it $pod -- bash -c "vegeta --version && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/get-health-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/get-metadata-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -dns-ttl=5s -targets=/vegeta/configmap/post-add_users-target | vegeta report -type=text"

From outside, once the load balancer has an address (kubectl get service -n $NAMESPACE target-api):

  curl http://ADDRESS:5000/health

It costs money until you run make undeploy and the other commands of docs/kubernetes.md, "Clean up".
EOF
}

context=$(kubectl config current-context) ||
    stop "kubectl knows no cluster: gcloud container clusters get-credentials NAME --location ZONE --project $PROJECT"
echo "deploy: to $context, namespace $NAMESPACE"
write_overlay
show_difference
kubectl apply -k build/deploy
wait_until_ready
print_commands
