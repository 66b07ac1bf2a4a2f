#!/usr/bin/env python3
"""Probes are answered beside clients that keep the admin port's connections and say nothing.

    tests/contract/silent.py ADMIN      (as host:port)

Silent ones, some that stop in the middle of a request, some that were served before, some that send a
byte now and then; from the address that probes come from. Who is being served is not pushed out.
"""
import sys
import threading
import time

from wire import connect, expect, get, read_answer

SILENT = 300
WITHIN_S = 1
SCRAPES = 1000  # more than the buffers of two sockets hold
BYTES_LEFT = 30

ASK = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
KINDS = {"silent": b"", "half a request line": b"GET /li", "half a head": ASK[:-2],
         "half a body": b"POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234",
         "served before": ASK}


def probe(admin, beside):
    start = time.monotonic()
    for path in ("/livez", "/readyz", "/metrics"):
        expect(f"{path} beside {beside}", get(admin, path)[0], 200)
    taken = time.monotonic() - start
    if taken > WITHIN_S:
        sys.exit(f"probes beside {beside} took {taken:.1f} s")


def hold(admin, data):
    held = [connect(admin) for _ in range(SILENT)]
    for s in held:
        try:
            s.sendall(data)
        except OSError:  # pushed out already
            pass
    return held


def drip(held, ended):
    for byte in ASK[:BYTES_LEFT]:
        for s in held:
            try:
                s.send(bytes([byte]))
            except OSError:
                pass
        if ended.wait(0.1):
            break


def main():
    admin = sys.argv[1]
    # A slow scraper, and one who comes back on the same connection.
    slow = connect(admin)
    stream = slow.makefile("rb")
    scrape = threading.Thread(target=lambda: slow.sendall(
        b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * SCRAPES))
    scrape.start()
    expect("the first scrape", read_answer(stream)[0], 200)
    time.sleep(0.3)  # the buffers are full: it is being served
    sockets = []
    for kind, data in KINDS.items():
        sockets += hold(admin, data)
        probe(admin, f"{SILENT} connections: {kind}")
        if len(sockets) > SILENT:  # as old ones were pushed out
            for s in sockets[:-SILENT]:
                s.close()
            sockets = sockets[-SILENT:]
    dripping, ended = hold(admin, b""), threading.Event()
    thread = threading.Thread(target=drip, args=(dripping, ended))
    thread.start()
    probe(admin, f"{SILENT} connections that drip")
    ended.set()
    thread.join()
    for _ in range(SCRAPES - 1):
        expect("a slow scrape", (read_answer(stream) or [None])[0], 200)
    scrape.join()
    # In use between others who come: the others are idle longer.
    kept = connect(admin)
    stream = kept.makefile("rb")
    for _ in range(10):
        kept.sendall(ASK)
        expect("a connection that is used", (read_answer(stream) or [None])[0], 200)
        sockets += [connect(admin) for _ in range(50)]
        get(admin, "/livez")  # they have been accepted: none waits to be newer than the next request
    probe(admin, "them all")


if __name__ == "__main__":
    main()
