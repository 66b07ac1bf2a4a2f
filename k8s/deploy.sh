#!/bin/sh
# deploy.sh - puts the images with a tag into the cluster of kubectl's current context (`make deploy`).
#
#     PROJECT=my-project REGION=us-central1 TAG=... [REPOSITORY=headroom] k8s/deploy.sh
#
# The tag is looked up once; what is applied names the images by their digests. Project, region and
# digests go into build/deploy/kustomization.yaml, and into no file that git knows. Shows what will
# change, applies it, waits until every pod is ready, and prints the commands to measure.
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

# digest_of PROGRAM: of the image that has the tag now. From the list of tags, which a reader of the
# repository may see; `images describe` asks Container Analysis as well.
digest_of() {
    tags=$(gcloud artifacts docker tags list "$REGISTRY/$1" --project "$PROJECT" \
        --format 'value(tag.basename(),version.basename())') ||
        stop "the tags of $REGISTRY/$1 cannot be listed: is it there (gcloud builds submit makes it), and may you read it?"
    digest=$(echo "$tags" | awk -v tag="$TAG" '$1 == tag { print $2 }')
    case $digest in
    sha256:*) echo "$digest" ;;
    *) stop "$REGISTRY/$1 has no tag $TAG; it has: $(echo "$tags" | awk '{ printf "%s ", $1 }')" ;;
    esac
}

# write_overlay: the images by digest, over the overlay for GKE
write_overlay() {
    mkdir -p build/deploy
    target_api=$(digest_of target-api)
    loadgen=$(digest_of loadgen)
    cat >build/deploy/kustomization.yaml <<EOF
# Written by k8s/deploy.sh: $REGISTRY, tag $TAG.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../k8s/overlays/gke]
images:
  - name: REGION-docker.pkg.dev/PROJECT/headroom/target-api
    newName: $REGISTRY/target-api
    digest: $target_api
  - name: REGION-docker.pkg.dev/PROJECT/headroom/loadgen
    newName: $REGISTRY/loadgen
    digest: $loadgen
EOF
}

# Before the first time there is nothing to compare with, and no namespace to compare in. One that is
# there and not ours is left alone: `make undeploy` would remove it with all that is in it.
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
    "$NAMESPACE/headroom") ;;
    *) stop "namespace $NAMESPACE is somebody else's; if it is yours: kubectl label namespace $NAMESPACE app.kubernetes.io/part-of=headroom" ;;
    esac
    status=0
    kubectl diff -k build/deploy || status=$?
    case $status in
    0) echo "deploy: nothing differs" ;;
    1) ;;
    *) stop "kubectl diff failed" ;;
    esac
}

# A pod that waits for a node, an image or its probe: say which, and why.
wait_until_ready() {
    for name in target-api loadgen; do
        kubectl rollout status -n "$NAMESPACE" "deployment/$name" --timeout=10m && continue
        kubectl get pods -n "$NAMESPACE" -o wide || true
        kubectl get events -n "$NAMESPACE" --sort-by=.lastTimestamp | tail -n 20 || true
        stop "$name is not ready; the events above say why (docs/kubernetes.md, \"When it does not start\")"
    done
}

print_commands() {
    pod=$(kubectl get pods -n "$NAMESPACE" -l app.kubernetes.io/name=loadgen \
        --field-selector=status.phase=Running -o 'jsonpath={.items[0].metadata.name}')
    cat <<EOF

Measure, from the generator's pod:

  kubectl exec -n $NAMESPACE -i $pod -- bash -c "vegeta --version && vegeta attack -duration=60s -rate=60 -targets=/vegeta/configmap/get-health-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -targets=/vegeta/configmap/get-metadata-target | vegeta report -type=text && vegeta attack -duration=60s -rate=60 -targets=/vegeta/configmap/post-add_users-target | vegeta report -type=text"

From outside, once the load balancer has an address (kubectl get service -n $NAMESPACE target-api):

  curl http://ADDRESS:5000/health

It costs money until: make undeploy, and the clean-up of docs/kubernetes.md.
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
