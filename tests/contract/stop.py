#!/usr/bin/env python3
"""Sends SIGTERM to a target-api under load and checks that every request that was accepted got its
whole answer.

    tests/contract/stop.py PID API ADMIN      (API and ADMIN as host:port; -test-endpoints)

Some clients keep their connection, some open one for each request, some wait for a delayed answer.
A client stops when its answer says Connection: close, or when it is refused.
"""
import os
import signal
import sys
import threading
import time

from wire import connect, expect, get, read_answer

KEPT, SHORT, DELAYED = 8, 4, 8
BEFORE_S = 0.5
GRACE_S = 15


class Clients:
    def __init__(self, api):
        self.api = api
        self.answers = 0
        self.dropped = []

    def ask(self, s, stream, path):
        """Whether the connection goes on."""
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        try:
            answer = read_answer(stream)
        except OSError as error:
            answer = error
        if not isinstance(answer, tuple) or answer[0] != 200:
            self.dropped.append(f"{path}: {answer!r}")
            return False
        self.answers += 1
        return answer[1].get("connection", "").lower() != "close"

    def kept(self):
        s = connect(self.api)
        stream = s.makefile("rb")
        while self.ask(s, stream, "/users_name/1"):
            pass

    def short(self):
        while True:
            try:
                s = connect(self.api)
            except OSError:
                return
            with s:
                self.ask(s, s.makefile("rb"), "/health")

    def delayed(self):
        s = connect(self.api)
        stream = s.makefile("rb")
        while self.ask(s, stream, "/delay/700"):
            pass


def main():
    pid, api, admin = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    clients = Clients(api)
    kinds = [clients.kept] * KEPT + [clients.short] * SHORT + [clients.delayed] * DELAYED
    threads = [threading.Thread(target=kind) for kind in kinds]
    for thread in threads:
        thread.start()
    time.sleep(BEFORE_S)
    os.kill(pid, signal.SIGTERM)
    time.sleep(0.1)
    expect("/readyz", get(admin, "/readyz")[0], 503)
    give_up = time.monotonic() + GRACE_S
    for thread in threads:
        thread.join(max(0.1, give_up - time.monotonic()))
        expect("a client that never ends", thread.is_alive(), False)
    print(f"{clients.answers} answers, {len(clients.dropped)} dropped")
    if clients.dropped or clients.answers < 10 * KEPT:
        sys.exit("; ".join(clients.dropped[:3]) or "too few answers to say something")


if __name__ == "__main__":
    main()
