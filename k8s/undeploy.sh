#!/bin/sh
# undeploy.sh - deletes the namespace with everything in it (`make undeploy`).
#
# Waits until the load balancer is gone too: it costs money while it exists.
set -eu
cd "$(dirname "$0")/.."
NAMESPACE=headroom

command -v kubectl >/dev/null || { echo "undeploy: kubectl is not installed" >&2; exit 1; }
context=$(kubectl config current-context) || { echo "undeploy: kubectl has no current context" >&2; exit 1; }
echo "undeploy: from $context, namespace $NAMESPACE"
owner=$(kubectl get namespace "$NAMESPACE" --ignore-not-found \
    -o 'jsonpath={.metadata.name}/{.metadata.labels.app\.kubernetes\.io/part-of}')
case $owner in
'') echo "undeploy: there is no such namespace" ;;
"$NAMESPACE/headroom") kubectl delete namespace "$NAMESPACE" --timeout=10m ;;
*)
    echo "undeploy: namespace $NAMESPACE is left alone: it lacks the label app.kubernetes.io/part-of=headroom" >&2
    exit 1
    ;;
esac
rm -rf build/deploy
echo "undeploy: cluster and images still exist and cost money: docs/kubernetes.md, \"Clean up\""
