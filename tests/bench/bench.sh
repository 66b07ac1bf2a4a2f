#!/bin/sh
# bench.sh - what a request costs loadgen, beside the cheapest client there is and beside wrk.
#
#     BIN=build/release/bin tests/bench/bench.sh [-h]          (`make bench` builds first)
#
# 1. Closed loop: bare_server on core 0, the client on core 1, 64 connections, five rounds of every
#    tool in turn. CPU is that of the client's whole process (getrusage), requests are each tool's own
#    count. The bounds are on the median of the rounds' ratios, so that a machine that changes its
#    speed between rounds does not move them. "results" is loadgen with each result written to tmpfs.
#        loadgen/bare <= 1.15     loadgen/wrk    <= 0.90     results/wrk   <= 1.00
#        loadgen/hey  <= 0.40     loadgen/h2load <= 0.80     loadgen/siege <= 0.40
# 2. Open loop: 20,000/s started whole and within 0.1 % of the rate, lag p50 <= 50 us and
#    p99 <= 1 ms; 1,000/s ("slow") with lag p50 <= 40 us.
# 3. Memory: an attack at full speed for LONG_SECONDS stays under 32 MiB, and is no larger than one of
#    a sixth of that; 10,000 connections, all used, under 64 MiB.
# 4. https: nginx with TLS on core 0 ("secure"). https/wrk-tls <= 1.00 and https/hey-tls <= 1.15 with 64
#    connections; h2/h2load-h2 <= 1.50 on two connections with 32 streams each.
#
# "others" is the CPU, in percent of one core, that neither the client nor the server used: a run
# where it is high says little. A peer that hangs or crashes is "not measured" and left out of the
# rounds that follow; so is the whole of 4. when nginx does not start.
#
# Environment: PARTS="closed open memory secure"  ROUNDS=5  SECONDS_EACH=2  CONNECTIONS=64
#              TOOLS="bare loadgen wrk results hey h2load siege"  OPEN_RUNS=2  OPEN_RATE=20000
#              OPEN_SECONDS=8  LONG_SECONDS=30  RUN_LIMIT_S=30 (a run is killed when it takes that much
#              longer than it was told to)
# Exit status: 0 every bound held; 1 one was missed, or loadgen could not be measured; 2 usage.
# The load goes to 127.0.0.1 only, and every run is bounded in time.
set -eu
PATH=$PATH:/usr/sbin
. "$(dirname "$0")/opening.sh"

ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-2}
CONNECTIONS=${CONNECTIONS:-64}
PARTS=${PARTS:-closed open memory secure}
TOOLS=${TOOLS:-bare loadgen wrk results hey h2load siege}
OPEN_RUNS=${OPEN_RUNS:-2}
OPEN_RATE=${OPEN_RATE:-20000}
OPEN_SECONDS=${OPEN_SECONDS:-8}
LONG_SECONDS=${LONG_SECONDS:-30}

check_parts "" "$@"
need_tools taskset:util-linux python3:python3 wrk:wrk hey:hey h2load:nghttp2-client siege:siege nginx:nginx openssl:openssl
need_built bare_server bare_client
need_two_cores

work=$(mktemp -d)
tmpfs=$(mktemp -p /dev/shm)
server=
nginx=
clean_up() {
    for pid in $server $nginx; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$work" "$tmpfs"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# measure TOOL SECONDS COMMAND...: one run of a client on core 1: a line of JSON in $work/results, and
# one for the reader. A tool that failed once is not tried again.
measure() {
    tool=$1
    shift
    ! grep -qsF "{\"tool\": \"$tool\", \"not_measured\"" "$work/results" || return 0
    seconds=$1
    shift
    python3 "$here/bench.py" run "$tool" "$server" "$seconds" taskset -c 1 "$@" >>"$work/results"
    tail -n 1 "$work/results" | python3 "$here/bench.py" show
}

# full_speed TOOL CONNECTIONS SECONDS [flags]: loadgen in a closed loop.
full_speed() {
    tool=$1 connections=$2 seconds=$3
    shift 3
    measure "$tool" "$seconds" "$BIN/loadgen" attack -rate 0 -max-workers "$connections" \
        -duration "${seconds}s" -report json "$@" "$url"
}

closed() {
    case $1 in
    bare) measure bare "$SECONDS_EACH" "$BIN/bare_client" "127.0.0.1:$port" "$CONNECTIONS" "$SECONDS_EACH" ;;
    loadgen) full_speed loadgen "$CONNECTIONS" "$SECONDS_EACH" -encoding none ;;
    results)
        full_speed results "$CONNECTIONS" "$SECONDS_EACH" -output "$tmpfs"
        : >"$tmpfs"
        ;;
    wrk) measure wrk "$SECONDS_EACH" wrk -t1 "-c$CONNECTIONS" "-d${SECONDS_EACH}s" "$url" ;;
    hey) measure hey "$SECONDS_EACH" hey -z "${SECONDS_EACH}s" -c "$CONNECTIONS" "$url" ;;
    h2load) measure h2load "$SECONDS_EACH" h2load --h1 -t 1 -c "$CONNECTIONS" -D "$SECONDS_EACH" "$url" ;;
    siege)
        measure siege "$SECONDS_EACH" siege -R "$work/siege.conf" -q -b -c "$CONNECTIONS" \
            -t "${SECONDS_EACH}S" "$url"
        ;;
    *) die "no tool \"$1\"; -h lists them" 2 ;;
    esac
}

python3 "$here/bench.py" machine

taskset -c 0 "$BIN/bare_server" 0 >"$work/ready" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$work/ready" ] && break
    sleep 0.1
done
port=$(sed -n 's/^bare_server: ready on 127.0.0.1:\([0-9]*\)$/\1/p' "$work/ready")
[ -n "$port" ] || die "bare_server is not ready after a second"
url=http://127.0.0.1:$port/health

cat >"$work/siege.conf" <<EOF
connection = keep-alive
limit = 255
logging = false
json_output = true
EOF
export HOME="$work" # siege writes there

closed_part() {
    echo "closed loop: $CONNECTIONS connections, $ROUNDS rounds of $SECONDS_EACH s each"
    round=0
    while [ "$round" -lt "$ROUNDS" ]; do
        for tool in $TOOLS; do
            closed "$tool"
        done
        round=$((round + 1))
    done
}

# open TOOL RATE: an open loop.
open() {
    measure "$1" "$OPEN_SECONDS" "$BIN/loadgen" attack -rate "$2" -duration "${OPEN_SECONDS}s" -encoding none \
        -report json "$url"
}

open_part() {
    echo "open loop: $OPEN_RATE/s and 1000/s for $OPEN_SECONDS s, $OPEN_RUNS runs"
    run=0
    while [ "$run" -lt "$OPEN_RUNS" ]; do
        open open "$OPEN_RATE"
        open slow 1000
        run=$((run + 1))
    done
}

memory_part() {
    echo "memory: at full speed, and with 10,000 connections"
    full_speed short "$CONNECTIONS" $((LONG_SECONDS / 6)) -encoding none
    full_speed long "$CONNECTIONS" "$LONG_SECONDS" -encoding none
    full_speed many 10000 "$SECONDS_EACH" -encoding none
}

# not_measured REASON TOOL...: says so, as if each tool had been tried
not_measured() {
    reason=$1
    shift
    for tool; do
        echo "{\"tool\": \"$tool\", \"not_measured\": \"$reason\"}" >>"$work/results"
        tail -n 1 "$work/results" | python3 "$here/bench.py" show
    done
}

# False if it does not start.
start_nginx() {
    chmod 755 "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
        -days 2 -subj /CN=bench -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    cat >"$work/http" <<EOF
keepalive_requests 100000000;
http2_max_concurrent_streams 32;
server {
    listen 127.0.0.1:@secure@ ssl http2;
    ssl_certificate $work/cert.pem;
    ssl_certificate_key $work/key.pem;
    location / { return 200 "0123456789abcde"; }
}
EOF
    taskset -c 0 python3 "$here/../support/nginx.py" "$work" <"$work/http" &
    nginx=$!
    tries=0
    until [ -s "$work/nginx.pid" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || return 1
        sleep 0.1
    done
    # shellcheck source=/dev/null
    . "$work/ports"
    # shellcheck disable=SC2154 # set there
    url=https://127.0.0.1:$secure/health
}

secure_part() {
    echo "https: $CONNECTIONS connections, and HTTP/2 on two with 32 streams each; $ROUNDS rounds"
    bare=$server bare_url=$url
    if ! start_nginx; then
        cat "$work/nginx.log" || true
        not_measured "nginx does not start" https wrk-tls hey-tls h2 h2load-h2
        return
    fi
    server=$nginx
    round=0
    while [ "$round" -lt "$ROUNDS" ]; do
        full_speed https "$CONNECTIONS" "$SECONDS_EACH" -encoding none -insecure -http2=false
        measure wrk-tls "$SECONDS_EACH" wrk -t1 "-c$CONNECTIONS" "-d${SECONDS_EACH}s" "$url"
        measure hey-tls "$SECONDS_EACH" hey -z "${SECONDS_EACH}s" -c "$CONNECTIONS" "$url"
        full_speed h2 64 "$SECONDS_EACH" -encoding none -insecure
        measure h2load-h2 "$SECONDS_EACH" h2load -t 1 -c 2 -m 32 -D "$SECONDS_EACH" "$url"
        round=$((round + 1))
    done
    server=$bare url=$bare_url
}

for part in $PARTS; do
    echo
    python3 "$here/bench.py" head
    case $part in
    closed | open | memory | secure) "${part}_part" ;;
    *) die "no part \"$part\"; there are closed, open, memory and secure" 2 ;;
    esac
done

echo
python3 "$here/bench.py" judge <"$work/results"
