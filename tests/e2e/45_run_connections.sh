#!/bin/sh
# loadgen run: users have their own connections, or share them. More users than open files or local ports allow
# are refused before the run.
# shellcheck disable=SC3045 # dash and bash have ulimit -n
#
# Not under tsan: its threads are those of 45_run.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

# Ten users, one after the other, three requests each.
TURNS=$TMP/turns.lua
cat >"$TURNS" <<'LUA'
local Visitor = User {}
Visitor:task(function(self)
    for _ = 1, 3 do self:get("/items/" .. self.number) end
    self.visited = true
    sleep(3)
end)
LUA

of_their_own() {
    start_log_target
    connections() {
        seen=$(wc -l <"$TMP/log")
        timeout 60 "$loadgen" run "$TURNS" -H "$U" -u 10 -r 50 -cpus 1 -t 2 "$@" >"$TMP/report" 2>"$TMP/err" ||
            fail "$*: $(cat "$TMP/err")"
        arrived "len(l), len({r['connection'] for r in l}), len({(r['connection'], r['url']) for r in l})"
    }
    expect_eq "of their own" "$(connections)" "(30, 10, 10)"
    shared=$(connections -shared-connections)
    case "$shared" in
    "(30, 1, "* | "(30, 2, "* | "(30, 3, "*) ;;
    *) fail "requests, connections: $shared" ;;
    esac

    # A flag hides its own variable, and none of its neighbours'.
    expect_eq "a flag beside a variable" \
        "$(LOCUST_CONNECT_TO=shop.example:80:${U#http://} connections -H http://shop.example -laddr 127.0.0.1 -u 1)" "(3, 1, 1)"

    # open files
    few_files() { (ulimit -n 150 && exec "$loadgen" run "$TURNS" -H "$U" -u 60 -r 1000 "$@"); }
    if few_files -t 1 >"$TMP/report" 2>"$TMP/err"; then
        fail "60 users start with 150 open files"
    fi
    expect_has "open files" "$(cat "$TMP/err")" "the limit of 150 open files; raise it (ulimit -Hn) or lower -users, or set -shared-connections"
    if (ulimit -n 150 && exec timeout 60 "$loadgen" capacity -quick -slo "errors<50%" -scenario "$TURNS" -H "$U" -u 60) >"$TMP/report" 2>"$TMP/err"; then
        fail "a search with 60 users starts with 150 open files"
    fi
    expect_eq "open files of a search" "$(cat "$TMP/err")" \
        "loadgen: 60 connections and 96 other files exceed the limit of 150 open files; raise it (ulimit -Hn) or lower -users, or set -shared-connections"
    few_files -t 1 -shared-connections >"$TMP/report" 2>"$TMP/err" || fail "shared: $(cat "$TMP/err")"
}

has_few_sockets() { [ "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l)" -le 10 ]; }

# Through a proxy: connections that it closes while users wait, half of them after some bytes, are closed here, too.
through_a_proxy() {
    cat >"$TMP/proxy.py" <<'PYTHON'
import asyncio, sys
served = 0
async def serve(reader, writer):
    global served
    late = b""
    try:
        while True:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 0.5)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
            served += 1
            late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" if served % 2 else b""
            print(served, flush=True)
    except (asyncio.TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        writer.write(late)
    writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        open(sys.argv[1], "w").write("%d\n" % server.sockets[0].getsockname()[1])
        await server.serve_forever()
asyncio.run(main())
PYTHON
    python3 "$TMP/proxy.py" "$TMP/port" >"$TMP/proxy.out" 2>"$TMP/proxy.err" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/port" || fail "no proxy: $(cat "$TMP/proxy.err")"
    PORT=$(cat "$TMP/port")
    cat >"$TMP/sleeper.lua" <<'LUA'
local Sleeper = User {}
Sleeper:task(function(self)
    assert(self:get("/").ok)
    sleep(4)
    assert(self:post("/").ok)
    self:stop_user()
end)
LUA
    NO_PROXY='' no_proxy='' HTTP_PROXY=http://127.0.0.1:$PORT "$loadgen" run "$TMP/sleeper.lua" -H http://a.test -u 40 -r 1000 -t 60 -report json >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qx 40 "$TMP/proxy.out" || fail "through a proxy: $(cat "$TMP/err")"
    wait_for has_few_sockets || fail "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l) sockets are open that the proxy has closed"
    wait $pid || fail "through a proxy: status $?: $(cat "$TMP/err")"
    expect_eq "on new connections" "$(json "$TMP/report" "r['requests'], r['success'], r['retried']")" "(80, 1.0, 0)"

    # two more files for each user
    few_proxied() {
        (ulimit -n 250 && NO_PROXY='' no_proxy='' HTTP_PROXY=http://127.0.0.1:$PORT exec timeout 30 "$loadgen" "$@" "$TURNS" -H http://a.test -u 60)
    }
    for command in "run" "capacity -slo errors<50% -scenario"; do
        # shellcheck disable=SC2086 # the command is words
        if few_proxied $command >"$TMP/report" 2>"$TMP/err"; then
            fail "$command: 60 users start behind a proxy with 250 open files"
        fi
        expect_has "open files behind a proxy" "$(cat "$TMP/err")" \
            "60 connections through a proxy, of 3 files each, and 96 other files exceed the limit of 250 open files"
    done
}

beside of_their_own through_a_proxy

# Users that wait cost no connection: 100,000 of them are there in 10 s.
cat >"$TMP/waiting.lua" <<'LUA'
local Waiting = User { wait = constant(1000) }
Waiting:task(function(self) self.number = self.number + 1 end)
LUA
start_log_target
begun=$(date +%s%N)
timeout 100 "$loadgen" run "$TMP/waiting.lua" -H "$U" -u 100000 -r 100000 -iterations 100000 -shared-connections \
    -report json >"$TMP/report" 2>"$TMP/err" || fail "100,000 users: $(cat "$TMP/err")"
took_ms=$((($(date +%s%N) - begun) / 1000000))
memory=$(json "$TMP/report" "r['generator']['memory'] // 1048576")
echo "100,000 users in $took_ms ms, $memory MiB"
case $BIN in
*/release/*)
    [ "$took_ms" -lt 10000 ] || fail "100,000 users took $took_ms ms"
    [ "$memory" -lt 1024 ] || fail "100,000 users take $memory MiB"
    ;;
esac

# -connect-to and -resolvers
run_users 0 - -requests 1 -H http://shop.test:80 -connect-to "shop.test:80:${U#http://}" <<'LUA'
local Visitor = User {}
Visitor:task(function(self) self:get("/items") end)
LUA
expect_eq "-connect-to" "$(arrived "[(r['url'], r['headers']['host']) for r in l]")" "[('/items', 'shop.test:80')]"
hold_port
"$loadgen" run "$TMP/scenario.lua" -requests 1 -H http://shop.test:80 -resolvers "127.0.0.1:$PORT" -report json >"$TMP/report" 2>"$TMP/err" || true
expect_has "-resolvers" "$(json "$TMP/report" "r['errors']")" "lookup shop.test on 127.0.0.1:$PORT"

# local ports: in a network namespace of its own
if ! unshare -n true 2>/dev/null || ! command -v ip >/dev/null; then
    echo "the rest needs root, for a network namespace"
    exit 0
fi
export TMP TURNS loadgen
unshare -n sh -eu <<'SH'
ip link set lo up
echo 40000 40049 >/proc/sys/net/ipv4/ip_local_port_range
python3 tests/contract/locust/target.py 5000 >"$TMP/target.out" 2>&1 &
target=$!
trap 'kill $target' EXIT
for _ in $(seq 100); do
    python3 -c 'import socket; socket.create_connection(("127.0.0.1", 5000))' 2>/dev/null && break
    sleep 0.1
done
run() { timeout 60 "$loadgen" run "$TURNS" -H http://127.0.0.1:5000 -r 1000 -t 1 "$@" >"$TMP/report" 2>"$TMP/err"; }
if run -u 51; then
    echo "FAIL: 51 users start with 50 ports"
    exit 1
fi
cp "$TMP/err" "$TMP/refused"
timeout 60 "$loadgen" capacity -quick -slo "errors<50%" -scenario "$TURNS" -H http://127.0.0.1:5000 -u 51 >"$TMP/report" 2>"$TMP/search" || true
run -u 51 -shared-connections || { cat "$TMP/err"; exit 1; }

"$loadgen" serve -web 127.0.0.1:8089 "$TURNS" -H http://127.0.0.1:5000 -slo "errors<50%" 2>"$TMP/serve" &
trap 'kill $! $target' EXIT
for _ in $(seq 600); do
    grep -q serving "$TMP/serve" && break
    sleep 0.1
done
curl -sS http://127.0.0.1:8089/swarm -d "user_count=51&spawn_rate=1" >"$TMP/swarm"
curl -sS http://127.0.0.1:8089/api/v1/runs -H "Content-Type: application/json" -d '{"kind": "capacity", "users": 51}' >"$TMP/api"
timeout 60 "$loadgen" serve -web 127.0.0.1:0 "$TURNS" -H http://127.0.0.1:5000 -slo "errors<50%" -u 51 2>"$TMP/start" || true
SH
ports="51 users need a local port each, but only 50 local ports are available (net.ipv4.ip_local_port_range); set -shared-connections, or split the users into several runs, each with its own -laddr"
expect_has "local ports" "$(cat "$TMP/refused")" "$ports"
expect_has "local ports of a search" "$(cat "$TMP/search")" "$ports"
ports="${ports%%; *}; start the server with -shared-connections"
expect_eq "local ports of a server's test" "$(json "$TMP/swarm" "r['success'], r['message']")" "(False, 'user_count: $ports')"
expect_eq "local ports at a server's start" "$(cat "$TMP/start")" "loadgen: -users: $ports"
expect_eq "local ports of a server's search" "$(json "$TMP/api" "r['error']['field'], r['error']['text']")" "('users', '$ports')"
