#!/bin/sh
# Was it the target? The known answers of tests/judge, once as the machine is and once beside two busy
# loops (`make test-judge`: ten times each). Without cgroups it says which are left out.
#
# Runs alone: it judges latency and CPU.
# Not under sanitizers: it judges what the generator's CPU suffices for.
set -eu
. "$(dirname "$0")/lib.sh"
export BIN
busy=
for beside in "" -beside; do
    status=0
    python3 tests/judge/run.py -short ${beside:+"$beside"} >"$TMP/out" || status=$?
    cat "$TMP/out"
    [ "$status" = 0 ] || [ "$status" = 77 ] || fail "wrong answers${beside:+ beside two busy loops}"
    busy=${busy:-$(grep '^machine busy: ' "$TMP/out" || true)}
done
[ -z "$busy" ] || { echo "$busy"; exit 77; }
