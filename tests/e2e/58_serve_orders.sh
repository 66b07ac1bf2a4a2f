#!/bin/sh
# The page of loadgen serve: what it offers and what it cannot give, in a real browser.
#
# Not under sanitizers: a browser adds nothing to what 52_serve_modes and 54_serve_runs ask there.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api
python3 tests/browser/serve_orders.py "$BIN/loadgen" "http://$API/health" "$TMP"
