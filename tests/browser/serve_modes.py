#!/usr/bin/env python3
"""serve_modes.py - a rate, searches for the capacity, and kept tests on the page of `loadgen serve`, as a
person uses them in a real browser.

    serve_modes.py LOADGEN TARGET FOLDER

TARGET is the URL of a quick target; FOLDER is for files. The browser's console must say nothing but
that a server is away.
"""
import http.server
import json
import os
import sys
import threading

from browser import Browser
from charts import PIXELS, check, equal
from serving import Server, clean, fits, focused, is_seen, number, rows, shows, text, unnamed, wait

LOADGEN, TARGET, FOLDER = sys.argv[1:]
ENTER, SPACE, DOWN = '\ue007', '\ue00d', '\ue015'
WIDE, NARROW = (1280, 900), (380, 850)
RATE = ('-rate', '40', '-slo', 'p99<5s,errors<50%')
# Trials of a second, as the limit is low; a busy machine meets it as well.
# On a busy machine, the browser needs seconds for a look: no rate is bad, and a search lasts longer than that.
SEARCH = ('-quick', '-trial', '2s', '-generator-rate', '1000', '-slo', 'p50<500ms,errors<50%')


# ---- a rate ----

def start_rate(browser, rate, duration=''):
    browser.type('#order-rate', rate)
    browser.type('#order-duration', duration)
    browser.press('#order-rate', ENTER)


def check_refused(browser):
    equal('rate of the command line', browser.run("return document.getElementById('order-rate').value"), '40')
    start_rate(browser, 'fast')
    wait('an error at the rate', text, browser, '#order-rate-error')
    equal('focus', focused(browser), 'order-rate')
    start_rate(browser, '0')
    wait('an error at the rate', text, browser, '#order-rate-error')
    start_rate(browser, '40', 'soon')
    wait('an error at the duration', text, browser, '#order-duration-error')
    equal('focus', focused(browser), 'order-duration')
    equal('no error at the rate', text(browser, '#order-rate-error'), '')
    shows(browser, '#state', 'Ready')


def check_running(browser):
    start_rate(browser, '50')
    shows(browser, '#state', 'Running')
    wait('focus', lambda: focused(browser) == 'stop')
    wait('three seconds', lambda: rows(browser)[0] >= 3)
    wait('sent', lambda: 40 < number(browser, '#rate-now') < 60)
    shows(browser, '#rate-all', '/s scheduled')
    check('scheduled', 45 <= number(browser, '#rate-all') <= 55, text(browser, '#rate-all'))
    shows(browser, '#objective', 'SLO p99<5s,errors<50%. So far, p99<5s is met (')
    pixels = browser.run(PIXELS)
    check('charts are drawn', len(pixels) >= 6 and min(pixels) > 300, pixels)
    check('no users', not is_seen(browser, '#users-figure'))
    unnamed(browser)


def check_change(browser):
    browser.click('#order summary')
    browser.type('#order-rate', '-1')
    browser.press('#order-rate', ENTER)
    wait('an error', text, browser, '#order-rate-error')
    browser.type('#order-rate', '400')
    browser.press('#order-rate', ENTER)
    shows(browser, '#rate-all', 'now 400/s')
    wait('more is sent', lambda: number(browser, '#rate-now') > 75)
    equal('no error', text(browser, '#order-rate-error'), '')


def check_viewers(browser, other, server):
    """A refresh and a second viewer see all of it."""
    before = rows(browser)
    browser.visit(server.url)
    shows(browser, '#state', 'Running')
    wait('the whole course', lambda: rows(browser)[0] >= before[0])
    equal('it begins with the first second', rows(browser)[1], before[1])
    other.prefer(dark=True)
    other.visit(server.url)
    wait('the whole course', lambda: rows(other)[0] >= before[0])
    fits(other, NARROW[0])
    clean(other)
    other.visit('about:blank')  # which asks for nothing any more


def check_stop(browser):
    browser.click('#stop')
    shows(browser, '#state', 'Stopped')
    wait('the SLO is judged', lambda: text(browser, '#objective').startswith('The SLO was met: p99<5s'))
    wait('focus', lambda: browser.run('return document.activeElement.tagName') == 'SUMMARY')
    check('the form is back', is_seen(browser, '#order-rate') and not is_seen(browser, '#stop'))


def download(browser, selector):
    """The content of the file that a click on this link saves."""
    folder = os.path.join(FOLDER, 'downloads')
    os.makedirs(folder, exist_ok=True)
    browser.cdp('Browser.setDownloadBehavior', behavior='allow', downloadPath=folder)
    before = set(os.listdir(folder))
    browser.click(selector)
    new = wait(f'the file of {selector}', lambda: [
        name for name in set(os.listdir(folder)) - before
        if not name.endswith('.crdownload') and os.path.getsize(os.path.join(folder, name)) > 0])
    with open(os.path.join(folder, new[0]), 'rb') as file:
        return file.read()


def check_report(browser, reader, words):
    """The report needs no server, and shows what the page shows."""
    path = os.path.join(FOLDER, 'report.html')
    with open(path, 'wb') as out:
        out.write(download(browser, '.downloads a[href*=report]'))
    for is_dark in (False, True):
        reader.prefer(is_dark)
        reader.open(path)
        equal('requests of the report', reader.requests(), ['file://' + path])
        for selector, part in words.items():
            shows(reader, selector, part)
        pixels = reader.run(PIXELS)
        check('its charts are drawn', len(pixels) >= 6 and min(pixels) > 200, pixels)
        check('no form', not reader.run("return !!document.querySelector('form, #stop, #kept')"))
        fits(reader, NARROW[0])
        clean(reader)


def check_rate_mode(browser, other):
    with Server(LOADGEN, TARGET, *RATE, '-data', os.path.join(FOLDER, 'data')) as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        check_refused(browser)
        check_running(browser)
        check_change(browser)
        check_viewers(browser, other, server)
        check_stop(browser)
        check_report(browser, other, {'#state': 'Stopped', '#objective': 'The SLO was met', '#requests': 'All requests'})
        check_kept(browser)
        clean(browser, 'status of 400')


def run_names(browser):
    return browser.run("return [...document.querySelectorAll('#runs tbody tr')].map(row => row.cells[1].innerText)")


def check_kept(browser):
    """The test is kept; a second one is compared with it; one is deleted."""
    wait('the first is kept', lambda: run_names(browser) == ['400/s'] or run_names(browser) == ['50/s'])
    check('a result file', len(download(browser, '#result')) > 1000)
    start_rate(browser, '30', '2s')
    wait('it is over', lambda: len(run_names(browser)) == 2)
    equal('newest first', run_names(browser)[0], '30/s for 2s')
    for row in (1, 2):
        browser.press(f'#runs tbody tr:nth-child({row}) input', SPACE)
    browser.press('#compare', ENTER)
    wait('the comparison', lambda: is_seen(browser, '#compared'))
    check('numbers', 'Requests per second' in text(browser, '#comparison'), text(browser, '#comparison'))
    unnamed(browser)
    for _ in range(2):
        browser.press('#runs tbody tr:nth-child(2) button', ENTER)
    wait('deleted', lambda: run_names(browser) == ['30/s for 2s'])


# ---- searches ----

def choose_capacity(browser):
    browser.press('#kinds input:checked', DOWN)
    check('its fields', is_seen(browser, '#order-min_rate') and not is_seen(browser, '#order-rate'))


def start_search(browser, least, most):
    browser.type('#order-min_rate', least)
    browser.type('#order-max_rate', most)
    browser.press('#order-min_rate', ENTER)


def trials(browser):
    return browser.run("return [...document.querySelectorAll('#tried tbody tr')].map(row => row.cells[3].innerText)")


def check_search(browser, reader, server):
    choose_capacity(browser)
    start_search(browser, '0', '60')
    wait('an error', text, browser, '#order-min_rate-error')
    start_search(browser, '50', '60')
    wait('it has begun', lambda: text(browser, '#state') in ('Warming up', 'Searching', 'Verifying'))
    wait('a trial', trials, browser)
    check('the bracket', 'meets the SLO' in text(browser, '#bracket-now'), text(browser, '#bracket-now'))
    check('it cannot be changed', not is_seen(browser, '#order'))
    unnamed(browser)
    browser.visit(server.url)
    wait('after a refresh', trials, browser)
    shows(browser, '#answer', 'The target sustains at least 60 requests per second.')
    shows(browser, '#bracket-now', '60/s, the maximum, meets the SLO.')
    check('in words', 'trials met the SLO' in text(browser, '#sure') or 'trial met the SLO' in text(browser, '#sure'))
    check('trials', trials(browser) and all('good' in one for one in trials(browser)), trials(browser))
    check('the bracket is drawn', browser.run('return !!search.chart().graph'))
    wait('a result', lambda: is_seen(browser, '#result'))
    equal('it is that of the search', json.loads(download(browser, '#result'))['verdict'], 'above-maximum')
    check_report(browser, reader, {'#answer': 'The target sustains at least 60', '#tried': 'good'})


def check_stopped_search(browser):
    """What is known so far. If the search was over before the button was pressed, it is started again."""
    for _ in range(3):
        browser.type('#order-max_rate', '')
        browser.press('#order-max_rate', ENTER)
        wait('it has begun', lambda: text(browser, '#state') in ('Warming up', 'Searching', 'Verifying'))
        wait('a trial', trials, browser)
        if is_seen(browser, '#stop'):
            browser.press('#stop', ENTER)
        shows(browser, '#state', 'Stopped')
        if 'The search was stopped' in text(browser, '#bracket-now'):
            break
    shows(browser, '#bracket-now', 'The search was stopped')
    check('the form is back', is_seen(browser, '#order-min_rate'))


def check_capacity_mode(browser, other):
    with Server(LOADGEN, TARGET, *SEARCH) as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        check_search(browser, other, server)
        check_stopped_search(browser)
        clean(browser, 'status of 400')


# ---- trouble ----

class Mortal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def check_death(browser):
    """The target dies, then the server; another server begins anew."""
    target = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Mortal)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{target.server_address[1]}/'
    server = Server(LOADGEN, url, *RATE)
    browser.visit(server.url)
    shows(browser, '#state', 'Ready')
    start_rate(browser, '40')
    wait('three seconds', lambda: rows(browser)[0] >= 3)
    equal('errors', text(browser, '#errors-now'), '0%')
    target.shutdown()
    target.server_close()
    shows(browser, '#failures', 'connection refused')
    check('errors', number(browser, '#errors-now') > 0, text(browser, '#errors-now'))
    server.__exit__()
    shows(browser, '#state', 'No connection')
    check('what was known is still shown', is_seen(browser, '#numbers'))
    with Server(LOADGEN, url, *RATE, port=server.port):
        shows(browser, '#state', 'Ready')
        check('nothing of before', not is_seen(browser, '#numbers'))
    clean(browser, 'net::ERR_')


def main():
    with Browser(*WIDE) as browser, Browser(*NARROW) as other:
        check_rate_mode(browser, other)
        check_capacity_mode(browser, other)
        check_death(browser)


main()
