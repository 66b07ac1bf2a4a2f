#!/bin/sh
# target-api over real sockets: the contract, metrics, probes, flags, and shutdown.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

status_of() {
    curl -s -o "$TMP/body" -w '%{http_code}' "$@"
}

# All requests that /metrics has counted.
served() {
    curl -s "http://$ADMIN/metrics" | awk '/^http_requests_total/ { n += $NF } END { print n + 0 }'
}

# expect_refusal STATUS TEXT [flags]: no ready line, one line on stderr with TEXT in it.
expect_refusal() {
    expected=$1
    text=$2
    shift 2
    got=0
    timeout 10 "$BIN/target-api" "$@" >"$TMP/out" 2>"$TMP/err" || got=$?
    expect_eq "exit status of target-api $*" "$got" "$expected"
    expect_eq "lines on stderr of target-api $*" "$(wc -l <"$TMP/err" | tr -d ' ')" 1
    [ ! -s "$TMP/out" ] || fail "target-api $* printed on stdout: $(cat "$TMP/out")"
    case $(cat "$TMP/err") in
    "target-api: "*"$text"*) ;;
    *) fail "target-api $* says: $(cat "$TMP/err"); expected in it: $text" ;;
    esac
}

tasks() {
    find "/proc/$API_PID/task" -mindepth 1 -maxdepth 1 | wc -l
}

# stop: SIGTERM, and the exit status.
stop() {
    kill -TERM "$API_PID"
    got=0
    wait "$API_PID" || got=$?
    expect_eq "exit status after SIGTERM" "$got" 0
}

# The contract, on a server that has just started; then its own count of it.
start_target_api
tests/contract/run.py "http://$API" >"$TMP/contract" || fail "contract: $(cat "$TMP/contract")"
cases=$(sed -n 's/^\([0-9]*\) passed, 0 failed$/\1/p' "$TMP/contract")
[ "${cases:-0}" -ge 42 ] || fail "the contract ran ${cases:-no} cases"
expect_eq "requests counted after the contract" "$(served)" "$cases"

# Counted by template, method and code; the admin port's own requests are not.
before=$(served)
curl -s -o /dev/null "http://$API/users_name/[0-9]"
curl -s -o /dev/null -X BREW "http://$API/no/such/path"
expect_eq "requests counted" "$(($(served) - before))" 11
curl -s "http://$ADMIN/metrics" >"$TMP/metrics"
for line in \
    'http_requests_total{route="/users_name/{users_id}",method="GET",code="404"} 4' \
    'http_requests_total{route="unmatched",method="other",code="404"} 1' \
    '# TYPE http_requests_total counter'; do
    grep -qxF "$line" "$TMP/metrics" || fail "/metrics has no line $line: $(cat "$TMP/metrics")"
done
expect_eq "type of /metrics" \
    "$(curl -s -o /dev/null -w '%{content_type}' "http://$ADMIN/metrics")" \
    "text/plain; version=0.0.4; charset=utf-8"

# Probes.
expect_eq "/livez" "$(status_of "http://$ADMIN/livez")" 200
expect_eq "/readyz" "$(status_of "http://$ADMIN/readyz")" 200
expect_eq "POST /readyz" "$(status_of -d x "http://$ADMIN/readyz")" 405
expect_eq "/health on the admin port" "$(status_of "http://$ADMIN/health")" 404
expect_eq "/livez on the API port" "$(status_of "http://$API/livez")" 404

# Requests that the contract does not list.
expect_eq "HEAD /health" "$(status_of -I "http://$API/health")" 405
head -c 1048577 /dev/zero >"$TMP/large"
for size in 1048577 1048576; do
    [ "$size" = 1048576 ] && code=422 || code=413
    head -c "$size" "$TMP/large" >"$TMP/sent"
    expect_eq "a body of $size bytes" "$(status_of -H 'Content-Type: application/json' \
        --data-binary "@$TMP/sent" "http://$API/add_users/")" "$code"
done
expect_eq "a chunked body of 1048577 bytes" "$(status_of -H 'Transfer-Encoding: chunked' \
    -H 'Content-Type: application/json' --data-binary "@$TMP/large" "http://$API/add_users/")" 413
expect_eq "a body nobody reads" "$(status_of -X GET --data-binary "@$TMP/sent" \
    "http://$API/health")" 200

# A taken port, on either flag.
expect_refusal 1 "-port: cannot listen on $API: Address already in use" \
    -port "${API##*:}" -admin-port 0
expect_refusal 1 "-admin-port: cannot listen on $ADMIN" \
    -port 0 -admin-port "${ADMIN##*:}"
stop

# Stopping with a request in flight.
start_target_api
tests/contract/drain.py "$API_PID" "$API" "$ADMIN" || fail "a request in flight was not served"
got=0
wait "$API_PID" || got=$?
expect_eq "exit status after draining" "$got" 0

# Flags, and the environment below them.
expect_refusal 2 '-port: "70000" is not a whole number' -port 70000
expect_refusal 2 'unknown flag -adminport; did you mean -admin-port' -adminport 1
expect_refusal 2 '-bind: "localhost" is not an IPv4 or IPv6 address' -bind localhost
expect_refusal 2 'unexpected argument "now"' now
HEADROOM_ADMIN_PORT=x
export HEADROOM_ADMIN_PORT
expect_refusal 2 'HEADROOM_ADMIN_PORT: "x" is not a whole number'
unset HEADROOM_ADMIN_PORT
expect_refusal 1 "no network interface has this address" -bind 192.0.2.1 -port 0 -admin-port 0
for word in help -h --help; do
    "$BIN/target-api" "$word" >"$TMP/out" || fail "target-api $word failed"
    grep -q ' by HEADROOM_' "$TMP/out" || fail "$word does not name the environment"
done
"$BIN/target-api" -version | grep -q '^Version: ' || fail "no version"

# As many threads as were asked for, beside those that are always there.
start_target_api -threads 2
two=$(tasks)
stop
start_target_api -threads 5
expect_eq "threads that -threads 5 has more than -threads 2" "$(($(tasks) - two))" 3
stop

# The ready line, the whole of the output, for either family of addresses.
for bind in 127.0.0.1 ::1; do
    if [ "$bind" = ::1 ]; then
        grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6 || break
        host='\[::1\]'
    else
        host='127\.0\.0\.1'
    fi
    start_target_api -bind "$bind"
    expect_eq "/health on $bind" "$(status_of "http://$API/health")" 200
    stop
    rm -f "$TMP/ready" # or the last round's line is taken for this one's, and SIGTERM comes too early
    HEADROOM_PORT=0 "$BIN/target-api" -admin-port 0 -bind "$bind" >"$TMP/ready" &
    API_PID=$!
    STARTED="$STARTED $API_PID"
    wait_for grep -q ready "$TMP/ready" || fail "no ready line with $bind"
    stop
    expect_eq "lines on stdout" "$(wc -l <"$TMP/ready" | tr -d ' ')" 1
    grep -Eqx "target-api: ready on $host:[1-9][0-9]*, admin $host:[1-9][0-9]*" "$TMP/ready" ||
        fail "the ready line is $(cat "$TMP/ready")"
done
