#!/bin/sh
# run.sh - measures target-api on loopback with loadgen, then searches for its capacity at half a CPU,
# as in its pod (`make run`). Takes less than two minutes.
#
# Environment: BIN=build/release/bin RATE=1000 DURATION=10s PAGE=build/capacity.html
set -eu
BIN=${BIN:-build/release/bin}
PAGE=${PAGE:-build/capacity.html}
RATE=${RATE:-1000}
DURATION=${DURATION:-10s}
. "$(dirname "$0")/e2e/lib.sh"
GROUP=

end() {
    clean_up
    tries=0
    while [ -n "$GROUP" ] && ! rmdir "$GROUP" 2>/dev/null && [ "$tries" -lt 40 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
}
trap end EXIT

# limit_cpu PID: half a CPU, in a cgroup of version 2 or 1. False without root or such groups.
limit_cpu() {
    root=/sys/fs/cgroup
    [ -f "$root/cgroup.controllers" ] || root=/sys/fs/cgroup/cpu
    mkdir "$root/headroom-run-$$" 2>/dev/null || return 1
    GROUP=$root/headroom-run-$$
    if [ -f "$GROUP/cpu.max" ]; then
        echo "50000 100000" >"$GROUP/cpu.max"
    else
        { echo 100000 >"$GROUP/cpu.cfs_period_us" && echo 50000 >"$GROUP/cpu.cfs_quota_us"; } 2>/dev/null
    fi && echo "$1" 2>/dev/null >"$GROUP/cgroup.procs"
}

start_target_api -threads 1
echo "target-api answers on http://$API (metrics on http://$ADMIN/metrics)"
echo "loadgen attack -rate $RATE -duration $DURATION http://$API/health"
echo
"$BIN/loadgen" attack -rate "$RATE" -duration "$DURATION" -report text "http://$API/health"
echo
echo "What target-api counted itself:"
curl -sS "http://$ADMIN/metrics" | grep '^http_requests_total'

echo
if limit_cpu "$API_PID"; then
    echo "Now target-api has half a CPU, as in its pod."
else
    echo "target-api keeps all CPUs: limiting it to half a CPU, as in its pod, needs root and cgroups."
fi
echo "loadgen capacity -quick -slo 'p99<100ms,errors<1%' -html $PAGE http://$API/health"
echo
status=0
rm -f "$PAGE"
"$BIN/loadgen" capacity -quick -time-limit 80s -slo 'p99<100ms,errors<1%' -html "$PAGE" "http://$API/health" ||
    status=$?
case $status in
0) ;;
1)
    echo
    echo "Exit status 1: the search did not end within 80 s, because trials had to be repeated. Other programs"
    echo "disturb them here; without -time-limit it goes on until the interval is narrow."
    ;;
98)
    echo
    echo "Exit status 98: the generator was the limit, and not target-api. It has no CPU of its own here: on a"
    echo "machine with more CPUs, or with fewer other programs, the search goes further."
    ;;
*)
    echo
    echo "Exit status $status: docs/capacity.md lists what that means."
    ;;
esac
[ ! -s "$PAGE" ] || printf '\nThe result as a page: %s\n' "$PAGE"
