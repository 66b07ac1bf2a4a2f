#!/usr/bin/env python3
"""serve_orders.py - what the page of `loadgen serve` says about what it cannot give, as a person sees it
in a real browser.

    serve_orders.py LOADGEN TARGET FOLDER

TARGET is the URL of a quick target; FOLDER is for files. The browser's console must say nothing.
"""
import os
import sys

from browser import Browser
from charts import check, equal
from serving import Server, clean, fits, is_seen, shows, text, unnamed, wait

LOADGEN, TARGET, FOLDER = sys.argv[1:]
ENTER = '\ue007'
NARROW = (380, 850)


def start_rate(browser, rate, duration):
    browser.type('#order-rate', rate)
    browser.type('#order-duration', duration)
    browser.press('#order-rate', ENTER)


def check_result(browser, flags, has_file):
    """A result file, or why there is none and what to do."""
    with Server(LOADGEN, TARGET, *flags) as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        start_rate(browser, '20', '1s')
        shows(browser, '#state', 'Stopped')
        shown, other = ('#result', '#no-result') if has_file else ('#no-result', '#result')
        wait(shown, lambda: is_seen(browser, shown))
        check(other, not is_seen(browser, other))
        if not has_file:
            equal('the remedy', text(browser, '#no-result'),
                  'There is no result file: start the server with -data DIR to keep the results of each test.')
        fits(browser, NARROW[0])
        unnamed(browser)
        clean(browser)


def main():
    with Browser(*NARROW, dark=True) as browser:
        check_result(browser, (), False)
        check_result(browser, ('-data', os.path.join(FOLDER, 'data')), True)


main()
