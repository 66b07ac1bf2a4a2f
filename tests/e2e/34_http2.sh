#!/bin/sh
# loadgen as a client of HTTP/2, against a server that does what each case says (tests/http2).
set -eu
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
export PATH BIN PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 tests/http2/run.py # Debian's own python: python3-h2 is for no other
