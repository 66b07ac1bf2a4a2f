#!/usr/bin/env python3
"""The measurements of target.sh, which explains them."""
import http.client
import os
import pathlib
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import bench

BIN = pathlib.Path(os.environ["BIN"])
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "3"))
CONNECTIONS = 64  # bare_mhd hangs with 128 (target-api/mhd_epoll.c)
POOL_BYTES = 8192 + 4096  # what target-api's -max-header-bytes makes of a connection's memory
USERS = 100_000
WRITES_PER_S = 100
BOUND_BARE, BOUND_SAMPLE, BOUND_USERS, BOUND_WRITES = 1.10, 25, 1.10, 1.10
START_LIMIT_S = 30
CONTRACT = pathlib.Path(__file__).parent.parent / "contract"


class Server:
    """A server on core 0, with the processes that it starts."""

    def __init__(self, name, command, ready=None, port=None, **options):
        self.name = name
        self.process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], text=True,
                                        stdout=subprocess.PIPE, **options)
        if ready:
            line = self.process.stdout.readline()
            port = int((re.search(ready, line) or sys.exit(f"{name} is not ready: {line}")).group(1))
        self.port = port
        self.wait()

    def wait(self):
        give_up = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self.get("/health")
                return
            except OSError:
                if time.monotonic() > give_up or self.process.poll() is not None:
                    sys.exit(f"target: {self.name} does not start")
                time.sleep(0.05)

    def get(self, path, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body=body, headers={"Content-Type": "application/json"})
        text = connection.getresponse().read()
        connection.close()
        return text

    def cpu_s(self):
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return sum(bench.cpu_of_s(p) for p in [pid, *children.split()])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def target(*flags):
    return Server("target-api", [BIN / "target-api", "-threads", 1, "-port", 0, "-admin-port", 0, *flags],
                  r"ready on 127.0.0.1:(\d+),")


def bare(size):
    return Server("bare_mhd", [BIN / "bare_mhd", 0, size, POOL_BYTES], r"ready on 127.0.0.1:(\d+)")


def sample():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["gunicorn", "-w", 1, "-k", "uvicorn.workers.UvicornWorker", "-b", f"127.0.0.1:{port}",
               "--log-level", "critical", "sample_app:app"]
    return Server("sample app", command, port=port, cwd=CONTRACT)


def measure(server, path):
    """CPU of the server per request of wrk's, in microseconds."""
    busy, cpu, start = bench.cpu_busy_s(), server.cpu_s(), time.monotonic()
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s",
               f"http://127.0.0.1:{server.port}{path}"]
    client = os.times()
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    requests = bench.counts_of("wrk", out)["requests"]
    used, ended = server.cpu_s() - cpu, os.times()
    theirs = sum(ended[2:4]) - sum(client[2:4]) + sum(ended[:2]) - sum(client[:2])
    others = max(0, (bench.cpu_busy_s() - busy - used - theirs) / (time.monotonic() - start) * 100)
    us = used * 1e6 / requests
    print(f"  {server.name:11} {path:20} {requests:9} {us:10.3f} {others:5.0f} %", flush=True)
    return us


def compare(what, ours, theirs):
    """The median of the rounds' ratios; each side is a function that measures."""
    print(f"{what}\n  {'server':11} {'path':20} {'requests':>9} {'CPU us/req':>10} {'others':>7}")
    ratios = []
    for _ in range(ROUNDS):
        b = theirs()
        ratios.append(ours() / b)
    return statistics.median(ratios)


def at_most(name, value, bound):
    held = value <= bound
    return held, f"{name:58} {value:8.3f}   bound {bound:5.2f}   {'PASS' if held else 'FAIL'}"


def part_bare():
    server = target()
    for path in ("/health", "/metadata", "/users_name/0"):
        other = bare(len(server.get(path)))
        ratio = compare(f"{path} beside bare_mhd", lambda: measure(server, path), lambda: measure(other, path))
        other.stop()
        yield at_most(f"CPU per request, {path}, target-api/bare_mhd", ratio, BOUND_BARE)
    server.stop()


def part_sample():
    server, other = target(), sample()
    for path in ("/health", "/metadata", "/users_name/0"):
        ratio = 1 / compare(f"{path} beside the sample app", lambda: measure(server, path),
                            lambda: measure(other, path))
        held = ratio >= BOUND_SAMPLE
        yield held, (f"{f'requests per CPU-second, {path}, target-api/sample app':58} {ratio:8.1f}   "
                     f"bound {BOUND_SAMPLE:5}   {'PASS' if held else 'FAIL'}")
    server.stop()
    other.stop()


def with_users(folder):
    """Writing so many over HTTP would send as many documents; so they are in the file before."""
    path = f"{folder}/users.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,"
                         " name TEXT NOT NULL, age TEXT NOT NULL)")
        database.executemany("INSERT INTO users VALUES (?, ?, ?, ?)",
                             ((i, i, f"user{i}", "30") for i in range(USERS)))
    database.close()
    return target("-store", f"sqlite:{path}")


def part_users():
    with tempfile.TemporaryDirectory() as folder:
        few, many = target(), with_users(folder)
        ratio = compare("a lookup with 100,000 users beside one with 3",
                        lambda: measure(many, f"/users_name/{USERS - 1}"), lambda: measure(few, "/users_name/2"))
        yield at_most("CPU per lookup, 100,000 users/3 users", ratio, BOUND_USERS)
        few.stop()
        other = bare(len(many.get("/metadata")))
        ratio = compare("/metadata with 100,000 users beside bare_mhd", lambda: measure(many, "/metadata"),
                        lambda: measure(other, "/metadata"))
        yield at_most("CPU per /metadata of 100,000 users, target-api/bare_mhd", ratio, BOUND_USERS)
        other.stop()
        many.stop()


def write(server, end, count):
    """So many users a second, each as a new one would be written: over a connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    due = time.monotonic()
    while not end.is_set():
        body = f'{{"id":{count[0] % 100},"name":"name {count[0]}","age":"1"}}'
        connection.request("POST", "/add_users/", body=body, headers={"Content-Type": "application/json"})
        connection.getresponse().read()
        count[0] += 1
        due += 1 / WRITES_PER_S
        time.sleep(max(0, due - time.monotonic()))


def part_writes():
    server, count = target(), [0]

    def reads_beside_writes():
        end = threading.Event()
        writer = threading.Thread(target=write, args=(server, end, count))
        writer.start()
        us = measure(server, "/users_name/0")
        end.set()
        writer.join()
        return us

    start = time.monotonic()
    ratio = compare(f"reads beside {WRITES_PER_S} writes/s", reads_beside_writes,
                    lambda: measure(server, "/users_name/0"))
    print(f"  {count[0]} writes in {(time.monotonic() - start) / 2:.1f} s")
    server.stop()
    yield at_most(f"CPU per read, with {WRITES_PER_S} writes/s/without", ratio, BOUND_WRITES)


def main():
    bench.machine()
    results = []
    for part in sys.argv[1:]:
        print()
        results += globals()[f"part_{part}"]()
    print()
    for _, line in results:
        print(line)
    return 0 if all(held for held, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
