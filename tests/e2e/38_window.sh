#!/bin/sh
# Allocations and locks of a run's threads in the measured window (tests/faults/count.c) are bounded, however many
# targets fail with different errors.
set -eu
. "$(dirname "$0")/lib.sh"
# Sanitizers take the place of the same functions.
case "$(basename "$(dirname "$BIN")")" in asan | tsan) exit 0 ;; esac
cd "$TMP"

# Answers each request with a status line that has the last part of its path in it.
cat >reasons.py <<'PY'
import asyncio

async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            word = head.split(b' ', 2)[1].rsplit(b'/', 1)[1]
            writer.write(b'HTTP/1.1 500 Reason ' + word + b'\r\nContent-Length: 0\r\n\r\n')
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
PY
python3 reasons.py >port &
STARTED="$STARTED $!"
wait_for test -s port || fail "the server of reasons did not start"
start_target_api

# window NAME TARGETS URL TEXTS MOST: attacks URL/1 to URL/TARGETS, each several times; their errors
# have so many texts, and there are MOST allocations and MOST locks at most
window() {
    seq -f "GET $3/%.0f" "$2" >targets
    LD_PRELOAD=$BIN/count.so COUNT_REPORT=count "$BIN/loadgen" attack -rate 0 -max-workers 16 -duration 3s \
        -targets targets -encoding none -report json >report
    expect_eq "$1: each target several times" "$(json report "r['requests'] > 2 * $2")" True
    expect_eq "$1: every request is an error, and counted" \
        "$(json report "r['success'], sum(k['count'] for k in r['errors_by_kind'].values()) == r['requests']")" "(0.0, True)"
    expect_eq "$1: texts" "$(json report "len(r['errors'])")" "$4"
    read -r allocations locks turns <count
    echo "$1: $(json report "r['requests']") requests, $allocations allocations, $locks locks, $turns turns"
    [ "$turns" -gt 100 ] || fail "$1: $turns turns of the loop were seen"
    if [ "$allocations" -gt "$5" ] || [ "$locks" -gt "$5" ]; then
        fail "$1: $allocations allocations and $locks locks in the window, $5 at most"
    fi
}

threads=$(nproc)
window "not found" 10000 "http://$API/nothing" 1 $((200 * threads))
window "refused" 5000 "http://127.0.0.1:1" 257 $((1200 * threads))
window "reasons" 1000 "http://127.0.0.1:$(cat port)" 257 $((1200 * threads))
