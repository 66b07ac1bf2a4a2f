#!/bin/sh
# The page of loadgen serve with tests at a rate and searches for a capacity, in a real browser.
#
# Not under sanitizers: 52_serve_modes asks for the same over the API.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api
python3 tests/browser/serve_modes.py "$BIN/loadgen" "http://$API/health" "$TMP"
