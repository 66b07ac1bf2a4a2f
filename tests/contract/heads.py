#!/usr/bin/env python3
"""Heads that no client should send: one answer, or a closed connection, and soon.

    tests/contract/heads.py API ADMIN              (host:port of each; both ports of target-api)
    tests/contract/heads.py --side-port ADDRESS    (a side port of loadgen)

Each case is sent in one piece, byte by byte, and behind a request that is right; what comes back is
split into answers by its lengths, so that a second head is seen.
"""
import sys
import threading
import time

from wire import connect, expect, get, metric, wait_until

HOST = b"Host: a\r\n"
END = b"\r\n"
SOON_S = 5
USER = b'{"id":0,"name":"user1","age":"24"}'
POST = b"POST /add_users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SIZE = b"Content-Length: %d\r\n" % len(USER)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(USER), USER)
COOKIES = b"; ".join(b"k%d=%s" % (i, b"v" * 40) for i in range(80))


def ask(headers=b"", line=b"GET / HTTP/1.1\r\n", host=HOST):
    return line + host + headers + END


def length(value):
    return POST + b"Content-Length: " + value + END + END + USER


# What is sent, and the status: a number, several, or None for a closed connection without an answer.
FINE = {
    "as usual": (ask(), 200),
    "80 cookies": (ask(b"Cookie: " + COOKIES + END), 200),
    "a cookie of 7,000 bytes": (ask(b"Cookie: " + b"a" * 7000 + END), 200),
    "30 headers of 250 bytes": (ask(b"".join(b"X-%d: %s\r\n" % (i, b"x" * 243) for i in range(30))), 200),
    "empty lines before": (b"\r\n\r\n" + ask(), 200),
    "LF only": (b"GET / HTTP/1.1\nHost: a\n\n", 200),
    "LF at the end only": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 200),
    "an empty Host": (ask(host=b"Host:\r\n"), 200),
    "blanks around a value": (ask(host=b"Host: \t a \t\r\n"), 200),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", 200),
    "HTTP/1.0 with a Host": (b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200),
    "absolute-form": (ask(line=b"GET http://a/ HTTP/1.1\r\n"), 200),
    "absolute-form, no path": (ask(line=b"GET HTTP://a:80 HTTP/1.1\r\n"), 200),
    "asterisk-form": (ask(line=b"OPTIONS * HTTP/1.1\r\n"), 404),
    "CONNECT": (ask(line=b"CONNECT a:443 HTTP/1.1\r\n"), 404),
    "a query of 2,000 fields": (ask(line=b"GET /?" + b"a&" * 2000 + b" HTTP/1.1\r\n"), 200),
    "a header without a value": (ask(b"X:\r\n"), 200),
    "bytes beyond ASCII": (ask(b"X: \xff\xfe\r\n"), 200),
}
BAD = {
    "no Host": (ask(host=b"", headers=b"X: y\r\n"), 400),
    "no header": (ask(host=b""), 400),
    "two Hosts": (ask(host=HOST + HOST), 400),
    "two other Hosts": (ask(host=HOST + b"hOsT: b\r\n"), 400),
    "a Host with a path": (ask(host=b"Host: a/b\r\n"), 400),
    "a Host with a blank": (ask(host=b"Host: a b\r\n"), 400),
    "a blank before the colon": (ask(b"Content-Length : 5\r\n"), 400),
    "a tab before the colon": (ask(b"X\t: 5\r\n"), 400),
    "a blank in a name": (ask(b"X Y: 5\r\n"), 400),
    "no name": (ask(b": 5\r\n"), 400),
    "no colon": (ask(b"what\r\n"), 400),
    "a continued line": (ask(b"X: a\r\n b\r\n"), 400),
    "a continued length": (ask(b"Content-Length: 5\r\n 0\r\n"), 400),
    "a continued line at first": (ask(host=b" X: a\r\n"), 400),
    "a NUL in a value": (ask(b"X: a\0b\r\n"), 400),
    "a NUL in a name": (ask(b"X\0: b\r\n"), 400),
    "a line that begins with a NUL": (ask(b"\0X: y\r\n"), 400),
    "a NUL for a line": (ask(b"\0\r\n"), 400),
    "a NUL before the rest": (ask(b"X: a\0\r\nContent-Length: 5\r\n"), 400),
    "a NUL in the path": (ask(line=b"GET /\0x HTTP/1.1\r\n"), 400),
    "a bare CR in a value": (ask(b"X: a\rb\r\n"), 400),
    "a bare CR for a line end": (ask(b"X: a\rContent-Length: 5\r\n"), 400),
    "a blank in the path": (ask(line=b"GET /a b HTTP/1.1\r\n"), 400),
    "a tab in the path": (ask(line=b"GET /\t HTTP/1.1\r\n"), 400),
    "a tab behind the method": (ask(line=b"GET\t/ HTTP/1.1\r\n"), (400, None)),
    "no version": (b"GET /\r\n", 400),
    "a bad version": (ask(line=b"GET / HTTP/1.x\r\n"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/0.9": (ask(line=b"GET / HTTP/0.9\r\n"), 505),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", (400, None)),
    "a long URI": (ask(line=b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n"), (414, 431)),
    "a long name": (ask(b"a" * 20000 + b": b\r\n"), 431),
    "many headers": (ask(b"a: b\r\n" * 3000), 431),
}
for _value in (b"-1", b"+5", b"5 5", b"5,5", b"5, 5", b"0x5", b"5x", b"x", b"", b"1e1", b"5.0", b"'5'", b"\xb2",
               b"18446744073709551616", b"99999999999999999999999", b"0" * 30 + b"x"):
    BAD[f"the length {_value.decode('latin1')!r}"] = (length(_value), 400)
BODIES = {
    "a length": (POST + SIZE + END + USER, 200),
    "a length with blanks": (length(b" %d \t" % len(USER)), 200),
    "a length with zeroes": (length(b"000%d" % len(USER)), 200),
    "twice the same length": (POST + SIZE + SIZE + END + USER, 200),
    "two lengths": (POST + SIZE + b"Content-Length: 5\r\n" + END + USER, 400),
    "two lengths, the other way": (POST + b"Content-Length: 5\r\n" + SIZE + END + USER, 400),
    "a length that nobody would read": (length(b"18446744073709551615"), 413),
    "chunks": (POST + CHUNKED + END + CHUNKS, 200),
    "chunks, and a blank": (POST + b"Transfer-Encoding: CHUNKED \r\n" + END + CHUNKS, 200),
    "a chunk's extension": (POST + CHUNKED + END + CHUNKS.replace(b"\r\n", b";a=b\r\n", 1), 200),
    "a trailer": (POST + CHUNKED + END + CHUNKS[:-2] + b"X: y\r\n\r\n", 200),
    "a length in the trailer": (POST + CHUNKED + END + CHUNKS[:-2] + b"Content-Length: 5\r\n\r\n", 200),
    "chunks and a length": (POST + CHUNKED + SIZE + END + CHUNKS, 400),
    "a length and chunks": (POST + SIZE + CHUNKED + END + CHUNKS, 400),
    "chunks twice": (POST + CHUNKED + CHUNKED + END + CHUNKS, 400),
    "chunked, chunked": (POST + b"Transfer-Encoding: chunked, chunked\r\n" + END + CHUNKS, (400, 501)),
    "gzip, chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n" + END + CHUNKS, 501),
    "identity": (POST + b"Transfer-Encoding: identity\r\n" + SIZE + END + USER, 400),
    "xchunked": (POST + b"Transfer-Encoding: xchunked\r\n" + END + CHUNKS, 501),
    "an empty coding": (POST + b"Transfer-Encoding:\r\n" + END + CHUNKS, 501),
    "chunks in HTTP/1.0": ((POST + CHUNKED + END + CHUNKS).replace(b"/1.1", b"/1.0"), 400),
    "a chunk of size -1": (POST + CHUNKED + END + b"-1\r\n", 400),
    "a chunk of size 0x1": (POST + CHUNKED + END + b"0x1\r\n{\r\n", 400),
    "a huge chunk": (POST + CHUNKED + END + b"f" * 17 + b"\r\n", (400, 413)),
    "an endless size": (POST + CHUNKED + END + b"0" * 50000, (400, 413, 500, None)),
    "an endless extension": (POST + CHUNKED + END + b"1;" + b"x" * 50000, (400, 413, 500, None)),
    "an endless trailer": (POST + CHUNKED + END + CHUNKS[:-2] + b"X: y\r\n" * 5000, 431),
    "a trailer without a colon": (POST + CHUNKED + END + CHUNKS[:-2] + b"x\r\n\r\n", 400),
    "a chunk without its end": (POST + CHUNKED + END + b"1\r\n{}\r\n", 400),
    "expect": (POST + b"Expect: 100-continue\r\n" + SIZE + END + USER, 200),
    "expect with capitals": (POST + b"expect: 100-CONTINUE\r\n" + SIZE + END + USER, 200),
    "expect something else": (POST + b"Expect: the-best\r\n" + SIZE + END + USER, 200),
    "expect, with a bad length": (POST + b"Expect: 100-continue\r\nContent-Length: -1\r\n\r\n", 400),
    "expect, with chunks and a length": (POST + b"Expect: 100-continue\r\n" + CHUNKED + SIZE + END, 400),
}


def answers(data):
    """The statuses of what came, but 100; ends with None when there is something else."""
    found = []
    while data:
        head, blank, rest = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if not head.startswith(b"HTTP/1.") or not blank:
            return [*found, None]
        size = int(fields.get(b"content-length", 0))
        if len(rest) < size:
            return [*found, None]
        data = rest[size:]
        status = int(head.split()[1])
        if status != 100:
            found.append(status)
    return found


def exchange(address, pieces):
    """All that comes until the server closes or says nothing for a moment, and whether it closed."""
    received, is_closed = b"", False
    with connect(address) as s:
        def send():
            try:
                for piece in pieces:
                    s.sendall(piece)
            except OSError:
                pass
        sender = threading.Thread(target=send)
        sender.start()
        s.settimeout(0.4)
        try:
            while piece := s.recv(1 << 16):
                received += piece
            is_closed = True
        except TimeoutError:
            pass
        except ConnectionResetError:
            is_closed = True
        sender.join()
    return received, is_closed


def check(name, address, data, expected, before=()):
    statuses = expected if isinstance(expected, tuple) else (expected,)
    start = time.monotonic()
    received, is_closed = exchange(address, data)
    if time.monotonic() - start > SOON_S:
        sys.exit(f"{name}: took {time.monotonic() - start:.1f} s")
    found = answers(received)
    allowed = [[*before, *([s] if s else [])] for s in statuses]
    if found not in allowed:
        sys.exit(f"{name}: {found}, expected one of {allowed}: {received[:400]!r}")
    if not is_closed and max(s or 999 for s in statuses) >= 400 and max(s or 999 for s in statuses) != 404:
        sys.exit(f"{name}: the connection is still open behind {found}")


def each(name, address, data, expected):
    check(name, address, [data], expected)
    check(f"{name}, behind another", address, [ask() + data], expected, before=(OTHER[address],))
    if len(data) < 1000:
        check(f"{name}, in bytes", address, [bytes([b]) for b in data], expected)


def in_threads(jobs):
    """The jobs, some at a time; the first that fails ends all."""
    failed = []
    jobs = list(jobs)

    def work():
        while jobs and not failed:
            try:
                each(*jobs.pop())
            except SystemExit as error:
                failed.append(error)
            except IndexError:
                return
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def fill_pools(api):
    """Heads that leave any number of bytes of a connection's memory, with the largest answers."""
    users = 3000
    for i in range(3, users):
        if i % 500 == 3:
            expect("a user", exchange(api, [length_of_user(i)])[0][:12], b"HTTP/1.1 200")
    for size in range(7000, 8192, 37):
        check_alive(api, ask(b"X: " + b"x" * size + END, line=b"GET /metadata HTTP/1.1\r\n"))
    for count in range(0, 200, 3):
        for size in (0, 3000, 6000):
            check_alive(api, ask(b"a:\r\n" * count + b"X: " + b"x" * size + END,
                                 line=b"GET /metadata HTTP/1.1\r\n"))
    for count in range(0, 6400, 61):
        check_alive(api, b"\r\n" * count + ask(line=b"GET /metadata HTTP/1.1\r\n"))


def length_of_user(number):
    body = b'{"id":%d,"name":"%s","age":"1"}' % (number, b"x" * 30000)
    return POST + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def check_alive(api, data):
    """An answer, or none: only that the process lives, which connect() says."""
    with connect(api) as s:
        s.settimeout(0.2)
        try:
            s.sendall(data)
            answer = s.recv(65536)
            if answer and not answer.startswith(b"HTTP/1.1 "):
                sys.exit(f"{data[:100]!r} is answered with {answer[:100]!r}")
        except OSError:
            pass


# Its URI is not looked at: none of its paths has blanks or a NUL.
SIDE_PORT_LETS = ("a NUL in the path", "a blank in the path", "a tab in the path", "a long URI", "a long name",
                  "many headers")
OTHER = {}


def side_port(address):
    """It has none of these paths: 404 to what is right."""
    OTHER[address] = 404
    in_threads((f"side port, {name}", address, data, 404 if name in FINE else status)
               for cases in (FINE, BAD)
               for name, (data, status) in cases.items() if name not in SIDE_PORT_LETS)


def main():
    if sys.argv[1] == "--side-port":
        side_port(sys.argv[2])
        return
    api, admin = sys.argv[1], sys.argv[2]
    OTHER[api] = 200
    in_threads((name, api, data, status) for cases in (FINE, BAD, BODIES)
               for name, (data, status) in cases.items())
    side_port(admin)
    fill_pools(api)
    wait_until("no connection open", lambda: metric(admin, "http_connections_open") == 0)
    expect("in flight", metric(admin, "http_requests_in_flight"), 0)
    expect("/health", get(api, "/health")[2], b'{"health":"ok"}')


if __name__ == "__main__":
    main()
