#!/bin/sh
# loadgen run: users have connections of their own, or share them; more users than open files or local ports
# allow are refused before the run.
# shellcheck disable=SC3045 # dash and bash have ulimit -n
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

log_target() { exec python3 tests/contract/locust/target.py "$PORT" "$TMP/log"; }
start_on_free_port log_target
U=http://127.0.0.1:$PORT

# Ten users, one after the other, three requests each.
cat >"$TMP/turns.lua" <<'LUA'
local Visitor = User {}
Visitor:task(function(self)
    for _ = 1, 3 do self:get("/items/" .. self.number) end
    self.visited = true
    sleep(3)
end)
LUA
connections() {
    seen=$(wc -l <"$TMP/log")
    timeout 60 "$loadgen" run "$TMP/turns.lua" -H "$U" -u 10 -r 50 -cpus 1 -t 2 "$@" >"$TMP/report" 2>"$TMP/err" ||
        fail "$*: $(cat "$TMP/err")"
    python3 -c 'import json, sys; l = [json.loads(x) for x in open(sys.argv[1])][int(sys.argv[2]):]
print(len(l), len({r["connection"] for r in l}), len({(r["connection"], r["url"]) for r in l}))' "$TMP/log" "$seen"
}
expect_eq "of their own" "$(connections)" "30 10 10"
shared=$(connections -shared-connections)
case "$shared" in
"30 1 "* | "30 2 "* | "30 3 "*) ;;
*) fail "requests, connections: $shared" ;;
esac

# open files
few_files() { (ulimit -n 150 && exec "$loadgen" run "$TMP/turns.lua" -H "$U" -u 60 -r 1000 "$@"); }
if few_files -t 1 >"$TMP/report" 2>"$TMP/err"; then
    fail "60 users start with 150 open files"
fi
expect_has "open files" "$(cat "$TMP/err")" "the limit of 150 open files; raise it (ulimit -Hn) or lower -users, or set -shared-connections"
if (ulimit -n 150 && exec timeout 60 "$loadgen" capacity -quick -slo "errors<50%" -scenario "$TMP/turns.lua" -H "$U" -u 60) >"$TMP/report" 2>"$TMP/err"; then
    fail "a search with 60 users starts with 150 open files"
fi
expect_eq "open files of a search" "$(cat "$TMP/err")" \
    "loadgen: 60 connections exceed the limit of 150 open files; raise it (ulimit -Hn) or lower -users, or set -shared-connections"
few_files -t 1 -shared-connections >"$TMP/report" 2>"$TMP/err" || fail "shared: $(cat "$TMP/err")"

# Users that wait cost no connection: 100,000 of them are there in 10 s.
cat >"$TMP/waiting.lua" <<'LUA'
local Waiting = User { wait = constant(1000) }
Waiting:task(function(self) self.number = self.number + 1 end)
LUA
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

# local ports: in a network namespace of its own
if ! unshare -n true 2>/dev/null || ! command -v ip >/dev/null; then
    echo "the rest needs root, for a network namespace"
    exit 0
fi
export TMP loadgen
unshare -n sh -eu <<'SH'
ip link set lo up
echo 40000 40049 >/proc/sys/net/ipv4/ip_local_port_range
python3 tests/contract/locust/target.py 5000 >"$TMP/target.out" 2>&1 &
trap 'kill $!' EXIT
for _ in $(seq 100); do
    python3 -c 'import socket; socket.create_connection(("127.0.0.1", 5000))' 2>/dev/null && break
    sleep 0.1
done
run() { timeout 60 "$loadgen" run "$TMP/turns.lua" -H http://127.0.0.1:5000 -r 1000 -t 1 "$@" >"$TMP/report" 2>"$TMP/err"; }
if run -u 51; then
    echo "FAIL: 51 users start with 50 ports"
    exit 1
fi
cp "$TMP/err" "$TMP/refused"
timeout 60 "$loadgen" capacity -quick -slo "errors<50%" -scenario "$TMP/turns.lua" -H http://127.0.0.1:5000 -u 51 >"$TMP/report" 2>"$TMP/search" || true
run -u 51 -shared-connections || { cat "$TMP/err"; exit 1; }
SH
ports="51 users with connections of their own exceed the 50 local ports to their hosts (net.ipv4.ip_local_port_range); set -shared-connections, or divide the users into several runs, each with its own -laddr"
expect_has "local ports" "$(cat "$TMP/refused")" "$ports"
expect_has "local ports of a search" "$(cat "$TMP/search")" "$ports"
