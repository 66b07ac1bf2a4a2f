#!/bin/sh
# capacity -resume with a target that has not recovered: the journal has its speed before the search, so the next
# trial waits for that speed, and reports that it was not reached.
#
# Long: it waits for 30 s.
# Not under sanitizers: what waits is one thread; 43_capacity_scenario goes on with a journal there.
set -eu
. "$(dirname "$0")/lib.sh"

echo 0 >"$TMP/delay"
cat >"$TMP/server.py" <<'END'
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        with open(sys.argv[1], encoding="ascii") as delay:
            time.sleep(float(delay.read()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 "$TMP/server.py" "$TMP/delay" >"$TMP/port" &
STARTED="$STARTED $!"
wait_for test -s "$TMP/port" || fail "the server does not start"

# search ARGUMENT...: its second trial ends it
search() {
    exec "$BIN/loadgen" capacity -quick -trial 1s -generator-rate 5000 -slo "p50<50ms" -min-rate 10 -max-rate 15 \
        -time-limit 10s -journal "$TMP/journal" "$@" "http://127.0.0.1:$(cat "$TMP/port")/"
}
(search) >"$TMP/out" 2>&1 &
first=$!
STARTED="$STARTED $first"
wait_for grep -qs '"outcome"' "$TMP/journal" || fail "no trial: $(cat "$TMP/out")"
kill -9 "$first"
wait "$first" || true
trials=$(grep -c '"outcome"' "$TMP/journal")

echo 0.5 >"$TMP/delay"
status=0
(search -resume -output "$TMP/result") >"$TMP/out" 2>&1 || status=$?
expect_eq "status" "$status $(json "$TMP/result" "r['verdict']")" "1 out-of-time"
expect_eq "waited" "$(json "$TMP/result" "[(t['recovered'], t['rest_seconds'] >= 30, t['outcome']) for t in r['trials']][$trials]")" \
    "(False, True, 'bad')"
expect_has "why" "$(json "$TMP/result" "r['trials'][$trials]['reason']")" "; before the trial, the target had not recovered: "
