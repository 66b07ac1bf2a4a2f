#!/bin/sh
# The page of loadgen serve in states that are made up: what it shows of each, and what it sends.
#
# Not under sanitizers: only the page's own files come from loadgen.
set -eu
. "$(dirname "$0")/lib.sh"
python3 tests/browser/serve_page.py "$BIN/loadgen" "$TMP"
