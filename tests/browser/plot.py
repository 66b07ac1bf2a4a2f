#!/usr/bin/env python3
"""plot.py - pages of `loadgen plot` in a real browser: what they draw is what the files say.

    plot.py LOADGEN [RESULTS...]

Makes files with what must be seen planted in them, and looks at the pages of these; of each file
of RESULTS (of a real attack) the page must agree with the report. The browser's console must say
nothing, and nothing but the page itself may be asked for.
"""
import json
import subprocess
import sys
import tempfile
import time

from browser import Browser
from charts import DATA, LOOK, check, equal, near, open_page
from result_file import Result, ResultFile

LOADGEN = sys.argv[1]
EVIL = '<img src=x onerror="document.title=1"></script><script>document.title=2</script>'
STEP = 100_000           # ns between two requests
MILLION = 1_000_000
SPIKE = 40_000_000_000   # when the slow one was intended, and how slow it was
SLOW = 2_000_000_000
WIDE, NARROW = (1400, 1000), (390, 844)


def plot(page, *arguments):
    subprocess.run([LOADGEN, 'plot', '-output', page, *arguments], check=True)


def check_pixels(pixels):
    check('four charts are drawn', len(pixels) == 4 and min(pixels) > 500, pixels)


def make_million(path):
    """1 ms each, in turn to two targets; one of 2 s; 300 time-outs in a row, 40 resets."""
    with ResultFile(path, ['get-users', EVIL], rate=10000) as out:
        out.repeat([Result(), Result(target=1)], MILLION, STEP)
        out.add(Result(intended=SPIKE, latency=SLOW))
        for i in range(300):
            out.add(Result(intended=60_000_000_000 + i * 1_000_000, latency=1_000_000_000, code=0,
                           kind='timeout', error='context deadline exceeded ' + EVIL))
        for i in range(40):
            out.add(Result(intended=80_000_000_000 + i, latency=300_000, target=1, code=0,
                           kind='reset', error='reset'))


def check_million_data(data):
    equal('requests', data['requests'], MILLION + 341)
    cells = [cell for series in data['series'] for cell in series['cells']]
    equal('requests of all points', sum(cell[1] for cell in cells), MILLION + 341)
    check('few points', 500 < data['length'] <= 1000, data['length'])
    slow = [cell for cell in cells if cell[5] > 1500]
    equal('points with the spike', len(slow), 1)
    near('spike', slow[0][5], SLOW / 1e6)
    near('its moment', slow[0][6], SPIKE / 1e9, 0.0001)
    equal('failures', {kind['kind']: sum(mark[1] for mark in kind['marks'])
                       for kind in data['failures'] if kind['requests']},
          {'time-out': 300, 'reset': 40})
    equal('slowest percentile', data['percentiles']['latency']['all'][-1][1], SLOW / 1e6)
    rates = [span[2] for span in data['rates']]
    check('rates', all(9990 < rate < 11200 for rate in rates), rates)
    flight = {span[0] * data['width']: span[2] for span in data['in_flight']}
    near('in flight', flight[20.0], 10, 0.01)
    near('in flight beside the slow one', flight[41.0], 11, 0.01)
    near('in flight with the time-outs', flight[60.5], 310, 0.01)


def check_million_drawn(browser):
    """The spike is a vertical line from 1 ms to 2 s, and beside it there is none."""
    for y in (5, 50, 500, 1800):
        check(f'spike at {y} ms', browser.run(LOOK, 0, SPIKE / 1e9 + 0.06, y, '--s0'))
        check(f'nothing beside it at {y} ms', not browser.run(LOOK, 0, SPIKE / 1e9 + 3, y, '--s0'))
    check('median', browser.run(LOOK, 0, 20, 1, '--s1'))
    check('time-outs are marked', browser.run(LOOK, 0, 60.1, 1000, '--failure'))
    check('resets are marked', browser.run(LOOK, 0, 80.05, 0.3, '--failure'))
    check('nothing failed there', not browser.run(LOOK, 0, 70, 1000, '--failure'))
    check('rate', any(browser.run(LOOK, 1, 20, 10000, name) for name in ('--s0', '--s2')))
    check('in flight', browser.run(LOOK, 2, 60.6, 310, '--s0'))
    check('the slowest percentile', browser.run(LOOK, 3, 6.2, 2000, '--ink'))


def check_texts(browser):
    equal('title', browser.run('return document.title'), EVIL)
    equal('heading', browser.run("return document.querySelector('h1').textContent"), EVIL)
    equal('elements of a name', browser.run("return document.querySelectorAll('img').length"), 0)
    text = browser.run('return document.body.textContent')
    check('the name in the controls and in the table', text.count(EVIL) >= 5, text.count(EVIL))
    for part in ('time-out (300)', 'reset (40)', '1,000,341 requests. Each point',
                 '1,000,341 requests to 2 targets'):
        check(f'{part} on the page', part in text)
    headings = browser.run("return [...document.querySelectorAll('h1, h2')].map(h => h.tagName)")
    equal('headings', headings, ['H1'] + ['H2'] * 7)
    rows = browser.run("return [...document.querySelectorAll('#targets tbody td:nth-child(2)')]"
                       ".map(cell => cell.textContent)")
    equal('rows of targets', rows, ['1,000,341', '500,301', '500,040'])


HIDE_ALL = """
window.boxes = [...document.querySelectorAll('#latency input')].filter(input => input.checked);
window.boxes.forEach(input => input.click());
"""


def check_controls(browser):
    """By keyboard: read, zoom, see all; the three charts over time stay together."""
    ranges = 'return window.charts.slice(0, 3).map(chart => chart.graph.xAxisRange())'
    readout = "return document.querySelector('#latency .readout').textContent"
    note = "return document.querySelector('#latency .note').textContent"
    whole = browser.run(ranges)
    right = '\ue014'
    browser.press('#latency .chart', right * 3)
    check('readout', '501 requests' in browser.run(readout) or '625 requests' in
          browser.run(readout), browser.run(readout))
    browser.press('#latency .chart', '+' * 8)
    zoomed = browser.run(ranges)
    check('zoomed in', zoomed[0][1] - zoomed[0][0] < 1, zoomed)
    equal('charts over time are together', zoomed, [zoomed[0]] * 3)
    check('the end of what is known is said', 'finest resolution' in browser.run(note),
          browser.run(note))
    browser.press('#latency .chart', '0')
    equal('all is shown again', browser.run(ranges), whole)
    box = "document.querySelectorAll('#latency input')[0]"
    browser.run(f'{box}.click()')
    check('a target can be hidden', not browser.run(LOOK, 0, SPIKE / 1e9 + 0.06, 50, '--s0'))
    check('hidden requests are not counted', '500,040 requests' in browser.run(note),
          browser.run(note))
    browser.run(HIDE_ALL)
    check('nothing is drawn then', not browser.run(LOOK, 0, 20, 1, '--s1'))
    browser.run("window.boxes.forEach(input => input.click())")
    browser.run(f'{box}.click()')
    check('it comes back', browser.run(LOOK, 0, SPIKE / 1e9 + 0.06, 50, '--s0'))
    equal('console', browser.problems(), [])


def check_dark_and_narrow(browser, page):
    browser.reshape(*NARROW, dark=True)
    pixels = open_page(browser, page)
    check_pixels(pixels)
    equal('background', browser.run('return getComputedStyle(document.body).backgroundColor'),
          'rgb(20, 23, 27)')
    browser.press('#latency .chart', '\ue014' * 3)  # the readout is long
    width = browser.run('return document.documentElement.scrollWidth')
    check('nothing is wider than the page', width <= NARROW[0], width)
    check('spike', browser.run(LOOK, 0, SPIKE / 1e9 + 0.06, 50, '--s0'))
    dark = browser.run("return window.charts[0].graph.getColors()[0]")
    browser.prefer(dark=False)
    light = dark
    for _ in range(100):  # the browser tells the page of it before it draws the next time
        light = browser.run("return window.charts[0].graph.getColors()[0]")
        if light != dark:
            break
        time.sleep(0.05)
    check('colours change with the scheme', dark != light, dark, light)
    check('spike in light colours', browser.run(LOOK, 0, SPIKE / 1e9 + 0.06, 50, '--s0'))
    equal('console', browser.problems(), [])


def check_few(browser, folder):
    """Each one is drawn, none is reduced."""
    results, page = folder + '/few.bin', folder + '/few.html'
    with ResultFile(results, ['get']) as out:
        out.repeat([Result(latency=1_000_000 * (i + 1)) for i in range(100)], 3999, 1_000_000)
        out.add(Result(intended=2_000_500_000, latency=5_000_000_000, code=503, error='503 No'))
    plot(page, results)
    open_page(browser, page)
    equal('points', len(browser.run(DATA)['points']), 4000)
    drawn = browser.run('return window.charts[0].rows.filter(row => row[1] !== null).length')
    equal('rows drawn', drawn, 4000)
    check('the failed one', browser.run(LOOK, 0, 2.0005, 5000, '--failure'))
    note = browser.run("return document.querySelector('#latency .note').textContent")
    equal('note', note, '4,000 requests, each drawn as a point.')


def check_many_targets(browser, folder):
    """Eight have a series each; of more, the first seven, and nothing of the rest is lost."""
    results, page = folder + '/many.bin', folder + '/many.html'
    for targets in (8, 12):
        names = [f't{i}' for i in range(targets)]
        with ResultFile(results, names) as out:
            out.repeat([Result(target=i) for i in range(targets)], 1000 * targets, STEP)
        plot(page, results)
        open_page(browser, page)
        series = {one['name']: one['requests'] for one in browser.run(DATA)['series']}
        expected = {name: 1000 for name in names}
        if targets > 8:
            expected = {**{name: 1000 for name in names[:7]}, 'all other targets': 5000}
        equal('series', series, expected)
        rows = browser.run("return document.querySelectorAll('#targets td:nth-child(2)').length")
        equal('rows of the table', rows, targets + 1)


def check_threshold(browser, page, results):
    """More points where they are asked for."""
    plot(page, '-threshold', '20000', results)
    open_page(browser, page)
    data = browser.run(DATA)
    check('intervals', 2500 < data['length'] <= 5000, data['length'])
    plot(page, '-threshold', '100', results)
    open_page(browser, page)
    data = browser.run(DATA)
    check('intervals', 12 < data['length'] <= 25, data['length'])
    check('the spike is there all the same', SLOW / 1e6 in
          [cell[5] for series in data['series'] for cell in series['cells']])


def check_one(browser, folder):
    """One result has no rate, and one that took no time no logarithm; the page has both."""
    results, page = folder + '/one.bin', folder + '/one.html'
    for latency in (0, 1_000_000):
        with ResultFile(results, ['get']) as out:
            out.add(Result(latency=latency))
        plot(page, results)
        open_page(browser, page)
        equal('charts of one', browser.run('return window.charts.length'), 4)


def check_none(browser, folder):
    results, page = folder + '/none.bin', folder + '/none.html'
    with ResultFile(results, []):
        pass
    plot(page, results)
    equal('charts of nothing', open_page(browser, page), [])
    check('it says so', 'No results.' in
          browser.run("return document.querySelector('header').textContent"))


def check_real(browser, folder, results):
    page = folder + '/real.html'
    plot(page, results)
    report = json.loads(subprocess.run([LOADGEN, 'report', '-type=json', results], check=True,
                                       stdout=subprocess.PIPE).stdout)
    pixels = open_page(browser, page)
    check_pixels(pixels)
    data = browser.run(DATA)
    equal('requests', data['requests'], report['requests'])
    near('slowest', data['percentiles']['latency']['all'][-1][1], report['latencies']['max'] / 1e6)
    equal('targets', {series['name']: series['requests'] for series in data['series']
                      if series['requests']},
          {target['name']: target['requests'] for target in report['targets']})
    answers = sum(kind['requests'] for kind in data['failures'])
    equal('failures', answers, report['requests'] - round(report['success'] * report['requests']))
    text = browser.run('return document.body.textContent')
    check('the sentence about the generator', report['generator']['why'] in text)
    for remark in report['remarks']:
        check(remark, remark in text)


def main():
    with tempfile.TemporaryDirectory() as folder:
        results, page = folder + '/million.bin', folder + '/million.html'
        make_million(results)
        plot(page, '-title', EVIL, results)
        with Browser(*WIDE) as browser:
            pixels = open_page(browser, page)
            check_pixels(pixels)
            check_million_data(browser.run(DATA))
            check_million_drawn(browser)
            check_texts(browser)
            check_controls(browser)
            check_few(browser, folder)
            check_many_targets(browser, folder)
            check_threshold(browser, folder + '/threshold.html', results)
            check_one(browser, folder)
            check_none(browser, folder)
            for real in sys.argv[2:]:
                check_real(browser, folder, real)
            check_dark_and_narrow(browser, page)


main()
