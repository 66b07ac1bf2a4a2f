#!/usr/bin/env python3
"""Has requests of many connections ready at once for the one thread of a target-api.

    tests/contract/crowd.py PID API      (API as host:port; -threads 1)

The process is stopped while the requests are sent, and goes on when all are there. libmicrohttpd
0.9.75 hangs on exactly 128 events (common/http/mhd_epoll.c).
"""
import os
import signal
import sys

from wire import connect, expect, read_answer

REQUEST = b"GET /users_name/1 HTTP/1.1\r\nHost: a\r\n\r\n"


def main():
    pid, api = int(sys.argv[1]), sys.argv[2]
    for crowd in (126, 127, 128, 129, 254, 256, 300):
        held = [connect(api) for _ in range(crowd)]
        for s in held:
            s.settimeout(5)
            s.sendall(REQUEST)  # so that all are accepted
        streams = [s.makefile("rb") for s in held]
        for stream in streams:
            expect(f"the first answer of {crowd}", read_answer(stream)[2], b'"user2"')
        os.kill(pid, signal.SIGSTOP)
        try:
            for s in held:
                s.sendall(REQUEST)
        finally:
            os.kill(pid, signal.SIGCONT)
        for stream in streams:
            try:
                answer = read_answer(stream)
            except TimeoutError:
                sys.exit(f"{crowd} requests at once, and no answer for 5 s")
            expect(f"an answer of {crowd}", answer[2], b'"user2"')
        for stream in streams:
            stream.close()
        for s in held:
            s.close()


if __name__ == "__main__":
    main()
