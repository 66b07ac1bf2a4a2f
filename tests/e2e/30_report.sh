#!/bin/sh
# Reports of real runs: each type, errors of many kinds, several addresses, the schema of the JSON.
#
# Not under tsan: reading results takes one thread, and other tests attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api -bind 0.0.0.0
port=${API##*:}
hold_port
other=$PORT

cat >"$TMP/targets" <<EOF
GET http://127.0.0.1:$port/health
GET http://127.0.0.2:$port/health
GET http://127.0.0.1:$port/users_name/9
GET http://127.0.0.1:$other/refused
EOF
"$loadgen" attack -rate 200 -duration 1s -targets "$TMP/targets" -output "$TMP/results" -report json >"$TMP/live"
"$loadgen" report -type json "$TMP/results" >"$TMP/read"
for key in targets addresses errors_by_kind status_codes service not_recorded; do
    expect_eq "live and read $key" "$(json "$TMP/read" "r['$key']")" "$(json "$TMP/live" "r['$key']")"
done
expect_eq "targets" "$(json "$TMP/read" "[(t['name'], t['requests'], t['success']) for t in r['targets']]")" \
    "[('GET /health', 100, 1.0), ('GET /users_name/9', 50, 0.0), ('GET /refused', 50, 0.0)]"
expect_eq "addresses" "$(json "$TMP/read" "[(a['name'], a['requests']) for a in r['addresses']]")" \
    "[('127.0.0.1:$port', 100), ('127.0.0.2:$port', 50), ('127.0.0.1:$other', 50)]"
expect_eq "kinds" "$(json "$TMP/read" "{k: v for k, v in r['errors_by_kind'].items() if v['count']}")" \
    "{'connect': {'count': 50, 'example': 'Get \"http://127.0.0.1:$other/refused\": dial tcp 127.0.0.1:$other: connect: connection refused'}, 'http': {'count': 50, 'example': '404 Not Found'}}"

# one target: its row is there live as well
"$loadgen" attack -rate 100 -duration 500ms -output "$TMP/one" -report json "http://127.0.0.1:$port/health" >"$TMP/one.live"
"$loadgen" report -type json "$TMP/one" >"$TMP/one.read"
for key in targets addresses; do
    expect_eq "one $key" "$(json "$TMP/one.live" "r['$key']")" "$(json "$TMP/one.read" "r['$key']")"
    expect_eq "one row in $key" "$(json "$TMP/one.live" "len(r['$key'])")" 1
done

# the text: vegeta's lines, then the sentence, then tables
"$loadgen" report "$TMP/results" >"$TMP/text"
expect_eq "order" "$(grep -oE '^Requests|^Error Set|^Span|target$|address$|kind  |^Schedule|^Generator' "$TMP/text" | xargs)" \
    "Requests Error Set Span target address kind Schedule Generator"
expect_eq "blank lines" "$(grep -c '^$' "$TMP/text")" 6

# hist: exact at any bound, live and read; the same counts as in the JSON
bounds="[0,100us,200us,1ms,1s]"
"$loadgen" report -type "hist$bounds" "$TMP/results" >"$TMP/hist"
expect_eq "hist by flag" "$("$loadgen" report -type hist -buckets "$bounds" "$TMP/results")" "$(cat "$TMP/hist")"
"$loadgen" report -type json -buckets "$bounds" "$TMP/results" >"$TMP/buckets"
expect_eq "counts" "$(awk 'NR > 1 {printf "%s ", $3}' "$TMP/hist")" \
    "$(json "$TMP/buckets" "' '.join(map(str, r['buckets'].values()))") "
expect_eq "all of them" "$(awk 'NR > 1 {n += $3} END {print n}' "$TMP/hist")" 200
"$loadgen" attack -rate 50 -duration 500ms -report "hist$bounds" -output "$TMP/more" "http://127.0.0.1:$port/health" >"$TMP/hist"
expect_eq "hist live and read" "$("$loadgen" report -type "hist$bounds" "$TMP/more")" "$(cat "$TMP/hist")"
refused 2 "-type hist[1ms] and -buckets both set buckets" report -type 'hist[1ms]' -buckets '[1ms]' "$TMP/results"
status=0
"$loadgen" report -buckets 1ms "$TMP/results" 2>"$TMP/err" || status=$?
expect_eq "buckets without brackets" "$status $(head -n 1 "$TMP/err")" "2 loadgen: -buckets: expected buckets such as [0,1ms,10ms]"
status=0
"$loadgen" report -type "hist[0,2ms,1ms]" "$TMP/results" 2>"$TMP/err" || status=$?
expect_eq "bounds that do not ascend" "$status $(cat "$TMP/err")" "2 loadgen: -type: bounds must ascend
    hist[0,2ms,1ms]
               ^"

# hdrplot: vegeta's columns
"$loadgen" report -type hdrplot "$TMP/results" >"$TMP/hdrplot"
expect_eq "hdrplot" "$(sed -n '1s/  */ /gp' "$TMP/hdrplot") $(wc -l <"$TMP/hdrplot")" \
    "Value(ms) Percentile TotalCount 1/(1-Percentile) 95"

# what vegeta's formats do not say is not recorded; in a mixture it is told of how many results
"$loadgen" report tests/contract/vegeta/results.json >"$TMP/text"
expect_eq "not recorded" "$(sed -n 's/^\([A-Z][a-z]*\) .*not recorded$/\1/p' "$TMP/text" | xargs)" \
    "Spans Addresses Schedule Counts Generator Environment"
expect_eq "kinds of vegeta's errors" "$(sed -n 's/^ *\([0-9]* *\(connect\|http\) \).*/\1/p' "$TMP/text" | xargs)" "20 connect 40 http"
expect_eq "bars" "$("$loadgen" report -type "hist[0,2ms,10ms,20ms,50ms]" tests/contract/vegeta/results.csv)" \
    "$(cat tests/contract/vegeta/report-hist.txt)"
"$loadgen" report -type json tests/contract/vegeta/results.csv >"$TMP/vegeta"
"$loadgen" report -type json tests/contract/vegeta/results.csv "$TMP/results" >"$TMP/mixed"
expect_eq "mixture" "$(json "$TMP/mixed" "r['not_recorded'], r['requests'], r['remarks'][0][:10]")" "(120, 320, '120 of 320')"
expect_eq "addresses of a mixture" "$(json "$TMP/mixed" "r['addresses'][-1]['name'], r['addresses'][-1]['requests']")" "('not known', 120)"

# the schema holds every JSON report, and no harmed one
head -c 3000 "$TMP/results" >"$TMP/cut"
"$loadgen" report -type json "$TMP/cut" >"$TMP/cut.json"
"$loadgen" report -type json -slo "p99<1h,GET /health:errors<1%,rate>=1%" "$TMP/results" >"$TMP/slo" 2>/dev/null || true
"$loadgen" report -type json "$TMP/results" "$TMP/one" >"$TMP/several"
expect_eq "generators one by one" "$(json "$TMP/several" "[g['file'].split('/')[-1] for g in r['generators']], r['requests']")" \
    "(['results', 'one'], 250)"
expect_eq "and in the text" "$("$loadgen" report "$TMP/results" "$TMP/one" | grep -c "MiB, loop turn .*  $TMP/[or]")" 2
"$loadgen" attack -rate 1/1h -duration 100ms -report json -encoding none "http://127.0.0.1:$port/health" >"$TMP/single"
python3 tests/support/report_schema.py "$TMP/live" "$TMP/read" "$TMP/one.live" "$TMP/buckets" "$TMP/cut.json" \
    "$TMP/slo" "$TMP/single" "$TMP/vegeta" "$TMP/mixed" "$TMP/several" >"$TMP/schema" || fail "the schema: $(cat "$TMP/schema")"
