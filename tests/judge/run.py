"""Known answers to "was it the target?": the exit status, and generator.verdict.

    BIN=build/release/bin python3 tests/judge/run.py [-n N] [-beside] [-short] [LINE...]

    overloaded   600/s of /work/1000 against a target-api with one thread and half a CPU, which carries
                 about 476/s: p99 is over 3 s, and the status 99; -short: 900/s, and over a second
    held_up      a target that answers at once, and a loadgen that is stopped (SIGSTOP) for 50 ms now and
                 then: p99<20ms is missed, and it is not the target's fault: 98. It knows for how long it
                 read nothing
    both         the two at once: 99
    starved      40,000/s with a loadgen at a tenth of a CPU: limit
    modest       500/s with a loadgen at a tenth of a CPU: not limit

Each line runs N times (1), on a machine that is idle first (-short: on any, and not as long), or with -beside
beside two busy loops. All but held_up need a cgroup with a CPU quota, and root for it.

Exit status: 0 every answer was right; 1 one was wrong; 2 usage; 77 none was wrong, but lines were left out,
because no such cgroup can be made, or nothing was measured, or answers were wrong, because other programs used
the CPU ("machine busy").
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

for folder in ("capacity", "support"):
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder))
from busy import BUSY_CPUS, SKIPPED, Others, say_busy  # noqa: E402
from cpu_group import CpuGroup, why_not  # noqa: E402

BIN = os.environ.get("BIN", "build/release/bin")
LOADGEN = os.path.join(BIN, "loadgen")
CLEAN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
MISSED, LIMIT = 99, 98
STOP_S, STOP_EVERY_S = 0.05, 1.45
IDLE_S, IDLE_MAX = 5, 0.03  # part of the machine that others may use before the first line


@contextlib.contextmanager
def group_of(name, cpus):
    """A cgroup of so many CPUs; None: none."""
    group = CpuGroup(name, cpus) if cpus else None
    try:
        yield group
    finally:
        if group:
            group.remove()


def start(group, command, **options):
    starter = group.start if group else subprocess.Popen
    return starter(command, env=CLEAN, **options)


@contextlib.contextmanager
def target_api(cpus):
    """host:port of a target-api with one thread."""
    with group_of("target", cpus) as group:
        process = start(group, [os.path.join(BIN, "target-api"), "-port", "0", "-admin-port", "0", "-threads",
                                "1", "-test-endpoints"], stdout=subprocess.PIPE, text=True)
        try:
            yield process.stdout.readline().split("ready on ")[1].split(",")[0]
        finally:
            process.kill()
            process.wait()


def hold_up(process):
    """Stops it now and then, until it ends."""
    while process.poll() is None:
        time.sleep(STOP_EVERY_S)
        process.send_signal(signal.SIGSTOP)
        time.sleep(STOP_S)
        process.send_signal(signal.SIGCONT)


def attack(url, rate, seconds, slo=None, cpus=None, is_held_up=False):
    """The exit status and the report."""
    command = [LOADGEN, "attack", "-rate", str(rate), "-duration", f"{seconds}s", "-encoding", "none",
               "-report", "json"] + (["-slo", slo] if slo else []) + [url]
    with group_of("loadgen", cpus) as group, tempfile.TemporaryFile("w+") as out:
        process = start(group, command, stdout=out, stderr=subprocess.DEVNULL)
        if is_held_up:
            hold_up(process)
        status = process.wait()
        out.seek(0)
        return status, json.load(out)


def overloaded(is_short, is_held_up=False):
    rate, seconds, p99_s = (900, 2, 1) if is_short else (600, 15, 3)
    with target_api(0.5) as api:
        status, report = attack(f"http://{api}/work/1000", rate, seconds, "p99<100ms", is_held_up=is_held_up)
    return status == MISSED and report["latencies"]["99th"] > p99_s * 1e9, status, report


def held_up(is_short):
    seconds = 3.4 if is_short else 7  # stopped twice, or four times
    with target_api(None) as api:
        status, report = attack(f"http://{api}/health", 500, seconds, "p99<20ms", is_held_up=True)
    is_known = report["generator"]["read_late"] > 0.8 * STOP_S * 1e9  # an answer can have come meanwhile
    return status == LIMIT and is_known, status, report


def both(is_short):
    return overloaded(is_short, is_held_up=True)


def starved(is_short):
    with target_api(None) as api:
        status, report = attack(f"http://{api}/health", 40000, 2 if is_short else 3, cpus=0.1)
    return status == 0 and report["generator"]["verdict"] == "limit", status, report


def modest(is_short):
    with target_api(None) as api:
        status, report = attack(f"http://{api}/health", 500, 3 if is_short else 6, cpus=0.1)
    return status == 0 and report["generator"]["verdict"] != "limit", status, report


LINES = {line.__name__: line for line in (overloaded, held_up, both, starved, modest)}


@contextlib.contextmanager
def busy_loops(count):
    loops = [subprocess.Popen([sys.executable, "-c", f"import os\nwhile os.getppid() == {os.getpid()}: pass"])
             for _ in range(count)]
    try:
        yield [loop.pid for loop in loops]
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def check_idle():
    others = Others()
    time.sleep(IDLE_S)
    cpus = others.cpus()
    if cpus > IDLE_MAX * os.cpu_count():
        say_busy(cpus)


def run_line(name, is_short, beside):
    """The answer was right, and how many CPUs others used meanwhile."""
    others = Others(beside)
    is_right, status, report = LINES[name](is_short)
    cpus = others.cpus()
    generator = report["generator"]
    print(f"{'ok   ' if is_right else 'WRONG'}  {name}: status {status}, {generator['verdict']}, "
          f"p99 {report['latencies']['99th'] / 1e6:.2f} ms, response {report['response']['99th'] / 1e6:.2f} ms, "
          f"read late by at most {generator['read_late'] / 1e6:.2f} ms", flush=True)
    if not is_right:
        print(f"       {generator['why']}", flush=True)
    return is_right, cpus


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=1)
    parser.add_argument("-beside", action="store_true")
    parser.add_argument("-short", action="store_true")
    parser.add_argument("lines", nargs="*", metavar="LINE")
    options = parser.parse_args()
    unknown = [name for name in options.lines if name not in LINES]
    if unknown:
        parser.error(f"no line {unknown[0]}; there are {', '.join(LINES)}")
    names = options.lines or list(LINES)
    reason = why_not()
    if reason:
        print(f"only held_up is measured: {reason}")
    if not options.beside and not options.short:
        check_idle()
    runs = [name for name in names if not reason or name == "held_up"] * options.n
    with busy_loops(2 if options.beside else 0) as beside:
        answers = [run_line(name, options.short, beside) for name in runs]
    wrong = [cpus for is_right, cpus in answers if not is_right]
    print(f"{len(runs) - len(wrong)} of {len(runs)} right", flush=True)
    if wrong and min(wrong) >= BUSY_CPUS:
        say_busy(min(wrong))
    sys.exit(1 if wrong else SKIPPED if reason else 0)


if __name__ == "__main__":
    main()
