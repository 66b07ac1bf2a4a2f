#!/bin/sh
# examples/: each runs against the server of the recordings of Locust, and what arrives is checked.
set -eu
. "$(dirname "$0")/lib.sh"

log_target() { exec python3 tests/contract/locust/target.py "$PORT" "$TMP/log"; }
start_on_free_port log_target

# runs NAME EXPRESSION: 5 users of an example for two seconds; the expression over the list `l` of what arrived, of
# which `of(METHOD, URL)` are those with a URL that begins in this way, is true
runs() {
    echo "$1" >>"$TMP/run"
    seen=$(wc -l <"$TMP/log")
    "$BIN/loadgen" run "examples/$1.lua" -u 5 -r 100 -t 2 -H "http://127.0.0.1:$PORT" -report json \
        >"$TMP/report" 2>"$TMP/err" || fail "$1: $(cat "$TMP/err")"
    python3 - "$TMP/log" "$seen" "$2" "$(json "$TMP/report" "r['requests']")" <<'PYTHON' || fail "$1: not $2"
import json, sys
log, seen, expression, requests = sys.argv[1:]
l = [json.loads(line) for line in open(log)][int(seen):]
def of(method, url):
    return [r for r in l if r["method"] == method and r["url"].startswith(url)]
hops = sum(r["url"] == "/redirect" for r in l)
if len(l) != int(requests) + hops or not eval(expression):
    sys.exit("%d arrived, %s were counted: %s" % (len(l), requests, [r["method"] + " " + r["url"] for r in l[:20]]))
PYTHON
}

runs quick_start "len(of('GET', '/')) == len(l) >= 5 and {r['url'] for r in l} <= {'/', '/items?page=1'}"
runs login "len(of('POST', '/login')) == 5 and of('GET', '/me') and all(r['headers']['authorization'].startswith('Bearer t-u-') for r in of('GET', '/me'))"
runs checks "of('GET', '/items?page=2') and of('GET', '/stock?n=')"
runs chain "len(of('POST', '/items')) - 5 <= len(of('DELETE', '/items/')) <= len(of('GET', '/items/')) <= len(of('POST', '/items')) and of('DELETE', '/items/') and of('POST', '/items')[0]['body'].startswith('{\"gift\":null,\"lines\":[{\"n\":')"
runs task_sets "of('GET', '/items?page=1') and of('POST', '/items') and of('POST', '/items')[0]['body'] == 'item=nut'"
runs kinds "{r['headers']['x-kind'] for r in of('GET', '/items')} == {'Reader'} and {r['headers']['x-kind'] for r in of('POST', '/items')} == {'Writer'}"
runs portal "len(of('POST', '/login')) == 5 and all('filename=\"a.txt\"' in r['body'] for r in of('POST', '/upload')) and of('POST', '/upload') and of('GET', '/redirect') and all(r['headers']['cookie'] == 'session=s-eva' for r in of('GET', '/me') + of('GET', '/redirect'))"

# The tutorial's workload against its app: as many requests as are counted, one in 1000 a login
start_target_api -sample-webapp
"$BIN/loadgen" run examples/tutorial.lua -check -H "http://$API" >"$TMP/check" 2>"$TMP/err" || fail "tutorial: $(cat "$TMP/err")"
device='[0-9a-f]\{8\}-[0-9a-f-]\{27\}'
time='[0-9]\{4\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]'
for line in "< /login - device: $device" "< /metrics - device: $device, timestamp: $time"; do
    grep -qx "$line" "$TMP/check" || fail "tutorial: no line $line in: $(cat "$TMP/check")"
done
"$BIN/loadgen" run examples/tutorial.lua -u 20 -r 100 -t 3 -H "http://$API" -report json >"$TMP/report" 2>"$TMP/err" ||
    fail "tutorial: $(cat "$TMP/err")"
# served ROUTE: how many answers with status 200, without those of the check
served() { curl -s "http://$ADMIN/metrics" | sed -n "s|^http_requests_total{route=\"$1\",method=\"POST\",code=\"200\"} ||p"; }
logins=$(($(served /login) - 1)) metrics=$(($(served /metrics) - 1))
expect_eq "tutorial: requests" "$(json "$TMP/report" "r['requests'], r['success']")" "($((logins + metrics)), 1.0)"
# 6 standard deviations
expect_eq "tutorial: $logins logins, $metrics metrics" \
    "$(python3 -c "n = $logins + $metrics; print(n > 3000 and abs($logins - n / 1000) <= 6 * (n / 1000) ** 0.5)")" True
echo tutorial >>"$TMP/run"

for file in examples/*.lua; do
    grep -qx "$(basename "$file" .lua)" "$TMP/run" || fail "$file is not run here"
done
