#!/bin/sh
# Many connections, too few files, no port, no server: each error says what to do.
# shellcheck disable=SC3045 # dash and bash have ulimit -n and -S
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

# 2,000 at once; on a soft limit that is too low, for that one is raised
(
    ulimit -Sn 256
    "$loadgen" attack -rate 0 -max-workers 2000 -duration 2s -report json "http://$API/health" >"$TMP/json"
)
expect_eq "2,000 connections" "$(json "$TMP/json" "r['success'], r['failed'], r['requests'] >= 2000")" "(1.0, 0, True)"

# a hard limit that is too low: known beforehand with a cap, else an error that says what to do
status=0
(
    ulimit -n 200
    "$loadgen" attack -rate 0 -max-workers 2000 -duration 1s "http://$API/health"
) >"$TMP/out" 2>"$TMP/err" || status=$?
expect_eq "hard limit" "$status" 1
expect_has "hard limit" "$(cat "$TMP/err")" "2000 connections and 96 other files exceed the limit of 200 open files; raise it (ulimit -Hn)"
(
    ulimit -n 64
    "$loadgen" attack -rate 2000 -duration 500ms -keepalive=false -report json "http://$API/health" >"$TMP/json"
)
expect_eq "balance" "$(json "$TMP/json" "r['intended'] == r['requests'] + r['not_started'] and r['requests'] == r['answered'] + r['failed'] + r['timed_out']")" True

# nobody listens; and an address to which there is no way
"$loadgen" attack -rate 50 -duration 500ms -report json http://127.0.0.1:1/ >"$TMP/json"
expect_eq "refused" "$(json "$TMP/json" "r['failed'], r['errors']")" \
    "(25, ['Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused'])"

# a unix socket that is not there, and one that is
"$loadgen" attack -rate 20 -duration 500ms -unix-socket "$TMP/none" -report json http://any/health >"$TMP/json"
expect_has "no socket" "$(json "$TMP/json" "r['errors'][0]")" "connect: no such file or directory"
python3 - "$TMP/socket" <<'EOF' &
import http.server, socketserver, sys

class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

Server(sys.argv[1], Answer).serve_forever()
EOF
STARTED="$STARTED $!"
wait_for test -S "$TMP/socket"
"$loadgen" attack -rate 50 -duration 1s -unix-socket "$TMP/socket" -report json http://any:81/health >"$TMP/json"
expect_eq "unix socket" "$(json "$TMP/json" "r['status_codes'], r['bytes_in']['total']")" "({'200': 50}, 300)"
