#!/usr/bin/env python3
"""capacity.py - pages of `loadgen capacity -html` in a real browser: what they draw is in the result.

    capacity.py LOADGEN [RESULT...]

Makes a result with what must be seen planted in it, and looks at its page; of each RESULT (the JSON
of a real search) the page must agree with it. The browser's console must say nothing, and nothing
but the page itself may be asked for.
"""
import json
import subprocess
import sys
import tempfile
import time

from browser import Browser
from charts import DATA, LOOK, check, equal, near, open_page

LOADGEN = sys.argv[1]
EVIL = '<img src=x onerror="document.title=1"></script><script>document.title=2</script>'
MS = 1_000_000
BAND = 40  # how opaque the band of the capacity is at least, of 255
WIDE, NARROW, WIDEST = (1400, 1000), (380, 844), (2000, 1200)
RATES, TIME, LOAD, DISTRIBUTION, CPU = range(5)
RIGHT = '\ue014'
# Good trials at 100 and 200, bad ones at 220 and 400: the SLO is p99<100ms.
TRIALS = [(100, 'good', 2, 5, 9), (400, 'bad', 300, 900, 1000), (200, 'good', 20, 60, 80),
          (220, 'bad', 90, 150, 200), (200, 'good', 22, 64, 90), (220, 'invalid', 80, 120, 300)]


def timing(p50, p99, most):
    return {'total': 1, 'mean': p50 * MS, '50th': p50 * MS, '90th': p50 * MS, '95th': p99 * MS,
            '99th': p99 * MS, 'max': most * MS, 'min': MS}


def make_histogram(first, last):
    """A thousand latencies, evenly from `first` to `last` milliseconds: lines that do not cover each other."""
    rows = ''.join(f'{1_700_000_000_000_000_000 + i},200,{(first + (last - first) * i // 999) * MS},1,1,,,a,{i},GET,http://a/,\n'
                   for i in range(1000))
    log = subprocess.run([LOADGEN, 'report', '-type', 'hdrlog'], input=rows, capture_output=True, check=True,
                         text=True).stdout
    return next(line.rsplit(',', 1)[1] for line in log.splitlines() if line.startswith('Tag=latency,'))


def make_pod(rate, address, share):
    return {'address': address, 'pod': 'pod-1', 'node': None, 'served': int(10 * rate * share), 'share': share,
            'cpu_seconds': 0.02 * rate * share, 'cpu_limit': 0.5, 'throttled_seconds': 0.01 * rate * share,
            'memory_bytes': 3 << 20, 'memory_limit_bytes': None, 'oom_kills': 1, 'restarted': False,
            'problem': None}


def make_unread(rate):
    return {key: None for key in make_pod(rate, '', 0)} | {'address': 'c:5001', 'restarted': False, 'problem': EVIL}


def make_target(rate):
    """Half a CPU each: at 400/s they used 8 s of 10, and stood still for 4 s."""
    return {'seconds': 10.0, 'served': 10 * rate, 'cpu_seconds': 0.02 * rate, 'cpu_seconds_per_request': 0.002,
            'throttled_seconds': 0.01 * rate, 'memory_bytes': 3 << 20, 'oom_kills': 2, 'restarts': 0,
            'remarks': [f'{rate} are gone. {EVIL}'],
            'pods': [make_pod(rate, 'a:5001', 0.75), make_pod(rate, 'b:5001', 0.25),
                     make_unread(rate)]}


def make_trial(rate, outcome, p50, p99, most):
    """Ten seconds; in the fourth, the slowest request ended."""
    histogram = make_histogram(p50 // 2, most)
    return {
        'search': 1, 'rate': rate, 'duration_seconds': 10.0, 'took_seconds': 11.0,
        'outcome': outcome, 'step': 'halve', 'reason': '' if outcome == 'good' else EVIL,
        'start': '2026-11-29T10:00:00Z', 'addresses': [EVIL],
        'latencies': timing(p50, p99, most), 'response': timing(p50, p99, most),
        'slo': [{'criterion': 'p99<100ms', 'target': None, 'limit': 100 * MS, 'value': p99 * MS,
                 'unit': 'ns', 'held': outcome == 'good'}],
        'over_time': [{'from_seconds': i, 'to_seconds': i + 1, 'requests': rate, 'failures': 0,
                       '50th': p50 * MS, '99th': p99 * MS if i == 3 else p50 * MS,
                       'max': most * MS if i == 3 else p50 * MS} for i in range(10)],
        'generator': {'cpu_limit': 2.0, 'cpu_seconds': rate / 100, 'wall_seconds': 10.0,
                      'throttled_seconds': rate / 400, 'why': 'The generator was not the limit.'},
        'target': make_target(rate),
        'histograms': {'latency': histogram, 'response': histogram},
    }


def make_result():
    trials = [make_trial(*trial) for trial in TRIALS]
    bounds = {'rate': 200, 'upper': 220}
    return {
        'format': 1, 'verdict': 'found', 'capacity': bounds,
        'sentence': '200/s meets the SLO, 220/s does not',
        'settings': {'slo': 'p99<100ms', 'arrival': 'constant', 'seed': 1, 'width': 0.02,
                     'trial_seconds': 10, 'requests': 459},
        'environment': {'cpu_model': EVIL, 'cores': 4, 'cpu_limit': 2.0, 'pod': EVIL},
        'searches': [{'verdict': 'found', 'capacity': bounds, 'trials': len(trials)}],
        'trials': trials,
    }


def make_page(page, result):
    path = page + '.json'
    with open(path, 'w', encoding='utf-8') as out:
        json.dump(result, out)
    subprocess.run([LOADGEN, 'plot', '-output', page, path], check=True)


def text_of(browser, selector):
    return browser.run(f"return document.querySelector('{selector}').textContent")


def check_words(browser):
    equal('answer', text_of(browser, 'h1'), 'The target sustains 200 requests per second.')
    check('certainty', 'at 200/s, 2 of 2 trials met the SLO; at 220/s, 0 of 2 trials met the SLO'
          in text_of(browser, '.reasons'), text_of(browser, '.reasons'))
    equal('title', browser.run('return document.title'), 'Capacity of ' + EVIL)
    equal('elements of a text', browser.run("return document.querySelectorAll('img').length"), 0)
    rows = browser.run("return [...document.querySelectorAll('#spread tbody tr')].map(row => "
                       "[...row.children].map(cell => cell.textContent.trim()))")
    equal('trials by rate', rows, [['100', '● 1', '', ''], ['200', '●● 2', '', ''],
                                   ['220', '', '× 1', '▲ 1'], ['400', '', '× 1', '']])
    pods = browser.run("return [...document.querySelectorAll('#target tbody tr')].map(row => "
                       "[...row.children].map(cell => cell.textContent.trim()))")
    equal('pods at the capacity', pods, [
        ['a:5001 pod-1', '75.0%', '1,500', '3s', '1.5s', '3.0 MiB', '1'],
        ['b:5001 pod-1', '25.0%', '500', '1s', '500ms', '3.0 MiB', '1'], ['c:5001', EVIL]])
    equal('remarks of all trials', text_of(browser, '#target .remarks').strip(),
          f'100 are gone. {EVIL} (trial 1 and 5 more)')
    check('the trial', 'trial 5, at 200 requests per second' in text_of(browser, '#target p'))
    equal('rows of trials', browser.run(
        "return document.querySelectorAll('#trials tbody tr').length"), len(TRIALS))


def check_drawn(browser):
    """Marks at the percentile of each trial, lines at the medians of a rate, limit, interval."""
    for rate, outcome, p50, p99, _ in TRIALS:
        color = {'good': '--good', 'bad': '--bad', 'invalid': '--s5'}[outcome]
        check(f'{outcome} trial at {rate}', browser.run(LOOK, RATES, rate, p99, color))
        check(f'no other at {rate}', not browser.run(LOOK, RATES, rate, p99 * 1.6, color))
    check('median at 200', browser.run(LOOK, RATES, 200, 21, '--s0'))
    check('the limit', any(browser.run(LOOK, RATES, x, 100, '--failure') for x in (120, 130, 140)))
    for x in (205, 210, 215):
        check(f'the capacity at {x}', browser.run(LOOK, RATES, x, 500, '--accent', BAND))
    for x in (150, 300):
        check(f'no capacity at {x}', not browser.run(LOOK, RATES, x, 500, '--accent', BAND))
    for number, (_, _, p50, _, most) in enumerate(TRIALS):
        start = number * 11
        check(f'slowest of trial {number + 1}',
              browser.run(LOOK, TIME, start + 3.5, most, '--s5'))
        check(f'median of trial {number + 1}', browser.run(LOOK, TIME, start + 7.5, p50, '--s0'))
    check('nothing between trials', not browser.run(LOOK, TIME, 10.6, 2, '--s0'))
    check('the rate of trial 2', browser.run(LOOK, LOAD, 11 + 5.5, 400, '--s0'))
    for what, part, color in (('CPU of the target', 0.8, '--s1'), ('throttled', 0.4, '--s3'),
                              ('CPU of the generator', 0.2, '--s0'), ('generator throttled', 0.1, '--s6')):
        for rate in (100, 400):
            check(f'{what} at {rate}', browser.run(LOOK, CPU, rate, part * rate / 400, color))
        check(f'no {what} above', not browser.run(LOOK, CPU, 400, part + 0.05, color))
    for one, color in zip(browser.run(DATA)['distributions'], ('--s2', '--s0', '--s1')):
        seen = [browser.run(LOOK, DISTRIBUTION, x, y, color) for x, y in one['latency'][::4]]
        check(f"the distribution {one['what']}", len(seen) > 10 and all(seen), seen)
    lists = browser.run('return window.charts[3].series.map(one => one.text)')
    equal('distributions', lists[0::2][:3], ['100/s, below the capacity', '200/s, at the capacity',
                                      '220/s, above the capacity'])


def check_controls(browser):
    """By keyboard: read, zoom, see all; by the list: one trial; charts over time stay together."""
    ranges = 'return window.charts.slice(1, 3).map(chart => chart.graph.xAxisRange())'
    browser.press('#rates .chart', RIGHT * 2)
    check('readout', '100/s' in text_of(browser, '#rates .readout')
          and '99th 5 ms' in text_of(browser, '#rates .readout'), text_of(browser, '#rates .readout'))
    browser.press('#time .chart', RIGHT * 4)
    check('readout over time', 'trial 1, 100/s, good, 3 to 4 s' in text_of(browser, '#time .readout')
          and 'slowest 9 ms' in text_of(browser, '#time .readout'), text_of(browser, '#time .readout'))
    whole = browser.run(ranges)
    browser.run("const list = document.querySelector('#time select'); list.selectedIndex = 2;"
                "list.dispatchEvent(new Event('change'))")
    equal('one trial', browser.run(ranges), [[11, 21], [11, 21]])
    browser.press('#time .chart', '0')
    equal('all is shown again', browser.run(ranges), whole)
    box = "document.querySelectorAll('#rates input')[3]"
    browser.run(f'{box}.click()')
    check('a line can be hidden', not browser.run(LOOK, RATES, 200, 21, '--s0'))
    browser.run(f'{box}.click()')
    equal('console', browser.problems(), [])


def check_fits(browser, width):
    seen = browser.run('return document.documentElement.scrollWidth')
    check('nothing is wider than the page', seen <= width, seen)
    small = browser.run("return window.charts.filter(chart => chart.box.clientWidth < 250).length")
    equal('charts that are too small', small, 0)


def check_sizes(browser, page):
    """Narrow and dark, then light; and as wide as it gets."""
    browser.reshape(*NARROW, dark=True)
    open_page(browser, page)
    equal('background', browser.run('return getComputedStyle(document.body).backgroundColor'),
          'rgb(20, 23, 27)')
    browser.press('#time .chart', RIGHT * 4)
    check_fits(browser, NARROW[0])
    check('bad trial', browser.run(LOOK, RATES, 400, 900, '--bad'))
    dark = browser.run('return window.charts[0].graph.getColors()[1]')
    browser.prefer(dark=False)
    light = dark
    for _ in range(200):  # the browser tells the page of it before it draws the next time
        light = browser.run('return window.charts[0].graph.getColors()[1]')
        if light != dark:
            break
        time.sleep(0.05)
    check('colours change with the scheme', dark != light, dark, light)
    check('bad trial in light colours', browser.run(LOOK, RATES, 400, 900, '--bad'))
    equal('console', browser.problems(), [])
    browser.reshape(*WIDEST)
    open_page(browser, page)
    check_fits(browser, WIDEST[0])


def check_real(browser, folder, path):
    page = folder + '/real.html'
    with open(path, encoding='utf-8') as file:
        result = json.load(file)
    subprocess.run([LOADGEN, 'plot', '-output', page, path], check=True)
    pixels = open_page(browser, page)
    check('charts are drawn', len(pixels) >= 4 and min(pixels) > 300, pixels)
    data = browser.run(DATA)
    equal('over time', [trial['over_time'] for trial in data['result']['trials']],
          [trial['over_time'] for trial in result['trials']])
    equal('trials', len(data['result']['trials']), len(result['trials']))
    text = browser.run('return document.body.textContent')
    for part in (result['sentence'], result['environment']['kernel'], result['settings']['slo']):
        check(f'{part} on the page', part in text)
    for one in data['distributions']:
        near('slowest', one['latency'][-1][1],
             result['trials'][one['trial']]['latencies']['max'] / MS, 0.001)


def check_none(browser, folder, result):
    """A search that ended before its first trial."""
    page = folder + '/none.html'
    make_page(page, {**result, 'verdict': 'out-of-time', 'trials': [],
                     'capacity': {'rate': None, 'upper': None}})
    equal('charts of nothing', open_page(browser, page), [])
    equal('answer', text_of(browser, 'h1'), 'The capacity was not found.')
    check('no target', 'Not recorded' in text_of(browser, '#target'))


def main():
    results = sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        page = folder + '/planted.html'
        result = make_result()
        make_page(page, result)
        with Browser(*WIDE) as browser:
            pixels = open_page(browser, page)
            check('five charts are drawn', len(pixels) == 5 and min(pixels) > 300, pixels)
            check_words(browser)
            check_drawn(browser)
            check_controls(browser)
            check_none(browser, folder, result)
            for real in results:
                check_real(browser, folder, real)
            check_sizes(browser, page)


main()
