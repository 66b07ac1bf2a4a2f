#!/usr/bin/env python3
"""Asks the probes of a target-api now and then for some seconds, while others flood its API port.

    tests/contract/probe.py ADMIN SECONDS LIMIT_MS PID...

Prints the slowest; the exit status is 0 when it was within the limit, 77 if it was not, but other programs
than PID... used the CPU meanwhile ("machine busy"), else 1.
"""
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from busy import BUSY_CPUS, Others, say_busy  # noqa: E402

from wire import expect, get


def main():
    admin, end, limit_ms = sys.argv[1], time.monotonic() + float(sys.argv[2]), float(sys.argv[3])
    others = Others(sys.argv[4:])
    slowest = 0
    get(admin, "/livez")  # Python loads modules at its first connection, which takes up to 0.1 s beside the flood
    while time.monotonic() < end:
        for path in ("/livez", "/readyz"):
            start = time.monotonic()
            expect(path, get(admin, path)[0], 200)
            slowest = max(slowest, (time.monotonic() - start) * 1000)
        time.sleep(0.02)
    print(f"slowest probe: {slowest:.1f} ms")
    if slowest > limit_ms and others.cpus() >= BUSY_CPUS:
        say_busy(others.cpus())
    sys.exit(0 if slowest <= limit_ms else 1)


if __name__ == "__main__":
    main()
