#!/usr/bin/env python3
"""The measurements of serve.sh, which explains them."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import bench
from users import bare_server

BIN = pathlib.Path(os.environ["BIN"])
PAIRS = int(os.environ.get("PAIRS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "8"))
RATE = int(os.environ.get("RATE", "20000"))
WATCHERS = int(os.environ.get("WATCHERS", "10"))
ROWS, REQUESTS = 500, 100
BOUND_RATIO, BOUND_MORE_US, BOUND_ROWS_MS = 1.1, 50, 5
ENDS_IN_S = 30  # beyond the seconds that a test was asked for

NAMES = """local Visitor = User { wait = 0.01 }
Visitor:task(function(self)
  for i = 1, %d do self:get("/health", { name = "/item/" .. i }) end
end)
"""


class Busy(Exception):
    """Others used the CPU, so a figure would say nothing."""


class Serve:
    """`loadgen serve` on core 1, and a connection to it."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            ["taskset", "-c", "1", str(BIN / "loadgen"), "serve", *map(str, arguments), "-web", "127.0.0.1:0"],
            text=True, stderr=subprocess.PIPE)
        said = self.process.stderr.readline()
        ready = re.search(r"serving http://(127.0.0.1:\d+)/", said)
        if not ready:
            raise bench.NotMeasured(f"loadgen serve does not start: {said}")
        self.address = ready.group(1)
        self.connection = http.client.HTTPConnection(self.address, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def get(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise bench.NotMeasured(f"{path}: {answer.status} {body}")
        return body

    def start(self, order):
        self.connection.request("POST", "/api/v1/runs", json.dumps(order), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise bench.NotMeasured(f"no start: {answer.status} {body}")

    def wait(self, state, seconds):
        """What the page has then; nothing asks while the test is measured."""
        end = time.monotonic() + seconds
        while True:
            page = json.loads(self.get("/page/state"))
            if page["state"] == state:
                return page
            if time.monotonic() > end:
                raise bench.NotMeasured(f"the test is {page['state']}, not {state}")
            time.sleep(0.2)


class Others:
    """CPU that neither these processes nor their children used, in percent of a core."""

    def __init__(self, *processes):
        self.pids = [process.pid for process in processes]
        self.start, self.used = time.monotonic(), self.read()

    def read(self):
        return bench.cpu_busy_s() - sum(map(bench.cpu_of_s, self.pids)) - time.process_time()

    def percent(self):
        return max(0, (self.read() - self.used) / (time.monotonic() - self.start) * 100)


def judge(name, value, bound, form, others, held):
    verdict = "PASS" if held else "FAIL"
    if not held and others > bench.NOISE_PERCENT:
        verdict, held = f"missed, but others used {others:.0f} % of a core", True
    print(f"{name:58} {format(value, form):>10}   bound {bound:6}   {verdict}", flush=True)
    return held


@contextlib.contextmanager
def watchers(serve, count):
    all_of_them = [subprocess.Popen(["taskset", "-c", "0", "curl", "-sN", "-o", os.devnull,
                                     f"http://{serve.address}/api/v1/events"]) for _ in range(count)]
    try:
        time.sleep(0.5)
        yield all_of_them
        if any(watcher.poll() is not None for watcher in all_of_them):
            raise bench.NotMeasured("a watcher has ended")
    finally:
        for watcher in all_of_them:
            watcher.kill()
            watcher.wait()


def lag_us(server, serve, count):
    """Median of the seconds' lag p99, without the first and the last, and what others used."""
    with watchers(serve, count) as all_of_them:
        others = Others(server.process, serve.process, *all_of_them)
        serve.start({"kind": "rate", "rate": RATE, "duration": f"{SECONDS}s"})
        time.sleep(SECONDS)
        page = serve.wait("stopped", ENDS_IN_S)
        noise = others.percent()
    columns = page["history"]["columns"]
    points = [dict(zip(columns, point)) for point in page["history"]["points"]][1:-1]
    sent = sum(point["started"] for point in points) / len(points)
    lag = statistics.median(point["lag_p99"] or 0 for point in points) * 1e3
    print(f"  {count:8} {sent:9.0f} {lag:10.1f} {noise:5.0f} %", flush=True)
    if page["total"]["failures"] or abs(sent / RATE - 1) > 0.01:
        why = f"{page['total']['failures']} requests failed, {sent:.0f} per second were sent"
        raise Busy(f"{why}, and others used {noise:.0f} % of a core") if noise > bench.NOISE_PERCENT else \
            bench.NotMeasured(why)
    return lag, noise


def part_lag():
    print(f"  {'watchers':>8} {'sent /s':>9} {'lag p99 us':>10} {'others':>7}")
    ratios, more, noises = [], [], []
    with bare_server() as server, Serve(server.url + "/") as serve:
        lag_us(server, serve, 0)  # warms up
        for pair in range(PAIRS):
            order = (0, WATCHERS) if pair % 2 == 0 else (WATCHERS, 0)
            lags = {}
            for count in order:
                lags[count], noise = lag_us(server, serve, count)
                noises.append(noise)
            ratios.append(lags[WATCHERS] / lags[0])
            more.append(lags[WATCHERS] - lags[0])
    ratio, difference, noise = statistics.median(ratios), statistics.median(more), statistics.median(noises)
    held = ratio <= BOUND_RATIO or difference <= BOUND_MORE_US
    print(f"  with {WATCHERS} watchers the lag p99 is {ratio:.3f} times as long, {difference:+.1f} us", flush=True)
    if ratio <= BOUND_RATIO or not held:
        yield judge(f"lag p99, {WATCHERS} watchers/none", ratio, BOUND_RATIO, ".3f", noise, held)
    else:
        yield judge(f"lag p99, {WATCHERS} watchers - none, us", difference, BOUND_MORE_US, ".1f", noise, held)


def part_rows():
    with tempfile.TemporaryDirectory() as folder, bare_server() as server:
        scenario = pathlib.Path(folder) / "scenario.lua"
        scenario.write_text(NAMES % ROWS, encoding="ascii")
        with Serve(scenario, "-H", server.url) as serve:
            serve.connection.request("POST", "/swarm", "user_count=10&spawn_rate=10",
                                     {"Content-Type": "application/x-www-form-urlencoded"})
            serve.connection.getresponse().read()
            serve.wait("running", ENDS_IN_S)
            time.sleep(3)
            others = Others(server.process, serve.process)
            took = []
            for _ in range(REQUESTS):
                start = time.perf_counter()
                body = serve.get("/stats/requests")
                took.append((time.perf_counter() - start) * 1e3)
                time.sleep(0.05)
            noise = others.percent()
    rows = len(json.loads(body)["stats"]) - 1
    if rows != ROWS:
        raise bench.NotMeasured(f"{rows} rows")
    took.sort()
    print(f"  {rows} rows, {len(body)} bytes: {took[0]:.2f} to {took[-1]:.2f} ms, 90 % below "
          f"{took[len(took) * 9 // 10]:.2f} ms; others used {noise:.0f} % of a core")
    median = statistics.median(took)
    yield judge(f"/stats/requests with {ROWS} rows, ms", median, BOUND_ROWS_MS, ".2f", noise,
                median <= BOUND_ROWS_MS)


def main():
    bench.machine()
    held = []
    for part in sys.argv[1:]:
        print(f"\n{part}")
        try:
            held += list(globals()[f"part_{part}"]())
        except Busy as reason:
            print(f"{part}: not measured: {reason}", flush=True)
        except (bench.NotMeasured, OSError, ValueError) as reason:
            print(f"{part}: not measured: {reason}", flush=True)
            held.append(False)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
