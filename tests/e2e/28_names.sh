#!/bin/sh
# Names with many addresses, changing names, failing name servers: dnsmasq and nginx on loopback
# (tests/names).
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
python3 tests/names/run.py
