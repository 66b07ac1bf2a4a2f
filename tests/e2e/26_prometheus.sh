#!/bin/sh
# -prometheus-addr: metrics scraped during an attack and at its end, compared with the report.
set -eu
. "$(dirname "$0")/lib.sh"
BIN=$(cd "$BIN" && pwd)
loadgen=$BIN/loadgen
start_target_api -test-endpoints
cd "$TMP"

# the target has a slow page, one that fails, and one that nobody serves; two at a time
cat >targets <<EOF
# @name slow "page"
GET http://$API/delay/40

GET http://$API/health

GET http://$API/status/503

GET http://127.0.0.1:9/nobody
EOF

# The report goes into a pipe that is full, so that the attack cannot end before the last scrape.
mkfifo pipe
exec 3<>pipe
dd if=/dev/zero of=pipe bs=4096 oflag=nonblock 2>/dev/null || true
"$loadgen" attack -targets targets -rate 300 -duration 4s -max-workers 2 -encoding none -name e2e \
    -prometheus-addr 127.0.0.1:0 -report json >pipe 2>err 3>&- &
pid=$!
STARTED="$STARTED $pid"
wait_for grep -qs "^loadgen: metrics at " err || fail "no address: $(cat err)"
url=$(sed -n 's/^loadgen: metrics at //p' err)

# scrape FILE: the next page whose head says what it is
scrape() {
    curl -sS -D head "$url" >"$1" || fail "no answer from $url: $(cat err)"
    expect_has "head" "$(cat head)" "Content-Type: text/plain; version=0.0.4; charset=utf-8"
}
scrape page0
python3 "$SUPPORT/prometheus_page.py" read page0
sleep 1.6
scrape page1
sleep 1.2
scrape page2
python3 "$SUPPORT/prometheus_page.py" grows page1 page2 loadgen_errors_total
expect_has "who" "$(cat page2)" 'loadgen_run_info{name="e2e",version="'
expect_eq "any path" "$(curl -sS -o /dev/null -w '%{http_code}' "${url%/metrics}/")" 200
expect_eq "HEAD" "$(curl -sSI "$url" -o /dev/null -w '%{http_code}')" 200
expect_eq "POST" "$(curl -sS -o /dev/null -d x "$url" -w '%{http_code}')" 405

scrape_end() {
    scrape page3
    python3 "$SUPPORT/prometheus_page.py" is_end page3 1200 2>/dev/null
}
wait_for scrape_end || fail "the last page is not that of the end: $(cat page3)"
tr -d '\0' <pipe >report 3>&- &
reader=$!
exec 3>&-
wait $pid || fail "the attack ended with status $?: $(cat err)"
wait $reader
python3 "$SUPPORT/prometheus_page.py" agrees page3 report
expect_eq "some failed, some were not started" "$(json report "r['failed'] > 0 < r['not_started'] - r['too_late']")" True
if curl -sS "$url" >/dev/null 2>&1; then fail "metrics are served when the attack is over"; fi

# one target: its series are those of the run; interrupted, and the signal does not meet the server
host='[::1]'
grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6 || host=127.0.0.1
rm err # what the last attack said
"$loadgen" attack -rate 100 -encoding none -prometheus-addr "$host:0" "http://$API/health" \
    >text 2>err &
pid=$!
STARTED="$STARTED $pid"
wait_for grep -qsF "loadgen: metrics at http://$host:" err || fail "no address: $(cat err)"
url=$(sed -n 's/^loadgen: metrics at //p' err)
sleep 1.3
scrape page
python3 "$SUPPORT/prometheus_page.py" read page
grep -q '^loadgen_service_time_seconds_count{target="GET /health"} [1-9]' page || fail "one target: $(cat page)"
kill -INT $pid
wait $pid || fail "an interrupted attack ended with status $?: $(cat err)"
expect_has "report" "$(cat text)" "Success       [ratio]                           100.00%"

# refused before the results are begun
for address in 8880 127.0.0.1 127.0.0.1: 127.0.0.1:http 127.0.0.1:70000 ::1:8880 "[::1]"; do
    refused 2 "loadgen: -prometheus-addr: \"$address\" is not HOST:PORT, such as 127.0.0.1:8880" \
        attack -output untouched -prometheus-addr "$address" "http://$API/"
done
refused 1 "loadgen: -prometheus-addr: cannot listen on $API: Address already in use; stop the program" \
    attack -output untouched -prometheus-addr "$API" "http://$API/"
refused 1 '-prometheus-addr: cannot resolve "no.such.host.invalid"' \
    attack -output untouched -prometheus-addr no.such.host.invalid:8880 "http://$API/"
[ ! -e untouched ] || fail "an attack was refused, and its results begun"
