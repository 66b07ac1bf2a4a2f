#!/bin/sh
# Adding a tally of 5 rows, with 500 full buckets per histogram, takes less than 60 us of CPU time (median of 100).
#
# Not under sanitizers: they are slow.
# Runs alone: it judges time.
set -eu
. "$(dirname "$0")/lib.sh"

PYTHONPATH=tests/support python3 - "$BIN/unit" <<'END'
import re
import subprocess
import sys

from busy import BUSY_CPUS, Others, say_busy

LIMIT_US = 60
others = Others()
said = subprocess.run([sys.argv[1], "tally_codec"], stdout=subprocess.PIPE, text=True, check=False)
if said.returncode:
    sys.exit(said.stdout)
median_us = float(re.search(r"median ([0-9.]+) us", said.stdout).group(1))
print(f"adding a tally took {median_us} us; at most {LIMIT_US}")
if median_us >= LIMIT_US:
    cpus = others.cpus()
    if cpus >= BUSY_CPUS:
        say_busy(cpus)
    sys.exit(1)
END
