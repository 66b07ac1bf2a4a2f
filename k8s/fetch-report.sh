#!/bin/sh
# fetch-report.sh - waits for the capacity Job and copies its result to this machine (`make fetch-report`).
#
#     [NAMESPACE=headroom] [TO=build/report] [WAIT=3600] k8s/fetch-report.sh
#
# Waits until the Job has succeeded or failed, for at most WAIT seconds, and prints its report and verdict. Then
# starts a pod, the reader, which has the Job's image and mounts the results, copies the files, and deletes it.
set -eu
cd "$(dirname "$0")/.."
NAMESPACE=${NAMESPACE:-headroom}
TO=${TO:-build/report}
WAIT=${WAIT:-3600}
READER=capacity-reader

stop() {
    echo "fetch-report: $*" >&2
    exit 1
}
k() { kubectl -n "$NAMESPACE" "$@"; }
command -v kubectl >/dev/null || stop "kubectl is not installed"

image=$(k get job capacity --ignore-not-found -o 'jsonpath={.spec.template.spec.containers[0].image}') ||
    stop "the cluster does not answer"
[ -n "$image" ] || stop "there is no Job called capacity in namespace $NAMESPACE (docs/kubernetes.md, \"Measure the capacity with a Job\")"

# Not `kubectl wait`: it waits for one condition, and a failed Job never becomes `complete`.
has_ended() {
    ended=$(k get job capacity -o 'jsonpath={.status.succeeded}{.status.failed}') ||
        stop "the cluster does not answer"
    [ -n "$ended" ] # a Job that still runs has neither count
}
end=$(($(date +%s) + WAIT))
has_ended || echo "the Job is running; its progress: kubectl logs -n $NAMESPACE -f job/capacity"
until has_ended; do
    [ "$(date +%s)" -lt "$end" ] || stop "the Job has not ended after $WAIT s; see: kubectl describe -n $NAMESPACE job/capacity"
    sleep 2
done
k logs -l job-name=capacity --tail=-1 || echo "(the log of the Job cannot be read)"
echo "verdict: $(k get pods -l job-name=capacity -o 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.message}')"

remove_reader() {
    k delete pod "$READER" --ignore-not-found --grace-period=0 --wait=true >/dev/null
}
trap remove_reader EXIT
trap 'exit 1' INT TERM HUP
remove_reader
k apply -f - >/dev/null <<END
apiVersion: v1
kind: Pod
metadata:
  name: $READER
  namespace: $NAMESPACE
  labels:
    app.kubernetes.io/name: $READER
    app.kubernetes.io/part-of: headroom
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: $READER
      image: $image
      imagePullPolicy: IfNotPresent
      command: [/bin/sleep, "600"]
      resources:
        requests: { cpu: 50m, memory: 32Mi }
        limits: { cpu: 50m, memory: 32Mi }
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: results
          mountPath: /results
          readOnly: true
  volumes:
    - name: results
      persistentVolumeClaim:
        claimName: capacity
END
k wait --for=condition=Ready "pod/$READER" --timeout=5m >/dev/null || stop "the pod that reads the results is not ready; see: kubectl describe pod -n $NAMESPACE $READER"
files=$(k exec "$READER" -- /bin/bash -c 'cd /results && ls capacity.*') || stop "the Job left no result"
mkdir -p "$TO"
for file in $files; do
    k exec "$READER" -- cat "/results/$file" >"$TO/$file.part"
    mv "$TO/$file.part" "$TO/$file"
    echo "fetched: $TO/$file"
done
