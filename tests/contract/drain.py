#!/usr/bin/env python3
"""Sends SIGTERM to a target-api that is in the middle of a request, and checks that it is answered.

    tests/contract/drain.py PID API ADMIN      (API and ADMIN as host:port)

The server must turn /readyz to 503, refuse new connections, wait for the rest of the body, answer it
with Connection: close, and close.
"""
import os
import signal
import socket
import sys
import time

TIMEOUT_S = 8
BODY = b'{"id":4,"name":"user4","age":"100"}'
HALF = len(BODY) // 2


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S)


def wait_until(what, condition):
    give_up = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > give_up:
            sys.exit(f"drain: {what}: not within {TIMEOUT_S} s")
        time.sleep(0.005)


def readyz(admin):
    with connect(admin) as s:
        s.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return s.makefile("rb").readline().split()[1]


def is_refused(api):
    try:
        connect(api).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


def main():
    pid, api, admin = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    request = connect(api)
    answer = request.makefile("rb")
    head = (f"POST /add_users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            f"Expect: 100-continue\r\nContent-Length: {len(BODY)}\r\n\r\n")
    request.sendall(head.encode())
    if answer.readline() != b"HTTP/1.1 100 Continue\r\n" or answer.readline() != b"\r\n":
        sys.exit("drain: no 100 Continue")
    request.sendall(BODY[:HALF])

    os.kill(pid, signal.SIGTERM)
    wait_until("/readyz turns 503", lambda: readyz(admin) == b"503")
    wait_until("new connections are refused", lambda: is_refused(api))
    time.sleep(0.5)  # longer than any moment of quiet that the server may take for the end

    request.sendall(BODY[HALF:])
    text = answer.read()  # to the end: the server closes
    head, _, body = text.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 ") or not body.endswith(b'"4":"100"}}'):
        sys.exit(f"drain: the request in flight got {text!r}")
    if b"\r\nconnection: close" not in head.lower():
        sys.exit(f"drain: the last answer does not say Connection: close: {head!r}")


if __name__ == "__main__":
    main()
