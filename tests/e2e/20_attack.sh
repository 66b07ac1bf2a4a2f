#!/bin/sh
# loadgen against target-api: both count the same requests.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

cat >"$TMP/user.json" <<EOF
{"id":4,"name":"user4","age":"100"}
EOF
cat >"$TMP/targets" <<EOF
# all four routes
GET http://$API/health
GET http://$API/metadata
GET http://$API/users_name/1
Accept: application/json

POST http://$API/add_users/
Content-Type: application/json
@$TMP/user.json
EOF

# vegeta's command line, through a pipe
"$loadgen" attack -duration=2s -rate=200 -targets="$TMP/targets" | "$loadgen" report -type=text >"$TMP/text"
expect_has "text report" "$(cat "$TMP/text")" "Requests      [total, rate, throughput]         400, "
expect_has "text report" "$(cat "$TMP/text")" "Success       [ratio]                           100.00%"
expect_has "text report" "$(cat "$TMP/text")" "Status Codes  [code:count]                      200:400  "

# rows ROUTE: requests and successes of its row, whose times are in between
rows() {
    sed -n "s|^ *\([0-9]*\) *\([0-9.]*%\) .*  $1\$|\1 \2|p" "$TMP/text"
}
expect_eq "rows" "$(rows "GET /metadata")" "100 100.00%"
expect_eq "rows" "$(rows "POST /add_users/")" "100 100.00%"

# the report of the run itself, a URL with flags behind it, and errors that are answers
"$loadgen" attack -rate 100 "http://$API/users_name/9" -duration 1s -report json >"$TMP/json"
expect_eq "404s" "$(json "$TMP/json" "r['status_codes']")" "{'404': 100}"
expect_eq "error" "$(json "$TMP/json" "r['errors']")" "['404 Not Found']"
expect_eq "success" "$(json "$TMP/json" "r['success']")" "0.0"
for key in latencies bytes_in bytes_out earliest latest end duration wait requests rate throughput \
    success status_codes errors service connect connection_wait lag intended not_started; do
    json "$TMP/json" "r['$key']" >/dev/null || fail "the JSON report has no \"$key\""
done
expect_eq "the spans add up" "$(json "$TMP/json" \
    "r['latencies']['total'] == sum(r[k]['total'] for k in ('service', 'connect', 'connection_wait', 'lag'))")" True

# a closed loop, its results in a file and its report on stdout; both must say the same
"$loadgen" attack -rate 0 -max-workers 8 -duration 1s -output "$TMP/results" -report json \
    "http://$API/health" >"$TMP/live"
"$loadgen" report -type json "$TMP/results" >"$TMP/read"
for key in requests latencies service lag status_codes bytes_in intended not_started rate; do
    expect_eq "live and read $key" "$(json "$TMP/read" "r['$key']")" "$(json "$TMP/live" "r['$key']")"
done
expect_eq "on stdin as well" "$("$loadgen" report -type json <"$TMP/results")" "$(cat "$TMP/read")"
closed=$(json "$TMP/live" "r['requests']")
size=$(wc -c <"$TMP/results")
[ "$size" -lt $((closed * 24 + 4000)) ] || fail "$closed results take $size bytes"

# POST with -body and -header, and the attack's name
printf '{"id":5,"name":"x","age":"1"}' >"$TMP/body"
echo "POST http://$API/add_users/" |
    "$loadgen" attack -body "$TMP/body" -header "Content-Type: application/json" -name n \
        -rate 50 -duration 1s -encoding none -report json >"$TMP/json"
expect_eq "POST" "$(json "$TMP/json" "r['status_codes'], r['bytes_out']['total']")" "({'200': 50}, 1450)"

# the target's own counters: everything above, and nothing else
served=$(curl -sS "http://$ADMIN/metrics" | awk '/^http_requests_total/ {n += $2} END {print n}')
expect_eq "served and answered" "$served" $((400 + 100 + closed + 50))
health=$(curl -sS "http://$ADMIN/metrics" |
    sed -n 's/^http_requests_total{route="\/health",method="GET",code="200"} //p')
expect_eq "health" "$health" $((100 + closed))

# a connection for each request
"$loadgen" attack -rate 100 -duration 1s -keepalive=false -report json "http://$API/health" >"$TMP/json"
expect_eq "no keep-alive" "$(json "$TMP/json" "r['status_codes']")" "{'200': 100}"
expect_eq "each connected" "$(json "$TMP/json" "r['connect']['min'] > 0")" True
