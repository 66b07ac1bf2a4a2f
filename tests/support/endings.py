#!/usr/bin/env python3
"""Ends attacks by signals at every moment, and looks at what is left of them.

    endings.py LOADGEN URL_OF_TARGET_API

Each attack has a session of its own. What is sent is a list of (seconds after the one before, signal,
to whom): "p" the process, "g" its group. target-api needs -test-endpoints. Prints what is wrong, a line
each, and fails if there is any.
"""
import concurrent.futures
import datetime
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

LOADGEN, URL = sys.argv[1:]
TMP = tempfile.mkdtemp(dir=os.environ.get("TMP"))
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
ENDED_AT_ONCE = "A second signal abandoned"
PATIENCE = 4 if "tsan" in LOADGEN else 2 if "asan" in LOADGEN else 1
AT_A_TIME = 20 if PATIENCE == 1 else 8  # sixty programs that start at once take longer than a case waits
TIMES = 20 if PATIENCE == 1 else 5  # what is rare is a matter of moments, which a sanitizer changes


def send(process, signals):
    for pause, number, to in signals:
        time.sleep(pause)
        try:
            (os.kill if to == "p" else os.killpg)(process.pid, number)
        except ProcessLookupError:
            pass  # the run was over: this signal comes too late to matter


def wait_for_bytes(path, limit_s=20):
    """A run has begun when its file has a header. A busy machine may take a while to start a program."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until and not (os.path.exists(path) and os.path.getsize(path)):
        time.sleep(0.01)


def attack(name, arguments, signals, start_s=0.5, limit_s=20):
    """(status, seconds from the first signal to the end, live report, report of the file)"""
    path = f"{TMP}/{name}"
    live_file = open(path + ".json", "w+")
    command = [LOADGEN, "attack", "-output", path + ".bin", "-report", "json", *arguments]
    process = subprocess.Popen(command, stdout=live_file, stderr=open(path + ".err", "w"), start_new_session=True)
    wait_for_bytes(path + ".bin")
    time.sleep(start_s)
    begin = time.monotonic()
    send(process, signals)
    status = process.wait(limit_s)
    took = time.monotonic() - begin
    live_file.seek(0)
    live = json.loads(live_file.read() or "null")
    read = subprocess.run([LOADGEN, "report", "-type", "json", path + ".bin"], capture_output=True, text=True, check=False)
    return status, took, live, json.loads(read.stdout or "null"), read.stderr


def wrong(name, arguments, signals, expected):
    """What is wrong with an attack that is ended like this; expected: (status, abandons, most seconds). The
    status is that of the last wish; signals that a starved process finds together come by their numbers."""
    expected_status, abandons, most_s = expected
    status, took, live, read, err = attack(name, arguments, signals)
    if status != expected_status and not (abandons and status in (128 + number for _, number, _ in signals)):
        yield f"status {status} instead of {expected_status}"
    if took > most_s * PATIENCE:
        yield f"it took {took:.1f} s"
    if err:
        yield f"the file: {err}"
    for what, report in (("live", live), ("file", read)):
        if report is None:
            yield f"{what}: no report"
            continue
        if report["cut_short"] or not report["interrupted"]:
            yield f"{what}: cut short {report['cut_short']}, interrupted {report['interrupted']}"
        abandoned = report.get("abandoned") or 0
        if (abandoned > 0) != abandons or (ENDED_AT_ONCE in str(report["remarks"])) != abandons:
            yield f"{what}: abandoned {abandoned}, {report['remarks']}"
        if report["intended"] != (report["not_started"] or 0) + abandoned + report["requests"]:
            yield f"{what}: does not balance: {report}"
    if live and read and live["latencies"] != read["latencies"]:
        yield "the file and the report differ"


FAST = ["-rate", "200", URL + "/health"]
SLOW = ["-rate", "40", URL + "/delay/2500"]  # what is in flight takes longer than two signals
PHASES = {
    "sending": (FAST, 0),
    "warm-up": (["-warmup", "30s", *FAST], 0),
    "first": (["-rate", "200", URL + "/delay/700"], 0.9),
    "draining": (SLOW, 2.6),
}


def cases():
    for phase, (arguments, drain_s) in PHASES.items():
        for number in (INT, TERM, HUP):
            kind = f"{phase}-{number.name}"
            yield f"{kind}-once", arguments, [(0, number, "p")], (0, False, drain_s + 3)
            yield f"{kind}-timeout", arguments, [(0, number, "p"), (0, number, "g")], (0, False, drain_s + 3)
            yield f"{kind}-half", arguments, [(0, number, "p"), (0.5, number, "p")], (0, False, drain_s + 3)
    for number in (INT, TERM, HUP):
        at_once = (128 + number, True, 3.2)
        yield f"twice-{number.name}", SLOW, [(0, number, "p"), (1.5, number, "p")], at_once
        yield f"twice-two-{number.name}", SLOW, [(0, number, "p"), (0, number, "g"), (1.5, number, "p"), (0, number, "g")], at_once
        yield f"thrice-{number.name}", SLOW, [(0, number, "p"), (0.6, number, "p"), (0.6, number, "p")], (128 + number, True, 2.9)
    for first, then in ((INT, TERM), (TERM, INT)):
        yield f"{first.name}-{then.name}", SLOW, [(0, first, "p"), (0.3, then, "p")], (128 + then, True, 3.2)
        # Neither one of the first kind nor one of the second is a third wish before a second has passed.
        yield (f"{first.name}-{then.name}-{first.name}", SLOW,
               [(0, first, "p"), (0.1, first, "g"), (0.2, then, "p"), (0, first, "p"), (0, then, "g")], (128 + then, True, 3.2))
    for first, then in ((TERM, HUP), (HUP, TERM)):
        yield f"{first.name}-{then.name}", SLOW, [(0, first, "p"), (0.3, then, "p")], (0, False, 3.6)
    for first, then in ((INT, TERM), (TERM, HUP), (HUP, TERM)):
        yield f"{first.name}-later-{then.name}", SLOW, [(0, first, "p"), (1.5, then, "p")], (128 + then, True, 3.2)


def wrong_pipeline(name, line, number, files):
    """A command line whose whole group gets the signal. {f}+suffix are its files, each either WHOLE or
    at least up to the signal, but for the LAST_S of which no reader was left."""
    path = f"{TMP}/{name}"
    line = line.format(l=LOADGEN, u=URL, f=path)
    with open(path + ".err", "w") as err:
        shell = subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, stderr=err, start_new_session=True)
    if ".bin" in files:
        wait_for_bytes(path + ".bin")
    time.sleep(1.8)  # long after a worker's tick
    sent_ns = time.time_ns()
    os.killpg(shell.pid, number)
    shell.stdout.read()  # to the end of the last of them
    shell.wait()
    for suffix, is_whole in files.items():
        if suffix == ".html":
            if not open(path + suffix).read().rstrip().endswith("</html>"):
                yield "the page has no end"
            continue
        read = subprocess.run([LOADGEN, "report", "-type", "json", path + suffix], capture_output=True, text=True, check=False)
        text = open(path + suffix).read() if suffix == ".json" else read.stdout
        if not text:
            yield f"{suffix}: {read.stderr}"
            continue
        report = json.loads(text)
        latest = datetime.datetime.fromisoformat(report["latest"][:26].rstrip("Z") + "+00:00")
        missing_s = sent_ns / 1e9 - latest.timestamp()
        if missing_s > LAST_S:
            yield f"{suffix}: the last {missing_s:.3f} s are missing"
        if is_whole and (report["cut_short"] or not report["interrupted"] or
                         report["requests"] + (report["not_started"] or 0) != report["intended"]):
            yield f"{suffix}: {report['requests']} requests of {report['intended']}, {report['remarks']}"


LAST_S = 0.25 * PATIENCE  # 0.1 s, and a busy machine
A = "'{l}' attack -rate 200 {u}/health 2>/dev/null"
WHOLE = True
PIPELINES = [
    # name, command line, files, signals
    ("report", A + " | '{l}' report -type json -output {f}.json", {".json": WHOLE}, (INT, TERM, HUP)),
    ("tee-i", A + " | tee -i {f}.bin | '{l}' report -type json -output {f}.json", {".bin": WHOLE, ".json": WHOLE}, (INT,) * TIMES),
    ("tee", A + " | tee {f}.bin | '{l}' report -type json -output {f}.json", {".bin": False, ".json": False}, (INT,) * TIMES + (TERM, HUP)),
    ("encode", A + " | '{l}' encode -to bin | '{l}' report -type json -output {f}.json", {".json": WHOLE}, (INT, TERM, HUP)),
    ("json", A + " | '{l}' encode | '{l}' encode -to csv -output {f}.csv", {".csv": False}, (INT, TERM, HUP)),
    ("plot", A + " | tee -i {f}.bin | '{l}' plot -output {f}.html", {".bin": WHOLE, ".html": WHOLE}, (INT, INT)),
]


def is_full(path):
    fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    is_writable = select.select([], [fifo], [], 0)[1]
    os.close(fifo)
    return not is_writable


def wait_until_blocked(process, path, limit_s=20):
    """It uses no CPU any more, since the pipe and all its blocks are full and nobody reads them. A busy
    machine may give it none for a while: then there is room in the pipe."""
    def cpu_ticks():
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            return sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
    ticks, since, until = None, 0, time.monotonic() + limit_s
    while time.monotonic() < until and time.monotonic() < (since or until) + 1.5:
        now = cpu_ticks()
        if now != ticks or not is_full(path):
            ticks, since = now, time.monotonic()
        time.sleep(0.05)


def wrong_reader(name, signals, pause_s, expected):
    """Results go into a FIFO whose reader goes on pause_s after the first signal. expected: (status, is the
    file whole, most seconds)"""
    expected_status, is_whole, most_s = expected
    path = f"{TMP}/{name}"
    os.mkfifo(path)
    command = [LOADGEN, "attack", "-rate", "0", "-max-workers", "8", "-output", path, URL + "/health"]
    attack = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(path + ".err", "w"), start_new_session=True)
    with open(path, "rb") as fifo, open(path + ".bin", "wb") as file:
        wait_until_blocked(attack, path)
        begin = time.monotonic()
        send(attack, signals)
        while time.monotonic() < begin + pause_s and attack.poll() is None:
            time.sleep(0.02)
        while data := fifo.read(65536):
            file.write(data)
    status = attack.wait(20)
    took = time.monotonic() - begin
    read = subprocess.run([LOADGEN, "report", "-type", "json", path + ".bin"], capture_output=True, text=True, check=False)
    report = json.loads(read.stdout)
    if (status, report["cut_short"]) != (expected_status, not is_whole) or (is_whole and read.stderr):
        yield f"status {status}, {report['remarks']} {read.stderr}"
    if is_whole and (not report["interrupted"] or report["requests"] < 1000):
        yield f"{report['requests']} requests, {report['remarks']}"
    if took > most_s * PATIENCE:
        yield f"it took {took:.1f} s"


READERS = [
    ("slow", [(0, INT, "p")], 2.5, (0, True, 3.5)),
    ("slow-twice", [(0, TERM, "p"), (1.5, TERM, "p")], 2.5, (143, True, 3.5)),
    ("never-thrice", [(0, INT, "p"), (1.5, INT, "p"), (1.5, INT, "p")], 30, (130, False, 3.5)),
    ("never-twice", [(0, HUP, "p"), (1.5, TERM, "p")], 30, (143, False, 7.5)),
]


def checked(check, *case):
    try:
        return list(check(*case))
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return [repr(error)]


def main():
    found = []
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {pool.submit(checked, wrong, *case): case[0] for case in cases()}
        for name, line, files, signals in PIPELINES:
            for i, number in enumerate(signals):
                label = f"{name}-{i}-{number.name}"
                running[pool.submit(checked, wrong_pipeline, label, line, number, files)] = label
        for reader in READERS:
            running[pool.submit(checked, wrong_reader, *reader)] = reader[0]
        for done in concurrent.futures.as_completed(running):
            found += [f"{running[done]}: {what}" for what in done.result()]
    print("\n".join(found) or f"{len(running)} endings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
