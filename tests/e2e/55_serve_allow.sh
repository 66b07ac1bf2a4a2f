#!/bin/sh
# -allow-target: connections go only to listed targets, despite redirects, name servers and other ways out.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
unset HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy || true

python3 tests/support/places.py "$TMP" >"$TMP/places.out" 2>&1 &
STARTED="$STARTED $!"
wait_for test -s "$TMP/ports" || fail "no places: $(cat "$TMP/places.out")"
GOOD='' BAD='' PROXY='' DNS='' # set there
# shellcheck source=/dev/null
. "$TMP/ports"
good=http://127.0.0.1:$GOOD

# attack LIST URL FLAG...: a short attack. Sets result, its successes and errors: "1.0 []", and seen, where
# connections went, in order of the alphabet.
attack() {
    list=$1 url=$2
    shift 2
    : >"$TMP/seen"
    "$loadgen" attack -rate 50 -duration 200ms -resolvers "127.0.0.1:$DNS" -report json -output "$TMP/results" \
        -allow-target "$list" "$@" "$url" >"$TMP/report" 2>"$TMP/err" || fail "attack $*: $(cat "$TMP/err")"
    result=$(json "$TMP/report" "r['success'], r['errors']")
    seen=$(sort -u "$TMP/seen" | tr '\n' ' ')
}

# allows LIST URL PLACE FLAG...: all requests succeed, and connections go to this place alone
allows() {
    list=$1 url=$2 place=$3
    shift 3
    attack "$list" "$url" "$@"
    expect_eq "$url with $list: result" "$result" "(1.0, [])"
    expect_eq "$url with $list: places" "$seen" "$place "
}

# forbids LIST URL PLACES TEXT FLAG...: every request fails with TEXT, after connections to these places alone
forbids() {
    list=$1 url=$2 places=$3 text=$4
    shift 4
    attack "$list" "$url" "$@"
    expect_has "$url with $list: result" "$result" "(0.0, ['"
    expect_has "$url with $list: errors" "$result" "$text']"
    expect_eq "$url with $list: places" "$seen" "$places"
}

# targets, and what redirects lead to
allows "127.0.0.1:$GOOD" "$good/" good
allows "a.test, 127.0.0.0/31:$GOOD" "http://0x7f000001:$GOOD/" good
allows "127.0.0.1:$GOOD" "$good/to?/here" good
allows "127.0.0.1" "$good/to?http://127.1:$GOOD/here" good
refused 2 "127.0.0.1:$BAD is not in -allow-target" attack -allow-target "127.0.0.1:$GOOD" "http://127.0.0.1:$BAD/"
refused 2 "[::1]:$BAD is not in -allow-target" attack -allow-target "127.0.0.1:$GOOD" "http://[::1]:$BAD/"
for to in "http://127.0.0.1:$BAD/|127.0.0.1:$BAD" "//127.0.0.2:$GOOD/|127.0.0.2:$GOOD" "http://2130706434:$GOOD/|2130706434:$GOOD" \
    "http://127%2e0.0.2:$GOOD/|127.0.0.2:$GOOD" "http://[::ffff:127.0.0.2]:$GOOD/|[::ffff:127.0.0.2]:$GOOD" \
    "http://127.0.0.1:$GOOD@127.0.0.1:$BAD/|127.0.0.1:$BAD" "https://127.0.0.1:$BAD/|127.0.0.1:$BAD"; do
    forbids "127.0.0.1:$GOOD" "$good/to?${to%|*}" "good " "lookup ${to#*|}: not an allowed target"
done
forbids "127.0.0.1:$GOOD" "$good/to?https://127.0.0.1:$BAD/" "good " "lookup 127.0.0.1:$BAD: not an allowed target" -http2=false
forbids "127.0.0.1:$GOOD" "$good/to?http://127.0.0.1:$BAD/" "good " "lookup 127.0.0.1:$BAD: not an allowed target" -keepalive=false

# names: one that is listed is trusted; of others, only the addresses that are listed are used
allows "good.test" "http://good.test:$GOOD/" good
allows "*.test:$GOOD" "http://Second.TEST.:$GOOD/" second
allows "127.0.0.1" "http://mixed.test:$GOOD/" good
allows "mixed.test" "http://mixed.test:$GOOD/" "good second"
forbids "127.0.0.1" "http://second.test:$GOOD/" "" "no allowed address found"
forbids "127.0.0.1:$BAD,127.0.0.2:$GOOD,good.test:$BAD" "http://good.test:$GOOD/" "" "no allowed address found"
refused 2 "other.test:80 is not in -allow-target" attack -allow-target "good.test" "http://other.test/"
: >"$TMP/asked"
forbids "good.test" "http://good.test:$GOOD/to?http://second.test:$GOOD/" "good " "lookup second.test:$GOOD: not an allowed target"
expect_eq "no look-up of a name that cannot be allowed" "$(sort -u "$TMP/asked")" "good.test"
attack "127.0.0.1" "http://turns.test:$GOOD/" -dns-ttl -1 -keepalive=false
expect_has "an answer that changes" "$result" "no allowed address found"
expect_eq "an answer that changes" "$seen" "good "

# -connect-to and Unix sockets: where they lead has to be listed
allows "127.0.0.1:$GOOD" "http://other.test/" good -connect-to "other.test:80:127.0.0.1:$GOOD"
refused 2 "-connect-to: 127.0.0.1:$BAD is not in -allow-target" attack -allow-target "127.0.0.1:$GOOD,other.test" \
    -connect-to "other.test:80:127.0.0.1:$BAD" http://other.test/
allows "unix:$TMP/socket" "http://other.test/" socket -unix-socket "$TMP/socket"
refused 2 "-unix-socket: unix:$TMP/socket is not in -allow-target" attack -allow-target "other.test,0.0.0.0/0" \
    -unix-socket "$TMP/socket" http://other.test/

# a proxy is asked for listed targets alone, and is none itself
HTTP_PROXY=http://127.0.0.1:$PROXY
export HTTP_PROXY
allows "other.test:80" "http://other.test/" proxy
forbids "10.0.0.0/8" "http://other.test/" "" "other.test:80: not an allowed target"
forbids "other.test" "http://other.test/to?http://10.0.0.1/" "proxy " "10.0.0.1:80: not an allowed target"
forbids "other.test" "http://other.test/to?http://127.0.0.1:$PROXY/" "proxy " "lookup 127.0.0.1:$PROXY: not an allowed target"
unset HTTP_PROXY

# the list
refused 2 '-allow-target: "" is not HOST[:PORT]' attack -allow-target "" "$good/"
refused 2 '-allow-target: "http://a" is not HOST[:PORT]' attack -allow-target "a,http://a" "$good/"
expect_eq "in the results" "$(python3 - "$TMP/results" <<'PYTHON'
print(open(__import__("sys").argv[1], "rb").read().count(b'"allow_target"'))
PYTHON
)" 1

# serve: the host of a client, and the URLs of a scenario
cat >"$TMP/scenario.lua" <<LUA
local Guest = User { wait = constant(0.02) }
Guest:task("own", function(self) self:get("/", { name = "own" }) end)
Guest:task("away", function(self) self:get("http://127.0.0.1:$BAD/", { name = "away" }) end)
Guest:task("name", function(self) self:get("http://second.test:$GOOD/", { name = "name" }) end)
Guest:task("to", function(self) self:get("/to?http://127.0.0.1:$BAD/", { name = "to" }) end)
LUA

# swarm HOST: sets result: "True" or the reason
swarm() {
    expect_eq "status" "$(code /swarm -F user_count=2 -F spawn_rate=100 -F "host=$1")" 200
    result=$(json "$TMP/answer" "r['success'] or r['message']")
}

# Does every row have requests?
has_rows() {
    code /stats/requests >"$TMP/code"
    [ "$(json "$TMP/answer" "[s['name'] for s in r['stats'] if s['num_requests'] > 3]")" = "['away', 'name', 'own', 'to', 'Aggregated']" ]
}

: >"$TMP/seen"
refused 2 "127.0.0.1:$BAD is not in -allow-target" serve "$TMP/scenario.lua" -H "http://127.0.0.1:$BAD" -allow-target "127.0.0.1:$GOOD"
refused 2 "127.0.0.1:$BAD is not in -allow-target" serve "http://127.0.0.1:$BAD/" -allow-target "127.0.0.1:$GOOD"
refused 2 "127.0.0.1:$BAD is not in -allow-target" serve "http://127.0.0.1:$BAD/" -slo 'p99<1s' -allow-target "127.0.0.1:$GOOD"
refused 2 "-host: 127.0.0.1:$BAD is not in -allow-target" capacity -scenario "$TMP/scenario.lua" -H "http://127.0.0.1:$BAD" -slo 'p99<1s' \
    -allow-target "127.0.0.1:$GOOD"
refused 2 "-unix-socket: unix:$TMP/socket is not in -allow-target" serve "$TMP/scenario.lua" -allow-target "127.0.0.1:$GOOD" -unix-socket "$TMP/socket"
start_serve "$TMP/scenario.lua" -allow-target "127.0.0.1:$GOOD" -resolvers "127.0.0.1:$DNS"
for host in "127.0.0.1:$BAD" "127.0.0.2:$GOOD" "[::1]:$GOOD"; do
    swarm "http://$host"
    expect_eq "host" "$result" "host: $host is not in -allow-target"
done
swarm "http://127.0.0.1:$GOOD@127.0.0.1:$BAD/"
expect_has "user" "$result" "contains a user name"
swarm "$good"
expect_eq "host" "$result" True
wait_for has_rows || fail "not all rows: $(cat "$TMP/answer")"
expect_eq "what failed" "$(json "$TMP/answer" "[(s['name'], s['num_failures'] == s['num_requests'], s['num_failures'] > 0) for s in r['stats'][:4]]")" \
    "[('away', True, True), ('name', True, True), ('own', False, False), ('to', True, True)]"
errors=$(json "$TMP/answer" "sorted((e['name'], e['error']) for e in r['errors'])")
expect_has "errors" "$errors" "lookup 127.0.0.1:$BAD: not an allowed target"
expect_has "errors" "$errors" "no allowed address found"
expect_eq "stop" "$(code /stop)" 200
expect_eq "places" "$(sort -u "$TMP/seen")" good
end_serve

