#!/bin/sh
# Each system call and allocation of loadgen fails once: it ends with a message, and without a leak.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

# ThreadSanitizer takes the place of the same functions, and does not let itself be preceded.
[ "$(basename "$(dirname "$BIN")")" != tsan ] || exit 0

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

# libcurl, OpenSSL and c-ares call much: what one of our calls leads to counts as one there.
export FAULT_OWN=1
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/key.pem" -out "$TMP/cert.pem" -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
openssl s_server -quiet -www -accept "127.0.0.1:$port" -cert "$TMP/cert.pem" -key "$TMP/key.pem" \
    -verify 1 >"$TMP/https.log" 2>&1 &
STARTED="$STARTED $!"
is_listening() { openssl s_client -connect "127.0.0.1:$port" </dev/null >/dev/null 2>&1; }
wait_for is_listening || fail "openssl s_server did not start: $(cat "$TMP/https.log")"
faults https attack -rate 100 -duration 20ms -output RESULTS -root-certs "$TMP/cert.pem" -cert "$TMP/cert.pem" \
    -key "$TMP/key.pem" -max-body -1 "https://localhost:$port/"
faults "a name" attack -rate 100 -duration 20ms -output RESULTS -dns-ttl 1s -connect-to "api:80:localhost:${API##*:}" \
    http://api/health
for to in json csv bin; do
    faults "encode -to $to" encode -to "$to" "$TMP/results.bin"
done
faults plot plot "$TMP/results.bin"
faults hdrlog report -type hdrlog "$TMP/results.bin"
