#!/bin/sh
# A run over two workers through the broker of k8s/overlays/distributed: its own configuration, with the passwords and
# the certificate that k8s/nats-secret.sh makes. Who lacks one of them stays out, and a worker cannot give orders.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"
need nats-server "nats-server (Debian: nats-server)"
need openssl "openssl (Debian: openssl)"

# The Secret's files, where the pods have them
NAMES=DNS:localhost k8s/nats-secret.sh >"$TMP/secret.yaml"
mkdir -p "$TMP/nats/config" "$TMP/nats/tls" "$TMP/secret"
python3 - "$TMP/secret.yaml" "$TMP/secret" <<'END'
import base64, os, sys, yaml
secret = yaml.safe_load(open(sys.argv[1]))
for name, text in secret["data"].items():
    with open(os.path.join(sys.argv[2], name), "wb") as file:
        file.write(base64.b64decode(text))
END
expect_eq "files" "$(cd "$TMP/secret" && echo *)" "controller controller-password tls.crt tls.key worker worker-password"
for user in controller worker; do
    expect_eq "credentials" "$(cat "$TMP/secret/$user")" "$user:$(cat "$TMP/secret/$user-password")"
done
cp "$TMP/secret/tls.crt" "$TMP/secret/tls.key" "$TMP/nats/tls"
cp k8s/components/distributed/broker/*.conf "$TMP/nats/config"
(
    cd "$TMP/nats"
    CONTROLLER_PASSWORD=$(cat "$TMP/secret/controller-password")
    WORKER_PASSWORD=$(cat "$TMP/secret/worker-password")
    export CONTROLLER_PASSWORD WORKER_PASSWORD
    exec nats-server -c config/nats.conf -m -1 -a 127.0.0.1 -p -1 --ports_file_dir . -l log
) &
NATS_PID=$!
STARTED="$STARTED $NATS_PID"
wait_for test -s "$TMP/nats/nats-server_$NATS_PID.ports" || fail "nats-server: $(cat "$TMP/nats/log")"
PORT=$(json "$TMP/nats/nats-server_$NATS_PID.ports" 'r["nats"][0].rsplit(":", 1)[1]')
NATS=tls://localhost:$PORT
PROBES=$(json "$TMP/nats/nats-server_$NATS_PID.ports" 'r["monitoring"][0]')
for path in /healthz /; do # those of the pod
    expect_eq "probe $path" "$(curl -sS -o "$TMP/probe" -w '%{http_code}' "$PROBES$path")" 200
done

start_log_target
export LOCUST_NATS_TLS_CA="$TMP/secret/tls.crt" # of the workers

# Who stays out
stays_out() {
    refused 1 "$1" worker -nats "$2" -name out -nats-creds "$3"
}
echo worker:guessed >"$TMP/guessed"
stays_out "does not accept the credentials; check -nats-creds" "$NATS" "$TMP/guessed"
stays_out "check -nats-tls-ca" "tls://127.0.0.1:$PORT" "$TMP/secret/worker" # not a name of the certificate
LOCUST_NATS_TLS_CA='' stays_out "check -nats-tls-ca" "$NATS" "$TMP/secret/worker"
LOCUST_NATS_TLS_CA='' stays_out "TLS with the broker" "nats://localhost:$PORT" "$TMP/secret/worker"
refused 1 "does not accept the credentials" worker -nats "$NATS" -name out

for name in a b; do
    LOCUST_NATS_CREDS=$TMP/secret/worker start_worker $name
done
attack_with_workers 2 -nats-tls-ca "$TMP/secret/tls.crt" -nats-creds "$TMP/secret/controller" -rate 250 -duration 4s
end_attack
expect_eq "ended" "$(json "$TMP/report" 'r["requests"], r["unknown"]')" "(1000, 0)"
expect_all 1000

# A worker's credentials give no orders.
refused 1 "ermissions" attack -nats "$NATS" -nats-tls-ca "$TMP/secret/tls.crt" -nats-creds "$TMP/secret/worker" \
    -duration 1s -report text "$U/"
