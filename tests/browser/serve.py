#!/usr/bin/env python3
"""serve.py - the page of `loadgen serve` in a real browser, used as a person would.

    serve.py LOADGEN TARGET FOLDER

Starts and ends its own servers. TARGET is the URL of tests/contract/locust/target.py; FOLDER is for
files. The browser's console must say nothing but that a server is away or wants a token.
"""
import csv
import http.client
import http.server
import json
import os
import sys
import threading

import serving
from browser import Browser
from charts import PIXELS, check, equal
from serving import clean, fits, focused, is_seen, number, rows, shows, text, unnamed, wait

LOADGEN, TARGET, FOLDER = sys.argv[1:]
EVIL = '<img src=x onerror="document.title=1">'
ENTER = '\ue007'
WIDE, NARROW = (1280, 900), (380, 850)

SCENARIO = '''
local Shopper = User { wait = constant(0.02) }
Shopper:task(3, "browse", function(self) self:get("/items?page=1", { name = [[NAME]] }) end)
Shopper:task(1, "missing", function(self) self:get("/missing") end)
Shopper:task(1, "broken", function() error([[broken NAME]]) end)
'''.replace('NAME', EVIL)


def write(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, 'w') as out:
        out.write(text)
    return path


def Server(*flags, port=0):
    return serving.Server(LOADGEN, write('shop.lua', SCENARIO), *flags, port=port)


# ---- a person's way ----

def check_ready(browser, server):
    browser.visit(server.url)
    shows(browser, '#state', 'Ready')
    asked = {one.removeprefix(server.url).split('?')[0] for one in browser.requests()}
    equal('what it asked for', asked - {'page/serve.svg', 'api/v1/runs'},
          {'', 'page/serve.css', 'page/dygraph.js', 'page/chart.js', 'page/serve.js', 'page/state'})
    check('a form and no numbers', is_seen(browser, '#host') and not is_seen(browser, '#numbers'))
    check('no way to stop nothing', not is_seen(browser, '#stop'))
    equal('host of the server', browser.run("return document.getElementById('host').value"), TARGET)
    equal('a label for each field', browser.run(
        "return [...document.querySelectorAll('#start .fields input')].filter(i => i.labels.length !== 1).length"), 0)


def check_refused(browser):
    """A wrong value is explained at its field, which gets the focus."""
    for field, wrong, right, words in (
            ('user_count', 'many', '4', 'Expected a whole number from 1'),
            ('spawn_rate', '0', '100', 'Expected a number above 0'),
            ('run_time', 'soon', '', '1m30s'), ('host', 'nowhere', TARGET, '')):
        browser.type('#' + field, wrong)
        browser.press('#' + field, ENTER)
        wait(f'an error at {field}', text, browser, f'#{field}-error')
        check(field, words in text(browser, f'#{field}-error'), text(browser, f'#{field}-error'))
        equal('focus', focused(browser), field)
        equal('invalid', browser.run('return document.activeElement.ariaInvalid'), 'true')
        browser.type('#' + field, right)
    shows(browser, '#state', 'Ready')


def check_running(browser):
    browser.press('#user_count', ENTER)
    shows(browser, '#state', 'Running')
    wait('focus', lambda: focused(browser) == 'stop')
    wait('three seconds', lambda: rows(browser)[0] >= 3)
    equal('error', text(browser, '#host-error'), '')
    equal('users', number(browser, '#users-now'), 4)
    check('sent', number(browser, '#rate-now') > 10, text(browser, '#rate-now'))
    check('asked', number(browser, '#rate-all') > 10, text(browser, '#rate-all'))
    check('errors', 10 < number(browser, '#errors-now') < 50, text(browser, '#errors-now'))
    check('verdict', 'generator' in text(browser, '#say') and 'CPU' in text(browser, '#why'))
    for name in ('p50', 'p95', 'p99', 'max', 'lag'):
        check(name, number(browser, f'#{name}-now') > 0, text(browser, f'#{name}-now'))
    pixels = browser.run(PIXELS)
    check('six charts are drawn', len(pixels) == 6 and min(pixels) > 300, pixels)
    browser.press('#latency .chart', '\ue014\ue014')
    check('readout', 'p99 ' in text(browser, '#latency .readout'), text(browser, '#latency .readout'))
    check('row', EVIL in text(browser, '#requests'), text(browser, '#requests'))
    check('failures', '404 Not Found' in text(browser, '#failures'))
    shows(browser, '#exceptions', 'broken ' + EVIL)
    equal('elements of a name', browser.run("return document.querySelectorAll('img').length"), 0)


def check_names(browser):
    """Whatever a screen reader stops at has a name."""
    nodes = unnamed(browser)
    check('the state is a heading', ('heading', 'Running') in nodes, nodes)


def check_zoom(browser):
    """A zoom is that of all charts, and stays while the run goes on, until it is reset."""
    windows = 'return window.charts.filter(chart => chart.graph).map(chart => chart.graph.xAxisRange().join())'
    browser.press('#rate .chart', '+')
    zoomed = browser.run(windows)
    equal('all charts are zoomed', len(set(zoomed)), 1)
    count = rows(browser)[0]
    wait('another second', lambda: rows(browser)[0] > count)
    equal('the zoom stays', browser.run(windows), zoomed)
    browser.press('#rate .chart', '0')
    wait('all is shown again', lambda: browser.run(windows)[0].split(',')[0] == '0')


def check_change(browser):
    """The number of users, while the test runs; the form is folded until it is wanted."""
    check('folded', not is_seen(browser, '#user_count'))
    browser.click('#order summary')
    check('only users', is_seen(browser, '#user_count') and not is_seen(browser, '#host'))
    browser.type('#user_count', '0')
    browser.press('#user_count', ENTER)
    shows(browser, '#user_count-error', 'Expected a whole number')
    browser.type('#user_count', '6')
    browser.press('#user_count', ENTER)
    wait('six users', lambda: number(browser, '#users-now') == 6)
    equal('no error', text(browser, '#user_count-error'), '')


def check_refresh(browser, server):
    before = rows(browser)
    browser.visit(server.url)
    shows(browser, '#state', 'Running')
    wait('the whole course', lambda: rows(browser)[0] >= before[0])
    equal('it begins with the first second', rows(browser)[1], before[1])


def check_second_viewer(server):
    with Browser(*NARROW, dark=True) as browser:
        browser.visit(server.url)
        shows(browser, '#state', 'Running')
        wait('charts', lambda: rows(browser)[0] >= 3)
        fits(browser, NARROW[0])
        equal('dark', browser.run('return getComputedStyle(document.body).backgroundColor'), 'rgb(20, 23, 27)')
        clean(browser)


def check_reset_and_stop(browser):
    sent = number(browser, '#requests tr.total td')
    browser.click('#reset')
    wait('numbers of a reset', lambda: number(browser, '#requests tr.total td') < sent)
    check('the course stays', rows(browser)[0] >= 3)
    browser.click('#stop')
    shows(browser, '#state', 'Stopped')
    check('the form is back', is_seen(browser, '#host') and not is_seen(browser, '#stop'))
    equal('with its values', browser.run("return document.getElementById('user_count').value"), '6')


def check_downloads(browser):
    folder = os.path.join(FOLDER, 'downloads')
    browser.cdp('Browser.setDownloadBehavior', behavior='allow', downloadPath=folder)
    links = browser.run("return [...document.querySelectorAll('.downloads a')].filter(a => a.checkVisibility()).map(a => a.getAttribute('href'))")
    for link in links:
        os.makedirs(folder, exist_ok=True)
        before = set(os.listdir(folder))
        browser.click(f'.downloads a[href="{link}"]')
        new = wait(f'the file of {link}', lambda: [
            name for name in set(os.listdir(folder)) - before
            if not name.endswith('.crdownload') and os.path.getsize(os.path.join(folder, name)) > 0])
        with open(os.path.join(folder, new[0]), newline='') as file:
            if 'report' in link:
                check('a report', file.read().startswith('<!doctype html>'))
            elif link.endswith('csv'):
                content = list(csv.reader(file))
                check(f'rows of {link}', len(content) > 1, content)
            else:
                equal('state in the JSON', json.load(file)['state'], 'stopped')
    shows(browser, '#state', 'Stopped')


def check_course(server):
    """Only what is new is sent, unless the client has something else."""
    whole = server.ask('page/state')
    history, count = whole['history'], len(whole['history']['points'])
    query = f"page/state?generation={whole['generation']}&width={history['width']}&from="
    last = server.ask(query + str(count - 1))['history']
    equal('the last point', (last['from'], last['points']), (count - 1, history['points'][-1:]))
    for other in (query.replace('width=', 'width=1') + '1', query.replace('on=', 'on=1') + '1', query + '99999',
                  query + 'x', 'page/state?from=1'):
        equal(other, len(server.ask(other)['history']['points']), count)


def check_restart(browser, server):
    """The server goes away while the page is open, and comes back."""
    server.__exit__()
    shows(browser, '#state', 'No connection')
    check('what was known is still shown', is_seen(browser, '#numbers'))
    with Server('-H', TARGET, port=server.port) as again:
        shows(browser, '#state', 'Ready')
        check('nothing of before', not is_seen(browser, '#numbers'))
        browser.type('#run_time', '2s')
        browser.press('#run_time', ENTER)
        shows(browser, '#state', 'Stopped')
        wait('its course', lambda: rows(browser)[0] in (2, 3))
        check('what is known to the server', again.ask('stats/requests')['state'] == 'stopped')
        clean(browser, 'net::ERR_')
        check_sayings(browser)


# Answers that say something else of the generator; `share` is the part of its CPU that it uses.
FAKE = '''
const [name, share] = arguments;
window.realFetch ||= window.fetch;
window.fetch = async (...what) => {
    if (!String(what[0]).startsWith('page/state')) {
        return window.realFetch(...what);
    }
    const state = await (await window.realFetch('page/state')).json();
    const {columns, points} = state.history;
    state.generator = name && {class: name, text: 'because'};
    state.state = 'running';
    points.forEach(point => {
        point[columns.indexOf('cpu_ms')] = 1000 * share * state.cpu_limit * point[columns.indexOf('seconds')];
    });
    return new Response(JSON.stringify(state));
};
'''


def check_sayings(browser):
    """At a glance: is the target or the generator the limit?"""
    for name, share, words in (('clean', 0.5, 'The generator keeps up'), ('limit', 0.5, 'The generator is the limit'),
                               ('disturbed', 0.5, 'The generator disturbs'), (None, 0.5, 'not known yet'),
                               ('clean', 0.9, 'The generator is the limit')):
        browser.run(FAKE, name, share)
        shows(browser, '#say', words)
        wait('why', lambda: text(browser, '#why') == ('because' if name else ''))


# ---- other servers ----

def check_failed(browser):
    with Server('-H', 'https://127.0.0.1:9', '-root-certs', os.path.join(FOLDER, 'nothing')) as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        browser.press('#user_count', ENTER)
        shows(browser, '#state', 'The test has failed')
        shows(browser, '#trouble', 'no certificates')
        clean(browser)


def check_dead_target(browser):
    with Server('-H', 'http://127.0.0.1:1') as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        browser.press('#user_count', ENTER)
        shows(browser, '#say', 'All requests fail')
        equal('errors', text(browser, '#errors-now'), '100%')
        shows(browser, '#failures', 'connection refused')
        browser.click('#stop')
        shows(browser, '#state', 'Stopped')
        clean(browser)


def check_token(browser):
    with Server('-H', TARGET, '-token-file', write('token', 's3cret\n')) as server:
        browser.visit(server.url)
        wait('it asks for the token', is_seen, browser, '#token')
        equal('state', text(browser, '#state'), 'A token is needed')
        browser.press('#token', 'wrong' + ENTER)
        shows(browser, '#token-error', 'Wrong token')
        browser.type('#token', 's3cret')
        browser.press('#token', ENTER)
        shows(browser, '#state', 'Ready')
        equal('scripts do not see it', browser.run('return document.cookie'), '')
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        check('it does not ask again', not is_seen(browser, '#token'))
        clean(browser, 'status of 401', 'status of 403')


class Prefix(http.server.BaseHTTPRequestHandler):
    """A proxy that adds /load/ to every path, and passes the Host on."""
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if not self.path.startswith('/load/'):
            self.send_error(404)
            return
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=60)
        connection.request(self.command, self.path[5:], body or None, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def check_prefix(browser):
    with Server('-H', TARGET) as server, \
            http.server.ThreadingHTTPServer(('127.0.0.1', 0), Prefix) as proxy:
        proxy.port = server.port
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        browser.visit(f'http://127.0.0.1:{proxy.server_address[1]}/load/')
        shows(browser, '#state', 'Ready')
        browser.type('#run_time', '1s')
        browser.press('#run_time', ENTER)
        shows(browser, '#state', 'Stopped')
        check('numbers', number(browser, '#requests tr.total td') > 0)
        clean(browser)
        proxy.shutdown()


def main():
    with Browser(*WIDE) as browser:
        server = Server('-H', TARGET)
        check_ready(browser, server)
        check_refused(browser)
        check_running(browser)
        check_names(browser)
        check_change(browser)
        check_zoom(browser)
        check_refresh(browser, server)
        check_second_viewer(server)
        check_reset_and_stop(browser)
        check_downloads(browser)
        check_course(server)
        clean(browser, 'status of 400')
        check_restart(browser, server)
        check_failed(browser)
        check_dead_target(browser)
        check_token(browser)
        check_prefix(browser)


main()
