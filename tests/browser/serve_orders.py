#!/usr/bin/env python3
"""serve_orders.py - what the form of `loadgen serve` orders: schedules, searches of a scenario, its arguments;
and what the page says about what it cannot give. In a real browser, as a person uses it.

    serve_orders.py LOADGEN TARGET FOLDER

TARGET is the URL of a quick target; FOLDER is for files. The browser's console must say nothing
but that an order was refused.
"""
import os
import sys

from browser import Browser
from charts import check, equal
from serving import Server, clean, fits, focused, is_seen, shows, text, unnamed, wait

LOADGEN, TARGET, FOLDER = sys.argv[1:]
ENTER, DOWN = '\ue007', '\ue015'
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


def seen(browser):
    """The fields that are shown."""
    return browser.run("return [...document.querySelectorAll('#start .fields input, #start .fields select')]"
                       '.filter(one => one.checkVisibility()).map(one => one.name || one.id)')


def choose(browser, selector, value):
    browser.click(f'{selector} option[value={value}]')


def check_schedules(browser):
    """Each schedule has its fields; what is refused is explained there; a new rate replaces it."""
    with Server(LOADGEN, TARGET, '-rate', '40', '-t', '20') as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        equal('a constant rate', seen(browser), ['course', 'rate', 'arrival', 'duration'])
        equal('run time of the command line', browser.run("return document.getElementById('order-duration').value"), '20s')
        choose(browser, '#course', 'stages')
        equal('stages', seen(browser), ['course', 'stages'])
        browser.type('#order-stages', 'soon')
        browser.press('#order-stages', ENTER)
        wait('an error', text, browser, '#order-stages-error')
        choose(browser, '#course', 'sine')
        equal('a sine', seen(browser), ['course', 'sine', 'duration'])
        choose(browser, '#course', 'ramp')
        equal('no error is left', text(browser, '#start-error'), '')
        browser.type('#order-ramp', '10:60')
        browser.type('#order-duration', '')
        browser.press('#order-ramp', ENTER)
        wait('an error at the duration', text, browser, '#order-duration-error')
        fits(browser, NARROW[0])
        unnamed(browser)
        browser.type('#order-duration', '30s')
        browser.press('#order-duration', ENTER)
        shows(browser, '#detail', 'ramp 10:60')
        browser.click('#order summary')
        equal('what can be changed', seen(browser), ['rate'])
        browser.type('#order-rate', '80')
        browser.press('#order-rate', ENTER)
        wait('the rate replaces it', lambda: server.ask('page/state')['asked'] == 80)
        wait('in words', lambda: 'ramp' not in text(browser, '#detail'))
        browser.click('#stop')
        shows(browser, '#state', 'Stopped')
        choose(browser, '#course', 'rate')
        choose(browser, '#order-arrival', 'poisson')
        browser.type('#order-rate', '50')
        browser.type('#order-duration', '1s')
        browser.press('#order-rate', ENTER)
        wait('arrivals', lambda: server.ask('page/state')['order']['arrival'] == 'poisson')
        shows(browser, '#state', 'Stopped')
        clean(browser, 'status of 400')


SCENARIO = '''
local path = arg("path", "/health", "what to ask for")
local count = arg("count", 3, "a number")
local secret = arg("api_token", "s3cret", "")
local Guest = User { wait = constant(0.05) }
Guest:task("ask", function(self) self:get(path, { name = path .. count }) end)
'''


def names(server):
    return [row['name'] for row in server.ask('page/state')['requests']]


def check_arguments(browser):
    """A field for each argument; empty: as on the command line."""
    scenario = os.path.join(FOLDER, 'arguments.lua')
    with open(scenario, 'w') as out:
        out.write(SCENARIO)
    host = TARGET.rsplit('/', 1)[0]
    with Server(LOADGEN, scenario, '-H', host, '-slo', 'p99<10s', '-trial', '1s', '-generator-rate', '1000', '-u', '2', '-r', '50', '-arg', 'count=4') as server:
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        equal('fields', seen(browser), ['user_count', 'spawn_rate', 'host', 'run_time', 'arguments.path', 'arguments.count',
                                        'arguments.api_token'])
        equal('what holds without them', browser.run(
            "return [...document.querySelectorAll('.argument input')].map(one => [one.placeholder, one.type])"),
            [['/health', 'text'], ['4', 'text'], ['', 'password']])
        browser.type('#argument-count', 'many')
        browser.press('#argument-count', ENTER)
        shows(browser, '#argument-count-error', 'is not a whole number')
        equal('focus', focused(browser), 'argument-count')
        browser.type('#argument-count', '17')
        browser.press('#argument-count', ENTER)
        wait('it is used', lambda: names(server) == ['/health17'])
        browser.click('#order summary')
        equal('what can be changed', seen(browser), ['user_count', 'spawn_rate'])
        browser.click('#stop')
        shows(browser, '#state', 'Stopped')
        browser.visit(server.url)
        shows(browser, '#state', 'Stopped')
        equal('kept in the form', browser.run("return document.getElementById('argument-count').value"), '17')
        fits(browser, NARROW[0])
        unnamed(browser)
        check_search(browser, server)
        clean(browser, 'status of 400')


def check_search(browser, server):
    """A search says whom it asks, and with how many users."""
    browser.press('#kinds input:checked', DOWN)
    equal('fields', seen(browser), ['users', 'host', 'min_rate', 'max_rate', 'quick', 'arguments.path', 'arguments.count',
                                    'arguments.api_token'])
    browser.type('#order-users', '3')
    browser.type('#host', 'nowhere')
    browser.press('#order-users', ENTER)
    wait('an error at the host', text, browser, '#host-error')
    browser.type('#host', TARGET.rsplit('/', 1)[0])
    browser.type('#order-max_rate', '40')
    browser.press('#order-users', ENTER)
    wait('its users', lambda: server.ask('page/state')['users'] == 3)
    equal('its order', server.ask('api/v1/runs')['runs'][0]['order']['arguments'], {'count': '17'})
    browser.click('#stop')
    shows(browser, '#state', 'Stopped')


def main():
    with Browser(*NARROW, dark=True) as browser:
        check_schedules(browser)
        check_arguments(browser)
        check_result(browser, (), False)
        check_result(browser, ('-data', os.path.join(FOLDER, 'data')), True)


main()
