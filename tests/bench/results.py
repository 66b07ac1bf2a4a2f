#!/usr/bin/env python3
"""The measurements of results.sh, which explains them."""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import zlib

ROUNDS = 3
RESULTS = 10_000_000
TEXT_BYTES = 200_000_000
BOUND_RESULTS_PER_S = 2_000_000
BOUND_MIB = 64
BOUND_BYTES_EACH = 24
BOUND_JSON_MB_PER_S = 200
BIN = pathlib.Path(os.environ["BIN"])
RECORDING = pathlib.Path(__file__).parents[1] / "contract" / "vegeta"


def attack(scratch):
    """Results of a real attack: five targets, one of which refuses."""
    command = [BIN / "target-api", "-port", "0", "-admin-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            for line in server.stdout:
                ready = re.match(r"target-api: ready on (\S+),", line)
                if ready:
                    break
            paths = ("/health", "/metadata", "/users_name/1", "/users_name/999")
            targets = [f"GET http://{ready[1]}{path}" for path in paths] + ["GET http://127.0.0.1:1/"]
            (scratch / "targets").write_text("\n".join(targets) + "\n", encoding="ascii")
            subprocess.run([BIN / "loadgen", "attack", "-rate", "10000", "-duration", "2s", "-targets",
                            scratch / "targets", "-output", scratch / "short"], check=True)
        finally:
            server.terminate()
    return (scratch / "short").read_bytes()


def blocks_of(data):
    at = 0
    while at < len(data):
        length = 16 + int.from_bytes(data[at + 8:at + 12], "little")
        yield data[at:at + length]
        at += length


def repeat_blocks(data, path):
    """Writes a file of RESULTS results or a few more; returns how many."""
    blocks = list(blocks_of(data))
    packed = b"".join(block for block in blocks if block[4:5] == b"R")
    end = json.loads(next(block for block in blocks if block[4:5] == b"E")[16:])
    times = -(-RESULTS // end["started"])
    end["started"] *= times
    payload = json.dumps(end).encode()
    head = b"E\0\0\0" + len(payload).to_bytes(4, "little")
    with open(path, "wb") as out:
        out.writelines(block for block in blocks if block[4:5] in b"HTA")
        for _ in range(times):
            out.write(packed)
        out.write(b"HRM1" + head + zlib.crc32(head + payload).to_bytes(4, "little") + payload)
    return end["started"]


def report(path):
    """CPU seconds, MiB, and the report of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run([BIN / "loadgen", "report", "-type", "json", path], check=True,
                         stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_maxrss / 1024, json.loads(out.stdout)


def best(path, requests):
    runs = [report(path) for _ in range(ROUNDS)]
    for _cpu, _mib, made in runs:
        if made["requests"] != requests or made["cut_short"]:
            sys.exit(f"results: {path.name} has {requests} results, and {made['requests']} were read")
    return min(run[0] for run in runs), max(run[1] for run in runs)


def judge(what, value, unit, bound, holds):
    print(f"  {what:28} {value:12,.1f} {unit:12} {bound:12}  {'ok' if holds else 'MISSED'}")
    return holds


def measure(scratch):
    held = []
    data = attack(scratch)
    requests = repeat_blocks(data, scratch / "bin")
    cpu, mib = best(scratch / "bin", requests)
    size = (scratch / "bin").stat().st_size / requests
    held.append(judge("bin: results a CPU-second", requests / cpu / 1e6, "million",
                      f"> {BOUND_RESULTS_PER_S / 1e6:.0f}", requests / cpu > BOUND_RESULTS_PER_S))
    held.append(judge("bin: memory", mib, "MiB", f"< {BOUND_MIB}", mib < BOUND_MIB))
    held.append(judge("bin: bytes a result", size, "bytes", f"<= {BOUND_BYTES_EACH}",
                      size <= BOUND_BYTES_EACH))
    for name, bound in (("json", BOUND_JSON_MB_PER_S), ("csv", 0)):
        recorded = (RECORDING / f"results.{name}").read_bytes()
        times = -(-TEXT_BYTES // len(recorded))
        (scratch / name).write_bytes(recorded * times)
        cpu, _mib = best(scratch / name, recorded.count(b"\n") * times)
        rate = len(recorded) * times / cpu / 1e6
        held.append(judge(f"{name}: a CPU-second", rate, "MB", f">= {bound}" if bound else "",
                          rate >= bound))
        (scratch / name).unlink()
    return all(held)


def main():
    print("What it costs to read results (loadgen report, one core):")
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(0 if measure(pathlib.Path(scratch)) else 1)


main()
