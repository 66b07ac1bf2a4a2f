#!/usr/bin/env python3
"""The arithmetic of bench.sh, which explains what is measured.

bench.py machine                    what this machine is, and what it did for a second before
bench.py run TOOL SERVER_PID SECONDS CMD...   runs CMD, which should take that long; prints one result,
                                    a line of JSON
bench.py head | show                the table: its heading; a row for each result on stdin
bench.py judge                      medians and bounds of the results on stdin; exit status 1: a bound was
                                    missed, or a run of ours has no figures
"""
import json
import os
import platform
import re
import resource
import signal
import statistics
import subprocess
import sys
import time

# CPU per request, ours divided by theirs; "results" is loadgen with every result written to tmpfs.
BOUNDS = (("loadgen", "bare", 1.15), ("loadgen", "wrk", 0.90), ("results", "wrk", 1.0),
          ("loadgen", "hey", 0.40), ("loadgen", "h2load", 0.80), ("loadgen", "siege", 0.40),
          ("https", "wrk-tls", 1.00), ("https", "hey-tls", 1.15), ("h2", "h2load-h2", 1.50))
OURS = {"loadgen", "results", "https", "h2", "open", "slow", "short", "long", "many"}
BOUNDS_LAG_US = {"open": {"lag_p50_us": 50, "lag_p99_us": 1000}, "slow": {"lag_p50_us": 40}}
BOUND_RATE = 0.001  # of the rate that was asked for
BOUND_MEMORY_MIB = {"long": 32, "many": 64}
BOUND_GROWTH_MIB = 1  # between two attacks of which one is six times as long
RUN_LIMIT_S = float(os.environ.get("RUN_LIMIT_S", "30"))  # beyond the seconds that a run was asked for
NOISE_PERCENT = 10  # of one core


def cpu_busy_s():
    """Seconds of CPU that everything on this machine has used since it started."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(
            int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def cpu_of_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine():
    before = cpu_busy_s()
    time.sleep(1)
    busy = (cpu_busy_s() - before) * 100
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.2f}, "
          f"{busy:.0f} % of one core busy before the start")
    if busy > NOISE_PERCENT:
        print(f"NOTE: the machine is not idle ({busy:.0f} % of one core)")


class NotMeasured(Exception):
    """A run without figures, and why."""


def find(pattern, out):
    match = re.search(pattern, out)
    if not match:
        raise NotMeasured(f"its output has no {pattern}")
    return match.groups()


def counts_of(tool, out):
    """What the tool says it did: requests answered, seconds, and loadgen's lag."""
    tool = tool.removesuffix("-tls").removesuffix("-h2")
    if tool == "wrk":
        if re.search(r"Non-2xx|Socket errors", out):
            raise NotMeasured("it saw errors")
        requests, seconds = find(r"(\d+) requests in ([\d.]+)s", out)
    elif tool == "hey":
        requests, = find(r"\[200\]\s+(\d+) responses", out)
        seconds, = find(r"Total:\s+([\d.]+)", out)
    elif tool == "h2load":
        seconds, = find(r"finished in ([\d.]+)s", out)
        requests, = find(r"(\d+) succeeded, 0 failed", out)
    elif tool == "siege":
        requests, = find(r'"successful_transactions":\s*(\d+)', out)
        seconds, = find(r'"elapsed_time":\s*([\d.]+)', out)
    else:
        report = json.loads(out)
        if tool == "bare":
            return {"requests": report["requests"], "seconds": report["seconds"]}
        if report["success"] != 1:
            raise NotMeasured(f"success is {report['success']}")
        return {"requests": report["requests"], "seconds": report["duration"] / 1e9,
                "intended": report["intended"], "not_started": report["not_started"],
                "rate": report["rate"], "memory_mib": report["generator"]["memory"] / 2**20,
                "lag_p50_us": report["lag"]["50th"] / 1e3, "lag_p99_us": report["lag"]["99th"] / 1e3}
    return {"requests": int(requests), "seconds": float(seconds)}


def output_of(command, seconds):
    """What the command prints. It is killed with all that it started when it does not end in time."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          start_new_session=True) as process:
        try:
            out, _ = process.communicate(timeout=seconds + RUN_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise NotMeasured(f"no end after {seconds + RUN_LIMIT_S:.0f} s") from None
    if process.returncode != 0:
        raise NotMeasured(f"exit status {process.returncode}")
    return out


def figures(tool, server, command, seconds):
    busy, served, start = cpu_busy_s(), cpu_of_s(server), time.monotonic()
    counts = counts_of(tool, output_of(command, seconds))
    took = time.monotonic() - start
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = use.ru_utime + use.ru_stime
    if not counts["requests"]:
        raise NotMeasured("no request was answered")
    others = cpu_busy_s() - busy - (cpu_of_s(server) - served) - cpu
    return {"cpu_s": cpu, "us": cpu * 1e6 / counts["requests"],
            "per_s": counts["requests"] / counts["seconds"],
            "others_percent": max(0, others / took * 100)} | counts


def run(tool, server, seconds, command):
    """Prints one result: figures, or the reason why there are none. A peer may hang or crash."""
    try:
        result = figures(tool, server, command, seconds)
        if "-rate" in command:
            result["asked"] = int(command[command.index("-rate") + 1])
    except (NotMeasured, OSError, ValueError) as reason:
        result = {"not_measured": str(reason)}
    print(json.dumps({"tool": tool} | result))


def head():
    print(f"{'tool':9} {'requests':>9} {'per second':>10} {'CPU us/req':>10} {'others':>7}")


def show(results):
    for r in results:
        if "not_measured" in r:
            print(f"{r['tool']:9} not measured: {r['not_measured']}", flush=True)
            continue
        lag = ""
        if r["tool"] in ("short", "long", "many"):
            lag = f"  memory {r['memory_mib']:.1f} MiB"
        if r["tool"] in BOUNDS_LAG_US:
            lag = (f"  of {r['intended']} intended; not started {r['not_started']}; "
                   f"lag p50 {r['lag_p50_us']:.1f} us, p99 {r['lag_p99_us']:.1f} us")
        print(f"{r['tool']:9} {r['requests']:9} {r['per_s']:10.0f} {r['us']:10.3f} "
              f"{r['others_percent']:5.0f} %{lag}", flush=True)


def verdict(name, value, bound, form):
    held = value <= bound
    print(f"{name:44} {format(value, form):>12}   bound {format(bound, form):>8}   "
          f"{'PASS' if held else 'FAIL'}")
    return held


def judge_closed(by_tool, failed):
    held = []
    for ours, theirs, bound in BOUNDS:
        name = f"CPU per request, {ours}/{theirs}"
        pairs = zip(by_tool.get(ours, []), by_tool.get(theirs, []))
        ratios = [a["us"] / b["us"] for a, b in pairs]
        if ratios:
            held.append(verdict(name, statistics.median(ratios), bound, ".3f"))
        elif ours in failed or theirs in failed:
            print(f"{name:44} {'not measured':>12}")
    return held


def judge_open(by_tool):
    held = []
    for tool, bounds in BOUNDS_LAG_US.items():
        rows = by_tool.get(tool, [])
        if not rows:
            continue
        missing = max(abs(r["intended"] - r["requests"]) for r in rows)
        held.append(verdict(f"{tool} loop, intended but not started, worst", missing, 0, "d"))
        if tool == "open":
            off = max(abs(r["rate"] / r["asked"] - 1) for r in rows)
            held.append(verdict("open loop, rate off by, worst", off, BOUND_RATE, ".5f"))
        for key, bound in bounds.items():
            median = statistics.median(r[key] for r in rows)
            held.append(verdict(f"{tool} loop, {key.replace('_', ' ')}, median", median, bound,
                                ".1f"))
    return held


def judge_memory(by_tool):
    held = []
    for tool, bound in BOUND_MEMORY_MIB.items():
        for r in by_tool.get(tool, []):
            held.append(verdict(f"memory, {tool}, MiB", r["memory_mib"], bound, ".1f"))
    if by_tool.get("long") and by_tool.get("short"):
        grown = by_tool["long"][0]["memory_mib"] - by_tool["short"][0]["memory_mib"]
        held.append(verdict("memory, long minus short, MiB", grown, BOUND_GROWTH_MIB, ".2f"))
    return held


def judge(results):
    failed = {r["tool"]: r["not_measured"] for r in results if "not_measured" in r}
    results = [r for r in results if "not_measured" not in r]
    by_tool = {}
    for r in results:
        by_tool.setdefault(r["tool"], []).append(r)
    print(f"{'medians':9} {'':9} {'per second':>10} {'CPU us/req':>10}")
    for tool, rows in by_tool.items():
        print(f"{tool:9} {'':9} {statistics.median(r['per_s'] for r in rows):10.0f} "
              f"{statistics.median(r['us'] for r in rows):10.3f}")
    print()

    held = judge_closed(by_tool, failed) + judge_open(by_tool) + judge_memory(by_tool)
    noisy = [r for r in results if r["others_percent"] > NOISE_PERCENT]
    if noisy:
        worst = max(r["others_percent"] for r in noisy)
        print(f"NOTE: in {len(noisy)} of {len(results)} runs others used more than "
              f"{NOISE_PERCENT} % of a core, {worst:.0f} % at worst: measure again when idle")
    for tool, reason in failed.items():
        print(f"NOTE: {tool} was not measured: {reason}")
    return 0 if held and all(held) and not OURS & failed.keys() else 1


def main(args):
    if args[:1] == ["run"] and len(args) > 4:
        return run(args[1], args[2], float(args[3]), args[4:])
    if args == ["machine"]:
        return machine()
    if args == ["head"]:
        return head()
    if args in (["show"], ["judge"]):
        results = [json.loads(line) for line in sys.stdin]
        return show(results) if args == ["show"] else judge(results)
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
