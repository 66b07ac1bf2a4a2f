#!/bin/sh
# -prometheus-addr: what is scraped while an attack runs, and at its end, against the report.
set -eu
. "$(dirname "$0")/lib.sh"
BIN=$(cd "$BIN" && pwd)
loadgen=$BIN/loadgen
start_target_api -test-endpoints
cd "$TMP"

# page.py COMMAND FILE...: reads pages strictly, as the text format 0.0.4 has it
cat >page.py <<'EOF'
import json, re, sys
from decimal import Decimal

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf'({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+)')

def read(name):
    """{(sample, labels): value}, {family: type}; fails on whatever Prometheus would not take"""
    text = open(name, encoding='utf-8').read()
    assert text.endswith('\n')
    samples, types, family, helped = {}, {}, None, set()
    for line in text[:-1].split('\n'):
        if line.startswith('# HELP '):
            family = line.split(' ')[2]
            assert family not in helped, line
            helped.add(family)
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            assert name == family and name not in types, line
            assert kind in ('counter', 'gauge', 'histogram'), line
            assert (kind == 'counter') == name.endswith('_total'), line
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            parts = ('_bucket', '_sum', '_count') if types[family] == 'histogram' else ('',)
            assert match[1] in [family + part for part in parts], line
            key = match[1], tuple(sorted(re.findall(LABEL, match[2] or '')))
            assert len({label.split('=')[0] for label in key[1]}) == len(key[1]), line
            assert key not in samples, line
            samples[key] = Decimal(match[3].replace('+Inf', 'Infinity'))
    for family in [name for name in types if types[name] == 'histogram']:
        check_histograms(family, samples)
    return samples, types

def without_bound(labels):
    return tuple(label for label in labels if not label.startswith('le='))

def check_histograms(family, samples):
    found = {}
    for (name, labels), value in samples.items():
        if name == family + '_bucket':
            bound, = [label[4:-1] for label in labels if label.startswith('le=')]
            found.setdefault(without_bound(labels), []).append((Decimal(bound.replace('+Inf', 'Infinity')), value))
    assert found, family
    for labels, buckets in found.items():
        assert buckets == sorted(buckets) and len(set(b for b, _ in buckets)) == len(buckets)
        assert [v for _, v in buckets] == sorted(v for _, v in buckets)
        assert buckets[-1] == (Decimal('Infinity'), samples[family + '_count', labels])
        assert samples[family + '_sum', labels] >= 0

def total(samples, name, label=''):
    return sum(v for (n, labels), v in samples.items() if n == name and (not label or label in labels))

def value(samples, name, *labels):
    return samples['loadgen_' + name, tuple(sorted(labels))]

def grows(earlier, later):
    a, types = read(earlier)
    b, _ = read(later)
    for name, labels in a:
        if types.get(name) != 'gauge':
            assert b[name, labels] >= a[name, labels], (name, labels)
    for name in ('offered_total', 'sent_total', 'cpu_seconds_total'):
        assert value(b, name) > value(a, name) >= 0, name
    for name in ('loadgen_completed_total', 'loadgen_errors_total', 'loadgen_schedule_lag_seconds_count',
                 'loadgen_request_latency_seconds_count', 'loadgen_service_time_seconds_count'):
        assert total(b, name) > total(a, name), name

def is_end(page, intended):
    """all is over: what was offered was sent or dropped"""
    s, _ = read(page)
    dropped = total(s, 'loadgen_dropped_total')
    ended = total(s, 'loadgen_completed_total') + total(s, 'loadgen_errors_total')
    assert value(s, 'offered_total') == int(intended)
    assert value(s, 'sent_total') + dropped == int(intended) and ended == value(s, 'sent_total')

def agrees(page, report):
    s, _ = read(page)
    r = json.load(open(report))
    assert value(s, 'offered_total') == r['intended']
    assert value(s, 'sent_total') == r['requests']
    assert value(s, 'inflight') == 0
    assert value(s, 'dropped_total', 'reason="too_late"') == r['too_late']
    assert value(s, 'dropped_total', 'reason="waiting"') == r['not_started'] - r['too_late'] > 0
    assert value(s, 'errors_total', 'reason="time-out"') == r['timed_out']
    assert value(s, 'errors_total', 'reason="connect"') == r['failed'] > 0
    assert total(s, 'loadgen_errors_total') == r['timed_out'] + r['failed']
    codes = {key: n for key, n in r['status_codes'].items() if key != '0'}
    assert codes == {labels[0][6:-1]: v for (n, labels), v in s.items() if n == 'loadgen_completed_total'}
    for family, key in (('request_latency', 'latencies'), ('service_time', 'service')):
        name = f'loadgen_{family}_seconds'
        assert total(s, name + '_count') == r['requests']
        assert total(s, name + '_sum') == Decimal(r[key]['total']) / 10**9
        for row in r['targets']:
            label = f'target={json.dumps(row["name"])}' # the same escapes
            assert total(s, name + '_count', label) == row['requests']
            assert total(s, name + '_sum', label) == Decimal(row[key]['total']) / 10**9
            # the slowest one lies below the first bound that is not less
            below = [v for (n, labels), v in s.items() if n == name + '_bucket' and label in labels
                     and Decimal([l[4:-1] for l in labels if l.startswith('le=')][0]) * 10**9 >= row[key]['max']]
            assert below and min(below) == row['requests']
    assert total(s, 'loadgen_schedule_lag_seconds_sum') == Decimal(r['lag']['total']) / 10**9
    assert value(s, 'memory_bytes') == r['generator']['memory']
    assert 3 < value(s, 'open_fds') < 1000

globals()[sys.argv[1]](*sys.argv[2:])
EOF

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
python3 page.py read page0
sleep 1.6
scrape page1
sleep 1.2
scrape page2
python3 page.py grows page1 page2
expect_has "who" "$(cat page2)" 'loadgen_run_info{name="e2e",version="'
expect_eq "any path" "$(curl -sS -o /dev/null -w '%{http_code}' "${url%/metrics}/")" 200
expect_eq "HEAD" "$(curl -sSI "$url" -o /dev/null -w '%{http_code}')" 200
expect_eq "POST" "$(curl -sS -o /dev/null -d x "$url" -w '%{http_code}')" 405

scrape_end() {
    scrape page3
    python3 page.py is_end page3 1200 2>/dev/null
}
wait_for scrape_end || fail "the last page is not that of the end: $(cat page3)"
tr -d '\0' <pipe >report 3>&- &
reader=$!
exec 3>&-
wait $pid || fail "the attack ended with status $?: $(cat err)"
wait $reader
python3 page.py agrees page3 report
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
python3 page.py read page
grep -q '^loadgen_service_time_seconds_count{target="GET /health"} [1-9]' page || fail "one target: $(cat page)"
kill -INT $pid
wait $pid || fail "an interrupted attack ended with status $?: $(cat err)"
expect_has "report" "$(cat text)" "Success       [ratio]                           100.00%"

# refused before the results are begun
for address in 8880 127.0.0.1 127.0.0.1: 127.0.0.1:http 127.0.0.1:70000 ::1:8880 "[::1]"; do
    refused 2 "loadgen: -prometheus-addr: \"$address\" is not HOST:PORT, such as 127.0.0.1:8880" \
        attack -output untouched -prometheus-addr "$address" "http://$API/"
done
refused 1 "loadgen: -prometheus-addr: cannot listen on $API: Address already in use; stop what" \
    attack -output untouched -prometheus-addr "$API" "http://$API/"
refused 1 '-prometheus-addr: cannot resolve "no.such.host.invalid"' \
    attack -output untouched -prometheus-addr no.such.host.invalid:8880 "http://$API/"
[ ! -e untouched ] || fail "an attack was refused, and its results begun"
