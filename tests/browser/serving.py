"""serving - what the tests of loadgen serve's page have in common: servers, and what a page shows."""
import atexit
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request

from charts import check, equal


class Server:
    """A server of its own. What it is to run, and its flags, are `arguments`."""
    def __init__(self, loadgen, *arguments, port=0):
        self.process = subprocess.Popen(
            [loadgen, 'serve', '-web', f'127.0.0.1:{port}', *arguments], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # when a check fails
        line = self.process.stderr.readline()
        check('ready', 'serving http://' in line, line)
        self.url = line.split()[-1]
        self.port = int(re.search(r':(\d+)/', self.url)[1])

    def ask(self, path, body=None):
        with urllib.request.urlopen(self.url + path, data=body, timeout=60) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        said = self.process.stderr.read()
        check('the server ended in order', status == 0, status, said)


def wait(what, is_so, *arguments):
    seen = None
    for _ in range(1200):
        seen = is_so(*arguments)
        if seen:
            return seen
        time.sleep(0.05)
    sys.exit(f'FAIL: {what}: not within 60 s')


def text(browser, selector):
    return browser.run('return document.querySelector(arguments[0]).innerText', selector)


def shows(browser, selector, part):
    wait(f'{selector} shows "{part}"', lambda: part in text(browser, selector))


def is_seen(browser, selector):
    return browser.run('return document.querySelector(arguments[0]).checkVisibility()', selector)


def rows(browser):
    """How many seconds the chart of the rate has, and its first one."""
    return browser.run("const {rows} = window.charts.find(chart => chart.id === 'rate');"
                       'return rows && rows.length > 1 ? [rows.length - 1, rows[1][0]] : [0, 0]')


def number(browser, selector):
    return float(re.sub(r'[^0-9.]', '', text(browser, selector).split()[0]) or 0)


def clean(browser, *allowed):
    equal('console', [one for one in browser.problems()
                      if not any(part in one for part in allowed)], [])


def fits(browser, width):
    seen = browser.run('return document.documentElement.scrollWidth')
    check('nothing is wider than the page', seen <= width, seen)


def focused(browser):
    return browser.run('return document.activeElement.id')


def unnamed(browser):
    """What a screen reader stops at without saying what it is."""
    kinds = ('heading', 'button', 'textbox', 'checkbox', 'radio', 'link', 'table', 'region', 'application',
             'DisclosureTriangle')
    nodes = [(node['role']['value'], node.get('name', {}).get('value')) for node in
             browser.cdp('Accessibility.getFullAXTree')['nodes'] if not node['ignored']]
    equal('without a name', [kind for kind, name in nodes if kind in kinds and not name], [])
    return nodes
