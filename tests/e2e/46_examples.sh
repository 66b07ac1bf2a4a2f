#!/bin/sh
# examples/: each runs against the server that Locust was recorded with; its requests are checked.
#
# Not under sanitizers: what the examples use, 45_run and those after it use there.
set -eu
. "$(dirname "$0")/lib.sh"

RUN=$TMP/run # the names of those that were run

# runs NAME EXPRESSION [STATUS]: 5 users of an example for two seconds; the expression over the list `l` of what
# arrived, of which `of(METHOD, URL)` are those with a URL that begins in this way, is true
runs() {
    echo "$1" >>"$RUN"
    seen=$(wc -l <"$TMP/log")
    status=0
    "$BIN/loadgen" run "examples/$1.lua" -u 5 -r 100 -t 2 -H "$U" -report json \
        >"$TMP/report" 2>"$TMP/err" || status=$?
    expect_eq "status of $1: $(cat "$TMP/err")" "$status" "${3:-0}"
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

first_steps() {
    start_log_target
    runs quick_start "len(of('GET', '/')) == len(l) >= 5 and {r['url'] for r in l} <= {'/', '/items?page=1'}"
    runs login "len(of('POST', '/login')) == 5 and of('GET', '/me') and all(r['headers']['authorization'].startswith('Bearer t-u-') for r in of('GET', '/me'))"
    # 1, for what is sold out
    runs checks "of('GET', '/items?page=2') and of('GET', '/stock?n=')" 1
    runs chain "len(of('POST', '/items')) - 5 <= len(of('DELETE', '/items/')) <= len(of('GET', '/items/')) <= len(of('POST', '/items')) and of('DELETE', '/items/') and of('POST', '/items')[0]['body'].startswith('{\"gift\":null,\"lines\":[{\"n\":')"
}

sets_and_files() {
    start_log_target
    runs task_sets "of('GET', '/items?page=1') and of('POST', '/items') and of('POST', '/items')[0]['body'] == 'item=nut'"
    runs kinds "{r['headers']['x-kind'] for r in of('GET', '/items')} == {'Reader'} and {r['headers']['x-kind'] for r in of('POST', '/items')} == {'Writer'}"
    # 5 users, 4 accounts; items in turn over all users; bodies signed
    runs accounts "sorted(json.loads(r['body'])['user'] for r in of('POST', '/login')) == ['anna', 'bert', 'carl', 'dora'] and __import__('collections').Counter(json.loads(r['body'])['item']['name'] for r in of('POST', '/items')).most_common()[0][1] - len(of('POST', '/items')) // 3 <= 1 and all(r['headers']['x-signature'] == __import__('hmac').new(b'secret', r['body'].encode(), 'sha256').hexdigest() for r in of('POST', '/items')) and {json.loads(r['body'])['city'] for r in of('POST', '/items')} == {'Paris', 'Oslo', 'Rome, Italy', 'Lima'}"
    runs portal "len(of('POST', '/login')) == 5 and all('filename=\"a.txt\"' in r['body'] for r in of('POST', '/upload')) and of('POST', '/upload') and of('GET', '/redirect') and all(r['headers']['cookie'] == 'session=s-eva' for r in of('GET', '/me') + of('GET', '/redirect'))"

    # The same with TLS, and with a page that has the field
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/key.pem" -out "$TMP/cert.pem" -days 30 \
        -subj /CN=localhost 2>/dev/null
    start_nginx "$TMP/nginx" <<END
server { listen 127.0.0.1:@tls@ ssl; ssl_certificate $TMP/cert.pem; ssl_certificate_key $TMP/key.pem;
    location = / { return 200 '<form><input type="hidden" name="csrf" value="k7"></form>'; }
    location / { proxy_pass $U; } }
END
    # shellcheck disable=SC2154 # start_nginx sets tls
    run_users 0 examples/portal.lua -u 5 -r 100 -t 2 -H "https://127.0.0.1:$tls" -insecure
    expect_eq "portal, TLS" "$(arrived "sorted({(r['method'], r['url']) for r in l}), {'csrf=k7' in r['body'] for r in l if r['url'] == '/login'}")" \
        "([('GET', '/me'), ('GET', '/redirect'), ('POST', '/login'), ('POST', '/upload')], {True})"
}

# 2 users, 5, and 1 again, whatever -u and -r say; it ends by itself, and -t before that
a_shape() {
    start_log_target
    runs shape "len(of('GET', '/')) == len(l) >= 10 and len({r['connection'] for r in l}) == 2"
    "$BIN/loadgen" run examples/shape.lua -H "$U" -report json >"$TMP/report" 2>"$TMP/err" || fail "shape: $(cat "$TMP/err")"
    expect_eq "shape" "$(json "$TMP/report" "r['plan']['scenario']['shape'], 4.5e9 < r['duration'] < 6e9, 55 < r['requests'] < 95")" \
        "('up to 5 users in 3 stages', True, True)"
}

# What test_start and test_stop send is there, but not among the requests of the run.
setup_events_and_limits() {
    start_log_target
    seen=$(wc -l <"$TMP/log")
    "$BIN/loadgen" run examples/setup.lua -u 5 -r 100 -t 1 -H "$U" -report json >"$TMP/report" 2>"$TMP/err" || fail "setup: $(cat "$TMP/err")"
    expect_eq "setup" "$(arrived "[r['method'] + ' ' + r['url'] for r in l[:2] + l[-1:]], {r['headers'].get('authorization') for r in l[2:-1]}, len(l)")" \
        "(['POST /login', 'POST /items', 'DELETE /items/13'], {'Bearer t-setup'}, $(($(json "$TMP/report" "r['requests']") + 3)))"
    status=0
    "$BIN/loadgen" run examples/setup.lua -u 5 -r 100 -t 1 -H "$U" -arg most_failures=-1.0 >"$TMP/report" 2>"$TMP/err" || status=$?
    expect_eq "its verdict: $(cat "$TMP/err")" "$status" 1
    echo setup >>"$RUN"

    # One row for all items; /gone is a success; each order has a result of its own, and a line of the log
    "$BIN/loadgen" run examples/events.lua -u 5 -r 100 -t 2 -H "$U" -report json >"$TMP/report" 2>"$TMP/err" || fail "events: $(cat "$TMP/err")"
    expect_eq "events: rows" "$(json "$TMP/report" "sorted((t['name'], t['success']) for t in r['targets'])")" \
        "[('Buyer GET /gone', 1.0), ('Buyer GET /items', 1.0), ('Buyer GET /items/{id}', 1.0), ('Buyer POST /items', 1.0), ('Buyer flow order', 1.0)]"
    # a user may be cut off between the answer and the result
    expect_eq "events: orders" "$(json "$TMP/report" "(lambda n: (n['Buyer flow order'] == r['fired'] > 0, 0 <= n['Buyer POST /items'] - r['fired'] <= 5))({t['name']: t['requests'] for t in r['targets']})")" "(True, True)"
    expect_eq "events: the log" "$(grep -c '^20.*Z Buyer [1-5]: ordered, [1-9][0-9]* bytes$' "$TMP/err")" "$(json "$TMP/report" "r['fired']")"
    echo events >>"$RUN"

    runs limits "len(of('GET', '/')) == len(l) >= 5"
    # limits SLO: its exit status
    limits() {
        status=0
        TARGET=$U "$BIN/loadgen" run examples/limits.lua -u 5 -r 100 -t 1 -slo "$1" >"$TMP/report" 2>"$TMP/err" || status=$?
    }
    limits 'errors<=1%,p95<10s'
    expect_eq "limits that hold: $(cat "$TMP/err")" "$status" 0
    limits 'errors<=1%,p95<1us'
    case $status in 98 | 99) ;; *) fail "limits that are exceeded: status $status: $(cat "$TMP/err")" ;; esac
}

# The tutorial's workload against its app: as many requests as are counted, one in 1000 a login
the_tutorial() {
    start_target_api -sample-webapp
    tutorial=examples/tutorial/tutorial.lua
    "$BIN/loadgen" run $tutorial -check -H "http://$API" >"$TMP/check" 2>"$TMP/err" || fail "tutorial: $(cat "$TMP/err")"
    device='[0-9a-f]\{8\}-[0-9a-f-]\{27\}'
    time='[0-9]\{4\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]'
    for line in "< /login - device: $device" "< /metrics - device: $device, timestamp: $time"; do
        grep -qx "$line" "$TMP/check" || fail "tutorial: no line $line in: $(cat "$TMP/check")"
    done
    "$BIN/loadgen" run $tutorial -u 20 -r 100 -t 3 -H "http://$API" -report json >"$TMP/report" 2>"$TMP/err" ||
        fail "tutorial: $(cat "$TMP/err")"
    # served ROUTE: how many answers with status 200, without those of the check
    served() { curl -s "http://$ADMIN/metrics" | sed -n "s|^http_requests_total{route=\"$1\",method=\"POST\",code=\"200\"} ||p"; }
    logins=$(($(served /login) - 1)) metrics=$(($(served /metrics) - 1))
    expect_eq "tutorial: requests" "$(json "$TMP/report" "r['requests'], r['success']")" "($((logins + metrics)), 1.0)"
    # 6 standard deviations
    expect_eq "tutorial: $logins logins, $metrics metrics" \
        "$(python3 -c "n = $logins + $metrics; print(n > 3000 and abs($logins - n / 1000) <= 6 * (n / 1000) ** 0.5)")" True
    echo tutorial >>"$RUN"

    # docs/from-locust.md shows it, without its first line, and the commands that run it.
    # shellcheck disable=SC2016 # backticks are Markdown's
    sed -n '/^```lua$/,/^```$/p' docs/from-locust.md | sed '/^```/d' | diff - $tutorial >"$TMP/diff" || true
    expect_eq "what the page shows of it: $(cat "$TMP/diff")" "$(grep -c '^[<>]' "$TMP/diff") $(grep -c '^> --' "$TMP/diff")" "1 1"
    grep '^loadgen run ' docs/from-locust.md | sed "s,http://127.0.0.1:5000,http://$API,; s/-t [0-9a-z]*/-t 1/; s,^loadgen,\"$BIN/loadgen\"," >"$TMP/commands"
    expect_eq "commands" "$(wc -l <"$TMP/commands")" 2
    sh -eu "$TMP/commands" >"$TMP/out" 2>"$TMP/err" || fail "a command of docs/from-locust.md: $(cat "$TMP/err")"
}

beside first_steps sets_and_files a_shape setup_events_and_limits the_tutorial

for file in examples/*.lua examples/*/*.lua; do
    grep -qx "$(basename "$file" .lua)" "$RUN" || fail "$file is not run here"
done
