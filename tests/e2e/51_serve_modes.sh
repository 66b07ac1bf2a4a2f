#!/bin/sh
# The page of loadgen serve with tests at a rate and searches for a capacity, in a real browser.
#
# Long: it searches twice.
# Not under sanitizers: 52_serve_modes asks for the same over the API.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api -test-endpoints
# A delay that is longer than what a busy machine adds: a search waits until the target is as quick as at first.
python3 tests/browser/serve_modes.py "$BIN/loadgen" "http://$API/delay/5" "$TMP"
