#!/bin/sh
# loadgen as an HTTP/2 client, against a scripted server (tests/http2).
#
# Not under tsan: one thread sends; the suite driver has several, over HTTP/2 too.
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
python3 tests/http2/run.py
