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
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS_EACH", "2"))
CONNECTIONS = 64  # bare_mhd hangs with 128 (common/http/mhd_epoll.c)
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
            match = re.search(ready, line)
            if not match:
                self.stop()
                raise bench.NotMeasured(f"{name} is not ready: {line}")
            port = int(match.group(1))
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
                    self.stop()
                    raise bench.NotMeasured(f"{self.name} does not start") from None
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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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
    requests = bench.counts_of("wrk", bench.output_of(command, SECONDS))["requests"]
    if not requests:
        raise bench.NotMeasured(f"{server.name} answered nothing")
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
    with target() as server:
        for path in ("/health", "/metadata", "/users_name/0"):
            with bare(len(server.get(path))) as other:
                ratio = compare(f"{path} beside bare_mhd", lambda: measure(server, path), lambda: measure(other, path))
            yield at_most(f"CPU per request, {path}, target-api/bare_mhd", ratio, BOUND_BARE)


def part_sample():
    with target() as server, sample() as other:
        for path in ("/health", "/metadata", "/users_name/0"):
            ratio = 1 / compare(f"{path} beside the sample app", lambda: measure(server, path),
                                lambda: measure(other, path))
            held = ratio >= BOUND_SAMPLE
            yield held, (f"{f'requests per CPU-second, {path}, target-api/sample app':58} {ratio:8.1f}   "
                         f"bound {BOUND_SAMPLE:5}   {'PASS' if held else 'FAIL'}")


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
    with tempfile.TemporaryDirectory() as folder, with_users(folder) as many:
        with target() as few:
            ratio = compare("a lookup with 100,000 users beside one with 3",
                            lambda: measure(many, f"/users_name/{USERS - 1}"), lambda: measure(few, "/users_name/2"))
        yield at_most("CPU per lookup, 100,000 users/3 users", ratio, BOUND_USERS)
        with bare(len(many.get("/metadata"))) as other:
            ratio = compare("/metadata with 100,000 users beside bare_mhd", lambda: measure(many, "/metadata"),
                            lambda: measure(other, "/metadata"))
        yield at_most("CPU per /metadata of 100,000 users, target-api/bare_mhd", ratio, BOUND_USERS)


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
    count = [0]

    def reads_beside_writes(server):
        end = threading.Event()
        writer = threading.Thread(target=write, args=(server, end, count))
        writer.start()
        try:
            return measure(server, "/users_name/0")
        finally:
            end.set()
            writer.join()

    with target() as server:
        start = time.monotonic()
        ratio = compare(f"reads beside {WRITES_PER_S} writes/s", lambda: reads_beside_writes(server),
                        lambda: measure(server, "/users_name/0"))
        print(f"  {count[0]} writes in {(time.monotonic() - start) / 2:.1f} s")
    yield at_most(f"CPU per read, with {WRITES_PER_S} writes/s/without", ratio, BOUND_WRITES)


def main():
    bench.machine()
    held = []
    for part in sys.argv[1:]:
        print()
        try:
            for one, line in globals()[f"part_{part}"]():
                print(line, flush=True)
                held.append(one)
        except (bench.NotMeasured, OSError) as reason:
            print(f"{part}: not measured: {reason}", flush=True)
            held.append(part == "sample")  # of the other parts the peers are our own
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
