#!/usr/bin/env python3
"""Reads pages of metrics strictly, as the text format 0.0.4 has it, and compares them.

    prometheus_page.py read PAGE                          as every command does
    prometheus_page.py grows EARLIER LATER [NAME...]      what counts has grown, these as well
    prometheus_page.py is_end PAGE INTENDED               all is over: what was offered was sent or dropped
    prometheus_page.py agrees PAGE REPORT                 the last page and the JSON report of the same run
"""
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

def grows(earlier, later, *names):
    a, types = read(earlier)
    b, _ = read(later)
    for name, labels in a:
        if types.get(name) != 'gauge':
            assert b[name, labels] >= a[name, labels], (name, labels)
    for name in ('offered_total', 'sent_total', 'cpu_seconds_total'):
        assert value(b, name) > value(a, name) >= 0, name
    for name in names + ('loadgen_completed_total', 'loadgen_schedule_lag_seconds_count',
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
    assert value(s, 'dropped_total', 'reason="waiting"') == r['not_started'] - r['too_late']
    assert value(s, 'errors_total', 'reason="time-out"') == r['timed_out']
    assert value(s, 'errors_total', 'reason="connect"') == r['failed']
    assert total(s, 'loadgen_errors_total') == r['timed_out'] + r['failed']
    assert total(s, 'loadgen_iterations_dropped_total') == (r['iterations'] or {'dropped': 0})['dropped']
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
