#!/usr/bin/env bash
# stand_in_kubectl.sh - the kubectl of tests/k8s/stand_in.py: the real one, but for apply, create and exec.
#
# Environment: REAL_KUBECTL, KUBECONFIG, FOLDER and NETWORK as stand_in.py has them, BIN
set -euo pipefail

echo "W1125 memcache.go: a real one warns of this and that" >&2
words=("$@")
namespace=
while [ "${1:-}" = -n ]; do
    namespace=$2
    shift 2
done
case ${1:-} in
apply | create)
    server=$(sed -n 's/^ *server: //p' "$KUBECONFIG")
    case "$2 $3" in
    "-f -") cat ;;
    *) "$REAL_KUBECTL" kustomize "$3" ;;
    esac | curl -sS --fail-with-body --data-binary @- "$server/stand-in/apply"
    ;;
exec)
    shift
    while :; do
        case $1 in
        -n)
            namespace=$2
            shift 2
            ;;
        -i | -it) shift ;;
        *) break ;;
        esac
    done
    "$REAL_KUBECTL" get pod -n "$namespace" "$1" -o name >/dev/null
    [ "$2" = -- ]
    shift 2
    first=$(awk 'NR == 1 { print $1 }' "$FOLDER/hosts")
    command=("${@//\/vegeta\/configmap/$FOLDER/configmap}")
    command=("${command[@]//\/dev\/tcp\/target-api-headless/\/dev\/tcp\/$first}")
    command=("${command[@]//\/results/$FOLDER/results}")
    if [ "$1" = curl ]; then
        page=$("$REAL_KUBECTL" get pods -n "$namespace" -l app.kubernetes.io/name=loadgen -o 'jsonpath={.items[0].status.podIP}')
        command=(curl --connect-to "locust-master:8089:$page:8089" "${command[@]:1}")
    fi
    PATH=$FOLDER/pod:$PATH exec "${command[@]}"
    ;;
*)
    exec "$REAL_KUBECTL" "${words[@]}"
    ;;
esac
