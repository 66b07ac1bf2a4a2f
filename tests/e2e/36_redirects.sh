#!/bin/sh
# Redirects and host names in every engine, compared with curl (tests/redirects).
#
# Not under tsan: one thread sends; 32_https and 34_http2 have several.
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
python3 tests/redirects/run.py
