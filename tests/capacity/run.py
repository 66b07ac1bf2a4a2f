"""The capacity search against a known truth (`make test-capacity`).

    BIN=build/release/bin python3 tests/capacity/run.py [-smoke] [LINE...]

Set-up of every line: target-api with one thread in a cgroup of Q CPUs (period 100 ms), loadgen in one of
1 CPU, constant arrivals unless said, -slo 'p99<100ms,errors<0.1%'.

The truth T = Q / c, where c is the target's CPU time per request at saturation, is measured before and
after each line. It counts only if the target used at least 97 % of Q both times, if both differ by less
than 2 %, and if what was served is within 3 % of T. Otherwise the line is not measurable now.

`workers` compares two searches with each other: over four workers of 0.25 CPU, and over one of 1 CPU.

Each line prints what it measured. An answer is wrong only if the truth could be measured: a search that
fails on a machine that is busy says nothing. Nothing begins on a machine that is busy. The whole table may
take 75 minutes; `trusted` and `workers` are not in it, and run only when they are named. Exit status: 0 all
held; 1 one was wrong, or the table took too long; 77 none was wrong, but some (or all: no cgroups, a busy
machine) were not measured. -smoke runs two short lines in at most 5 minutes, for CI, where what is not
measured is printed and does not fail.
"""

import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import cpu_group
from cpu_group import CpuGroup
from queue_model import crossing

BIN = os.environ.get("BIN", "build/release/bin")
LOADGEN = os.path.join(BIN, "loadgen")
SLO = "p99<100ms,errors<0.1%"
CLEAN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
IDLE_MAX = 0.03  # part of the machine that may be busy before a line
TRUTH_S = 20
SEARCH_MAX_S = 900  # a search that takes longer is wrong
TABLE_MAX_S = 75 * 60
SERVED_MAX_S = 10  # a target that is stopped never answers
READY_MAX_S = 20
SMOKE_TRUTH_S, SMOKE_SEARCH_S = 10, 100


class NotMeasurable(Exception):
    """The machine does not allow to judge this line now."""


class Wrong(Exception):
    """The line does not hold."""


def expect(holds, text):
    if not holds:
        raise Wrong(text)


class Target:
    """target-api with one thread in a cgroup of its own."""

    def __init__(self, cpus):
        self.group = CpuGroup("target", cpus)
        self.process = self.group.start(
            [os.path.join(BIN, "target-api"), "-port", "0", "-admin-port", "0", "-threads", "1",
             "-test-endpoints"], stdout=subprocess.PIPE, env=CLEAN, text=True)
        ready = self.process.stdout.readline()
        ports = re.findall(r"127\.0\.0\.1:(\d+)", ready)
        expect(len(ports) == 2, f"target-api said: {ready!r}")
        self.base, self.admin = (f"http://127.0.0.1:{port}" for port in ports)

    def served(self):
        try:
            with urllib.request.urlopen(f"{self.admin}/metrics", timeout=SERVED_MAX_S) as page:
                text = page.read().decode()
        except OSError as error:
            raise NotMeasurable(f"the target does not answer for its metrics: {error}") from None
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith("http_requests_total"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.group.remove()


class Generator:
    """loadgen in a cgroup of its own."""

    def __init__(self, cpus=1.0):
        self.group = CpuGroup("loadgen", cpus)

    def start(self, *arguments, **options):
        return self.group.start([LOADGEN, *map(str, arguments)], env=CLEAN, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *arguments):
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=SEARCH_MAX_S)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
            raise Wrong(f"it did not end in {SEARCH_MAX_S} s: {err}") from None
        return process.returncode, out, err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.group.remove()


class Saturation:
    """One measurement of the truth."""

    def __init__(self, target, url):
        cpu_s, served, began = target.group.cpu_s(), target.served(), time.monotonic()
        with Generator() as generator:
            status, _, err = generator.run("attack", "-rate", 0, "-max-workers", 8, "-duration",
                                           f"{TRUTH_S}s", "-encoding", "none", url)
        expect(status == 0, f"saturating failed: {err}")
        self.seconds = time.monotonic() - began
        self.used = (target.group.cpu_s() - cpu_s) / (target.group.cpus * self.seconds)
        count = target.served() - served
        self.cost_s = (target.group.cpu_s() - cpu_s) / count
        self.truth = target.group.cpus / self.cost_s
        self.rate = count / self.seconds


class Truth:
    """T, measured before and after what is inside; NotMeasurable if the two do not agree."""

    def __init__(self, target, url):
        self.target, self.url = target, url

    def __enter__(self):
        self.before = Saturation(self.target, self.url)
        self.rate, self.cost_s = self.before.truth, self.before.cost_s
        return self

    def check(self):
        """Call it after the measurement, before judging; T is then the mean of both."""
        after = Saturation(self.target, self.url)
        if abs(after.truth / self.before.truth - 1) >= 0.02:
            self.before, after = after, Saturation(self.target, self.url)
        both = (self.before, after)
        for one in both:
            if one.used < 0.97:
                raise NotMeasurable(f"the target used only {one.used:.1%} of its quota")
            if abs(one.rate / one.truth - 1) > 0.03:
                raise NotMeasurable(f"{one.rate:.1f}/s served, but T is {one.truth:.1f}/s")
        if abs(after.truth / self.before.truth - 1) >= 0.02:
            raise NotMeasurable(f"T moved from {self.before.truth:.1f}/s to {after.truth:.1f}/s")
        self.cost_s = statistics.mean(one.cost_s for one in both)
        self.rate = self.target.group.cpus / self.cost_s

    def __exit__(self, kind, *_):
        if kind is Wrong:
            self.check()  # then the machine may be the cause
        return False


def search(generator, url, *arguments, slo=SLO, expected=(0,)):
    """Runs a whole search; returns its JSON, with the exit status as `status`."""
    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "capacity.json")
        status, out, err = generator.run("capacity", "-slo", slo, "-output", output, *arguments, url)
        expect(status in expected, f"exit status {status}: {out}{err}")
        with open(output) as file:
            return json.load(file) | {"status": status}


def found(result):
    return result["capacity"]["rate"]


def must_be_within(result, truth, low, high):
    part = found(result) / truth
    text = f"found {found(result):.1f}/s of T {truth:.1f}/s: {part:.3f} ({low} to {high}), " \
           f"{len(result['trials'])} trials"
    expect(low <= part <= high, text)
    return text


def cell(cpus, work_us, *arguments, slo=SLO, low=0.95, high=1.02):
    with Target(cpus) as target, Generator() as generator:
        url = f"{target.base}/work/{work_us}"
        with Truth(target, url) as truth:
            result = search(generator, url, *arguments, slo=slo)
            truth.check()
        return must_be_within(result, truth.rate, low, high)


def quick(cpus, work_us, low=0.95, high=1.03):
    return lambda: cell(cpus, work_us, "-quick", slo="p99<100ms,errors<1%", low=low, high=high)


def poisson(cpus, work_us, *arguments):
    def line():
        with Target(cpus) as target, Generator() as generator:
            url = f"{target.base}/work/{work_us}"
            with Truth(target, url) as truth:
                result = search(generator, url, "-arrival", "poisson", *arguments)
                truth.check()
            at = [t for t in result["trials"] if t["rate"] == found(result)]
            window_s = min(t["duration_seconds"] for t in at)
            knee = crossing(truth.cost_s, cpus, 0.1, window_s)
            text = must_be_within(result, knee, 0.94, 1.06)
            return f"{text}; that is {knee / truth.rate:.3f} of Q / c"
    return line


def repeated(*arguments, most):
    def line():
        rates = []
        with Target(0.5) as target, Generator() as generator:
            url = f"{target.base}/work/1000"
            with Truth(target, url) as truth:
                for _ in range(5):
                    rates.append(found(search(generator, url, *arguments)))
                truth.check()
        variation = statistics.stdev(rates) / statistics.mean(rates)
        text = f"{', '.join(f'{rate:.1f}' for rate in rates)} of T {truth.rate:.1f}/s: " \
               f"coefficient of variation {variation:.2%} ({most:.1%})"
        expect(variation <= most, text)
        return text
    return line


def small_generator(*arguments):
    def line():
        with Target(0.5) as target, Generator(0.1) as generator:
            url = f"{target.base}/health"
            with Truth(target, url) as truth:
                result = search(generator, url, *arguments, expected=(98,))
                truth.check()
        least = found(result) or 0
        bad = [t["rate"] for t in result["trials"] if t["outcome"] == "bad"]
        text = f"at least {least:.0f}/s of T {truth.rate:.0f}/s; rates called bad: {bad}"
        expect(result["verdict"] == "generator-limited", result["verdict"])
        expect(0 < least <= truth.rate, text)
        expect(all(rate >= 0.95 * truth.rate for rate in bad), text)
        return text
    return line


class Stalls:
    """Stops a process for 200 ms every 5.003 s."""

    SCRIPT = "import os, signal, sys, time\n" \
             "pid, at = int(sys.argv[1]), time.monotonic()\n" \
             "while True:\n" \
             "    at += 5.003\n" \
             "    time.sleep(max(0, at - 0.2 - time.monotonic()))\n" \
             "    os.kill(pid, signal.SIGSTOP)\n" \
             "    time.sleep(0.2)\n" \
             "    os.kill(pid, signal.SIGCONT)\n"

    def __init__(self, target):
        self.stopped = target.process

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-c", self.SCRIPT, str(self.stopped.pid)])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.stopped.send_signal(signal.SIGCONT)


class Broker:
    """nats-server; not in a cgroup."""

    def __init__(self, folder):
        config = os.path.join(folder, "nats.conf")
        with open(config, "w") as file:
            file.write(f'jetstream {{ store_dir: "{folder}/streams", max_file: 2GB }}\n')
        self.process = subprocess.Popen(["nats-server", "-c", config, "-a", "127.0.0.1", "-p", "-1",
                                         "--ports_file_dir", folder, "-l", os.path.join(folder, "log")],
                                        env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"})
        ports = os.path.join(folder, f"nats-server_{self.process.pid}.ports")
        until = time.monotonic() + READY_MAX_S
        while not os.path.exists(ports) or os.path.getsize(ports) == 0:
            expect(time.monotonic() < until, "nats-server does not start")
            time.sleep(0.05)
        with open(ports) as file:
            self.url = json.load(file)["nats"][0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Workers:
    """`loadgen worker`, `count` of them, each in a cgroup of its own."""

    def __init__(self, broker, count, cpus):
        self.groups = [CpuGroup("worker", cpus) for _ in range(count)]
        self.processes = [
            group.start([LOADGEN, "worker", "-nats", broker.url, "-name", f"worker-{i}"],
                        stderr=subprocess.DEVNULL, env=CLEAN) for i, group in enumerate(self.groups)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        for group in self.groups:
            group.remove()


def workers(*arguments, slo=SLO):
    """Four workers of 0.25 CPU find what one of 1 CPU finds."""
    def line():
        rates = {}
        with tempfile.TemporaryDirectory() as folder, Broker(folder) as broker, Target(0.5) as target, \
                Generator() as generator:
            url = f"{target.base}/work/1000"
            with Truth(target, url) as truth:
                for count, cpus in ((1, 1), (4, 0.25)):
                    with Workers(broker, count, cpus):
                        result = search(generator, url, "-nats", broker.url, "-expect-workers", count, *arguments,
                                        slo=slo)
                    rates[count] = found(result)
                truth.check()
        width = result["settings"]["width"]
        text = f"four of 0.25 CPU {rates[4]:.1f}/s, one of 1 CPU {rates[1]:.1f}/s, T {truth.rate:.1f}/s: " \
               f"{rates[4] / rates[1]:.3f} (1 +- {width})"
        expect(abs(rates[4] / rates[1] - 1) <= width, text)
        return text
    return line


def stalls():
    with Target(1) as target, Generator() as generator:
        url = f"{target.base}/work/1000"
        with Truth(target, url) as truth:
            rate = int(0.1 * truth.rate)
            with Stalls(target):
                status, out, err = generator.run("attack", "-rate", rate, "-duration", "30s", "-encoding",
                                                 "none", "-report", "json", "-slo", "p99<1h,p99.9<1h", url)
                expect(status == 0, f"exit status {status}: {err}")
                p95 = search(generator, url, "-quick", slo="p95<50ms")
                p99 = search(generator, url, "-quick", slo="p99<100ms", expected=(99,))
            truth.check()
    p99_ms, p999_ms = (criterion["value"] / 1e6 for criterion in json.loads(out)["slo"])
    text = f"p99 {p99_ms:.0f} ms (140 to 165), p99.9 {p999_ms:.0f} ms (180 to 215) at {rate}/s; " \
           f"p95<50ms: {p95['verdict']} {found(p95)}/s; p99<100ms: {p99['verdict']}"
    expect(140 <= p99_ms <= 165 and 180 <= p999_ms <= 215, text)
    expect(p95["verdict"] == "found" and p99["verdict"] == "below-minimum", text)
    return text


def trusted():
    """Up to the rate of selftest the generator is not the limit; far beyond it is."""
    with Target(1) as target, Generator(0.1) as generator:
        status, out, err = generator.run("selftest", "-output", "stdout")
        expect(status != 1, err)
        if status != 0:
            raise NotMeasurable(err)
        rate = json.loads(out)["generator"]["rate"]
        verdicts = {}
        for part in (0.95, 4):
            _, out, _ = generator.run("attack", "-rate", int(part * rate), "-duration", "10s", "-encoding",
                                      "none", "-report", "json", f"{target.base}/health")
            verdicts[part] = json.loads(out)["generator"]["verdict"]
    text = f"trusted up to {rate:.0f}/s; times 0.95: {verdicts[0.95]}, times 4: {verdicts[4]}"
    expect(verdicts[0.95] != "limit" and verdicts[4] == "limit", text)
    return text


def complete_lines(path):
    """What of a journal must survive a kill; nothing if the kill came before it."""
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        text = file.read()
    return text[:text.rfind("\n") + 1]


def is_killed(process, seconds):
    """False if it found the capacity before."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    expect(process.returncode == 0, f"exit status {process.returncode}: {out}{err}")
    return False


def check_journal(path, kept):
    """kept: what it had after each kill. Returns its trials."""
    final = complete_lines(path)
    lines = final.splitlines()
    expect(all(final.startswith(before) for before in kept), f"a kill changed what was in the journal: {final}")
    expect(len(set(lines)) == len(lines), f"a line is in the journal twice: {final}")
    return [entry for entry in map(json.loads, lines) if "outcome" in entry]


def killed(times, longest_s, *arguments, slo=SLO, low=0.95, high=1.02):
    """The longest time until a kill is beyond a verification, so that one is killed too. After a search that
    ends before all kills, another one begins."""
    def line():
        rng = random.Random(time.time_ns())
        kept, kills = [], 0
        with Target(0.5) as target, Generator() as generator, \
                tempfile.TemporaryDirectory() as scratch:
            url = f"{target.base}/work/1000"
            journal = os.path.join(scratch, "journal")
            with Truth(target, url) as truth:
                while kills < times:
                    process = generator.start("capacity", "-slo", slo, "-journal", journal, "-resume", *arguments, url)
                    if is_killed(process, rng.uniform(3, longest_s)):
                        kills += 1
                        kept.append(complete_lines(journal))
                    else:
                        check_journal(journal, kept)
                        os.remove(journal)
                        kept = []
                result = search(generator, url, "-journal", journal, "-resume", *arguments, slo=slo)
                truth.check()
            trials = check_journal(journal, kept)
        text = must_be_within(result, truth.rate, low, high)
        expect(len(trials) == len(result["trials"]), f"{len(trials)} trials are in the journal; {text}")
        return f"{text}; killed {times} times"
    return line


LINES = {
    **{f"quick-{q}-{us}": quick(q, us) for q in (0.25, 0.5, 1) for us in (1000, 5000)},
    "default-0.5-1000": lambda: cell(0.5, 1000),
    # A trial needs 2,000 requests, at 36/s almost a minute, and bursts make trials differ by more than the
    # default width: the default search takes more than 15 minutes.
    "poisson-0.25-5000": poisson(0.25, 5000, "-quick"),
    "poisson-0.5-1000": poisson(0.5, 1000),
    "five": repeated(most=0.02),
    "five-quick": repeated("-quick", most=0.025),
    "small-generator": small_generator(),
    "stalls": stalls,
    "killed": killed(10, 45),
    "workers-quick": workers("-quick", slo="p99<100ms,errors<1%"),
}
NAMED_ONLY = {"trusted": trusted, "workers": workers()}
SMOKE = {
    "small-generator": small_generator("-quick"),
    "cell-killed": killed(1, 25, "-quick", slo="p99<100ms,errors<1%", low=0.92, high=1.08),
}


def machine_times():
    with open("/proc/stat") as file:
        values = [int(value) for value in file.readline().split()[1:9]]
    return sum(values), values[3] + values[4]


def check_idle(seconds=5):
    total, idle = machine_times()
    time.sleep(seconds)
    total_now, idle_now = machine_times()
    busy = 1 - (idle_now - idle) / (total_now - total)
    if busy > IDLE_MAX:
        raise NotMeasurable(f"the machine is {busy:.0%} busy; end what else runs")


def run(name, line):
    began = time.monotonic()
    try:
        check_idle()
        verdict, text = "ok", line()
    except NotMeasurable as error:
        verdict, text = "not measured", str(error)
    except Wrong as error:
        verdict, text = "WRONG", str(error)
    print(f"{verdict}  {name} ({time.monotonic() - began:.0f} s): {text}", flush=True)
    return verdict


def why_not():
    """Why nothing can be measured now; None if it can."""
    try:
        return cpu_group.why_not() or check_idle()
    except NotMeasurable as error:
        return error


def run_lines(lines, is_table):
    """The verdicts; the table's own time is one of them."""
    began = time.monotonic()
    verdicts = {run(name, line) for name, line in lines.items()}
    seconds = time.monotonic() - began
    is_late = is_table and seconds > TABLE_MAX_S
    print(f"{len(lines)} lines in {seconds / 60:.1f} minutes"
          f"{f': WRONG, at most {TABLE_MAX_S / 60:.0f}' if is_late else ''}", flush=True)
    return verdicts | ({"WRONG"} if is_late else set())


def main(arguments):
    global TRUTH_S, SEARCH_MAX_S
    is_smoke = arguments[:1] == ["-smoke"]
    table = LINES
    if is_smoke:
        table, TRUTH_S, SEARCH_MAX_S, arguments = SMOKE, SMOKE_TRUTH_S, SMOKE_SEARCH_S, arguments[1:]
    known = table | ({} if is_smoke else NAMED_ONLY)
    for name in arguments:
        if name not in known:
            sys.exit(f"no line is called {name}; there are {', '.join(known)}")
    reason = why_not()
    if reason:
        print(f"not measured: {reason}")
        return 0 if is_smoke else 77
    verdicts = run_lines({name: known[name] for name in arguments} or table, not arguments and not is_smoke)
    if "WRONG" in verdicts:
        return 1
    return 77 if "not measured" in verdicts and not is_smoke else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
