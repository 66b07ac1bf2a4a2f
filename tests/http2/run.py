"""loadgen as a client of HTTP/2, against a server that does what each case says.

    BIN=build/release/bin /usr/bin/python3 tests/http2/run.py [CASE...]

Each case runs with prior knowledge (h2c) and with TLS, unless it is only of one of them; it may be
named with either: `a_reset_harms_one_stream` or `a_reset_harms_one_stream/tls`. Three run at a time;
those that only wait (`only_waits`) run all at once.
"""

import inspect
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases_answers  # noqa: E402
import cases_closed  # noqa: E402
import cases_goaway  # noqa: E402
import cases_hangs  # noqa: E402
import cases_names  # noqa: E402
import cases_places  # noqa: E402
import cases_requests  # noqa: E402
import cases_refused  # noqa: E402
import cases_rubbish  # noqa: E402
import cases_silence  # noqa: E402
import cases_streams  # noqa: E402
from attack import Way  # noqa: E402
from lab import Certificate  # noqa: E402

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
    """Why it does not hold, or "". Says so."""
    begun = time.monotonic()
    problem = ""
    try:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            case(way, own)
    except AssertionError as error:
        problem = f"{name}: {error}"
    spent = time.monotonic() - begun
    print(f"{'FAILED' if problem else 'ok    '}  {problem or name} ({spent:.1f} s)", flush=True)
    return problem


def main():
    wanted = sys.argv[1:]
    chosen = [(name, case, is_tls) for name, case, is_tls in cases()
              if not wanted or name in wanted or name.split("/")[0] in wanted]
    with tempfile.TemporaryDirectory(prefix="http2.") as folder, ThreadPoolExecutor(100) as waiting, \
            ThreadPoolExecutor(3) as working:
        certificate = Certificate(folder)
        runs = [(waiting if getattr(case, "only_waits", False) else working).submit(
            run, name, case, Way(certificate, is_tls), folder) for name, case, is_tls in chosen]
        problems = [problem for problem in (future.result() for future in runs) if problem]
    print("\n".join([f"{len(chosen) - len(problems)} of {len(chosen)} cases hold", *problems]))
    sys.exit(0 if chosen and not problems else 1)


main()
