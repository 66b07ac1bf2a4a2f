#!/bin/sh
# Byte order marks, CR LF, stray variables and the like, as editors, shells, CI systems and other versions of
# vegeta leave them behind: accepted, or refused with the remedy.
#
# Not under tsan: what it is about is read before threads start.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
terminal=$PWD/tests/support/terminal.py
unset HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy TARGET_HOST
cd "$TMP"

# A server that writes down what it is sent: request line, headers, body.
cat >server.py <<'EOF2'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [f"{k}: {v}" for k, v in self.headers.items() if not k.startswith("X-Vegeta")]
        with open("seen", "a") as seen:
            print(*[self.requestline, *headers, body], sep="|", file=seen)
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", f"http://0.0.0.0:{server.server_port}/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    do_GET = do_POST = answer
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
with open("port.new", "w") as port:
    port.write(str(server.server_port))
import os; os.rename("port.new", "port")
server.serve_forever()
EOF2
python3 server.py &
STARTED="$STARTED $!"
wait_for test -s port || fail "the server did not start"
port=$(cat port) host=127.0.0.1:$(cat port)
agent="User-Agent: headroom-loadgen/$("$loadgen" -version | sed -n 's/^Version: //p')"

# attack WHAT ARGUMENT...: one request; the report is in live.json.
attack() {
    what=$1
    shift
    : >seen
    "$loadgen" attack -rate 10 -duration 100ms -encoding none -report json "$@" >live.json 2>err ||
        fail "$what: $(cat err)"
}

# sent WHAT EXPECTED ARGUMENT...: one request, of which the server saw this.
sent() {
    expected=$2
    what=$1
    shift 2
    attack "$what" "$@"
    expect_eq "$what" "$(cat seen)" "$expected"
}

# Targets: byte order marks, carriage returns, no-break spaces, DOS's end, headers that are computed.
printf '\357\273\277GET http://%s/ok\302\240\r\nAccept:\302\240text/plain\r\nContent-Length: 9\r\ntransfer-encoding: x\r\n\032' \
    "$host" >editors
printf '\357\273\277{"method":"POST","url":"http://%s/ok","body":"aGVs\\r\\nbG8=\\n","header":{"content-length":["9"]}}\r\n\032' \
    "$host" >editors.json
for lazy in "" "-lazy -rate 50 -duration 1s"; do
    # shellcheck disable=SC2086 # nothing, or flags
    sent "editors $lazy" "GET /ok HTTP/1.1|Host: $host|$agent|Accept: text/plain|b''" $lazy -targets editors
    # shellcheck disable=SC2086
    sent "JSON $lazy" "POST /ok HTTP/1.1|Host: $host|$agent|Content-Length: 5|b'hello'" \
        $lazy -format json -targets editors.json
done

# With -lazy a Content-Length further on ended the run midway.
i=0
while [ $i -lt 40 ]; do
    printf 'GET http://%s/ok\nContent-Length: 2\n\n' "$host"
    i=$((i + 1))
done >many
"$loadgen" attack -lazy -rate 0 -max-workers 2 -targets many -encoding none -report json >live.json 2>err ||
    fail "-lazy ended: $(cat err)"
expect_eq "-lazy" "$(json live.json "r['status_codes']")" "{'200': 40}"

# A body stays as it is, byte for byte.
printf '\357\273\277a\302\240\r\n' >body
printf 'POST http://%s/ok\n' "$host" >post
sent "body" "POST /ok HTTP/1.1|Host: $host|$agent|Content-Length: 8|b'\\xef\\xbb\\xbfa\\xc2\\xa0\\r\\n'" \
    -body body -targets post
printf hello | sent "-body stdin" "POST /ok HTTP/1.1|Host: $host|$agent|Content-Length: 5|b'hello'" \
    -body stdin -targets post
refused 2 "-body: stdin already provides the targets" attack -body stdin

# Values of flags, from files with the line ends of another system; and the environment's.
cr=$(printf '\r')
sent "values" "GET /ok HTTP/1.1|Host: $host|$agent|X-A: b c|b''" \
    -header "$(printf '\357\273\277X-A: b c\302\240\r')" -timeout "5s$cr" -keepalive=True"$cr" "http://$host/ok$cr"
TARGET_HOST="$host$cr" attack "TARGET_HOST" /ok
expect_eq "TARGET_HOST" "$(json live.json "r['status_codes']")" "{'200': 1}"
HEADROOM_PORT="0$cr" HEADROOM_ADMIN_PORT="0$cr" start_target_api -test-endpoints=T
attack "test-endpoints" "http://$API/delay/0"
expect_eq "-test-endpoints=T" "$(json live.json "r['status_codes']")" "{'200': 1}"

# One Host and one User-Agent.
printf 'GET http://%s/ok\nhost: target\nUSER-AGENT: target\nX-A: 1\nX-A: 1\n' "$host" >twice
sent "flag and target" "GET /ok HTTP/1.1|Host: flag|User-Agent: flag|X-A: 1|X-A: 1|b''" \
    -header "Host: flag" -header "User-Agent: flag" -targets twice
sent "target" "GET /ok HTTP/1.1|host: target|USER-AGENT: target|X-A: 1|X-A: 1|b''" -targets twice
sent "empty ones" "GET /ok HTTP/1.1|Host: $host|X-A: 1|X-A: 1|b''" \
    -header "Host:" -header "User-Agent: " -targets twice
printf '{"method":"GET","url":"http://%s/ok","header":{"Host":[""],"User-Agent":["","x"]}}' "$host" >empty.json
sent "empty ones in JSON" "GET /ok HTTP/1.1|Host: $host|b''" -format json -targets empty.json

# Go's words for true and false.
for word in 1 t T true True TRUE; do
    sent "$word" "GET /ok HTTP/1.1|Host: $host|$agent|b''" -keepalive=$word "http://$host/ok"
done
for word in 0 f F false False FALSE; do
    sent "$word" "GET /ok HTTP/1.1|Host: $host|$agent|Connection: close|b''" -keepalive=$word "http://$host/ok"
    refused 2 "-keepalive=$word" attack -keepalive $word "http://$host/ok"
done
refused 2 '-keepalive: "yes" is neither true nor false' attack -keepalive=yes "http://$host/ok"

# The environment's proxies are judged when a destination needs them.
bad="is not a valid proxy URL; use http://HOST:PORT or socks5://HOST:PORT, or add 0.0.0.0 to NO_PROXY"
HTTPS_PROXY=https://proxy.example:3129 attack "not for http" "http://$host/ok"
expect_eq "not for http" "$(json live.json "r['status_codes']")" "{'200': 1}"
HTTP_PROXY=https://proxy.example:3129 attack "not for loopback" "http://$host/ok"
HTTP_PROXY=ftp://p NO_PROXY="* $cr" attack "NO_PROXY" "http://0.0.0.0:$port/ok"
expect_eq "NO_PROXY" "$(json live.json "r['status_codes']")" "{'200': 1}"
printf 'GET http://%s/ok\nGET http://0.0.0.0:%s/ok\n' "$host" "$port" >outside
(export HTTP_PROXY=ftp://u:secret@p; refused 2 "environment variable HTTP_PROXY $bad" attack -targets outside)
(export http_proxy=p:x; refused 2 "environment variable http_proxy $bad" attack "http://0.0.0.0:$port/ok")
(export https_proxy=https://p; refused 2 "environment variable https_proxy $bad" attack "https://0.0.0.0:$port/ok")
# What comes up later is asked directly by nobody: it has failed, with the reason.
HTTP_PROXY=ftp://p "$loadgen" attack -lazy -rate 10 -targets outside -encoding none -report json >live.json
expect_eq "-lazy" "$(json live.json "r['status_codes'], r['errors']")" \
    "({'0': 1, '200': 1}, ['Get \"http://0.0.0.0:$port/ok\": environment variable HTTP_PROXY $bad'])"
HTTP_PROXY=ftp://p attack "a redirect" "http://$host/away"
expect_has "a redirect" "$(json live.json "r['errors']")" "environment variable HTTP_PROXY $bad"
(export HEADROOM_PORT=no; "$BIN/target-api" -port 0 -version >/dev/null) || fail "a variable that is not needed"

# What is not UTF-8 is named, with the remedy.
printf 'GET http://%s/ok\n' "$host" >narrow
for to in UTF-16 UTF-16LE UTF-16BE UTF-32 UTF-32LE UTF-32BE; do
    iconv -f UTF-8 -t $to narrow >wide
    refused 2 "wide:1: the file is $to; convert it to UTF-8: iconv -f $to -t UTF-8 FILE >NEW_FILE" \
        attack -targets wide
    iconv -f $to -t UTF-8 wide >again # as it says
    sent "$to" "GET /ok HTTP/1.1|Host: $host|$agent|b''" -targets again
done
"$loadgen" attack -rate 10 -duration 200ms -output results "http://$host/ok"
"$loadgen" encode results >results.json 2>err
{ printf '\357\273\277'; cat results.json; } >marked.json
expect_eq "a mark before results" "$("$loadgen" report -type json marked.json)" "$("$loadgen" report -type json results.json)"
iconv -f UTF-8 -t UTF-16LE marked.json >wide.json
refused 1 "wide.json: the file is UTF-16; convert it to UTF-8: iconv -f UTF-16 -t UTF-8 FILE" report wide.json

# encode says once what the results do not have, and only where it would be written.
expect_eq "no bodies" "$(cat err)" \
    "loadgen: these results contain no response headers or bodies; record them with loadgen attack -max-body=-1"
expect_eq "of two files" "$("$loadgen" encode -to csv results results 2>&1 >/dev/null | wc -l)" 1
expect_eq "-to bin" "$("$loadgen" encode -to bin results 2>&1 >/dev/null)" ""
"$loadgen" attack -rate 10 -duration 200ms -max-body 0 -output kept "http://$host/ok"
expect_eq "-max-body 0" "$("$loadgen" encode kept 2>&1 >/dev/null)" ""

# Hints.
printf 'POST http://%s/ok\nContent-Type: application/json\n\n{"a":1}\n' "$host" >inline
refused 2 'inline:4: "{"a":1}" does not begin a target; if it is a body, put it in a file and write @FILE right below the headers' \
    attack -targets inline
printf 'GET http://%s/ok HTTP/1.1\nAccept: */*\n' "$host" >version
refused 2 "remove HTTP/1.1: \"GET http://$host/ok\"" attack -targets version
refused 2 "-inputs: files are arguments, not flags" report -inputs results
refused 2 "-inputs: files are arguments, not flags" encode -inputs=results
refused 2 "-reporter: renamed to -type" report -reporter=text results
refused 2 "loadgen plot draws charts" report -type plot results
refused 2 '; .01/s is 1/100s' attack -rate .01/s "http://$host/ok"
refused 2 '; 0.5 is 1/2s' attack -ramp 0.5:10 -duration 1s "http://$host/ok"
refused 2 'begins with a long dash, not a hyphen; write -rate' attack "$(printf '\342\200\223')rate" 1

# A forgotten pipe: a terminal is told what is awaited, and does not wait.
for command in report encode plot "report stdin"; do
    status=0
    timeout 20 python3 "$terminal" "'$loadgen' $command" >shown || status=$?
    expect_eq "status of $command" "$status" 2
    expect_has "$command" "$(cat shown)" "loadgen: stdin is a terminal; name a result file, or pipe results in: "
done
status=0
timeout 20 python3 "$terminal" "'$loadgen' attack -rate 1" >shown || status=$?
expect_eq "status of attack" "$status" 2
expect_has "attack" "$(cat shown)" "loadgen: targets are read from stdin, which is a terminal; give a URL or -targets FILE, or pipe them in: echo "
