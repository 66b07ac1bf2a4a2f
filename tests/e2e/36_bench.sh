#!/bin/sh
# The bench always ends with figures. A peer that hangs, crashes, prints something else or leaves a child behind
# is "not measured", and the others are judged. So is a part whose server does not start.
#
# Not under sanitizers: it is about what the bench says.
set -eu
. "$(dirname "$0")/lib.sh"
[ "$(nproc)" -ge 2 ] || { echo "needs two cores"; exit 77; }

mkdir "$TMP/peers"
printf '#!/bin/sh\ntrap "" TERM\nsleep 1000 &\nwait\n' >"$TMP/peers/siege"
printf '#!/bin/sh\nkill -SEGV $$\n' >"$TMP/peers/hey"
printf '#!/bin/sh\necho another version\n' >"$TMP/peers/wrk"
printf '#!/bin/sh\necho "finished in 1.00s, 0.00 req/s"\necho "requests: 0 total, 0 succeeded, 0 failed"\n' \
    >"$TMP/peers/h2load"
printf '#!/bin/sh\necho "no port" >&2\nexit 1\n' >"$TMP/peers/nginx"
chmod +x "$TMP"/peers/*

status=0
PATH=$TMP/peers:$PATH RUN_LIMIT_S=1 PARTS="closed secure" ROUNDS=2 SECONDS_EACH=1 TOOLS="siege hey wrk h2load bare loadgen" \
    sh tests/bench/bench.sh >"$TMP/out" 2>&1 || status=$?
out=$(cat "$TMP/out")
# A missed bound is 1, and on a busy machine that may be so; anything else is a crash.
[ "$status" -le 1 ] || fail "exit status $status: $out"
for said in "siege     not measured: no end after 2 s" "hey       not measured: exit status" \
    "wrk       not measured: its output has no" "h2load    not measured: no request was answered"; do
    expect_has "a peer that fails" "$out" "$said"
    expect_eq "tries" "$(grep -c "^$said" "$TMP/out")" 1
done
expect_eq "rows of what works" "$(grep -c '^loadgen  *[0-9]* ' "$TMP/out")" 3
expect_has "the verdict" "$out" "CPU per request, loadgen/bare"
expect_has "the verdict" "$(grep 'loadgen/siege' "$TMP/out")" "not measured"
for tool in https wrk-tls hey-tls h2 h2load-h2; do
    expect_eq "$tool" "$(grep -c "^$tool *not measured: nginx does not start" "$TMP/out")" 1
done
expect_has "the part before it is judged" "$(grep 'loadgen/bare ' "$TMP/out")" "bound"
! pgrep -f "$TMP/peers/siege" >/dev/null || fail "the peer that hangs is still there"
