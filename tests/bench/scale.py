#!/usr/bin/env python3
"""The measurement of scale.sh, which explains it."""
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
import threading
import time

import bench
from serve import judge

BIN = pathlib.Path(os.environ["BIN"])
WORKERS = int(os.environ.get("WORKERS", "1000"))
RATE = int(os.environ.get("RATE", "100000"))
SECONDS = int(os.environ.get("SECONDS_EACH", "30"))
START_S = int(os.environ.get("START_S", "60"))
SETTLE_S, REST_S = 5, 5  # of the run, before and after the measurement
TARGETS = 5
BOUND_CPU, BOUND_MIB, BOUND_MS = 15, 300, 50
PAGES = ("/", "/stats/requests", "/page/state", "/api/v1/events")
PAUSE_S = 0.1


@contextlib.contextmanager
def started(*command, **more):
    with subprocess.Popen(list(map(str, command)), text=True, **more) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def broker(folder):
    """Yields its process and its URL."""
    config = folder / "nats.conf"
    config.write_text(f'jetstream {{ store_dir: "{folder}/streams", max_file: 2GB }}\n', encoding="ascii")
    with started("nats-server", "-c", config, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder,
                 "-l", folder / "nats.log") as process:
        ports = folder / f"nats-server_{process.pid}.ports"
        wait(lambda: ports.exists() and ports.stat().st_size > 0, "the broker does not start")
        yield process, json.loads(ports.read_text(encoding="ascii"))["nats"][0]


@contextlib.contextmanager
def controller(folder, url):
    """Yields its process, the address of its page, and the list of the lines that it says."""
    targets = folder / "targets"
    targets.write_text("".join(f"GET http://127.0.0.1:9/{i}\n" for i in range(TARGETS)), encoding="ascii")
    with started(BIN / "loadgen", "serve", "-nats", url, "-expect-workers", WORKERS, "-expect-workers-max-wait",
                 f"{START_S}s", "-targets", targets, "-web", "127.0.0.1:0", stderr=subprocess.PIPE) as process:
        said = process.stderr.readline()
        ready = re.search(r"serving http://(127.0.0.1:\d+)/", said)
        if not ready:
            raise bench.NotMeasured(f"loadgen serve does not start: {said}")
        lines = []
        threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True).start()
        yield process, ready.group(1), lines


def wait(condition, why):
    end = time.monotonic() + START_S
    while not condition():
        if time.monotonic() > end:
            raise bench.NotMeasured(why)
        time.sleep(PAUSE_S)


def fetch(address, path):
    """The body; of the stream of events, its first line."""
    connection = http.client.HTTPConnection(address, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.readline() if path.endswith("/events") else answer.read()
        if answer.status != 200:
            raise bench.NotMeasured(f"{path}: {answer.status} {body}")
        return body


def state(address):
    return json.loads(fetch(address, "/page/state"))


def start_run(address, duration):
    connection = http.client.HTTPConnection(address, timeout=20)
    order = {"kind": "rate", "rate": RATE, "duration": f"{duration}s"}
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/runs", json.dumps(order), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise bench.NotMeasured(f"no start: {answer.status} {body}")
        return json.loads(body)["id"]


def has_begun(address):
    page = state(address)
    if page["state"] == "stopped":
        raise bench.NotMeasured(page["problem"])
    return page["total"]["requests"] > 0


def group_of(process):
    """A process and its children."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [process.pid, *map(int, children.split())]


def cpu_s(processes):
    return {name: sum(map(bench.cpu_of_s, group_of(process))) for name, process in processes.items()}


def peak_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def percentile(values, percent):
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def time_pages(address):
    """Milliseconds of each page, for SECONDS."""
    took = {path: [] for path in PAGES}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for path in PAGES:
            start = time.perf_counter()
            fetch(address, path)
            took[path].append((time.perf_counter() - start) * 1e3)
            time.sleep(PAUSE_S)
    return took


def measure(address, processes):
    """Yields what held."""
    run = start_run(address, SETTLE_S + SECONDS + REST_S)
    begin = time.monotonic()
    wait(lambda: has_begun(address), "no worker reports")
    print(f"  {WORKERS} workers, {RATE} requests per second; the start took {time.monotonic() - begin:.1f} s")
    time.sleep(SETTLE_S)
    busy, used, own, start = bench.cpu_busy_s(), cpu_s(processes), time.process_time(), time.monotonic()
    took = time_pages(address)
    seconds = time.monotonic() - start
    after = cpu_s(processes)
    percent = {name: (after[name] - used[name]) / seconds * 100 for name in processes}
    others = (bench.cpu_busy_s() - busy - (time.process_time() - own)) / seconds * 100 - sum(percent.values())
    memory = peak_mib(processes["controller"])
    print("  percent of a core: " + ", ".join(f"{name} {value:.1f}" for name, value in percent.items()) +
          f", others {others:.0f}")
    for path, times in took.items():
        print(f"  {path:16} {len(times):4} times: median {statistics.median(times):6.1f} ms, "
              f"99 % below {percentile(times, 99):6.1f} ms, {len(fetch(address, path)):7} bytes")
    yield judge("CPU of the controller, percent of a core", percent["controller"], BOUND_CPU, ".1f", others,
                percent["controller"] <= BOUND_CPU)
    yield judge("peak memory of the controller, MiB", memory, BOUND_MIB, ".1f", others, memory <= BOUND_MIB)
    for path, times in took.items():
        worst = percentile(times, 99)
        yield judge(f"{path}, 99th percentile, ms", worst, BOUND_MS, ".1f", others, worst <= BOUND_MS)
    wait(lambda: state(address)["state"] == "stopped", "the run does not end")
    # The page lacks what was reported after its last second; the report has it.
    counted = json.loads(fetch(address, f"/api/v1/runs/{run}/report"))["requests"]
    missing = RATE * (SETTLE_S + SECONDS + REST_S) - counted
    yield judge("requests that were not counted", missing, 0, "d", others, missing == 0)


def main():
    bench.machine()
    try:
        with tempfile.TemporaryDirectory() as name, broker(pathlib.Path(name)) as (nats, url), \
             controller(pathlib.Path(name), url) as (serve, address, lines), \
             started("nice", BIN / "many_workers", url, WORKERS, stderr=subprocess.DEVNULL) as workers:
            held = list(measure(address, {"controller": serve, "broker": nats, "workers": workers}))
            if not all(held):
                print("  the controller said:", *(line.rstrip()[:160] for line in lines[-8:]), sep="\n    ")
    except (bench.NotMeasured, OSError, ValueError) as reason:
        print(f"not measured: {reason}", flush=True)
        return 1
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
