#!/bin/sh
# The form of loadgen serve: schedules, searches of a scenario, arguments; and a result file that is not
# there, in a real browser.
#
# Not under sanitizers: a browser adds nothing to what 58_serve_schedules asks there.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api
python3 tests/browser/serve_orders.py "$BIN/loadgen" "http://$API/health" "$TMP"
