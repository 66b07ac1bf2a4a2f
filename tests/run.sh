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
echo "Requests counted by target-api:"
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
    echo "Exit status 1: the search did not end within 80 s, or failed with the error above. It takes longer if other"
    echo "programs disturb trials, which are then repeated; without -time-limit, it continues until it is complete."
    ;;
98)
    echo
    echo "Exit status 98: the generator was the limit, not target-api. It shares the CPUs of this machine with other"
    echo "programs: the search goes further on a machine with more CPUs, or with fewer other programs."
    ;;
*)
    echo
    echo "Exit status $status: docs/capacity.md explains it."
    ;;
esac
[ ! -s "$PAGE" ] || printf '\nThe result as a page: %s\n' "$PAGE"
