"""loadgen as a client of HTTP/2, against a server that does what each case says.

    BIN=build/release/bin /usr/bin/python3 tests/http2/run.py [CASE...]

Each case runs with prior knowledge (h2c) and with TLS, unless it is only of one of them; it may be
named with either: `a_reset_harms_one_stream` or `a_reset_harms_one_stream/tls`. Those that do little
but wait run beside the others.
"""

import inspect
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import cases_answers
import cases_closed
import cases_goaway
import cases_hangs
import cases_names
import cases_places
import cases_requests
import cases_refused
import cases_rubbish
import cases_silence
import cases_streams
from lab import Certificate, Way

MODULES = (cases_answers, cases_requests, cases_streams, cases_goaway, cases_closed, cases_rubbish,
           cases_silence, cases_hangs, cases_refused, cases_places, cases_names)


def cases():
    """(name, function, is_tls), in the order of the files."""
    for module in MODULES:
        for name, case in vars(module).items():
            if inspect.isfunction(case) and list(inspect.signature(case).parameters) == ["way", "folder"]:
                for is_tls in False, True:
                    if getattr(case, "only_tls", is_tls) == is_tls:
                        yield f"{name}/{'tls' if is_tls else 'h2c'}", case, is_tls


def run(name, case, way, folder):
    """Does it hold? Says so."""
    begun = time.monotonic()
    problem = ""
    try:
        case(way, folder)
    except AssertionError as error:
        problem = f": {error}"
    spent = time.monotonic() - begun
    print(f"{'FAILED' if problem else 'ok    '}  {name}{problem} ({spent:.1f} s)", flush=True)
    return not problem


def main():
    wanted = sys.argv[1:]
    chosen = [(name, case, is_tls) for name, case, is_tls in cases()
              if not wanted or name in wanted or name.split("/")[0] in wanted]
    with tempfile.TemporaryDirectory(prefix="http2.") as folder, ThreadPoolExecutor(100) as beside:
        certificate = Certificate(folder)
        waiting, held = [], 0
        for name, case, is_tls in chosen:
            if getattr(case, "only_waits", False):
                waiting.append(beside.submit(run, name, case, Way(certificate, is_tls), folder))
        for name, case, is_tls in chosen:
            if not getattr(case, "only_waits", False):
                held += run(name, case, Way(certificate, is_tls), folder)
        held += sum(future.result() for future in waiting)
    print(f"{held} of {len(chosen)} cases hold")
    sys.exit(0 if 0 < len(chosen) == held else 1)


main()
