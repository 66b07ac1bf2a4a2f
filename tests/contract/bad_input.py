#!/usr/bin/env python3
"""Sends what no client should send, from a seed, for some seconds; then target-api must be well.

    tests/contract/bad_input.py API ADMIN SECONDS [SEED]      (API and ADMIN as host:port)

Each connection gets a piece of a request that is right, damaged in one of many ways, and is read
until an answer or its end comes. Whatever comes must be an answer of HTTP or a closed connection.
"""
import random
import sys
import time

from wire import add_user, connect, expect, get, metric, wait_until

GOOD = [
    b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /users_name/0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /users/age?users_id=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    add_user(1, "user2"),
    b"POST /add_users/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /add_users/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
]
PIECES = [
    b"\x00", b"\xff" * 40, b"\r\n\r\n", b"\n", b"%00", b"%", b"%zz", b"..", b"//", b" ", b"\t", b"9" * 400, b"-", b"?", b"#", b"&" * 50,
    b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: x\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: h2c\r\n", b"Host: b\r\n", b" folded\r\n", b": \r\n", b"Cookie: " + b"a=b; " * 20 + b"\r\n", b"HTTP/9.9", b"HTTP/1.0",
    b"[" * 3000, b'{"a":' * 2000, b'"\\ud800"', b"\xed\xa0\x80", b"\xc0\x80", b"fffffffffffffffff\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"X-Long: " + b"x" * 9000 + b"\r\n", b"a: b\r\n" * 1500, b"1e400", b"NaN",
]


def damage(draw):
    data = draw.choice(GOOD)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            data = data[:at] + draw.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at]
        elif kind == 2:
            data = data[:at] + draw.randbytes(draw.randrange(1, 30)) + data[at:]
        elif kind == 3:
            data = data[:at] + data[at + draw.randrange(1, 20):]
        elif kind == 4:
            data = data * draw.randrange(2, 5)
        else:
            data += draw.choice(GOOD)
    return data[:200000]


def send(api, data, draw):
    """The first bytes that come back; b"" for a connection that is closed or silent."""
    with connect(api) as s:
        s.settimeout(0.01)
        try:
            if draw.random() < .3:
                middle = draw.randrange(len(data) + 1)
                s.sendall(data[:middle])
                data = data[middle:]
            s.sendall(data)
            return s.recv(65536)
        except OSError:
            return b""


def main():
    api, admin, end = sys.argv[1], sys.argv[2], time.monotonic() + float(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    draw = random.Random(seed)
    for _ in range(100):  # to be warm when memory is looked at first
        send(api, damage(draw), draw)
    before = metric(admin, "process_resident_memory_bytes")
    count = 0
    while time.monotonic() < end:
        data = damage(draw)
        answer = send(api, data, draw)
        if answer and not answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")):
            sys.exit(f"seed {seed}: {data[:300]!r} is answered with {answer[:300]!r}")
        count += 1
    wait_until("no connection open", lambda: metric(admin, "http_connections_open") == 0)
    expect("in flight", metric(admin, "http_requests_in_flight"), 0)
    expect("/health", get(api, "/health")[2], b'{"health":"ok"}')
    grown = metric(admin, "process_resident_memory_bytes") - before
    print(f"{count} connections, {grown / 1024:.0f} KiB more resident")
    expect("connections, enough to say something", count >= 50, True)
    if grown > 64 << 20:
        sys.exit("memory is lost")


if __name__ == "__main__":
    main()
