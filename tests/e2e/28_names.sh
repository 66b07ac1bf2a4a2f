#!/bin/sh
# Names with many addresses, names that change, and name servers that fail: dnsmasq and nginx on
# loopback (tests/names).
set -eu
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
export PATH BIN PYTHONDONTWRITEBYTECODE=1
python3 tests/names/run.py
