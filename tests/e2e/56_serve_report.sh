#!/bin/sh
# The report of loadgen serve, in a real browser: from the server, and as a saved file without one.
#
# Not under tsan: a browser adds nothing to what 50_serve asks there.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

python3 tests/browser/report.py "$BIN/loadgen" "$U" "$TMP"
