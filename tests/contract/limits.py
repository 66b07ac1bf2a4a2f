#!/usr/bin/env python3
"""Checks the limits of a target-api that was started with small ones.

    tests/contract/limits.py API ADMIN      (as host:port)

    -max-header-bytes 1024 -max-body-bytes 100 -max-users 4 -max-connections 20 -request-timeout 1
    -idle-timeout 4 -test-endpoints
"""
import sys
import threading
import time

from wire import add_user, ask, connect, expect, get, is_closed, metric, read_answer, wait_until

CONNECTIONS = 20
REQUEST_S, IDLE_S = 1, 4
STALLED_BYTES = 16000000  # more than the buffers of two sockets hold
SLACK_S = 3  # of a machine that is busy with other things


def rejected(admin, code):
    return metric(admin, f'http_requests_total{{route="unmatched",method="other",code="{code}"}}')


def headers(api, admin):
    def request(size):
        head = "GET /health HTTP/1.1\r\nHost: a\r\nX: "
        return (head + "x" * (size - len(head) - 4) + "\r\n\r\n").encode()
    expect("headers of the limit", ask(api, request(1024))[0], 200)
    status, head, body = ask(api, request(1025))
    expect("headers beyond it", (status, body), (431, b'{"detail":"Request Header Fields Too Large"}'))
    expect("after which the connection ends", head.get("connection"), "close")
    counted = 'http_requests_total{route="unmatched",method="GET",code="431"}'
    expect("431 counted", metric(admin, counted), 1)
    # More than libmicrohttpd can hold: its own answers, which are counted all the same.
    before = rejected(admin, 431)
    expect("many headers", ask(api, request(900)[:-2] + b"a: b\r\n" * 1000 + b"\r\n")[0], 431)
    expect("431 of libmicrohttpd's counted", rejected(admin, 431) - before, 1)
    before = rejected(admin, 400)
    expect("no HTTP", ask(api, b"GET / HTTP/1.1\r\n : \r\nTransfer-Encoding: x\r\nHost\r\n\r\n")[0], 400)
    expect("400 of libmicrohttpd's counted", rejected(admin, 400) - before, 1)


def bodies(api):
    expect("a body within the limit", ask(api, add_user(0))[0], 200)
    expect("a body beyond it", ask(api, add_user(0, "x" * 100))[0], 413)
    huge = b"POST /add_users/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n{"
    expect("a body nobody would read", ask(api, huge)[0], 413)


def users(api, admin):
    expect("the fourth user", ask(api, add_user(4))[0], 200)
    expect("the fifth", ask(api, add_user(5))[0], 507)
    expect("users held", metric(admin, "users_held"), 4)
    expect("one who is replaced", ask(api, add_user(4, "b"))[0], 200)
    expect("one who was there", get(api, "/users_name/1")[2], b'"user2"')


def connections(api, admin):
    wait_until("no connection open", lambda: metric(admin, "http_connections_open") == 0)
    refused = metric(admin, "http_connections_refused_total")
    held = [connect(api) for _ in range(CONNECTIONS)]
    wait_until("all open", lambda: metric(admin, "http_connections_open") == CONNECTIONS)
    start = time.monotonic()
    expect("one more is closed", is_closed(connect(api)), True)
    if time.monotonic() - start > SLACK_S:
        sys.exit("one more is closed, but not at once")
    expect("it is counted", metric(admin, "http_connections_refused_total") - refused, 1)
    held[0].sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    expect("the others are served", read_answer(held[0].makefile("rb"))[0], 200)
    held.pop().close()
    wait_until("a place is free", lambda: metric(admin, "http_connections_open") < CONNECTIONS)
    expect("it is taken", get(api, "/health")[0], 200)
    for s in held:
        s.close()
    wait_until("all closed", lambda: metric(admin, "http_connections_open") == 0)


def drip(s, data, found):
    """Sends a byte now and then; found() gets how long the connection lived."""
    start = time.monotonic()
    s.settimeout(0.2)
    for byte in data:
        try:
            s.sendall(bytes([byte]))
            if not s.recv(65536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        return
    found(time.monotonic() - start)


def drips(api, admin):
    """At the request line, in a header, in the body, and in a request after others."""
    post = b"POST /add_users/ HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n"
    first = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    cases = {"request line": (b"", b"G" * 60), "empty lines": (b"", b"\r\n" * 30),
             "header": (b"GET /health HTTP/1.1\r\n", b"x" * 60), "body": (post, b" " * 60),
             "after a request": (first, b"H" * 60)}
    lived = {}
    before = metric(admin, "http_connections_expired_total")
    threads = []
    for name, (start, rest) in cases.items():
        s = connect(api)
        s.sendall(start)
        threads.append(threading.Thread(
            target=drip, args=(s, rest, lambda seconds, name=name: lived.update({name: seconds}))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in cases:
        if not REQUEST_S * 0.8 <= lived.get(name, 0) <= REQUEST_S + SLACK_S:
            sys.exit(f"a client that drips ({name}) lived {lived.get(name, 'for ever')} s")
    expect("they are counted", metric(admin, "http_connections_expired_total") - before, len(cases))


def idle(api):
    """Longer than a request may take, with requests in between; then until the time-out."""
    s = connect(api)
    stream = s.makefile("rb")
    for _ in range(4):
        time.sleep(REQUEST_S * 0.6)
        s.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        expect("a client that takes its time", (read_answer(stream) or [None])[0], 200)
    start = time.monotonic()
    expect("an idle connection is closed", is_closed(s), True)
    if not IDLE_S * 0.7 <= time.monotonic() - start <= IDLE_S + 1 + SLACK_S:
        sys.exit(f"an idle connection lived {time.monotonic() - start:.1f} s")


def stall(api):
    """Asks for much, and reads none of it."""
    s = connect(api)
    s.sendall(f"GET /bytes/{STALLED_BYTES} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return s, time.monotonic()


def stalled(s, start):
    """After the idle time the rest of the answer is not sent any more."""
    time.sleep(max(0, start + IDLE_S + 2 - time.monotonic()))
    count = 0
    try:
        while piece := s.recv(1 << 20):
            count += len(piece)
    except ConnectionResetError:
        pass
    if count >= STALLED_BYTES:
        sys.exit("a client that does not read was kept")


def main():
    api, admin = sys.argv[1], sys.argv[2]
    headers(api, admin)
    bodies(api)
    users(api, admin)
    connections(api, admin)
    waiting = threading.Thread(target=drips, args=(api, admin))
    failed = []
    threading.excepthook = failed.append
    waiting.start()
    silent = stall(api)
    idle(api)
    waiting.join()
    stalled(*silent)
    if failed:
        sys.exit(str(failed[0].exc_value))


if __name__ == "__main__":
    main()
