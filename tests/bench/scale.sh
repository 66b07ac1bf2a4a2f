#!/bin/sh
# scale.sh - what many workers cost their controller.
#
#     BIN=build/release/bin tests/bench/scale.sh [-h]          (`make bench` builds first)
#
# `loadgen serve` leads a run of WORKERS simulated workers (tests/cluster/many_workers.c) at RATE requests per
# second, over a broker of its own. Each worker has a connection to it, announces itself, and reports five rows once
# a second. In the middle of the run, for SECONDS_EACH:
#
#     CPU of the controller, in percent of a core       at most 15
#     its peak memory, MiB                              at most 300
#     time of /, /stats/requests, /page/state, and of the first event of /api/v1/events, ms, 99th percentile
#                                                       at most 50
#
# The CPU of the broker and of the workers is printed, too. Workers have a lower priority, as they would not share
# the controller's machine. At the end, each request must have been counted.
#
# Environment: WORKERS=1000  RATE=100000  SECONDS_EACH=30  START_S=60 (how long the start may take)
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage. While others use more than
# 10 % of a core, a bound that is missed is reported, but is no failure.
# Nothing is sent to the targets of the run; broker and page are on loopback.
set -eu
PATH=$PATH:/usr/sbin
. "$(dirname "$0")/opening.sh"

check_parts "" "$@"
need_tools nats-server:nats-server
need_built loadgen many_workers
need_two_cores
exec /usr/bin/python3 "$here/scale.py"
