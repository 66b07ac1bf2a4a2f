#!/bin/sh
# users.sh - what the users of a scenario cost.
#
#     BIN=build/release/bin tests/bench/users.sh [-h] [PART...]          (`make bench` builds first)
#
# The server is bare_server on core 0, the client is on core 1. CPU is that of the client's process,
# requests are its own count.
#
# scripted  100 users that send a GET without a wait, beside `attack -rate 0` with 100 connections: CPU
#           per request at most 1.8 times as much, the median of the rounds' ratios. Locust's
#           FastHttpUser beside them, from the end of its start on, is a figure without a bound
# waits     10,000 users, started at 2,000 per second, that send a GET each second: every request sent, lag p99 below
#           5 ms
# idle      a user that waits, with its open connection, takes at most 4 KB: resident memory of 11,000
#           users minus that of 1,000
# waiting   100,000 users without open connections are there in 10 s, and take less than 1 GiB
# leak      not one of `make bench`: REQUESTS requests of tests/support/every_way.lua to target-api, for
#           at most LEAK_SECONDS. Resident memory at the end is at most 1 MiB more than after half of
#           the time. The first half does not count: histograms are sparse, and take a page whenever
#           a latency is the first of its size
#
# Without a PART all of them but leak. Environment: ROUNDS=3  SECONDS_EACH=2  REQUESTS=10000000
# LEAK_SECONDS=900
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage.
# The load goes to 127.0.0.1 only, and every run is bounded in time.
set -eu
. "$(dirname "$0")/opening.sh"

check_parts "scripted waits idle waiting leak" "$@"
need_tools taskset:util-linux
need_built loadgen target-api bare_server
need_two_cores
[ $# -gt 0 ] || set -- scripted waits idle waiting
exec /usr/bin/python3 "$here/users.py" "$@"
