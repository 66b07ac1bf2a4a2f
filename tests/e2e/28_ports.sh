#!/bin/sh
# -keepalive=false with few local ports, in a separate network namespace (tests/ports): loadgen lets the server
# close first, and errors say that ports ran out.
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
need ip "iproute2"
unshare -n true 2>/dev/null || { echo "needs root, for a network namespace"; exit 77; }
unshare -n python3 tests/ports/run.py
