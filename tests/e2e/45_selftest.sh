#!/bin/sh
# selftest: the text, the JSON and its schema, statuses; it reports rightly. What a busy machine changes is
# whether it can tell (98), and how much it trusts itself.
#
# Long: it measures for 10 s.
# Not under tsan: its runs are those of 20_attack, and its server is one thread.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

refused 2 "unexpected argument" selftest http://127.0.0.1/

status=0
"$loadgen" selftest -output "$TMP/result" >"$TMP/out" 2>"$TMP/err" || status=$?
case $status in
0) expect_eq "stderr" "$(cat "$TMP/err")" "" ;;
98) expect_has "why" "$(cat "$TMP/err")" "loadgen: " ;;
*) fail "status $status: $(cat "$TMP/out" "$TMP/err")" ;;
esac
expect_has "text" "$(cat "$TMP/out")" "Trusted up to "
for name in stall delay failures; do
    grep -Eq "^$name +(right|unclear): " "$TMP/out" || fail "$name: $(cat "$TMP/out")"
done
python3 tests/support/report_schema.py -schema selftest.schema.json "$TMP/result" >"$TMP/schema" ||
    fail "the schema: $(cat "$TMP/schema")"
expect_eq "what it trusts itself with is what its CPU allows" "$(json "$TMP/result" \
    "(lambda g: 0.98 <= g['rate'] * g['cpu_per_request'] / (1e9 * g['cpus'] * g['utilisation']) <= 1 and 0 < g['utilisation'] <= 0.8)(r['generator'])")" True
expect_eq "no latency below what it contains" "$(json "$TMP/result" "0 < r['floors']['lag']['min'] <= r['floors']['latencies']['min']")" True

# JSON on stdout is all there is; one thread can do half of what two can, at most
"$loadgen" selftest -cpus 1 -output stdout >"$TMP/stdout" 2>"$TMP/err" || true
expect_eq "one thread" "$(json "$TMP/stdout" "r['generator']['cpus'] <= 1 and r['format'] == 1")" True

# interrupted: 1, and the null server goes with it
"$loadgen" selftest >"$TMP/out" 2>"$TMP/err" &
selftest=$!
STARTED="$STARTED $selftest"
servers() { grep -ls "^PPid:[[:space:]]*$selftest\$" /proc/[0-9]*/status || true; }
has_server() { servers >"$TMP/servers" && [ -s "$TMP/servers" ]; }
wait_for has_server || fail "no null server: $(cat "$TMP/err")"
kill "$selftest"
status=0
wait "$selftest" || status=$?
expect_eq "interrupted" "$status: $(cat "$TMP/err")" "1: loadgen: the test was interrupted"
while read -r status_file; do
    ! grep -qs "^Name:[[:space:]]*null-server" "$status_file" || fail "a null server is left"
done <"$TMP/servers"
