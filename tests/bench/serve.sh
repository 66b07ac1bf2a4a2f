#!/bin/sh
# serve.sh - what those who watch a test cost it.
#
#     BIN=build/release/bin tests/bench/serve.sh [-h] [PART...]          (`make bench` builds first)
#
# The target is bare_server on core 0, with the watchers. `loadgen serve` is on core 1.
#
# lag   tests at RATE requests per second, by turns without watchers and with WATCHERS of them (`curl -N` on
#       /api/v1/events). The lag of a test is the median of the lag p99 of its seconds. Bound: the median of the
#       pairs' ratios is at most 1.1, or that of their differences at most 50 us
# rows  a test of a scenario with 500 names: /stats/requests takes at most 5 ms, the median of 100 requests
#
# Without a PART both. Environment: PAIRS=5  SECONDS_EACH=8  RATE=20000  WATCHERS=10
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage. While others use more than
# 10 % of a core, a bound that is missed is reported, but is no failure.
# The load goes to 127.0.0.1 only, and every run is bounded in time.
set -eu
. "$(dirname "$0")/opening.sh"

check_parts "lag rows" "$@"
need_tools taskset:util-linux curl:curl
need_built loadgen bare_server
need_two_cores
[ $# -gt 0 ] || set -- lag rows
exec /usr/bin/python3 "$here/serve.py" "$@"
