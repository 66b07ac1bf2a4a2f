#!/bin/sh
# The servers that people run: nginx, Apache, Node's http and Python's http.server, each with
# keep-alive and without, at a rate and in a closed loop. They are started here, on loopback, as the
# current user and with configurations of our own. Every request is accounted for, to the byte, and
# a server's own log says the same.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
chmod 755 "$TMP" # Apache gives up root for a user who has to read this
mkdir -p "$TMP/www/dir"
printf 'a small answer\n' >"$TMP/www/small"
head -c 1048576 /dev/zero >"$TMP/www/large"
printf 'index\n' >"$TMP/www/dir/index.html"
MODIFIED=$(TZ=UTC LC_ALL=C date -r "$TMP/www/small" '+%a, %d %b %Y %H:%M:%S GMT')
head -c 4000000 /dev/zero >"$TMP/body"

# -X is one process, which ends when it is killed.
apache() {
    user=
    if [ "$(id -u)" -eq 0 ]; then
        user='User www-data
Group www-data'
    fi
    cat >"$TMP/apache.conf" <<END
ServerRoot $TMP
ServerName 127.0.0.1
Listen 127.0.0.1:$PORT
PidFile $TMP/apache.pid
DefaultRuntimeDir $TMP
Mutex pthread
ErrorLog $TMP/apache.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
$user
ThreadsPerChild 16
MaxRequestWorkers 16
MaxKeepAliveRequests 50
LimitRequestBody 100000
DocumentRoot $TMP/www
Redirect /old /small
LogFormat "\"%r\" %>s" short
CustomLog $TMP/apache.access short
END
    exec apache2 -X -f "$TMP/apache.conf"
}

cat >"$TMP/server.js" <<'END'
const http = require('http');
const fs = require('fs');
const [www, log] = process.argv.slice(2);
const files = {'/small': fs.readFileSync(www + '/small'), '/large': fs.readFileSync(www + '/large')};

function answer(req, res) {
    const file = files[req.url];
    if (req.method === 'POST') {
        res.writeHead(405).end('only GET\n'); // before the body was read
    } else if (file) {
        res.setHeader('Content-Length', file.length);
        res.end(file);
    } else if (req.url === '/old') {
        res.writeHead(302, {Location: '/small'}).end();
    } else if (req.url === '/chunked') {
        res.setHeader('Trailer', 'X-End');
        res.write('one ');
        setTimeout(() => {
            res.write('two ');
            res.addTrailers({'X-End': 'yes'});
            res.end('three\n');
        }, 5);
    } else if (req.url === '/slow') {
        setTimeout(() => res.end('slow\n'), 100);
    } else if (req.url === '/hints') {
        res.writeProcessing();
        res.writeEarlyHints({link: '</small>; rel=preload'});
        res.end('after two others\n');
    } else if (req.url === '/same') {
        res.writeHead(304, {'Content-Length': 14}).end();
    } else {
        res.writeHead(404).end('no such thing\n');
    }
    res.on('finish', () => fs.appendFileSync(log, `"${req.method} ${req.url}" ${res.statusCode}\n`));
}

const server = http.createServer(answer);
server.maxRequestsPerSocket = 50;
server.listen(0, '127.0.0.1', () => console.log('port', server.address().port));
END

# port_of FILE: the number behind the word "port".
port_of() {
    wait_for grep -qs 'port [0-9]' "$1" || fail "nothing listens: $(cat "$1" "${1%.out}.err")"
    sed -n 's/.*port \([0-9]*\).*/\1/p;q' "$1"
}

start_node() {
    node "$TMP/server.js" "$TMP/www" "$TMP/node.access" >"$TMP/node.out" 2>"$TMP/node.err" &
    STARTED="$STARTED $!"
    PORT=$(port_of "$TMP/node.out")
}

# start_python VERSION: its log is what it says on stderr.
start_python() {
    python3 -u -m http.server --bind 127.0.0.1 --directory "$TMP/www" --protocol "HTTP/$1" 0 \
        >"$TMP/python$1.out" 2>"$TMP/python$1.access" &
    STARTED="$STARTED $!"
    PORT=$(port_of "$TMP/python$1.out")
}

# check WHAT REPORT REQUESTS CODES BYTES REDIRECTED: nothing else than that happened. -1 requests is
# any number, each of them CODES and BYTES long. Prints how many there were.
cat >"$TMP/check.py" <<'END'
import json, sys
what, path, requests, codes, size, redirected = sys.argv[1:]
r = json.load(open(path))
n = r['requests']
if requests == '-1':
    codes, size = {codes: n}, int(size) * n
    assert n > 20, (what, n)
else:
    codes, size = json.loads(codes), int(size)
    assert n == r['intended'] == int(requests), (what, n, r['intended'])
def same(key, got, expected):
    assert got == expected, f'{what}: {key}: {got}, expected {expected}; {r["errors"]} {r["remarks"]}'
same('balance', r['intended'], n + r['not_started'])
same('answered', (r['answered'], r['timed_out'], r['failed']), (n, 0, 0))
same('codes', r['status_codes'], codes)
same('bytes', r['bytes_in']['total'], size)
same('redirected', r['redirected'], int(redirected))
same('spans', r['latencies']['total'], sum(r[k]['total'] for k in
                                           ('service', 'connect', 'connection_wait', 'lag')))
same('rows', sum(t['requests'] for t in r['targets']), n if r['targets'] else 0)
same('slow', [t for t in r['targets'] if t['name'] == 'GET /slow' and t['service']['min'] < 99e6], [])
print(n)
END
check() {
    python3 "$TMP/check.py" "$@" || fail "$1: $(cat "$2")"
}

# is_served FILE N: does the server's log have that many requests, besides those for /-up?
is_served() {
    [ "$(grep -c '"[A-Z]* /[a-z][^"]*" [0-9]' "$1")" -eq "$2" ]
}

length_of() {
    curl -sS "$@" | wc -c
}

# post_refused URL: posts a body that the server does not read, until curl reads the answer, into $TMP/refused:
# it gives up if the server closes while it sends. Sets $posts, how many the server has seen.
post_refused() {
    posts=1
    until curl -sS --data-binary "@$TMP/body" -o "$TMP/refused" "$1"; do
        [ "$posts" -lt 50 ] || fail "curl got no answer to $posts posts to $1"
        posts=$((posts + 1))
    done
}

# attack NAME LOG REFUSAL [PATH...]: the host is $PORT's. REFUSAL is what it answers to a POST of 4 MB,
# which it does not read; further paths are answered with 200.
attack() {
    name=$1
    log=$2
    refusal=$3
    shift 3
    host=http://127.0.0.1:$PORT
    missing=$(length_of "$host/missing")
    post_refused "$host/small"
    each=$((15 + 1048576 + 15 + missing + $(wc -c <"$TMP/refused")))
    {
        printf '%s\n\n' "GET $host/small" "GET $host/large" "HEAD $host/large" "GET $host/$old"
        printf '%s\n\n' "GET $host/missing" "HEAD $host/missing"
        printf '%s\n' "GET $host/$same" "If-Modified-Since: $MODIFIED" ''
        printf '%s\n' "POST $host/small" "@$TMP/body"
        for path; do
            printf '\n%s\n' "GET $host/$path"
        done
    } >"$TMP/targets"
    for path; do
        each=$((each + $(length_of "$host/$path")))
    done
    ok=$((40 + 10 * $#))
    before=$((1 + posts + $#)) # what curl has asked for
    if [ "$old" = dir ]; then
        each=$((each - 15 + $(length_of "$host/dir/")))
        before=$((before + 1))
    fi
    for keepalive in true false; do
        count=$((80 + 10 * $#))
        "$loadgen" attack -targets "$TMP/targets" -rate $count -duration 1s -keepalive=$keepalive \
            -report json >"$TMP/json"
        check "$name, keep-alive $keepalive" "$TMP/json" $count \
            "{\"200\": $ok, \"304\": 10, \"404\": 20, \"$refusal\": 10}" $((10 * each)) 10 >"$TMP/n"
        served=$((before + count + 10))
        wait_for is_served "$log" $served ||
            fail "$name says that it served $(wc -l <"$log"), not $served: $(cat "$TMP/json")"
        before=$served
    done
    "$loadgen" attack -rate 0 -max-workers 4 -duration 300ms -report json "$host/small" >"$TMP/json"
    check "$name, closed loop" "$TMP/json" -1 200 15 0 >"$TMP/n"
    before=$((before + $(cat "$TMP/n")))
    wait_for is_served "$log" $before ||
        fail "$name says that it served $(wc -l <"$log"), not $before: $(cat "$TMP/json")"
}

old=old
same=small
start_nginx "$TMP/nginx" <<END
access_log $TMP/nginx.access;
keepalive_requests 50;
root $TMP/www;
server {
    listen 127.0.0.1:@PORT@;
    location = /old { return 302 /small; }
    location = /brief { keepalive_timeout 1ms; try_files /small =404; }
}
END
attack nginx "$TMP/nginx.access" 413
# Connections that the server closes just when the next request is due; some are sent again.
"$loadgen" attack -rate 1000 -duration 1s -report json "http://127.0.0.1:$PORT/brief" >"$TMP/json"
check "nginx, brief connections" "$TMP/json" 1000 '{"200": 1000}' 15000 0 >"$TMP/n"

start_on_free_port apache
attack apache "$TMP/apache.access" 413

same=same
start_node
attack node "$TMP/node.access" 405 chunked slow hints

# It has no redirect but the one to a folder.
old=dir
same=small
for version in 1.0 1.1; do
    start_python $version
    attack "python, HTTP/$version" "$TMP/python$version.access" 501
done
