#!/bin/sh
# bench.sh - what a request costs loadgen, beside the cheapest client there is and beside wrk.
#
#     BIN=build/release/bin tests/bench/bench.sh [-h]          (`make bench` builds first)
#
# 1. Closed loop: bare_server on core 0, the client on core 1, 64 connections, five rounds of
#    bare_client, loadgen and wrk in turn. CPU is that of the client's whole process (getrusage),
#    requests are each tool's own count. The bounds are on the median of the rounds' ratios, so
#    that a machine that changes its speed between rounds does not move them.
#        loadgen/bare <= 1.15        loadgen/wrk <= 0.90        (CPU per request)
# 2. Open loop: 20,000 requests/s for 10 s, three runs: each started everything that was intended,
#    and the medians of its lag are p50 <= 50 us and p99 <= 1 ms.
#
# "others" is the CPU, in percent of one core, that neither the client nor the server used: a run
# where it is high says little.
#
# Environment: ROUNDS=5  SECONDS_EACH=4  CONNECTIONS=64  TOOLS="bare loadgen wrk"
#              OPEN_RUNS=3  OPEN_RATE=20000  OPEN_SECONDS=10
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage.
# The load goes to 127.0.0.1 only, and every run is bounded in time.
set -eu

here=$(dirname "$0")
BIN=${BIN:-build/release/bin}
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-4}
CONNECTIONS=${CONNECTIONS:-64}
TOOLS=${TOOLS:-bare loadgen wrk}
OPEN_RUNS=${OPEN_RUNS:-3}
OPEN_RATE=${OPEN_RATE:-20000}
OPEN_SECONDS=${OPEN_SECONDS:-10}

die() {
    echo "bench: $1" >&2
    exit "${2:-1}"
}

case ${1:-} in
-h | --help)
    sed -n '2,/^set/s/^#\( \|$\)//p' "$0"
    exit 0
    ;;
'') ;;
*) die "unknown argument \"$1\"; -h explains" 2 ;;
esac

for need in taskset:util-linux python3:python3 wrk:wrk; do
    command -v "${need%:*}" >/dev/null || die "${need%:*} is missing (Debian package ${need#*:})"
done
for program in bare_server bare_client; do
    [ -x "$BIN/$program" ] || die "$BIN/$program is missing; \`make bench\` builds it"
done
[ "$(nproc)" -ge 2 ] || die "two cores are needed: one for the server, one for the client"

work=$(mktemp -d)
server=
clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# One run of a client on core 1: a line of JSON in $work/results, and one for the reader.
measure() {
    tool=$1
    shift
    python3 "$here/bench.py" run "$tool" "$server" taskset -c 1 "$@" >>"$work/results" ||
        die "$tool failed: $*"
    tail -n 1 "$work/results" | python3 "$here/bench.py" show
}

closed() {
    case $1 in
    bare) measure bare "$BIN/bare_client" "127.0.0.1:$port" "$CONNECTIONS" "$SECONDS_EACH" ;;
    loadgen) measure loadgen "$BIN/loadgen" attack -rate 0 -max-workers "$CONNECTIONS" \
        -duration "${SECONDS_EACH}s" -encoding none -report json "$url" ;;
    wrk) measure wrk wrk -t1 "-c$CONNECTIONS" "-d${SECONDS_EACH}s" "$url" ;;
    *) die "no tool \"$1\"; there are bare, loadgen and wrk" 2 ;;
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

echo
echo "closed loop: $CONNECTIONS connections, $ROUNDS rounds of $SECONDS_EACH s each"
python3 "$here/bench.py" head
round=0
while [ "$round" -lt "$ROUNDS" ]; do
    for tool in $TOOLS; do
        closed "$tool"
    done
    round=$((round + 1))
done

case " $TOOLS " in
*' loadgen '*)
    echo
    echo "open loop: $OPEN_RATE/s for $OPEN_SECONDS s, $OPEN_RUNS runs"
    run=0
    while [ "$run" -lt "$OPEN_RUNS" ]; do
        measure open "$BIN/loadgen" attack -rate "$OPEN_RATE" -duration "${OPEN_SECONDS}s" \
            -encoding none -report json "$url"
        run=$((run + 1))
    done
    ;;
esac

echo
python3 "$here/bench.py" judge <"$work/results"
