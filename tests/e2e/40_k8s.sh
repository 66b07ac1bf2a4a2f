#!/bin/sh
# What can be said about k8s/ without a cluster: every overlay renders without a warning, each property
# that it should have holds, and is seen to fail when it is broken; the targets of the ConfigMap work.
#
# Not under sanitizers: it is about the manifests.
set -eu
. "$(dirname "$0")/lib.sh"
need kubectl "kubectl (https://kubernetes.io/docs/tasks/tools)"
manifests() {
    python3 tests/k8s/manifests.py "$@" >"$TMP/manifests" || fail "$(cat "$TMP/manifests")"
}

# render FOLDER: into $TMP/NAME.yaml; a word on stderr is a warning
render() {
    name=$(basename "$1")
    kubectl kustomize "$1" >"$TMP/$name.yaml" 2>"$TMP/err" || fail "$1: $(cat "$TMP/err")"
    expect_eq "warnings of $1" "$(cat "$TMP/err")" ""
}

for folder in k8s/base k8s/overlays/*; do
    render "$folder"
    manifests check "$name" "$TMP/$name.yaml"
    manifests break "$name" "$TMP/$name.yaml"
done

# Components over the overlay that they are for, as `make deploy COMPONENTS=...` has them
for component in big-generator capacity-job; do
    mkdir -p "build/$component"
    printf 'resources: [../../k8s/overlays/gke]\ncomponents: [../../k8s/components/%s]\n' "$component" \
        >"build/$component/kustomization.yaml"
    render "build/$component"
    rm -r "build/$component"
    manifests check "$component" "$TMP/$component.yaml"
    manifests break "$component" "$TMP/$component.yaml"
done

# Another namespace takes everything along: tests/k8s/run.sh has one of its own.
mkdir -p build/k8s-other
printf 'namespace: other\nresources: [../../k8s/overlays/capacity]\n' >build/k8s-other/kustomization.yaml
kubectl kustomize build/k8s-other >"$TMP/other.yaml"
rm -r build/k8s-other
expect_eq "namespaces" "$(sed -n 's/^  namespace: //p' "$TMP/other.yaml" | sort -u)" other

# The targets, at a target-api on loopback
start_target_api
mkdir "$TMP/targets"
manifests targets "$TMP/local.yaml" "$TMP/targets"
sed -i "s,http://target-api-headless:5000,http://$API,; s,^@/vegeta/configmap,@$TMP/targets," "$TMP/targets"/*-target
for target in get-health get-metadata post-add_users; do
    "$BIN/vegeta" attack -duration=1s -rate=60 -targets="$TMP/targets/$target-target" |
        "$BIN/vegeta" report -type=json >"$TMP/json"
    expect_eq "$target" "$(json "$TMP/json" "r['status_codes'], r['requests']")" "({'200': 60}, 60)"
done
expect_has "the user" "$(curl -sS "http://$API/metadata")" '"4":"user4"'
