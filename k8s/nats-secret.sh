#!/bin/sh
# nats-secret.sh - prints a Secret with new passwords and a new certificate for the broker of k8s/overlays/distributed.
#
#     [NAMESPACE=headroom] [NAMES=...] k8s/nats-secret.sh | kubectl create -f -
#
#     tls.crt, tls.key       of the broker, self-signed. The key is stored nowhere else
#     controller, worker     credentials, as -nats-creds reads them: USER:PASSWORD
#     controller-password, worker-password
#
# `kubectl create` fails if there is a Secret already: the broker and the pods have read that one. For another one,
# delete it, create it, and restart the pods (docs/many-pods.md).
#
# NAMES: more names of the broker, such as "DNS:nats.example IP:192.0.2.1"
set -eu
NAMESPACE=${NAMESPACE:-headroom}
DAYS=365

command -v openssl >/dev/null || { echo "nats-secret: openssl is not installed (Debian: openssl)" >&2; exit 1; }
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

names=
for name in DNS:nats "DNS:nats.$NAMESPACE" "DNS:nats.$NAMESPACE.svc" "DNS:nats.$NAMESPACE.svc.cluster.local" ${NAMES:-}; do
    names=$names${names:+,}$name
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$DAYS" -subj /CN=nats \
    -addext "subjectAltName=$names" -keyout "$work/tls.key" -out "$work/tls.crt" 2>"$work/err" ||
    { echo "nats-secret: openssl makes no certificate for $names: $(cat "$work/err")" >&2; exit 1; }
rm "$work/err"
# The broker reads a password of digits as a number: the first character is a letter.
for user in controller worker; do
    password=p$(openssl rand -hex 16)
    printf %s "$password" >"$work/$user-password"
    printf '%s:%s\n' "$user" "$password" >"$work/$user"
done

cat <<END
apiVersion: v1
kind: Secret
metadata:
  name: nats
  namespace: $NAMESPACE
  labels:
    app.kubernetes.io/name: nats
    app.kubernetes.io/component: broker
    app.kubernetes.io/part-of: headroom
type: Opaque
data:
END
for file in "$work"/*; do
    printf '  %s: %s\n' "${file##*/}" "$(base64 <"$file" | tr -d "\n")"
done
