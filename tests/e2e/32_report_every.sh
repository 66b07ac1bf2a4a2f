#!/bin/sh
# -every: interim reports to a pipe, a file and a terminal; Ctrl-C.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
export loadgen TMP
start_target_api
terminal() {
    timeout 30 python3 tests/support/terminal.py "$@" >"$TMP/shown" || fail "in a terminal: $?: $(cat "$TMP/shown")"
}
escape=$(printf '\033')
# slowly CSV: its first third, the second after a second of silence, and so on
# shellcheck disable=SC2016 # for the shell in the terminal
slowly='for n in 1 41 81; do sed -n "$n,$((n + 39))p" tests/contract/vegeta/results.csv; sleep 1; done'

# a pipe: a report a line, the last of all the results, and each as the schema has it
a_pipe() {
    "$loadgen" attack -rate 100 -duration 3s "http://$API/health" 2>/dev/null |
        "$loadgen" report -every 500ms -type json >"$TMP/lines"
    python3 - "$TMP" <<'EOF'
import json, sys
reports = [json.loads(line) for line in open(sys.argv[1] + '/lines')]
assert len(reports) >= 4, len(reports)
assert [r['going_on'] for r in reports] == [True] * (len(reports) - 1) + [False]
counts = [r['requests'] for r in reports]
assert counts == sorted(counts) and counts[-1] == 300, counts
# the last but one may have come between the last result, or the end of the run, and the end of the pipe
middle = [r for r in reports if 0 < r['requests'] < 300][-1]
for report in reports:
    assert report['requests'] == 300 or (report['intended'] is None and report['generator'] is None), report
assert middle['remarks'][0] == f'Interim report: these are the first {middle["requests"]} results.', middle['remarks']
assert reports[-1]['intended'] == 300 and reports[-1]['generator']['threads'] > 0
for name, report in (('first', reports[0]), ('middle', middle), ('last', reports[-1])):
    json.dump(report, open(f'{sys.argv[1]}/{name}', 'w'))
EOF
    python3 tests/support/report_schema.py "$TMP/first" "$TMP/middle" "$TMP/last" >"$TMP/schema" || fail "$(cat "$TMP/schema")"
    expect_eq "no escapes into a pipe" "$(grep -c "$escape" "$TMP/lines" || true)" 0
}

# a terminal: the screen is cleared and printed anew, also while nothing comes
a_terminal() {
    terminal "{ $slowly; } | $loadgen report -every 200ms"
    tr "$escape" '\n' <"$TMP/shown" | grep -A 1 '^\[0;0HRequests' | grep -o 'throughput\]  *[0-9]*' | sed 's/.* //' | uniq -c >"$TMP/steps"
    expect_eq "cleared each time" "$(grep -c "$escape\[2J$escape\[0;0HRequests" "$TMP/shown")" "$(grep -c '^.*Requests ' "$TMP/shown")"
    expect_eq "steps" "$(awk '{print $2}' "$TMP/steps" | xargs)" "40 80 120"
    # The first may be late: the program has to start.
    awk 'NR > 1 && $1 < 2 {exit 1}' "$TMP/steps" || fail "no reports while the input is silent: $(cat "$TMP/steps")"
    terminal "$loadgen report -type hdrplot tests/contract/vegeta/results.csv"
    expect_eq "nothing is cleared without -every" "$(grep -c "$escape" "$TMP/shown" || true)" 0
}

# a file always has one report
a_file() {
    sh -c "$slowly" | "$loadgen" report -every 200ms -type json -output "$TMP/file" &
    pid=$!
    wait_for grep -qs '"going_on":true' "$TMP/file" || fail "nothing in the file while the results come"
    wait $pid
    expect_eq "one report in the file" "$(json "$TMP/file" "r['requests'], r['going_on']")" "(120, False)"
}

# Ctrl-C goes to both ends of the pipe: the attack stops, and its report is whole
ctrl_c() {
    terminal "$loadgen attack -rate 100 http://$API/health 2>/dev/null | $loadgen report -type json -output $TMP/file" 2
    expect_eq "Ctrl-C" "$(json "$TMP/file" "r['interrupted'], r['cut_short'], r['intended'] == r['requests'] > 100")" "(True, False, True)"
}

# whose results do not end then ends them with the second one
second_ctrl_c() {
    terminal "(trap '' INT; cat tests/contract/vegeta/results.csv; exec sleep 6) | $loadgen report" 1 2.5
    expect_has "the first Ctrl-C" "$(cat "$TMP/shown")" "reading the rest of the results"
    expect_has "the second one" "$(cat "$TMP/shown")" "[total, rate, throughput]         120, "
    expect_has "the second one" "$(cat "$TMP/shown")" "! The results were cut short"
}

beside a_pipe a_terminal a_file ctrl_c second_ctrl_c
