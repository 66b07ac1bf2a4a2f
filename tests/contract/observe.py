#!/usr/bin/env python3
"""Checks what a target-api says of itself, and its test endpoints.

    tests/contract/observe.py API ADMIN      (as host:port; -threads 1 -test-endpoints)
"""
import json
import re
import sys
import time

from wire import connect, expect, get, metric, read_answer, wait_until

DELAYED = 200
DELAY_MS = 500
WORK_US, WORKS = 20000, 20


def delays(api, admin):
    """Many at once on one thread: together they take about as long as one of them."""
    start = time.monotonic()
    held = [connect(api) for _ in range(DELAYED)]
    for s in held:
        s.sendall(f"GET /delay/{DELAY_MS} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    wait_until("all are in flight", lambda: metric(admin, "http_requests_in_flight") == DELAYED)
    expect("another request meanwhile", get(api, "/health")[0], 200)
    for s in held:
        expect("a delayed answer", (read_answer(s.makefile("rb")) or [None])[0], 200)
    took = time.monotonic() - start
    if not DELAY_MS / 1000 <= took <= DELAY_MS / 1000 * 8:
        sys.exit(f"{DELAYED} delays of {DELAY_MS} ms took {took:.2f} s")
    wait_until("none is in flight", lambda: metric(admin, "http_requests_in_flight") == 0)
    gone = connect(api)
    gone.sendall(b"GET /delay/50 HTTP/1.1\r\nHost: a\r\n\r\n")
    gone.close()  # before its answer
    for s in held:
        s.close()
    wait_until("all are closed", lambda: metric(admin, "http_connections_open") == 0)


def work(api, admin):
    before = metric(admin, "process_cpu_seconds_total")
    for _ in range(WORKS):
        expect("/work", get(api, f"/work/{WORK_US}")[0], 200)
    used = metric(admin, "process_cpu_seconds_total") - before
    asked = WORK_US * WORKS / 1e6
    if not asked <= used <= asked * 2:
        sys.exit(f"{asked} s of work used {used} s of CPU")
    latency = metric(admin, 'http_request_duration_seconds_sum{route="/work/{us}"}')
    if latency < asked:
        sys.exit(f"{asked} s of work had a latency of {latency} s")


def others(api):
    expect("/status/503", get(api, "/status/503")[0], 503)
    expect("/status/204", get(api, "/status/204")[2], b"")
    expect("/bytes", get(api, "/bytes/100000")[2], b"x" * 100000)
    for path in ("/status/99", "/status/600", "/bytes/-1", "/bytes/99999999999", "/delay/x", "/work/1.5"):
        expect(path, get(api, path)[0], 422)


def openapi(api):
    """Every path that it names is there, and with the method that it names."""
    described = json.loads(get(api, "/openapi.json")[2])
    expect("the version of OpenAPI", described["openapi"][:2], "3.")
    expect("the number of paths", len(described["paths"]), 12)
    for template, methods in described["paths"].items():
        path = re.sub(r"{\w+}", "1", template)
        if "post" in methods:
            expect(path, get(api, path)[1]["allow"], "POST")
        elif get(api, path)[2] == b'{"detail":"Not Found"}':
            sys.exit(f"{template} is described and not there")
        names = [p["name"] for p in methods[list(methods)[0]]["parameters"] if p["in"] == "path"]
        expect(f"parameters of {template}", names, re.findall(r"{(\w+)}", template))


def names(admin):
    text = get(admin, "/metrics")[2].decode()
    line = 'target_info{pod="pod-1",node="node \\"2\\"",namespace="space",version="'
    if line not in text:
        sys.exit(f"no {line} in /metrics")
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                 "process_start_time_seconds", "users_held", "http_connections_limit"):
        if metric(admin, name) <= 0:
            sys.exit(f"{name} is {metric(admin, name)}")
    for line in text.splitlines():  # each series has a type before it
        if not re.fullmatch(r"# (HELP|TYPE) .+|\w+({.*})? [-+.e\w]+", line):
            sys.exit(f"no line of Prometheus: {line}")
    total = sum(float(n) for n in re.findall(r"^http_requests_total.* (\d+)$", text, re.M))
    count = sum(float(n) for n in re.findall(r"^http_request_duration_seconds_count.* (\d+)$", text, re.M))
    expect("requests in the histograms", count, total)


def main():
    api, admin = sys.argv[1], sys.argv[2]
    delays(api, admin)
    work(api, admin)
    others(api)
    openapi(api)
    names(admin)


if __name__ == "__main__":
    main()
