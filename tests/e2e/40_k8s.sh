#!/bin/sh
# k8s/ without a cluster: every overlay renders without a warning, each property holds, and its check fails when
# the property is broken; the targets of the ConfigMap work.
#
# Not under sanitizers: it is about the manifests.
set -eu
. "$(dirname "$0")/lib.sh"
need kubectl "kubectl (https://kubernetes.io/docs/tasks/tools)"
manifests() {
    python3 tests/k8s/manifests.py "$@" >"$TMP/manifests" || fail "$(cat "$TMP/manifests")"
}

# render FOLDER [NAME]: into $TMP/NAME.yaml; a word on stderr is a warning
render() {
    name=${2:-$(basename "$1")}
    kubectl kustomize "$1" >"$TMP/$name.yaml" 2>"$TMP/err" || fail "$1: $(cat "$TMP/err")"
    expect_eq "warnings of $1" "$(cat "$TMP/err")" ""
}

# holds FOLDER [NAME]: its properties, and each check fails when its property is broken
holds() {
    render "$@"
    manifests check "$name" "$TMP/$name.yaml"
    manifests break "$name" "$TMP/$name.yaml"
}
for folder in k8s/base k8s/overlays/*; do holds "$folder"; done
holds examples/tutorial example

# Components over gke, as `make deploy COMPONENTS=...` has them; but separate-nodes is in gke already
for component in k8s/components/*; do
    name=gke-$(basename "$component")
    [ "$name" != gke-separate-nodes ] || continue
    mkdir -p "build/$name"
    printf 'resources: [../../k8s/overlays/gke]\ncomponents: [../../%s]\n' "$component" >"build/$name/kustomization.yaml"
    holds "build/$name"
    rm -r "build/$name"
done

# An overlay of one's own, as docs/from-locust.md has it, beside k8s/
mkdir -p build/shop
sed -n '/^apiVersion: kustomize/,/^```$/p' docs/from-locust.md | sed '/^```$/d; s,: \[\.\./k8s,: [../../k8s,' >build/shop/kustomization.yaml
echo "Visitor = User {}" >build/shop/shop.lua
echo "user,city" >build/shop/accounts.csv
render build/shop
rm -r build/shop
for line in "scenario.lua: |" "accounts.csv: |" 'LOCUST_USERS: "50"' 'LOCUST_SLO: errors<1%,p95<300ms' "LOCUST_DNS_TTL: 5s"; do
    grep -qF "  $line" "$TMP/shop.yaml" || fail "the overlay of docs/from-locust.md has no $line: $(cat "$TMP/shop.yaml")"
done

# Each variable is a flag of the command, but for the one that the image's entry point reads.
# are_flags FILE COMMAND
are_flags() {
    "$BIN/loadgen" help "$2" >"$TMP/help"
    sed -n 's/^LOCUST_\([A-Z_]*\)=.*/\1/p' "k8s/components/$1" | tr 'A-Z_' 'a-z-' | grep -vx autostart | while read -r flag; do
        grep -q "^  -$flag\( \|$\)" "$TMP/help" || fail "k8s/components/$1: there is no flag -$flag of loadgen $2"
    done
}
are_flags scenario/settings.env run
are_flags web/page/settings.env serve
are_flags distributed/broker/settings.env serve
are_flags distributed/broker/broker.env serve
are_flags distributed/broker/broker.env worker
manifests pod client k8s/client.yaml

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
