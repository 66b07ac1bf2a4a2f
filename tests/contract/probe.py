#!/usr/bin/env python3
"""Asks the probes of a target-api now and then for some seconds, while others flood its first port.

    tests/contract/probe.py ADMIN SECONDS LIMIT_MS

Prints the slowest; the exit status is 0 when it was within the limit.
"""
import sys
import time

from wire import expect, get


def main():
    admin, end, limit_ms = sys.argv[1], time.monotonic() + float(sys.argv[2]), float(sys.argv[3])
    slowest = 0
    while time.monotonic() < end:
        for path in ("/livez", "/readyz"):
            start = time.monotonic()
            expect(path, get(admin, path)[0], 200)
            slowest = max(slowest, (time.monotonic() - start) * 1000)
        time.sleep(0.02)
    print(f"slowest probe: {slowest:.1f} ms")
    sys.exit(0 if slowest <= limit_ms else 1)


if __name__ == "__main__":
    main()
