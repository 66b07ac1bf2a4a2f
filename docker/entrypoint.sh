#!/bin/sh
# entrypoint.sh - what loadgen's image starts: loadgen, or what Locust's images start.
#
#     loadgen-entrypoint COMMAND [FLAG...]
#
# Without LOCUST_MODE, this is `loadgen COMMAND ...`. With it, the LOCUST_* variables set the flags:
#
#     LOCUST_MODE=standalone   serves or runs a scenario
#     LOCUST_MODE=master       the same, with the workers of other pods
#     LOCUST_MODE=worker       `loadgen worker`, for a master; also `slave`
#
#     LOCUST_HEADLESS=true   `loadgen run` is the only process, and the container ends with its status
#     LOCUST_AUTOSTART=true  `loadgen run` starts beside `loadgen idle`, the image's command. `loadgen idle` answers the
#                            probes, passes SIGTERM on to the run, and stays when the run has ended
#     neither                `loadgen serve`: the page on port 8089, where somebody starts a test
#
# Environment: TARGET_HOST        the target: HOST:PORT or a URL. LOCUST_HOST takes precedence. Workers ignore it
#              LOCUST_LOCUSTFILE  the scenario (default /scenario/scenario.lua)
#              LOCUST_TARGETS     of the page: a file of targets, instead of a scenario
#              LOCUST_NATS        the broker (default of a master: nats://127.0.0.1:5557, of a worker:
#                                 nats://$LOCUST_MASTER:5557)
#              LOCUST_MASTER      of a worker: the host of the master, beside which the broker is
#              TARGET_PODS        with a run: wait until the target's name has this many addresses (default: do not wait)
#              LOCUST_WEB         of the page: HOST:PORT (default 0.0.0.0:8089)
#              HEADROOM_TOKEN     of the page: what clients must send; replaces LOCUST_NO_TOKEN=true
# Exit status: 2 if a variable is missing or wrong; otherwise loadgen's.
set -eu
loadgen=$(command -v loadgen)

stop() {
    echo "loadgen-entrypoint: $*" >&2
    exit 2
}

case ${LOCUST_MODE:-} in
'') exec "$loadgen" "$@" ;;
standalone | master | worker | slave) ;;
*) stop "LOCUST_MODE is \"$LOCUST_MODE\"; expected standalone, master or worker" ;;
esac
[ "${1:-}" = idle ] || stop "LOCUST_MODE=$LOCUST_MODE takes no command, but the command is \"$*\"; remove one of them"

case $LOCUST_MODE in
standalone) [ -z "${LOCUST_NATS:-}" ] || stop "LOCUST_NATS is for LOCUST_MODE=master and worker; remove it, or change the mode" ;;
master) export LOCUST_NATS="${LOCUST_NATS:-nats://127.0.0.1:5557}" ;;
worker | slave)
    [ -n "${LOCUST_NATS:-}${LOCUST_MASTER:-}" ] || stop "LOCUST_MASTER is not set; for example: LOCUST_MASTER=locust-master"
    export LOCUST_NATS="${LOCUST_NATS:-nats://${LOCUST_MASTER:-}:5557}"
    exec "$loadgen" worker
    ;;
esac

# is_set VALUE: as loadgen reads a boolean
is_set() {
    case $1 in
    1 | t | T | true | True | TRUE) ;;
    *) return 1 ;;
    esac
}
is_page=yes
! is_set "${LOCUST_HEADLESS:-}" && ! is_set "${LOCUST_AUTOSTART:-}" || is_page=

serve_page() {
    # So that a Secret with a token is all that it takes to ask for one (k8s/components/web).
    [ -z "${HEADROOM_TOKEN:-}" ] || unset LOCUST_NO_TOKEN
    export LOCUST_WEB="${LOCUST_WEB:-0.0.0.0:8089}"
    exec "$loadgen" serve
}

if [ -n "${LOCUST_TARGETS:-}" ]; then
    [ -n "$is_page" ] || stop "LOCUST_TARGETS is for the page; with LOCUST_HEADLESS or LOCUST_AUTOSTART, a scenario is run"
    serve_page
fi
unset LOCUST_TARGETS # which may be empty
LOCUST_HOST=${LOCUST_HOST:-${TARGET_HOST:-}}
case $LOCUST_HOST in
'') stop "TARGET_HOST is not set; for example: TARGET_HOST=http://target-api-headless:5000" ;;
*://*) ;;
*) LOCUST_HOST=http://$LOCUST_HOST ;;
esac
LOCUST_LOCUSTFILE=${LOCUST_LOCUSTFILE:-/scenario/scenario.lua}
export LOCUST_HOST LOCUST_LOCUSTFILE
case ${TARGET_PODS:-} in
*[!0-9]*) stop "TARGET_PODS is \"$TARGET_PODS\"; expected a whole number" ;;
esac
[ -z "$is_page" ] || serve_page
# A scenario or a variable that is wrong ends the container, and not only the run.
"$loadgen" run -list >/dev/null

# Targets that are being started or replaced would spoil the beginning: waits until the name has had the same
# addresses for ten seconds.
wait_for_targets() {
    [ -n "${TARGET_PODS:-}" ] || return 0
    name=${LOCUST_HOST#*://}
    name=${name%%/*}
    name=${name%:*}
    echo "loadgen-entrypoint: waiting until $name has the same addresses for 10 s, at least $TARGET_PODS" >&2
    before=
    same=0
    trap 'exit 143' INT TERM # process 1 ignores signals without a trap
    while [ "$same" -lt 10 ]; do
        sleep 1
        now=$(getent ahostsv4 "$name" | cut -d ' ' -f 1 | sort -u)
        same=$((same + 1))
        if [ "$now" != "$before" ] || [ "$(echo "$now" | grep -c .)" -lt "$TARGET_PODS" ]; then
            same=0
        fi
        before=$now
    done
    trap - INT TERM
}

if is_set "${LOCUST_HEADLESS:-}"; then
    wait_for_targets
    exec "$loadgen" run
fi
{
    wait_for_targets
    status=0
    "$loadgen" run || status=$?
    echo "loadgen-entrypoint: the run ended with status $status" >&2
} &
exec "$loadgen" "$@"
