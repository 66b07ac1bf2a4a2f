"""`loadgen compare` against a known difference (`make test-compare`).

    BIN=build/release/bin python3 tests/capacity/compare.py [-smoke]

Three targets, each in a cgroup of 0.5 CPU: `slow` works 1,100 us for a request, `fast` and `same` 1,000 us.
ROUNDS quick searches of each, interleaved, so that what the machine does meanwhile meets all. The set of
`slow` against that of `fast` must give an interval that excludes 0 and contains the difference of their CPU
times per request, about 10 %; `fast` against `same` one that contains 0. All of it twice.

A machine that is busy before a round, or a target whose T (run.py) differs before and after, is not
measurable. Exit status as of run.py; -smoke: three rounds with short trials, once, and nothing that is judged
fails.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile

import cpu_group
from run import CLEAN, LOADGEN, Generator, NotMeasurable, Target, Truth, Wrong, check_idle, expect

ROUNDS, TIMES = 5, 2
WORK_US = {"slow": 1100, "fast": 1000, "same": 1000}
EXPECTED = 10.0  # percent more
SENTENCE = re.compile(r" ([\d.]+)% (more|less), 95% interval ([\d.]+)% (more|less) to ([\d.]+)% (more|less)")
FLAGS = ["-quick", "-slo", "p99<100ms,errors<1%"]
SMOKE_FLAGS = ["-quick", "-slo", "p90<20ms", "-trial", "1s"]


def url_of(target, name):
    return f"{target.base}/work/{WORK_US[name]}"


def measure(target, name, flags, output):
    with Generator() as generator:
        status, out, err = generator.run("capacity", *flags, "-output", output, url_of(target, name))
    expect(status == 0, f"{name}: exit status {status}: {out}{err}")


def compare(folder, before, after):
    """The ends of the interval, in percent, and the sentence."""
    # -force: the sides differ in their path
    said = subprocess.run([os.path.abspath(LOADGEN), "compare", "-force", ",".join(before), ",".join(after)],
                          env=CLEAN, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, cwd=folder).stdout
    sentence = said.strip().splitlines()[-1]
    found = SENTENCE.search(sentence)
    expect(found, f"no interval: {said}")
    values = found.groups()
    low, high = (float(values[i]) * (1 if values[i + 1] == "more" else -1) for i in (2, 4))
    return low, high, sentence


@contextlib.contextmanager
def truths(targets):
    """T of each target, measured before and after what is inside."""
    with contextlib.ExitStack() as stack:
        measured = [stack.enter_context(Truth(target, url_of(target, name))) for name, target in targets.items()]
        yield
        for truth in measured:
            truth.check()


def once(rounds, flags, is_smoke):
    """Yields a line for each of the two comparisons."""
    with tempfile.TemporaryDirectory() as folder, Target(0.5) as slow, Target(0.5) as fast, \
            Target(0.5) as same:
        targets, files = {"slow": slow, "fast": fast, "same": same}, {name: [] for name in WORK_US}
        with contextlib.nullcontext() if is_smoke else truths(targets):
            for number in range(rounds):
                if not is_smoke:
                    check_idle()
                for name, target in targets.items():
                    files[name].append(f"{name}-{number}.json")
                    measure(target, name, flags, os.path.join(folder, files[name][-1]))
        low, high, text = compare(folder, files["slow"], files["fast"])
        yield "work differs by 10 %", low > 0 and low <= EXPECTED <= high, text
        low, high, text = compare(folder, files["fast"], files["same"])
        yield "work is the same", low <= 0 <= high, text


def main(arguments):
    is_smoke = arguments == ["-smoke"]
    rounds, times, flags = (3, 1, SMOKE_FLAGS) if is_smoke else (ROUNDS, TIMES, FLAGS)
    reason = cpu_group.why_not()
    if reason:
        print(f"not measurable here: {reason}")
        return 0 if is_smoke else 77
    status = 0
    for number in range(times):
        try:
            for name, holds, text in once(rounds, flags, is_smoke):
                print(f"{'ok' if holds else 'WRONG'}  {name}, {number + 1} of {times}: {text}", flush=True)
                status = status if holds else 1
        except NotMeasurable as error:
            print(f"not measurable now  {number + 1} of {times}: {error}", flush=True)
            status = status or 77
        except Wrong as error:
            print(f"WRONG  {number + 1} of {times}: {error}", flush=True)
            status = 1
    return 0 if is_smoke else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
