"""loadgen as a client of HTTP/2, against a server that does what each case says.

    BIN=build/release/bin /usr/bin/python3 tests/http2/run.py [CASE...]

Each case runs with prior knowledge (h2c) and with TLS, unless it is only of one of them; it may be
named with either: `a_reset_harms_one_stream` or `a_reset_harms_one_stream/tls`.
"""

import inspect
import sys
import tempfile
import time

import cases_answers
import cases_closed
import cases_goaway
import cases_places
import cases_requests
import cases_rubbish
import cases_silence
import cases_streams
from lab import Certificate, Way

MODULES = (cases_answers, cases_requests, cases_streams, cases_goaway, cases_closed, cases_rubbish,
           cases_silence, cases_places)


def cases():
    """(name, function, is_tls), in the order of the files."""
    for module in MODULES:
        for name, case in vars(module).items():
            if inspect.isfunction(case) and list(inspect.signature(case).parameters) == ["way", "folder"]:
                for is_tls in False, True:
                    if getattr(case, "only_tls", is_tls) == is_tls:
                        yield f"{name}/{'tls' if is_tls else 'h2c'}", case, is_tls


def main():
    wanted = sys.argv[1:]
    failures = count = 0
    with tempfile.TemporaryDirectory(prefix="http2.") as folder:
        certificate = Certificate(folder)
        for name, case, is_tls in cases():
            if wanted and name not in wanted and name.split("/")[0] not in wanted:
                continue
            begun = time.monotonic()
            problem = ""
            try:
                case(Way(certificate, is_tls), folder)
            except AssertionError as error:
                problem = f": {error}"
            failures += bool(problem)
            count += 1
            spent = time.monotonic() - begun
            print(f"{'FAILED' if problem else 'ok    '}  {name}{problem} ({spent:.1f} s)", flush=True)
    print(f"{count - failures} of {count} cases hold")
    sys.exit(1 if failures or not count else 0)


main()
