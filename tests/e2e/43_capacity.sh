#!/bin/sh
# capacity: verdicts and exit statuses, the result's schema, a journal and a search that was killed.
#
# Long: it searches ten times.
# Not under sanitizers: its searches are those of 43_capacity_scenario and 45_capacity_page.
# shellcheck disable=SC3045 # dash and bash have ulimit -n
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -test-endpoints -threads 1
# A delay that is longer than what a busy machine adds: a search waits until the target is as quick as at first.
u=http://$API/delay/5
trusted=-generator-rate=5000

# search STATUS NAME ARGUMENT...: a quick search with short trials; prints into $TMP/NAME.out and NAME.err
search() {
    expected=$1 name=$2 actual=0
    shift 2
    "$loadgen" capacity -quick -trial 1s "$@" </dev/null >"$TMP/$name.out" 2>"$TMP/$name.err" || actual=$?
    [ "$actual" = "$expected" ] ||
        fail "status $actual, expected $expected: $*: $(cat "$TMP/$name.err" "$TMP/$name.out")"
}

has_schema() {
    python3 tests/support/report_schema.py -schema capacity.schema.json "$1" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"
}

usage() {
    refused 2 "-slo is missing" capacity "$u"
    refused 2 "-resume needs the journal of the search" capacity -slo "p99<20ms" -resume "$u"
    refused 2 "-max-rate: 2/s is below 4/s, the lowest rate to try" capacity -slo "errors<1%" -max-rate 2 "$u"
    refused 2 "must be greater than 0" capacity -slo "errors<1%" -max-rate 0 "$u"
    refused 2 "-repeat: expected 1 to 100" capacity -slo "errors<1%" -repeat 0 "$u"
    refused 1 "no warm-up request was answered" capacity -slo "errors<1%" http://127.0.0.1:1/
}

# The maximum holds: 0, and the schema has every key.
maximum() {
    search 0 maximum "$trusted" -slo "p50<20ms,errors<10%" -min-rate 50 -max-rate 60 -output "$TMP/result" -repeat 2 "$u"
    expect_eq "verdict" "$(json "$TMP/result" "r['verdict'], r['capacity'], r['repeat']['max']")" \
        "('above-maximum', {'rate': 60.0, 'upper': None}, 60.0)"
    expect_has "text" "$(cat "$TMP/maximum.out")" "Capacity      60/s, the maximum, meets the SLO"
    expect_has "a line a trial" "$(cat "$TMP/maximum.err")" "60/s    2s  verify   good"
    expect_eq "requests" "$(json "$TMP/result" "{t['intended'] for t in r['trials'] if t['step'] == 'verify'}, len(r['searches'])")" "({120}, 2)"
    expect_eq "every request is in an interval" "$(json "$TMP/result" "all(sum(i['requests'] for i in t['over_time']) == t['answered'] for t in r['trials'])")" True
    expect_eq "addresses" "$(json "$TMP/result" "{a for t in r['trials'] for a in t['addresses']}")" "{'$API'}"
    expect_eq "intervals" "$(json "$TMP/result" "{0 < t['intervals'][0]['from'] <= t['latencies']['50th'] <= t['intervals'][0]['to'] for t in r['trials']}")" "{True}"
    has_schema "$TMP/result"
}

# What the generator may be trusted with is measured.
poisson() {
    search 0 poisson -slo "p50<20ms" -arrival poisson -min-rate 50 -max-rate 60 -output "$TMP/poisson" "$u"
    expect_eq "a seed a trial" "$(json "$TMP/poisson" "len({t['seed'] for t in r['trials']}) == len(r['trials'])")" True
    expect_eq "measured" "$(json "$TMP/poisson" "r['settings']['generator_rate'], r['searches'][0]['generator']['rate'] > 60, len(r['searches'][0]['generator']['steps']) > 0")" \
        "(None, True, True)"
    has_schema "$TMP/poisson"
}

# The minimum is not met: 99, whatever the generator suffers.
below() {
    search 99 below "$trusted" -slo "errors<10%" -min-rate 50 -max-rate 60 -output "$TMP/below" "http://$API/none"
    expect_eq "below" "$(json "$TMP/below" "r['verdict'], r['capacity']")" \
        "('below-minimum', {'rate': None, 'upper': 50.0})"
    expect_has "the generator, though no rate was good" "$(cat "$TMP/below.out")" "
Generator     "
    expect_has "reason" "$(json "$TMP/below" "r['trials'][0]['reason']")" "errors<10% (100%)"
    has_schema "$TMP/below"
}

# The generator's own limit comes first: 98.
limited() {
    search 98 limited -slo "p50<20ms,errors<10%" -min-rate 50 -max-rate 100 -generator-rate 60 -output "$TMP/limited" "$u"
    expect_eq "limited" "$(json "$TMP/limited" "r['verdict'], r['capacity'], r['settings']['generator_rate'], r['searches'][0]['generator']")" \
        "('generator-limited', {'rate': 60.0, 'upper': None}, 60.0, {'rate': 60.0})"
    expect_has "limited" "$(cat "$TMP/limited.err")" "the target sustains at least 60/s"
    expect_has "trusted" "$(cat "$TMP/limited.out")" "Trusted up to 60/s"
    expect_has "environment" "$(grep "^Environment   \[CPU, cores, load before, kernel\] " "$TMP/limited.out")" ", $(uname -r)"
    has_schema "$TMP/limited"
}

# killed and resumed: every trial that ended stands once, and a torn line is dropped
killed_and_resumed() {
    "$loadgen" capacity -quick -trial 1s "$trusted" -slo "p50<20ms" -min-rate 50 -max-rate 60 -journal "$TMP/journal" "$u" \
        >"$TMP/killed" 2>&1 &
    killed=$!
    STARTED="$STARTED $killed"
    wait_for grep -qs '"outcome"' "$TMP/journal" || fail "no trial: $(cat "$TMP/killed")"
    kill -9 "$killed"
    wait "$killed" || true
    printf '{"search":1,"rate":5' >>"$TMP/journal"
    refused 2 "exists; continue its search with -resume" capacity -quick -slo "p50<20ms" -journal "$TMP/journal" "$u"
    refused 2 "another search (slo: " capacity -quick -trial 1s "$trusted" -slo "p50<19ms" -min-rate 50 -max-rate 60 -journal "$TMP/journal" -resume "$u"
    refused 2 "another search (targets: " capacity -quick -trial 1s "$trusted" -slo "p50<20ms" -min-rate 50 -max-rate 60 -journal "$TMP/journal" -resume "http://$API/metadata"
    search 0 resumed "$trusted" -slo "p50<20ms" -min-rate 50 -max-rate 60 -journal "$TMP/journal" -resume -output "$TMP/resumed" "$u"
    expect_has "torn" "$(cat "$TMP/resumed.err")" "20 bytes were dropped"
    expect_eq "trials of the journal" "$(grep -c '"outcome"' "$TMP/journal")" "$(json "$TMP/resumed" "len(r['trials'])")"
    search 0 ended "$trusted" -slo "p50<20ms" -min-rate 50 -max-rate 60 -journal "$TMP/journal" -resume "$u"
    expect_has "a search that ended" "$(cat "$TMP/ended.err")" "Trials read from the journal: "
}

# interrupted: 1, and what it found stays in the journal
interrupted() {
    "$loadgen" capacity "$trusted" -slo "p50<20ms" -journal "$TMP/interrupted" "$u" >"$TMP/out" 2>"$TMP/err" &
    interrupted=$!
    STARTED="$STARTED $interrupted"
    wait_for grep -qs '"first_rate"' "$TMP/interrupted" || fail "no probe: $(cat "$TMP/err")"
    kill "$interrupted"
    actual=0
    wait "$interrupted" || actual=$?
    expect_eq "interrupted" "$actual" 1
    expect_has "interrupted" "$(cat "$TMP/err")" "-resume continues it"
}

# The time limit comes first: 1, and the interval so far
late() {
    search 1 late "$trusted" -slo "p50<20ms,errors<10%" -min-rate 50 -time-limit 3s -output "$TMP/late.json" "$u"
    expect_eq "out of time" "$(json "$TMP/late.json" "r['verdict'], r['capacity']['rate'] >= 50")" "('out-of-time', True)"
    expect_has "out of time" "$(cat "$TMP/late.err")" "the time limit was reached: the target sustains at least "
    expect_has "how long it takes" "$(cat "$TMP/late.err")" ". A trial takes at least 1s, the search about "
}

# On a terminal: the interval, the trial, the time left
on_a_terminal() {
    timeout 60 python3 tests/support/terminal.py \
        "'$loadgen' capacity -quick -trial 1s $trusted -slo 'p50<20ms,errors<10%' -min-rate 50 -max-rate 60 '$u'" >"$TMP/shown" ||
        fail "in a terminal: $?: $(cat "$TMP/shown")"
    tr '\r' '\n' <"$TMP/shown" >"$TMP/lines"
    grep -q 'at least [0-9.]*/s; trial 2 at 60/s, .*s of 1s; about .*s left' "$TMP/lines" || fail "in a terminal: $(cat "$TMP/lines")"
}

# Two hosts: each gets half of the connections that half of the open files allow.
two_hosts() {
    printf '# @name a\nGET http://%s/none\n\n# @name b\nGET http://%s/none\n' "$API" "$ADMIN" >"$TMP/two"
    (ulimit -n 400 && search 99 two "$trusted" -slo "errors<10%,a:p50<20ms" -min-rate 50 -max-rate 60 -targets "$TMP/two" -output "$TMP/two.json")
    expect_eq "connections per host" "$(json "$TMP/two.json" "r['settings']['max_connections']")" 100
    expect_eq "the interval of a target" \
        "$(json "$TMP/two.json" "[(i['criterion'], 0 < i['from'] <= i['to']) for i in r['trials'][0]['intervals']]")" \
        "[('a:p50<20ms', True)]"
}

# They wait most of the time: so a few of them run at the same time.
one() { usage; below; two_hosts; }
two() { maximum; late; }
three() { limited; on_a_terminal; }
four() { killed_and_resumed; interrupted; }
beside one two three four poisson
