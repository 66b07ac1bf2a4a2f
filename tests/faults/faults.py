#!/usr/bin/env python3
"""Makes each system call and allocation of a command fail once, and looks at how the command ends.

    tests/faults/faults.py FAULT.SO NAME -- COMMAND ...

COMMAND runs once to see which calls there are (fault.c lists the kinds) and by which ways they come,
then again for each way, whose first call fails. With KNOWN_WAYS=FILE, ways that earlier commands took are
left out; it needs FAULT_OWN. COMMAND must end by itself and in time, with status 0 or 1; with 1 it
must have said why on stderr; with 0 the failure was one that the command can do without: what it
printed has the same shape as without a fault, and the file of results, for which the word RESULTS
stands in COMMAND, is whole. Sanitizers must find nothing, no leak either.

The exit status is 0 only when calls failed and nothing was found.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TIMEOUT_S = 60
SANITIZER_STATUS = 99
LEAKS = pathlib.Path(__file__).with_name("leaks.supp")
TELLTALE = ("Sanitizer", "runtime error:", "Assertion")

# Crashes of a library without memory, known by who called for it. OpenSSL 3.0 frees its loader twice when its last
# allocation fails; libcurl 7.88 destroys a socket's table of transfers when it cannot grow, and divides by its size.
CRASHES_ALONE = (("OSSL_STORE_open_ex", ""), ("libcurl.so.4", "was killed by signal 8"))


def is_ours(call, problem):
    return not any(caller in call and crash in problem for caller, crash in CRASHES_ALONE)


def shape(text, is_run):
    """What does not change: of a run the keys of its JSON, of all else every byte."""
    if not is_run:
        return text
    try:
        return sorted(json.loads(text))
    except ValueError:
        return None


def run(library, command, turn, folder):
    """Returns the call that failed (None: none did; at turn 0 their numbers), problems, what was printed."""
    report = folder / f"report.{turn}"
    results = folder / f"results.{turn}"
    environment = dict(os.environ, LD_PRELOAD=library, FAULT_AT=str(turn), FAULT_REPORT=str(report))
    # A leak of a library is told from ours by its whole stack, which takes seconds a run to collect.
    options = f"verify_asan_link_order=0:exitcode={SANITIZER_STATUS}:detect_leaks=1"
    environment["ASAN_OPTIONS"] = options + (":fast_unwind_on_malloc=0" if "FULL_STACKS" in environment else "")
    environment["LSAN_OPTIONS"] = f"exitcode={SANITIZER_STATUS}:suppressions={LEAKS}:print_suppressions=0"
    command = [word.replace("RESULTS", str(results)) for word in command]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return "a call", [f"has not ended after {TIMEOUT_S} s"], ""
    stderr = done.stderr.decode(errors="replace")
    problems = list(judge(done.returncode, stderr))
    if done.returncode == 0 and results.exists():
        problems += whole(command[0], results)
    results.unlink(missing_ok=True)
    name = report.read_text() if report.exists() else None
    report.unlink(missing_ok=True)
    return name, problems, done.stdout.decode(errors="replace") if done.returncode == 0 else None


def judge(status, stderr):
    if status < 0:
        yield f"was killed by signal {-status}"
    elif status not in (0, 1):
        yield f"ended with status {status}"
    elif status == 1 and not stderr.strip():
        yield "failed without a word"
    if any(word in stderr for word in TELLTALE) or status == SANITIZER_STATUS:
        yield stderr


def whole(program, results):
    """What is wrong with a file whose attack said that all is well."""
    done = subprocess.run([program, "report", "-type=json", results], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return ["left results that cannot be read"]
    report = json.loads(done.stdout)
    if report["cut_short"] or report["requests"] != report["intended"] - report["not_started"]:
        return ["left results that are not whole, and said nothing"]
    return []


def main():
    library, name, dashes, *command = sys.argv[1:]
    assert dashes == "--"
    is_run = command[1] == "attack"  # the failure may be a request's, and stands in the report then
    found = 0
    failed = {}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = pathlib.Path(folder)
        calls, problems, expected = run(library, command, 0, folder)
        if problems or not calls or expected is None:
            sys.exit(f"{name}: without a fault: {problems or 'it failed, or no calls were seen'}")
        known = pathlib.Path(os.environ.get("KNOWN_WAYS", os.devnull))
        old = set(known.read_text().split())
        ways = [call.split(":") for call in calls.split()]  # threads make their numbers vary a little
        turns = [int(number) for number, way in ways if way not in old]
        with known.open("a") as file:
            file.write("".join(f"{way}\n" for number, way in ways))
        for turn, (call, problems, printed) in zip(turns, pool.map(lambda t: run(library, command, t, folder), turns)):
            if call:
                kind = call.split()[0]
                failed[kind] = failed.get(kind, 0) + 1
                problems = [problem for problem in problems if is_ours(call, problem)]
            if printed is not None and shape(printed, is_run) != shape(expected, is_run):
                problems = [*problems, f"says that all is well and prints:\n{printed}"]
            for problem in problems:
                found += 1
                print(f"{name}: call {turn} fails: it {problem}\n{call}")
    kinds = ", ".join(f"{count} {call}" for call, count in sorted(failed.items()))
    print(f"{name}: {sum(failed.values())} calls failed ({kinds}), {found} problems")
    sys.exit(found > 0 or (not failed and not old))


if __name__ == "__main__":
    main()
