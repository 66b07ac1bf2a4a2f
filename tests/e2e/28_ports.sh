#!/bin/sh
# -keepalive=false with few local ports, in a network namespace of its own (tests/ports): servers are
# left to close first, and a shortage of ports is called by its name.
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
need ip "iproute2"
unshare -n true 2>/dev/null || { echo "needs root, for a network namespace"; exit 77; }
unshare -n python3 tests/ports/run.py
