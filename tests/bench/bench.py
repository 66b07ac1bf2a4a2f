#!/usr/bin/env python3
"""The arithmetic of bench.sh, which explains what is measured.

bench.py machine                    what this machine is, and what it did for a second before
bench.py run TOOL SERVER_PID CMD..  runs CMD; prints one result, a line of JSON
bench.py head | show                the table: its heading; a row for each result on stdin
bench.py judge                      medians and bounds of the results on stdin; exit 1: one missed
"""
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time

# CPU per request, ours divided by theirs; "results" is loadgen with every result written to tmpfs.
BOUNDS = (("loadgen", "bare", 1.15), ("loadgen", "wrk", 0.90), ("results", "wrk", 1.0),
          ("loadgen", "hey", 0.40), ("loadgen", "h2load", 0.80), ("loadgen", "siege", 0.40),
          ("https", "hey-tls", 1.15), ("h2", "h2load-h2", 1.50))
BOUNDS_LAG_US = {"open": {"lag_p50_us": 50, "lag_p99_us": 1000}, "slow": {"lag_p50_us": 40}}
BOUND_RATE = 0.001  # of the rate that was asked for
BOUND_MEMORY_MIB = {"long": 32, "many": 64}
BOUND_GROWTH_MIB = 1  # between two attacks of which one is six times as long
RUN_LIMIT_S = 120
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


def counts_of(tool, out):
    """What the tool says it did: requests answered, seconds, and loadgen's lag."""
    if tool == "wrk":
        if re.search(r"Non-2xx|Socket errors", out):
            sys.exit(f"bench: wrk saw errors:\n{out}")
        requests, seconds = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
        return {"requests": int(requests), "seconds": float(seconds)}
    if tool in ("hey", "hey-tls"):
        requests = int(re.search(r"\[200\]\s+(\d+) responses", out).group(1))
        return {"requests": requests, "seconds": float(re.search(r"Total:\s+([\d.]+)", out)[1])}
    if tool in ("h2load", "h2load-h2"):
        seconds, = re.search(r"finished in ([\d.]+)s", out).groups()
        return {"requests": int(re.search(r"(\d+) succeeded, 0 failed", out).group(1)),
                "seconds": float(seconds)}
    if tool == "siege":
        report = json.loads(out[out.index("{"):])
        return {"requests": report["successful_transactions"], "seconds": report["elapsed_time"]}
    report = json.loads(out)
    if tool == "bare":
        return {"requests": report["requests"], "seconds": report["seconds"]}
    if report["success"] != 1:
        sys.exit(f"bench: loadgen's success is {report['success']}:\n{out}")
    return {"requests": report["requests"], "seconds": report["duration"] / 1e9,
            "intended": report["intended"], "not_started": report["not_started"],
            "rate": report["rate"], "memory_mib": report["generator"]["memory"] / 2**20,
            "lag_p50_us": report["lag"]["50th"] / 1e3, "lag_p99_us": report["lag"]["99th"] / 1e3}


def run(tool, server, command):
    busy, served, start = cpu_busy_s(), cpu_of_s(server), time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
                          timeout=RUN_LIMIT_S)
    if done.returncode != 0:
        sys.exit(f"bench: exit status {done.returncode}\n{done.stdout}")
    took = time.monotonic() - start
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = use.ru_utime + use.ru_stime
    result = {"tool": tool, "cpu_s": cpu} | counts_of(tool, done.stdout)
    if "-rate" in command:
        result["asked"] = int(command[command.index("-rate") + 1])
    others = cpu_busy_s() - busy - (cpu_of_s(server) - served) - cpu
    result["others_percent"] = max(0, others / took * 100)
    result["us"] = cpu * 1e6 / result["requests"]
    result["per_s"] = result["requests"] / result["seconds"]
    print(json.dumps(result))


def head():
    print(f"{'tool':9} {'requests':>9} {'per second':>10} {'CPU us/req':>10} {'others':>7}")


def show(results):
    for r in results:
        lag = ""
        if r["tool"] in ("short", "long", "many"):
            lag = f"  memory {r['memory_mib']:.1f} MiB"
        if r["tool"] in BOUNDS_LAG_US:
            lag = (f"  of {r['intended']} intended; not started {r['not_started']}; "
                   f"lag p50 {r['lag_p50_us']:.1f} us, p99 {r['lag_p99_us']:.1f} us")
        print(f"{r['tool']:9} {r['requests']:9} {r['per_s']:10.0f} {r['us']:10.3f} "
              f"{r['others_percent']:5.0f} %{lag}", flush=True)


def verdict(name, value, bound, form):
    held = value is not None and value <= bound
    text = "not measured" if value is None else format(value, form)
    print(f"{name:44} {text:>12}   bound {format(bound, form):>8}   {'PASS' if held else 'FAIL'}")
    return held


def judge_closed(by_tool):
    held = []
    for ours, theirs, bound in BOUNDS:
        pairs = zip(by_tool.get(ours, []), by_tool.get(theirs, []))
        ratios = [a["us"] / b["us"] for a, b in pairs]
        if ratios:
            held.append(verdict(f"CPU per request, {ours}/{theirs}", statistics.median(ratios),
                                bound, ".3f"))
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
    by_tool = {}
    for r in results:
        by_tool.setdefault(r["tool"], []).append(r)
    print(f"{'medians':9} {'':9} {'per second':>10} {'CPU us/req':>10}")
    for tool, rows in by_tool.items():
        print(f"{tool:9} {'':9} {statistics.median(r['per_s'] for r in rows):10.0f} "
              f"{statistics.median(r['us'] for r in rows):10.3f}")
    print()

    held = judge_closed(by_tool) + judge_open(by_tool) + judge_memory(by_tool)
    noisy = [r for r in results if r["others_percent"] > NOISE_PERCENT]
    if noisy:
        worst = max(r["others_percent"] for r in noisy)
        print(f"NOTE: in {len(noisy)} of {len(results)} runs others used more than "
              f"{NOISE_PERCENT} % of a core, {worst:.0f} % at worst: measure again when idle")
    return 0 if held and all(held) else 1


def main(args):
    if args[:1] == ["run"] and len(args) > 3:
        return run(args[1], args[2], args[3:])
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
