#!/bin/sh
# The page of loadgen serve in made-up states: what it shows, and what it sends.
#
# Not under sanitizers: only the page's own files come from loadgen.
set -eu
. "$(dirname "$0")/lib.sh"
python3 tests/browser/serve_page.py "$BIN/loadgen" "$TMP"
