#!/bin/sh
# https, HTTP/2 and proxies with the servers that people run: nginx with certificates that are made
# here, one good and each of the others bad in its own way; nghttpx and nginx for HTTP/2; tinyproxy.
#
# Not under tsan: its threads are those of the suite driver, which goes over TLS and a proxy too.
# shellcheck disable=SC2154 # start_nginx sets the ports
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
chmod 755 "$TMP" # servers that give up root have to read this
cd "$TMP"
unset HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy

# Certificates. make_cert NAME ISSUER SUBJECT_ALT_NAMES FROM UNTIL
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" -days 30 \
        -subj "/CN=$2" 2>/dev/null
    : >"$1.index"
    cat >"$1.conf" <<END
[ca]
default_ca = it
[it]
database = $TMP/$1.index
new_certs_dir = $TMP
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
END
}

make_cert() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" \
        -addext "subjectAltName=$3" 2>/dev/null
    openssl ca -batch -notext -config "$2.conf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" \
        -out "$1.pem" -startdate "$4" -enddate "$5" 2>ca.err || fail "openssl ca: $(cat ca.err)"
}

soon=20991231235959Z
make_ca ca "Headroom's test"
make_ca other "Nobody you know"
make_cert good ca DNS:localhost,IP:127.0.0.1,IP:0.0.0.0 20200101000000Z $soon
make_cert expired ca DNS:localhost,IP:127.0.0.1 20200101000000Z 20240131000000Z
make_cert early ca DNS:localhost,IP:127.0.0.1 20910131000000Z $soon
make_cert named ca DNS:a.example,DNS:*.b.example,IP:10.1.2.3 20200101000000Z $soon
make_cert unknown other DNS:localhost,IP:127.0.0.1 20200101000000Z $soon
make_cert client ca DNS:client 20200101000000Z $soon

# Servers: one nginx on all ports.
server() {
    echo "server { listen 127.0.0.1:@$1@ $2; ssl_certificate $TMP/$3.pem; ssl_certificate_key $TMP/$3.key;
        $4
        location / { return 200 \"0123456789abcde\"; }
        location = /echo { proxy_pass http://127.0.0.1:@plain@/length; }
        location = /to-http { return 302 http://localhost:@plain@/; }
        location = /to-https { return 307 https://localhost:@good@/; }
        location = /ping { return 302 http://localhost:@plain@/pong; }
        location = /pong { return 302 https://localhost:@good@/ping; }
        location = /missing { return 404 gone; }
        location = /reused { return 200 \$ssl_session_reused; } }"
}
start_nginx "$TMP/nginx" <<END
log_format short '\$request_method \$scheme \$server_protocol \$ssl_session_reused \$ssl_client_verify \$uri \$content_length';
access_log $TMP/access short;
log_format for_proxy '\$http_x_for';
access_log $TMP/for-proxy for_proxy if=\$http_x_for;
keepalive_requests 100000;
client_max_body_size 10m;
$(server good "ssl http2" good "")
$(server expired ssl expired "")
$(server early ssl early "")
$(server named ssl named "")
$(server unknown ssl unknown "")
$(server client ssl good "ssl_client_certificate $TMP/ca.pem; ssl_verify_client on;")
$(server tickets ssl good "ssl_session_tickets on; ssl_session_cache none; ssl_protocols TLSv1.2 TLSv1.3;")
$(server h2c http2 good "")
$(server plain "" good "")
END

# attack FLAGS...: 20 requests in 200 ms, on one thread; the report is in r.json. Of the last ones a
# busy machine may not start all: N is how many there were.
attack() {
    "$loadgen" attack -cpus 1 -rate 100 -duration 200ms -report json "$@" >r.json
    N=$(json r.json "r['requests']")
    [ "$N" -ge 10 ] || fail "only $N of 20 requests were started: $(cat r.json)"
}

# all_ok WHAT [BYTES]
all_ok() {
    expect_eq "$1" "$(json r.json "r['status_codes'], r['answered'], r['bytes_in']['total'], r['errors']")" \
        "({'200': $N}, $N, $((N * ${2:-15})), [])"
}

# all_failed WHAT KIND TEXT: each of them, with this one text.
all_failed() {
    expect_eq "$1" "$(json r.json "r['failed'], len(r['errors'])")" "($N, 1)"
    expect_has "$1" "$(json r.json "r['errors'][0]")" "$2"
}

# protocols: what nginx saw since the last time
protocols() {
    awk '{ print $3 }' access | sort | uniq -c | awk '{ printf "%s%s %s", sep, $2, $1; sep = "; " }'
    : >access
}

# Whom https trusts.
: >access
attack -root-certs ca.pem "https://localhost:$good/"
all_ok "a good certificate"
expect_eq "protocol" "$(protocols)" "HTTP/2.0 $N"
attack -root-certs other.pem,ca.pem -http2=false "https://127.0.0.1:$good/"
all_ok "a good certificate for an address"
expect_eq "protocol" "$(protocols)" "HTTP/1.1 $N"
SSL_CERT_FILE=$TMP/ca.pem attack "https://localhost:$good/"
all_ok "the system's certificates"
attack -root-certs ca.pem "https://localhost:$expired/"
all_failed expired "x509: certificate has expired: it was valid until 2024-01-31T00:00:00Z"
expect_eq "kind" "$(json r.json "r['errors_by_kind']['tls']['count']")" "$N"
attack -root-certs ca.pem "https://localhost:$early/"
all_failed early "x509: certificate is not yet valid: valid from 2091-01-31T00:00:00Z"
attack -root-certs ca.pem "https://localhost:$named/"
all_failed named "x509: certificate is valid for a.example, *.b.example, 10.1.2.3, not localhost"
attack -root-certs ca.pem -connect-to "x.b.example:$named:127.0.0.1:$named" "https://x.b.example:$named/"
all_ok "a name with a star"
attack -root-certs ca.pem "https://localhost:$unknown/"
all_failed unknown 'x509: certificate signed by unknown authority: the issuer is "Nobody you know"'
attack "https://localhost:$good/"
all_failed "no roots" "x509: certificate signed by unknown authority"
for port in $expired $early $named $unknown; do
    attack -insecure "https://localhost:$port/"
    all_ok "-insecure"
done

# A client certificate: nginx answers 400 without one, others end the handshake.
attack -root-certs ca.pem "https://localhost:$client/"
expect_eq "no client certificate" "$(json r.json "r['status_codes']")" "{'400': $N}"
attack -root-certs ca.pem -cert client.pem -key client.key "https://localhost:$client/"
all_ok "client certificate"
cat client.pem client.key >both.pem
attack -root-certs ca.pem -cert both.pem "https://localhost:$client/"
all_ok "certificate and key in one file"
strict() {
    exec openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert good.pem -key good.key -CAfile ca.pem \
        -Verify 1 -verify_return_error -www
}
start_on_free_port strict
attack -root-certs ca.pem -keepalive=false "https://localhost:$PORT/"
all_failed "certificate required" "certificate required"
refused 2 "-key: the certificate in -cert does not match the key in other.key" \
    attack -cert client.pem -key other.key "https://localhost:$good/"
refused 2 "-cert: no private key could be read from client.pem; set -key to the file of the key" \
    attack -cert client.pem "https://localhost:$good/"
refused 2 "-root-certs: no certificates could be read from client.key" \
    attack -root-certs client.key "https://localhost:$good/"

# No TLS there, and nobody there.
attack -root-certs ca.pem "https://localhost:$plain/"
all_failed "no TLS" "tls: wrong version number (does the server use TLS on this port?)"
attack "https://127.0.0.1:1/"
all_failed "nobody" "dial tcp 127.0.0.1:1: connect: connection refused"

# HTTP/2 without TLS; statuses; bodies of all sizes, sent as they are.
: >access
attack -h2c "http://localhost:$h2c/"
all_ok h2c
expect_eq "protocol" "$(protocols)" "HTTP/2.0 $N"
attack -h2c -keepalive=false "http://localhost:$h2c/"
all_ok "h2c without keep-alive"
attack -root-certs ca.pem "https://localhost:$good/missing"
expect_eq "404" "$(json r.json "r['status_codes'], r['errors']")" "({'404': $N}, ['404 Not Found'])"
for size in 0 5 100000 3000000; do
    head -c $size /dev/zero >body
    for how in "" "-chunked" "-http2=false" "-http2=false -chunked"; do
        : >access
        # shellcheck disable=SC2086
        printf 'POST https://localhost:%s/echo\n@body\n' "$good" |
            "$loadgen" attack -cpus 1 -rate 10 -duration 200ms -report json -root-certs ca.pem $how >r.json
        N=$(json r.json "r['requests']")
        expect_eq "POST of $size, $how" "$(json r.json "r['status_codes'], r['bytes_out']['total']")" \
            "({'200': $N}, $((N * size)))"
        [ "$size" -eq 0 ] && continue
        # What nginx passed on has the length of what it got.
        expect_eq "sizes, $how" "$(grep -c " /length $size\$" access)" "$N"
    done
done

# nghttpx: another HTTP/2, and HTTP/1.1 behind it.
nghttpx_behind() {
    exec nghttpx --frontend="127.0.0.1,$PORT" --backend="127.0.0.1,$plain" --workers=1 --no-ocsp good.key good.pem
}
start_on_free_port nghttpx_behind
wait_for curl -sS -k -o up "https://127.0.0.1:$PORT/" || fail "nghttpx: $(cat nghttpx_behind.err)"
attack -root-certs ca.pem "https://localhost:$PORT/"
all_ok "nghttpx"
"$loadgen" attack -cpus 1 -rate 0 -max-workers 32 -max-connections 1 -duration 500ms -root-certs ca.pem \
    -report json "https://localhost:$PORT/" >r.json
expect_eq "32 streams on one connection" \
    "$(json r.json "r['success'], r['requests'] > 100, r['requests'] == r['answered']")" "(1.0, True, True)"

# Redirects from one engine to the other and back.
attack -root-certs ca.pem "https://localhost:$good/to-http"
all_ok "https to http"
expect_eq "hops" "$(json r.json "r['redirected']")" "$N"
attack -root-certs ca.pem "http://localhost:$plain/to-https"
all_ok "http to https"
expect_eq "hops" "$(json r.json "r['redirected']")" "$N"
attack -root-certs ca.pem -redirects 5 "https://localhost:$good/ping"
all_failed "round and round" "stopped after 5 redirects"
expect_eq "hops" "$(json r.json "r['redirected']")" $((5 * N))

# Sessions: resumed when they are wanted, and only then.
for flag in false true; do
    : >access
    attack -root-certs ca.pem -session-tickets=$flag -keepalive=false "https://localhost:$tickets/reused"
    resumed=$(awk '$4 == "r"' access | wc -l)
    [ $flag = false ] && expect_eq "resumed without -session-tickets" "$resumed" 0
    [ $flag = false ] || [ "$resumed" -ge 5 ] || fail "of $N connections $resumed were resumed"
done

# A proxy. Loopback addresses never go through one, but 0.0.0.0 is this machine as well.
tinyproxy_on_loopback() {
    cat >tinyproxy.conf <<END
Port $PORT
Listen 127.0.0.1
LogFile "$TMP/tinyproxy.log"
LogLevel Connect
ConnectPort $good
DisableViaHeader Yes
END
    exec tinyproxy -d -c tinyproxy.conf
}
start_on_free_port tinyproxy_on_loopback
proxy=$PORT
is_listening() {
    curl -sS -o up -x "http://127.0.0.1:$proxy" "http://0.0.0.0:$plain/"
}
wait_for is_listening || fail "tinyproxy: $(cat tinyproxy.log)"
proxied() {
    grep -c "$1" tinyproxy.log || true
}
before=$(proxied "GET http://0.0.0.0:$plain")
HTTP_PROXY=http://127.0.0.1:$proxy attack "http://0.0.0.0:$plain/"
all_ok "http through a proxy"
[ "$(proxied "GET http://0.0.0.0:$plain")" -gt "$before" ] || fail "nothing went through the proxy"
echo body >head-body
printf 'HEAD http://0.0.0.0:%s/\n@head-body\n' "$plain" >head-target
HTTP_PROXY=http://127.0.0.1:$proxy attack -targets head-target -timeout 1s
expect_eq "HEAD with a body through a proxy" "$(json r.json "r['status_codes']")" "{'200': $N}"
HTTPS_PROXY=127.0.0.1:$proxy attack -root-certs ca.pem -proxy-header "X-For: proxy" "https://0.0.0.0:$good/"
all_ok "https through a proxy"
[ "$(proxied "CONNECT 0.0.0.0:$good")" -gt 0 ] || fail "nothing was tunnelled"
expect_eq "the target does not see the proxy's header" "$(cat for-proxy)" ""
# tinyproxy does not log headers: this proxy does, and refuses.
python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print(server.getsockname()[1], flush=True)
while True:
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as head, open("told", "ab") as told:
        for line in iter(head.readline, b"\r\n"):
            if not line:
                break
            told.write(line)
        connection.sendall(b"HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n")' >teller.port &
STARTED="$STARTED $!"
wait_for test -s teller.port || fail "the proxy that logs headers did not start"
teller=$(cat teller.port)
: >told
HTTPS_PROXY=u:p@127.0.0.1:$teller attack -insecure -header "X-Of: target" -proxy-header "X-For: proxy" \
    -proxy-header "User-Agent: me" "https://x.test:$good/"
all_failed "a proxy that asks who it is" "proxyconnect: CONNECT tunnel failed, response 407"
expect_eq "what a proxy sees" "$(tr -d '\r' <told | sort -u | tr '\n' ';')" \
    "CONNECT x.test:$good HTTP/1.1;Host: x.test:$good;Proxy-Authorization: Basic dTpw;Proxy-Connection: Keep-Alive;User-Agent: me;X-For: proxy;"
HTTPS_PROXY=127.0.0.1:$proxy attack -insecure "https://0.0.0.0:$expired/"
all_failed "a proxy that refuses" "proxyconnect: CONNECT tunnel failed, response 403"
before=$(proxied "GET http://0.0.0.0:$plain")
HTTP_PROXY=http://127.0.0.1:$proxy NO_PROXY=0.0.0.0 attack "http://0.0.0.0:$plain/"
all_ok "NO_PROXY"
# As Go reads it, .x.test is not x.test; libcurl thinks otherwise. nginx answers as a proxy would.
HTTP_PROXY=http://127.0.0.1:$plain NO_PROXY=.x.test attack "http://x.test/"
all_ok "NO_PROXY with a dot in front"
HTTP_PROXY=http://127.0.0.1:$proxy attack "http://localhost:$plain/"
all_ok "localhost"
expect_eq "not through the proxy" "$(proxied "GET http://0.0.0.0:$plain")" "$before"
HTTP_PROXY=ftp://x refused 2 "environment variable HTTP_PROXY is not a valid proxy URL" attack "http://0.0.0.0:$plain/"
HTTP_PROXY=ftp://x HTTPS_PROXY=ftp://x attack "http://localhost:$plain/"
all_ok "proxies that nobody needs are not judged"

# A thousand connections in a run: descriptors and memory do not grow with them.
seq -f "GET https://localhost:$good/%.0f" 1000 >thousand
"$loadgen" attack -cpus 1 -lazy -rate 0 -max-workers 8 -targets thousand -keepalive=false -root-certs ca.pem \
    -encoding none -report json >many.json &
pid=$!
peak=0
while kill -0 $pid 2>/dev/null; do
    now=$(find "/proc/$pid/fd" -type l 2>/dev/null | wc -l)
    [ "$now" -le "$peak" ] || peak=$now
    sleep 0.1
done
wait $pid
[ "$peak" -lt 64 ] || fail "a thousand connections, 8 at a time, took $peak descriptors"
expect_eq "a thousand connections" "$(json many.json "r['requests'], r['answered']")" "(1000, 1000)"
memory_of() {
    "$loadgen" attack -cpus 1 -rate 0 -max-workers 4 -duration "$1" -keepalive=false \
        -root-certs ca.pem -report json "https://localhost:$good/" >many.json
    json many.json "r['generator']['memory'] // 1024"
}
brief=$(memory_of 300ms)
long=$(memory_of 3s)
echo "a thousand connections of their own: $peak descriptors at most, $brief kB after 0.3 s, $long kB after 3 s"
case $BIN in
*asan* | *tsan*) ;; # they keep what was freed
*) [ "$long" -lt $((brief + 2048)) ] || fail "memory grows with connections: $brief kB, $long kB" ;;
esac
