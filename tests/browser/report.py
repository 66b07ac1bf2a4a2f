#!/usr/bin/env python3
"""report.py - the report of `loadgen serve` in a real browser: as a saved file, and in place.

    report.py LOADGEN TARGET FOLDER

TARGET is the URL of tests/contract/locust/target.py; FOLDER is for files. The browser's console must
say nothing, and the file must ask for nothing.
"""
import json
import os
import re
import sys
import time
import urllib.request

from browser import Browser
from charts import PIXELS, check, equal
from serving import Server, clean, fits, is_seen, text, unnamed

LOADGEN, TARGET, FOLDER = sys.argv[1:]
EVIL = '</script><img src=x onerror="document.title=1">'
WIDE, NARROW = (1280, 900), (380, 850)

SCENARIO = '''
local Shopper = User { wait = constant(0.02) }
Shopper:task(3, "browse", function(self) self:get("/items?page=1", { name = [[NAME]] }) end)
Shopper:task(1, "missing", function(self) self:get("/missing") log([[said NAME]]) end)
Shopper:task(1, "broken", function() error([[broken NAME]]) end)
'''.replace('NAME', EVIL)


def write(name, content):
    path = os.path.join(FOLDER, name)
    with open(path, 'w', encoding='utf-8', newline='') as out:
        out.write(content)
    return path


def fetch(server, path):
    with urllib.request.urlopen(server.url + path, timeout=60) as answer:
        return answer.headers, answer.read().decode()


def numbers(server):
    rows = server.ask('stats/requests')['stats']
    return [(row['name'], row['num_requests'], row['num_failures']) for row in rows]


def table(browser):
    return browser.run('''return [...document.querySelectorAll('#requests tbody tr')].map(row =>
        [...row.cells].map(cell => cell.textContent))''')


def check_report(browser, expected, *words):
    """What every report shows: texts, charts, tables, and nothing that a server would have to answer."""
    pixels = browser.run(PIXELS)
    drawn = [count for count in pixels if count > 300]
    check('charts are drawn', len(drawn) >= 6, pixels)
    whole = text(browser, 'body')
    for word in words + (TARGET, '404 Not Found', 'broken ' + EVIL, 'started a test: 4 users', 'Report of 20', 'This test'):
        check(f'it has "{word}"', word in whole, whole)
    shown = [(cells[0].removeprefix('GET '), *(int(cell.replace(',', '')) for cell in cells[1:3])) for cells in table(browser)]
    equal('rows', shown, [(name.replace('Aggregated', 'All requests'), *counts) for name, *counts in expected])
    check('rates of the whole test', all(re.fullmatch(r'[\d.,]+/s', cells[3]) for cells in table(browser)), table(browser))
    equal('no forms and links', browser.run(
        "return [...document.querySelectorAll('form, a[href], input:not([type=checkbox], .dygraph-roller), img, #stop, #reset')]"
        '.map(one => one.outerHTML)'), [])
    check('its title', browser.run('return document.title').startswith('loadgen report, 20'))
    unnamed(browser)
    clean(browser)


def check_ready(browser, server):
    """Before the first test there is little to say."""
    _, page = fetch(server, 'stats/report')
    browser.open(write('ready.html', page))
    equal('state', text(browser, '#state'), 'Ready')
    check('no numbers', not is_seen(browser, '#numbers'))
    clean(browser)


def check_running(browser, server):
    """While a test runs, the report has what is known so far, and stays as it is."""
    server.ask('swarm', b'user_count=4&spawn_rate=100&run_time=1h')
    while len(server.ask('page/state')['history']['points']) < 3:
        time.sleep(0.1)
    _, page = fetch(server, 'stats/report')
    server.ask('stop', b'')
    browser.open(write('running.html', page))
    equal('state', text(browser, '#state'), 'Running when this report was made')
    before = table(browser)
    time.sleep(1.5)
    equal('it stays', table(browser), before)
    clean(browser)


def check_saved(browser, path, expected):
    browser.open(path)
    equal('requests of the file', browser.requests(), ['file://' + path])
    check_report(browser, expected, 'Stopped')


def check_in_place(browser, server, expected):
    browser.visit(server.url + 'stats/report')
    equal('requests in place', [url for url in browser.requests() if not url.endswith('/favicon.ico')],
          [server.url + 'stats/report'])
    check_report(browser, expected, 'Stopped')


def main():
    with Server(LOADGEN, write('shop.lua', SCENARIO), '-H', TARGET) as server, Browser(*WIDE) as browser:
        check_ready(browser, server)
        check_running(browser, server)
        expected = numbers(server)
        headers, page = fetch(server, 'stats/report?download=1')
        check('a file to save', re.fullmatch(r'attachment;filename=report_[\d.]+\.html', headers['Content-Disposition']), headers)
        check('no file in place', 'Content-Disposition' not in fetch(server, 'stats/report')[0])
        for name in ('Content-Security-Policy', 'X-Frame-Options', 'X-Content-Type-Options'):
            check(name, headers[name] and 'unsafe' not in headers[name], headers)
        equal('its data is JSON', json.loads(re.search(r'id="data">(.*?)</script>', page)[1])['report']['state'], 'stopped')
        path = write('saved.html', page)
        check_saved(browser, path, expected)
        equal('light', browser.run('return getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)')
        check_in_place(browser, server, expected)
        browser.reshape(*NARROW, dark=True)
        check_saved(browser, path, expected)
        equal('dark', browser.run('return getComputedStyle(document.body).backgroundColor'), 'rgb(20, 23, 27)')
        fits(browser, NARROW[0])


main()
