#!/usr/bin/env python3
"""The measurements of users.sh, which explains them."""
import contextlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import bench

BIN = pathlib.Path(os.environ["BIN"])
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS_EACH", "2"))
REQUESTS = int(os.environ.get("REQUESTS", "10000000"))
LEAK_SECONDS = int(os.environ.get("LEAK_SECONDS", "900"))
BOUND_SCRIPTED, BOUND_LAG_MS, BOUND_IDLE_BYTES, BOUND_WAITING_S = 1.8, 5, 4096, 10
BOUND_WAITING_MIB, BOUND_LEAK_MIB = 1024, 1
FEW, MANY = 1000, 11000  # users of which the memory is compared
EVERY_WAY = pathlib.Path(__file__).parent.parent / "support" / "every_way.lua"

GET = 'local Visitor = User { wait = %s }\nVisitor:task(function(self) self:get("/health") end)\n'
WAITING = "local Waiting = User { wait = 1000 }\nWaiting:task(function(self) self.seen = true end)\n"
# Prints requests and CPU seconds from the end of the start on.
LOCUST = """import json, resource
from locust import FastHttpUser, events, task
def cpu_s():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime
class Visitor(FastHttpUser):
    @task
    def health(self): self.client.get("/health")
@events.test_start.add_listener
def begin(environment, **_): environment.began = cpu_s()
@events.quitting.add_listener
def end(environment, **_):
    total = environment.stats.total
    print(json.dumps({"requests": total.num_requests - total.num_failures, "cpu_s": cpu_s() - environment.began}))
"""


class Server:
    """A server on core 0, whose first line has its port."""

    def __init__(self, *command):
        self.process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], text=True,
                                        stdout=subprocess.PIPE)
        ready = re.search(r"ready on (127.0.0.1:\d+)", self.process.stdout.readline())
        if not ready:
            raise bench.NotMeasured(f"{command[0]} does not start")
        self.url = f"http://{ready.group(1)}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def bare_server():
    return Server(BIN / "bare_server", 0)


def loadgen(*arguments):
    return ["taskset", "-c", "1", str(BIN / "loadgen"), *map(str, arguments), "-report", "json"]


@contextlib.contextmanager
def written(*texts):
    """A scenario, and perhaps a locustfile."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("scenario.lua", "locustfile.py")][:len(texts)]
        for path, text in zip(paths, texts):
            path.write_text(text, encoding="ascii")
        yield paths


def at_most(name, value, bound, form=".3f"):
    held = value <= bound
    return held, f"{name:58} {format(value, form):>10}   bound {bound:6}   {'PASS' if held else 'FAIL'}"


def measure(name, server, command, seconds, read):
    """CPU of the client per request, in microseconds. `read` gets what it prints, and its CPU seconds."""
    before, busy, start = resource.getrusage(resource.RUSAGE_CHILDREN), bench.cpu_busy_s(), time.monotonic()
    served = bench.cpu_of_s(server.process.pid)
    out = bench.output_of(command, seconds)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    served = bench.cpu_of_s(server.process.pid) - served
    others = max(0, (bench.cpu_busy_s() - busy - used - served) / (time.monotonic() - start) * 100)
    requests, used = read(out, used)
    if not requests:
        raise bench.NotMeasured(f"{name}: no request was answered")
    us = used * 1e6 / requests
    print(f"  {name:9} {requests:9} {us:10.3f} {others:5.0f} %", flush=True)
    return us


def read_report(out, used):
    return bench.counts_of("loadgen", out)["requests"], used


def read_locust(out, _used):
    said = json.loads(out[out.index('{"requests"'):].splitlines()[0])
    return said["requests"], said["cpu_s"]


def part_scripted():
    print(f"  {'client':9} {'requests':>9} {'CPU us/req':>10} {'others':>7}")
    ratios, users = [], []
    with written(GET % 0, LOCUST) as (scenario, locustfile), bare_server() as server:
        for _ in range(ROUNDS):
            one = measure("attack", server, loadgen("attack", "-rate", 0, "-max-workers", 100, "-duration",
                          f"{SECONDS}s", "-encoding", "none", server.url + "/health"), SECONDS, read_report)
            users.append(measure("run", server, loadgen("run", scenario, "-u", 100, "-r", 100000, "-t", SECONDS,
                                 "-H", server.url), SECONDS, read_report))
            ratios.append(users[-1] / one)
        yield at_most("CPU per request, run with 100 users/attack -rate 0", statistics.median(ratios), BOUND_SCRIPTED)
        command = ["taskset", "-c", "1", "locust", "-f", str(locustfile), "--headless", "-u", "100",
                   "-r", "100", "-t", f"{2 * SECONDS}s", "-H", server.url, "--only-summary"]
        try:
            locust = measure("locust", server, command, 2 * SECONDS, read_locust)
            ratio = locust / statistics.median(users)
            yield True, f"{'CPU per request, FastHttpUser with 100 users/run':58} {ratio:10.1f}"
        except (bench.NotMeasured, OSError, ValueError) as reason:
            print(f"  locust    not measured: {reason}")


def part_waits():
    users, spawn_rate, seconds = 10000, 2000, 10  # to open 10,000 connections in one second takes most of a core
    with written(GET % 1) as (scenario,), bare_server() as server:
        report = json.loads(bench.output_of(
            loadgen("run", scenario, "-u", users, "-r", spawn_rate, "-t", seconds, "-H", server.url), seconds))
    missing = report["intended"] - report["requests"] + report["not_started"]
    print(f"  {report['requests']} requests, {missing} of them not sent, lag p99 {report['lag']['99th'] / 1e6:.2f} ms")
    yield at_most("10,000 users with a wait of 1 s: requests not sent", missing, 0, "d")
    # One request at each user's start, and less than one per second after it, as a wait begins with the answer.
    expected = users * (seconds - users / spawn_rate / 2 + 0.5)
    yield at_most("10,000 users with a wait of 1 s: requests too few, %",
                  100 * (1 - report["requests"] / expected), 2, ".2f")
    yield at_most("10,000 users with a wait of 1 s: lag p99, ms", report["lag"]["99th"] / 1e6, BOUND_LAG_MS)


def rss_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def idle_bytes(server, scenario, users):
    """Resident memory when each has sent its request and waits."""
    command = loadgen("run", scenario, "-u", users, "-r", users, "-t", 8, "-H", server.url)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
        time.sleep(5)
        used = rss_bytes(client.pid)
        out, _ = client.communicate(timeout=60)
    report = json.loads(out)
    if report["requests"] != users or report["success"] != 1:
        raise bench.NotMeasured(f"{users} users sent {report['requests']} requests, success {report['success']}")
    print(f"  {users:6} users: {used / 2**20:.1f} MiB")
    return used


def part_idle():
    with written(GET % 1000) as (scenario,), bare_server() as server:
        few, many = (idle_bytes(server, scenario, users) for users in (FEW, MANY))
    yield at_most("memory of an idle user with its connection, bytes", (many - few) / (MANY - FEW), BOUND_IDLE_BYTES,
                  ".0f")


def part_waiting():
    users = 100000
    with written(WAITING) as (scenario,):
        start = time.monotonic()
        out = bench.output_of(loadgen("run", scenario, "-u", users, "-r", users, "-iterations", users,
                                      "-shared-connections", "-H", "http://127.0.0.1:9"), 60)
        took = time.monotonic() - start
    memory = json.loads(out)["generator"]["memory"] / 2**20
    yield at_most("100,000 waiting users are there after, s", took, BOUND_WAITING_S, ".1f")
    yield at_most("100,000 waiting users, MiB", memory, BOUND_WAITING_MIB, ".0f")


def part_leak():
    samples = []
    with Server(BIN / "target-api", "-port", 0, "-admin-port", 0, "-test-endpoints") as server:
        command = loadgen("run", EVERY_WAY, "-u", 100, "-r", 100000, "-requests", REQUESTS, "-t", LEAK_SECONDS, "-H",
                          server.url)
        start = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
            while client.poll() is None:
                time.sleep(0.2)
                try:
                    samples.append((time.monotonic() - start, rss_bytes(client.pid)))
                except (OSError, AttributeError):  # it has just ended
                    break
            requests = json.loads(client.stdout.read())["requests"]
    took = samples[-1][0]
    tenth = next(rss for at, rss in samples if at >= took / 10) / 2**20
    half = next(rss for at, rss in samples if at >= took / 2) / 2**20
    late = max(rss for at, rss in samples if at >= took * 0.9) / 2**20
    print(f"  {requests} requests in {took:.0f} s: {tenth:.2f} MiB after a tenth of the time, {half:.2f} MiB after half, "
          f"{late:.2f} MiB in the last tenth")
    yield at_most(f"growth in the second half of {requests} requests, MiB", late - half, BOUND_LEAK_MIB, ".2f")


def main():
    bench.machine()
    held = []
    for part in sys.argv[1:]:
        print(f"\n{part}")
        try:
            for one, line in globals()[f"part_{part}"]():
                print(line, flush=True)
                held.append(one)
        except (bench.NotMeasured, OSError, ValueError) as reason:
            print(f"{part}: not measured: {reason}", flush=True)
            held.append(False)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
