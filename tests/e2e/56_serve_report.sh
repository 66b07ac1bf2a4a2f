#!/bin/sh
# The report of loadgen serve, in a real browser: from the server, and as a saved file without one.
#
# Not under sanitizers: the unit tests of web_report make the same files there.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

python3 tests/browser/report.py "$BIN/loadgen" "$U" "$TMP"
