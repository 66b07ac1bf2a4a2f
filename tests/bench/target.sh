#!/bin/sh
# target.sh - what a request costs target-api, beside libmicrohttpd alone and beside the sample app.
#
#     BIN=build/release/bin tests/bench/target.sh [-h] [PART...]          (`make bench` builds first)
#
# The server is on core 0 with one thread or process, wrk on core 1 with 64 connections; CPU is that
# of the server's processes (/proc/PID/stat), requests are wrk's count. Rounds alternate between the
# two sides, and the bounds are on the median of the rounds' ratios, so that a machine that changes
# its speed between rounds does not move them.
#
# bare     /health, /metadata and /users_name/0, beside bare_mhd with a constant of the same size:
#          CPU per request at most 1.10 times as much
# sample   the same beside the sample app on gunicorn with an uvicorn worker: at least 25 times as
#          many requests per CPU-second
# users    with 100,000 users beside 3: a lookup costs at most 1.10 times as much; and /metadata with
#          100,000 at most 1.10 times what bare_mhd needs to send as many bytes
# writes   reads of /users_name/0 while 100 users a second are written, beside reads alone: CPU per
#          read at most 1.10 times as much
#
# Without a PART all of them. Environment: ROUNDS=3  SECONDS_EACH=2
# Exit status: 0 every bound held; 1 one was missed or could not be measured; 2 usage.
# The load goes to 127.0.0.1 only, and every run is bounded in time.
set -eu
. "$(dirname "$0")/opening.sh"

check_parts "bare sample users writes" "$@"
need_tools taskset:util-linux python3:python3 wrk:wrk gunicorn:gunicorn
need_built target-api bare_mhd
need_two_cores
[ $# -gt 0 ] || set -- bare sample users writes
exec /usr/bin/python3 "$here/target.py" "$@"
