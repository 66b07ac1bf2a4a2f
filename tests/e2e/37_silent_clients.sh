#!/bin/sh
# Ports for metrics and probes (-prometheus-addr, -probe-addr), with 300 clients that send nothing, half a request
# or single bytes, or read no answer: other clients are answered within 1 s.
#
# Long: it waits for time-outs of 300 clients.
# Not under tsan: a port is served by one thread, which 26_prometheus asks during an attack.
set -eu
. "$(dirname "$0")/lib.sh"
cd "$TMP"

cat >crowd.py <<'PY'
import os, resource, select, socket, sys, threading, time

CROWD, REQUEST = 300, b'GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n'
LIMIT_S = 15.0 if os.environ.get('SANITIZER') else 1.0
(host, port), pid = sys.argv[1].rsplit(':', 1), sys.argv[2]
where = host, int(port)
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))

def connect(source):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.bind((source, 0))
    client.settimeout(LIMIT_S)
    client.connect(where)
    return client

def send(client, data):
    try:
        client.sendall(data)
    except OSError:
        pass  # it was pushed out

def read_answer(client):
    """The bytes of one answer, head and body"""
    data, length = b'', None
    while length is None or len(data) < length:
        more = client.recv(65536)
        assert more, f'closed after {len(data)} bytes'
        data += more
        if length is None and b'\r\n\r\n' in data:
            head, _, _ = data.partition(b'\r\n\r\n')
            fields = dict(line.lower().split(b': ', 1) for line in head.split(b'\r\n')[1:])
            length = len(head) + 4 + int(fields[b'content-length'])
    assert len(data) == length and data.startswith(b'HTTP/1.1 200'), data[:200]
    return data

def ask(client):
    client.sendall(REQUEST)
    return read_answer(client)

def ask_in_time(what):
    before = time.monotonic()
    client = connect('127.0.0.1')
    ask(client)
    client.close()
    took = time.monotonic() - before
    assert took < LIMIT_S, f'{what}: an answer took {took:.2f} s'
    return took

def drip(clients, is_over):
    for byte in REQUEST[:-4] + b'\r\nA: ' + b'a' * 4000:
        for client in clients:
            send(client, bytes([byte]))
        if is_over.wait(0.05):
            return

def open_files():
    return len(os.listdir(f'/proc/{pid}/fd'))

def crowd(what, first, source, is_dripping=False):
    """300 of them stay; then each that was pushed out comes again, while others ask"""
    is_over, clients = threading.Event(), []
    for i in range(CROWD):
        clients.append(connect(source(i)))
        send(clients[-1], first)
    dripping = threading.Thread(target=drip, args=(clients, is_over))
    if is_dripping:
        dripping.start()
    worst = max(ask_in_time(what) for _ in range(20))
    files = open_files()
    assert files <= files_before + 64, f'{what}: {files} open files, {files_before} before'
    until = time.monotonic() + 1.5
    returned = 0
    while time.monotonic() < until:
        ready, _, _ = select.select(clients, [], [], 0) if not first.endswith(b'\r\n\r\n') else (clients[:40], 0, 0)
        for client in ready[:40]:
            i = clients.index(client)
            client.close()
            clients[i] = connect(source(i))
            send(clients[i], first)
            returned += 1
        worst = max(worst, ask_in_time(what + ', who come again'))
    assert returned > 0, f'{what}: nobody was pushed out'
    is_over.set()
    if is_dripping:
        dripping.join()
    for client in clients:
        client.close()
    print(f'{what}: {worst * 1000:.1f} ms at most, {returned} came again, {files} open files')

def same(i):
    return '127.0.0.1'

def other(i):
    return f'127.0.0.{i % 250 + 2}'

files_before = open_files()
crowd('silent', b'', same)
crowd('silent, of many addresses', b'', other)
crowd('half a line', b'GET /rea', same)
crowd('half a head', b'GET /readyz HTTP/1.1\r\nHost: a\r\n', same)
crowd('half a body', b'POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n' + b'a' * 10, same)
crowd('a byte now and then', b'', same, is_dripping=True)
crowd('who read no answer', REQUEST * 1000, same)

# The connection idle longest is evicted, not the oldest. The request behind ten new connections is
# answered after they have been accepted: none of them waits to be newer than the next request.
regular, silent = connect('127.0.0.1'), []
for _ in range(60):
    ask(regular)
    silent += [connect('127.0.0.1') for _ in range(10)]
    ask_in_time('a regular client')
ask(regular)
regular.close()

# Half of the connections at once, each with its request: all have an answer. More of them may be
# evicted while they are answered (connection_lru.h).
clients = [connect('127.0.0.1') for _ in range(16)]
for client in clients:
    client.sendall(REQUEST)
for client in clients:
    read_answer(client)
ask_in_time('after it')
PY

start_target_api
# Targets with rows of their own: the page is larger than what a socket takes.
for i in $(seq 90); do printf '# @name target-%s\nGET http://%s/health\n\n' "$i" "$API"; done >targets
"$BIN/loadgen" attack -rate 200 -max-connections 8 -duration 100s -targets targets -encoding none -prometheus-addr 127.0.0.1:0 \
    >/dev/null 2>err &
attack=$!
STARTED="$STARTED $attack"
wait_for grep -qs '^loadgen: metrics at ' err || fail "no metrics: $(cat err)"
at=$(sed -n 's|^loadgen: metrics at http://\(.*\)/metrics|\1|p' err)
timeout 100 python3 crowd.py "$at" "$attack" || fail "-prometheus-addr"
kill -INT "$attack"
wait "$attack" || fail "the attack ended with status $?"

"$BIN/loadgen" idle -probe-addr 127.0.0.1:0 2>idle.err &
idle=$!
STARTED="$STARTED $idle"
wait_for grep -qs '^loadgen: idle' idle.err || fail "idle did not start: $(cat idle.err)"
at=$(sed -n 's|^loadgen: probes at http://\(.*\)/readyz$|\1|p' idle.err)
timeout 100 python3 crowd.py "$at" "$idle" || fail "-probe-addr"
kill -TERM "$idle"
wait "$idle" || fail "idle ended with status $?"
