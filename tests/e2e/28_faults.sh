#!/bin/sh
# Each system call and allocation of loadgen fails once: it ends with a message, and without a leak.
#
# Long: some 3,000 runs.
# Not under tsan: it wraps the same functions, and cannot be wrapped itself.
# shellcheck disable=SC2154 # start_nginx sets the ports
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

: >"$TMP/ways"
# A run takes three times as long under AddressSanitizer. There each way fails in one command, and what one of
# our calls leads to inside a library, which is built without the sanitizer, counts as one.
case ${SANITIZER:-} in asan) export FAULT_OWN=1 KNOWN_WAYS="$TMP/ways" ;; esac

start_target_api
cat >"$TMP/targets" <<END
# @name health
GET http://$API/health

POST http://$API/add_users/
Content-Type: application/json
@$TMP/body

GET http://$API/nothing
END
echo '{"id":4,"name":"user4","age":"100"}' >"$TMP/body"

# faults NAME COMMAND...
faults() {
    name=$1
    shift
    python3 tests/faults/faults.py "$BIN/fault.so" "$name" -- "$BIN/loadgen" "$@" || exit 1
}

faults attack attack -rate 100 -duration 20ms -output RESULTS -report text "http://$API/health"
faults "targets, warm-up, headers" attack -rate 100 -duration 20ms -targets "$TMP/targets" -encoding none \
    -header "A: b" -name x -warmup 10ms -report json
faults "lazy, metrics, bodies" attack -rate 100 -duration 30ms -lazy -targets "$TMP/targets" \
    -prometheus-addr 127.0.0.1:0 -output RESULTS -max-body 100 -report json

"$BIN/loadgen" attack -rate 100 -duration 200ms -targets "$TMP/targets" -max-body -1 -output "$TMP/results.bin"
faults report report "$TMP/results.bin"
faults "report -type=json" report -type=json "$TMP/results.bin"

# HTTP/2 of nginx, with TLS and without. nghttp2 calls little: each way through it is one of its own.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/key.pem" -out "$TMP/cert.pem" -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
start_nginx "$TMP/nginx" <<END
server {
    listen 127.0.0.1:@h2c@ http2;
    listen 127.0.0.1:@h2@ ssl http2;
    ssl_certificate $TMP/cert.pem;
    ssl_certificate_key $TMP/key.pem;
    location / { return 200 "0123456789abcde"; }
    location = /moved { return 302 /there; }
    location = /missing { return 404 gone; }
}
END
head -c 50000 /dev/zero >"$TMP/large"
requests() { printf 'GET %s/\n\nPOST %s/\n@%s\n\nGET %s/moved\n\nHEAD %s/missing\n' "$1" "$1" "$TMP/large" "$1" "$1"; }
requests "http://127.0.0.1:$h2c" >"$TMP/h2c"
requests "https://localhost:$h2" >"$TMP/h2"
faults h2c attack -h2c -cpus 1 -rate 200 -duration 20ms -targets "$TMP/h2c" -max-body -1 -output RESULTS -report json

# OpenSSL, c-ares and libcurl call much: what one of our calls leads to counts as one there.
export FAULT_OWN=1 FULL_STACKS=1
faults HTTP/2 attack -cpus 1 -rate 200 -duration 20ms -targets "$TMP/h2" -root-certs "$TMP/cert.pem" -max-body -1 \
    -output RESULTS -report json
https() {
    exec openssl s_server -quiet -www -accept "127.0.0.1:$PORT" -cert "$TMP/cert.pem" -key "$TMP/key.pem" -verify 1
}
start_on_free_port https
faults "https, HTTP/1.1" attack -rate 100 -duration 20ms -output RESULTS -root-certs "$TMP/cert.pem" \
    -cert "$TMP/cert.pem" -key "$TMP/key.pem" -max-body -1 "https://localhost:$PORT/"
faults "a name" attack -rate 100 -duration 20ms -output RESULTS -dns-ttl 1s -connect-to "api:80:localhost:${API##*:}" \
    http://api/health
# Under AddressSanitizer libcurl's stacks take four seconds a run.
export HTTP_PROXY=proxy:80
[ "${SANITIZER:-}" = asan ] || faults "a proxy" attack -rate 100 -duration 20ms -output RESULTS -connect-to "proxy:80:localhost:${API##*:}" \
    -connect-to "proxy:80:127.0.0.1:${API##*:}" http://api/health
unset HTTP_PROXY FULL_STACKS
for to in json csv bin; do
    faults "encode -to $to" encode -to "$to" "$TMP/results.bin"
done
faults plot plot "$TMP/results.bin"
faults hdrlog report -type hdrlog "$TMP/results.bin"
