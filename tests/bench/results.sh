#!/bin/sh
# results.sh - what it costs to read results: CPU and memory of `loadgen report`.
#
#     BIN=build/release/bin tests/bench/results.sh [-h]          (`make bench` builds first)
#
# bin    10 million results of our own format: those of a short attack on target-api with several
#        targets, one of which refuses, their blocks repeated. Over 2 million a second of CPU time,
#        under 64 MiB, at most 24 bytes a result
# json   vegeta's JSON: the recording in tests/contract/vegeta, repeated to 200 MB. At least 200 MB a
#        second of CPU time
# csv    the same as CSV; no bound
#
# CPU is user and system time of the process, on one core; three rounds, the best one counts, as other
# work on the machine only adds to it.
#
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage.
# The load goes to 127.0.0.1 only.
set -eu
. "$(dirname "$0")/opening.sh"

check_parts "" "$@"
need_built loadgen target-api
exec /usr/bin/python3 "$here/results.py"
