#!/usr/bin/env python3
"""serve_page.py - what the page of `loadgen serve` makes of states, in a real browser.

    serve_page.py LOADGEN FOLDER

The states are planted: the page gets them instead of those of its server, so each is certain, also
those that a real test seldom has. What the page sends is looked at as well. serve.py and
serve_modes.py use real tests. With SHOTS=FOLDER in the environment, pictures of the page are
written there.
"""
import json
import os
import sys
import time

from browser import Browser
from charts import LOOK, PIXELS, check, equal
from serving import Server, clean, fits, focused, is_seen, shows, text, unnamed, wait

LOADGEN, FOLDER = sys.argv[1:]
SHOTS = os.environ.get('SHOTS')
EVIL = '<img src=x onerror="document.title=1">'
ENTER, RIGHT, TAB, SPACE, DOWN = '\ue007', '\ue014', '\ue004', '\ue00d', '\ue015'
SIZES = ((380, 850), (1280, 900), (2000, 1200))
SCENARIO = 'local Shopper = User {}\nShopper:task(1, "one", function(self) self:get("/") end)\n'

# The page gets this state, and these answers: {"POST api/v1/runs": [status, JSON]}. What it sends
# is in window.sent.
PLANT = '''
const [state, answers = {}] = arguments;
window.realFetch ||= window.fetch;
window.sent = [];
const json = (status, value) => new Response(JSON.stringify(value), {status, headers: {'Content-Type': 'application/json'}});
window.fetch = async (path, options = {}) => {
    const what = `${options.method || 'GET'} ${String(path).split('?')[0]}`;
    if (what === 'GET page/state') {
        return json(200, Object.assign(await (await window.realFetch('page/state')).json(), state));
    }
    if (what === 'GET api/v1/runs' && !answers[what]) {
        return json(404, {});
    }
    window.sent.push([what, String(path), options.body ? String(options.body) : null]);
    return json(...(answers[what] || [200, {}]));
};
'''

COLUMNS = ['first', 'seconds', 'intended', 'started', 'ended', 'failures', 'bytes_in', 'cpu_ms', 'throttled_ms', 'users',
           'in_flight', 'p50', 'p95', 'p99', 'max', 'worst_p99', 'lag_p50', 'lag_p99', 'lag_max', 'target_cpu_ms',
           'target_throttled_ms']


def history(seconds, rate=200, target=True):
    """The target uses 400 ms of CPU per second, and is throttled for 100 ms; in the fifth it is not known."""
    points = [[i, 1, rate, rate - 2, rate - 3, 4, 1000, 300, 0, 0, 7 + i % 5, 20 + i % 3, 40, 60 + i % 7, 90, 60, 0.05,
               0.2, 0.9, None if i == 4 or not target else 400, None if i == 4 or not target else 100]
              for i in range(seconds)]
    return {'width': 1, 'from': 0, 'columns': COLUMNS, 'points': points}


def finding(criterion, value, unit, held, why=None):
    """What the server says of a criterion of the SLO."""
    return {'criterion': criterion, 'target': None, 'value': value, 'unit': unit, 'held': held, 'why': why}


TIMES = {'p50': 20.0, 'p95': 40.0, 'p99': 65.5, 'max': 90.0}
ORDER = {'kind': None, 'users': None, 'spawn_rate': None, 'run_time_s': None, 'host': None, 'rate': None,
         'min_rate': None, 'max_rate': None, 'quick': False}
GENERATOR = {'class': 'disturbed', 'text': 'It was late once.', 'recent': {'class': 'clean', 'text': 'It is on time.'}}
RATE = {
    'kinds': ['rate', 'capacity'], 'kind': 'rate', 'state': 'running', 'generation': 77, 'problem': None,
    'order': {**ORDER, 'kind': 'rate', 'rate': 200.0, 'run_time_s': 60}, 'asked': 200.0, 'slo': 'p99<100ms,errors<5%',
    'slo_limits': [{'percentile': 'p99', 'limit_ms': 100.0}], 'search': None, 'users': 0,
    'slo_now': [finding('p99<100ms', 65500000, 'ns', True), finding('errors<5%', 2.0, 'percent', True)],
    'total': {'requests': 2400, 'failures': 48, 'rate': 198.0, 'failure_rate': 4.0, **TIMES},
    'recent': {'rate': 198.0, 'failure_rate': 4.0, **TIMES}, 'generator': GENERATOR, 'cpu_limit': 2.0,
    'target': {'pods': 2, 'cpu': 0.4, 'cpu_limit': 0.5, 'throttled': 0.1, 'class': 'free', 'text': 'It used 0.4 CPUs.'},
    'requests': [{'method': 'GET', 'name': '/' + EVIL, 'requests': 2400, 'failures': 48, 'rate': 198.0, **TIMES}],
    'failures': [{'method': 'GET', 'name': '/', 'count': 48, 'text': '503 Service Unavailable ' + EVIL,
                  'last_ms': 1764547200000}],
    'exceptions': [], 'workers': [], 'history': history(12),
    'log': [{'ms': 1764547200000, 'text': 'The first line.'}, {'ms': 1764547201000, 'text': 'Later. ' + EVIL}],
}
READY = {**RATE, 'state': 'ready', 'kind': None, 'order': {**ORDER, 'rate': 200.0}, 'recent': None, 'generator': None, 'requests': [], 'failures': [],
         'history': history(0)}


def trial(rate, outcome, why=''):
    return {'rate': rate, 'seconds': 5.0, 'outcome': outcome, 'why': why,
            'p99_ms': {'good': 30.0, 'bad': 250.0, 'invalid': None}[outcome]}


TRIALS = [trial(100.0, 'good'), trial(400.0, 'bad', 'p99<100ms (250ms)'), trial(200.0, 'good'),
          trial(300.0, 'invalid', 'Generator-limited: it was late ' + EVIL), trial(300.0, 'bad', 'p99<100ms (120ms) ' + EVIL)]
SEARCHING = {
    **RATE, 'kind': 'capacity', 'order': {**ORDER, 'kind': 'capacity', 'min_rate': 100.0, 'quick': True},
    'search': {'phase': 'searching', 'rate': 250.0, 'lower': 200.0, 'upper': 300.0, 'trials': TRIALS, 'result': None},
}
FOUND = {
    **SEARCHING, 'state': 'stopped', 'recent': None, 'asked': None,
    'search': {'phase': 'done', 'rate': None, 'lower': 250.0, 'upper': 256.0,
               'trials': [*TRIALS, trial(250.0, 'good'), trial(256.0, 'bad', 'p99<100ms (130ms)')],
               'result': {'capacity': 250.0, 'low': 250.0, 'high': 256.0, 'text': '250/s meets the SLO, 256/s does not',
                          'confidence': 'at 250/s, 1 of 1 trial met the SLO'}},
}
USERS = {**RATE, 'kinds': ['users', 'capacity'], 'kind': 'users', 'users': 7, 'slo': None, 'slo_limits': [], 'asked': None,
         'order': {**ORDER, 'kind': 'users', 'users': 8, 'spawn_rate': 2.0, 'host': 'http://127.0.0.1:5000'}}


def plant(browser, state, answers=None):
    browser.run(PLANT, state, answers or {})


def open_with(browser, server, state, answers=None):
    """As if the server had had this state when the page was opened."""
    browser.cdp('Page.enable')
    made = browser.cdp('Page.addScriptToEvaluateOnNewDocument',
                       source=f'(function () {{ {PLANT} }})({json.dumps(state)}, {json.dumps(answers or {})});')
    browser.visit(server.url)
    browser.cdp('Page.removeScriptToEvaluateOnNewDocument', identifier=made['identifier'])




def sent(browser):
    return browser.run('return window.sent')


def seen_fields(browser):
    return browser.run("return [...document.querySelectorAll('#start .fields input')]"
                       '.filter(input => input.checkVisibility()).map(input => input.name)')


# ---- the form ----

def check_kinds(browser, server):
    """One visible choice, with the keyboard; each kind has its fields."""
    open_with(browser, server, READY)
    shows(browser, '#state', 'Ready')
    offered = "return [...document.querySelectorAll('#kinds input')].filter(i => i.checkVisibility()).map(i => i.value)"
    equal('what is offered', browser.run(offered), ['rate', 'capacity'])
    equal('of a rate', seen_fields(browser), ['rate', 'duration'])
    equal('rate of the command line', browser.run("return document.getElementById('order-rate').value"), '200')
    browser.press('#kinds input[value=rate]', DOWN)
    equal('of a capacity', seen_fields(browser), ['min_rate', 'max_rate', 'quick'])
    check('the SLO', 'p99<100ms' in text(browser, '#order-note'), text(browser, '#order-note'))
    unnamed(browser)
    plant(browser, {**READY, 'kinds': ['users']})
    wait('one kind is no choice', lambda: not is_seen(browser, '#kinds'))
    equal('of users', seen_fields(browser), ['user_count', 'spawn_rate', 'host', 'run_time'])


def check_order(browser, server):
    """What is sent, and where a refusal is explained."""
    refusal = {'POST api/v1/runs': [422, {'error': {'field': 'rate', 'text': 'expected more than 0. ' + EVIL}}]}
    open_with(browser, server, READY, refusal)
    shows(browser, '#state', 'Ready')
    browser.type('#order-rate', 'x')
    browser.press('#order-rate', ENTER)
    shows(browser, '#order-rate-error', 'Expected more than 0. ' + EVIL)
    equal('focus', focused(browser), 'order-rate')
    equal('invalid', browser.run('return document.activeElement.ariaInvalid'), 'true')
    equal('sent', sent(browser), [['POST api/v1/runs', 'api/v1/runs', '{"kind":"rate","rate":"x"}']])
    plant(browser, READY, {'POST api/v1/runs': [201, {}]})
    browser.type('#order-rate', '2.5')
    browser.type('#order-duration', '30s')
    browser.press('#order-duration', ENTER)
    wait('no error', lambda: text(browser, '#order-rate-error') == '')
    equal('sent', sent(browser), [['POST api/v1/runs', 'api/v1/runs', '{"kind":"rate","rate":2.5,"duration":"30s"}']])
    plant(browser, READY, {'POST api/v1/runs': [409, {'error': {'field': None, 'text': 'A test is on.'}}]})
    browser.press('#kinds input[value=rate]', DOWN)
    browser.type('#order-max_rate', '900')
    browser.press('#order-quick', SPACE)
    browser.press('#order-max_rate', ENTER)
    shows(browser, '#start-error', 'A test is on.')
    equal('sent', sent(browser), [['POST api/v1/runs', 'api/v1/runs', '{"kind":"capacity","max_rate":900,"quick":true}']])
    plant(browser, READY, {'POST api/v1/runs': [403, 'no']})
    browser.press('#order-max_rate', ENTER)
    shows(browser, '#start-error', 'no')


def check_change(browser, server):
    """A rate can be changed while it is on; a search cannot."""
    open_with(browser, server, RATE, {'POST api/v1/runs/77/change': [200, {}]})
    shows(browser, '#state', 'Running')
    check('no choice of kinds', not is_seen(browser, '#kinds'))
    browser.click('#order summary')
    equal('fields', seen_fields(browser), ['rate'])
    equal('title', text(browser, '#start-title'), 'Change the rate')
    browser.type('#order-rate', '300')
    browser.press('#order-rate', ENTER)
    wait('sent', lambda: ['POST api/v1/runs/77/change', 'api/v1/runs/77/change', '{"rate":300}'] in sent(browser))
    plant(browser, {**RATE, 'asked': 300.0})
    shows(browser, '#rate-all', '200/s scheduled, now 300/s')
    plant(browser, SEARCHING)
    wait('no form', lambda: not is_seen(browser, '#order'))
    check('no reset', not is_seen(browser, '#reset') and is_seen(browser, '#stop'))


def check_users(browser, server):
    """A start never changes a test that is on, and a change never starts one: it names the test that it is for."""
    start, change = 'POST api/v1/runs', 'POST api/v1/runs/77/change'
    ready = {**READY, 'kinds': ['users', 'capacity'], 'arguments': [{'help': '', 'name': 'host', 'value': '80'}]}
    open_with(browser, server, ready, {start: [400, {'error': {'field': 'users', 'text': 'too many'}}]})
    shows(browser, '#state', 'Ready')
    for field, value in (('user_count', '5'), ('spawn_rate', '0.5'), ('host', 'http://a:1'), ('argument-host', '81'), ('run_time', '90')):
        browser.type('#' + field, value)
    browser.press('#run_time', ENTER)
    shows(browser, '#user_count-error', 'Too many')
    equal('sent', [json.loads(one[2]) for one in sent(browser)], [
        {'kind': 'users', 'users': 5, 'spawn_rate': 0.5, 'host': 'http://a:1', 'run_time': '90s', 'arguments': {'host': '81'}}])
    plant(browser, ready, {start: [400, {'error': {'field': 'arguments.host', 'text': 'no number'}}]})
    browser.press('#run_time', ENTER)
    shows(browser, '#argument-host-error', 'No number')
    # The page does not know yet that the test has ended.
    open_with(browser, server, USERS, {change: [409, {'error': {'field': 'id', 'text': 'the run has ended'}}]})
    shows(browser, '#state', 'Running')
    browser.click('#order summary')
    browser.type('#user_count', '600')
    browser.press('#user_count', ENTER)
    shows(browser, '#start-error', 'The run has ended')
    equal('sent', sent(browser), [[change, 'api/v1/runs/77/change', '{"users":600,"spawn_rate":2}']])


# ---- numbers and charts ----

def index_of(browser, name):
    return browser.run('return window.charts.findIndex(chart => chart.id === arguments[0])', name)


def check_rate(browser, server):
    open_with(browser, server, RATE)
    shows(browser, '#rate-now', '198/s sent')
    equal('asked', text(browser, '#rate-all'), '200/s scheduled')
    check('no users', not is_seen(browser, '#users-figure'))
    equal('in flight', text(browser, '#flight-now'), '11')
    equal('target', [text(browser, '#target-now'), text(browser, '#target-all')], ['80%', 'throttled 5%'])
    equal('generator now', text(browser, '#say'), 'The generator keeps up: times and errors are the target’s.')
    equal('and before', [text(browser, '#why'), text(browser, '#since')],
          ['Last 10 seconds: It is on time.', 'Since the start: It was late once.'])
    check('SLO', 'So far, p99<100ms is met (65.5 ms); errors<5% is met (2%).' in text(browser, '#objective'),
          text(browser, '#objective'))
    check('limit of p99', browser.run(LOOK, index_of(browser, 'latency'), 6, 100, '--failure'))
    target = index_of(browser, 'target')
    check('CPU of the target', browser.run(LOOK, target, 3, 80, '--s0'))
    check('throttled', browser.run(LOOK, target, 3, 5, '--failure'))
    check('a gap where it is not known', not browser.run(LOOK, target, 5, 80, '--s0'))
    equal('title of users', text(browser, '#users-title'), 'Requests in flight')
    equal('target', text(browser, '#of-target'), 'It used 0.4 CPUs.')
    equal('log', browser.run("return [...document.querySelectorAll('#log td')].map(cell => cell.innerText)"),
          ['Later. ' + EVIL, 'The first line.'])
    check('no workers', not is_seen(browser, '#workers-section'))
    unnamed(browser)
    plant(browser, {**RATE, 'target': {**RATE['target'], 'class': 'limit'}})
    shows(browser, '#say', 'The target is the limit')


def check_objective(browser):
    """The SLO in words: while the test runs, and what the server says at its end."""
    plant(browser, {**RATE, 'slo_now': [finding('p99<100ms', 150000000, 'ns', False), finding('max<1s', None, 'ns', False, 'no answer'),
                                        finding('rate>99%', None, 'percent', None, 'judged at the end')]})
    shows(browser, '#objective', 'p99<100ms is missed (150 ms); max<1s is missed (no answer); rate>99% is judged at the end.')
    check('it is marked', browser.run("return document.getElementById('objective').classList.contains('bad')"))
    check('p99 is marked', browser.run("return document.getElementById('p99-now').classList.contains('bad')"))
    ended = {**RATE, 'state': 'stopped', 'recent': None, 'asked': None}
    for met in (True, False, None):
        plant(browser, {**ended, 'verdict': {'met': met, 'text': f'the SLO: {met}'}})
        wait('the verdict', lambda: text(browser, '#objective') == f'The SLO: {met}.')
        equal('it is marked', browser.run("return document.getElementById('objective').classList.contains('bad')"), met is False)


def check_bare(browser, server):
    """Keys that a server does not have yet are no trouble."""
    bare = {key: value for key, value in USERS.items()
            if key not in ('kinds', 'kind', 'asked', 'slo', 'slo_limits', 'search', 'log', 'workers', 'target')}
    bare['history'] = {**history(12), 'columns': COLUMNS[:-2], 'points': [one[:-2] for one in history(12)['points']]}
    open_with(browser, server, bare)
    shows(browser, '#users-now', '7')
    check('no target', not is_seen(browser, '#target-figure') and not is_seen(browser, '#target'))
    check('no log, no search', not is_seen(browser, '#log') and not is_seen(browser, '#search'))


# ---- capacity ----

def check_search(browser, server):
    """The bracket, each trial, and why."""
    open_with(browser, server, SEARCHING)
    shows(browser, '#state', 'Searching')
    equal('bracket', text(browser, '#bracket-now').split('.')[0], '200/s meets the SLO, 300/s does not')
    equal('in large', text(browser, '#answer'), 'Between 200 and 300 requests per second')
    check('the trial that is on', 'Trial 6 is at 250/s.' in text(browser, '#bracket-now'), text(browser, '#bracket-now'))
    browser.run('window.charts = [search.chart()]')
    for number, (rate, color) in enumerate(((100, '--good'), (400, '--bad'), (200, '--good'), (300, '--s5'), (300, '--bad'))):
        check(f'trial {number + 1}', browser.run(LOOK, 0, number + 1, rate, color))
    check('the one that is on', browser.run(LOOK, 0, 6, 250, '--accent', 20))
    check('lower bound', browser.run(LOOK, 0, 2.5, 100, '--good') and browser.run(LOOK, 0, 4.5, 200, '--good'))
    check('upper bound', any(browser.run(LOOK, 0, x, 400, '--bad') for x in (2.4, 2.5, 2.6, 3.5)))
    check('interval', browser.run(LOOK, 0, 5.5, 240, '--accent', 20))
    check('nothing above it', not browser.run(LOOK, 0, 5.5, 350, '--accent', 20))
    browser.press('#bracket .chart', RIGHT * 3)
    check('readout', 'Trial 2bad at 400/s' in text(browser, '#bracket .readout').replace('\n', ''),
          text(browser, '#bracket .readout'))
    rows = browser.run("return [...document.querySelectorAll('#tried tbody tr')].map(row => "
                       '[...row.cells].map(cell => cell.innerText))')
    equal('trials', rows[0], ['5', '300/s', '5 s', '× bad', '250 ms', 'p99<100ms (120ms) ' + EVIL])
    equal('first trial', rows[-1], ['1', '100/s', '5 s', '● good', '30 ms', ''])
    equal('elements of a text', browser.run("return document.querySelectorAll('img').length"), 0)
    unnamed(browser)


def check_answer(browser):
    plant(browser, FOUND)
    shows(browser, '#answer', 'The target sustains 250 requests per second.')
    equal('state', text(browser, '#state'), 'Finished')
    check('lead', 'p99<100ms,errors<5%. 250/s meets the SLO, 256/s does not.' in text(browser, '#bracket-now'))
    equal('certainty', text(browser, '#sure'), 'At 250/s, 1 of 1 trial met the SLO.')
    equal('what limited it', text(browser, '#limited'),
          'The target. At 256/s, it did not meet the SLO: p99<100ms (130ms).')
    check('no numbers of a trial', not is_seen(browser, '#figures') and not is_seen(browser, '#verdict'))
    result = FOUND['search']['result']
    for change, words in (({'capacity': None, 'high': None}, 'The target sustains at least 250 requests per second.'),
                          ({'capacity': None, 'low': None}, 'The target does not sustain 256 requests per second.'),
                          ({'capacity': None, 'low': None, 'high': None}, 'The capacity was not found.')):
        plant(browser, {**FOUND, 'search': {**FOUND['search'], 'result': {**result, **change}}})
        shows(browser, '#answer', words)
    plant(browser, {**FOUND, 'kinds': ['users', 'capacity']})
    shows(browser, '#answer', '250 iterations per second')
    plant(browser, {**FOUND, 'search': {**FOUND['search'], 'result': {**result, 'capacity': None, 'text': 'the search was stopped'}}})
    shows(browser, '#bracket-now', 'The search was stopped.')
    equal('state of a stopped one', text(browser, '#state'), 'Stopped')


# ---- tests that were kept ----

def kept_run(number, kind, order, **more):
    return {'id': str(1764547200000 + 60000 * number), 'kind': kind, 'state': 'stopped', 'begun_ms': 1764547200000 + 60000 * number,
            'ended_ms': 1764547230000 + 60000 * number, 'order': {'kind': kind, **order}, 'verdict': None, 'search': None,
            'summary': {'requests': 3000, 'failures': 30, 'seconds': 30.0, 'rate': 100.0, 'p50_ms': 2.0, 'p95_ms': 4.0,
                        'p99_ms': 12.5, 'max_ms': 20.0, 'bytes_in': 1000},
            'problem': None, 'unkept': None, 'has_result': True, 'version': '1', **more}


RUNS = [
    kept_run(3, 'users', {'users': 10, 'spawn_rate': 2, 'host': 'http://127.0.0.1:5000', 'run_time': '30s'}, state='failed',
             problem='it broke ' + EVIL),
    kept_run(2, 'capacity', {'quick': True}, summary=None, search={'result': {'capacity': 250.0}}),
    kept_run(1, 'rate', {'rate': 100.0, 'duration': '30s'}, verdict={'met': True, 'text': 'the SLO was met'}),
    kept_run(0, 'rate', {'rate': 100.0}, has_result=False, state='lost'),
]
COMPARED = {
    'a': RUNS[3], 'b': RUNS[2], 'text': 'The runs differ in p99_ms.', 'remarks': [],
    'metrics': [{'name': 'rate', 'a': 100.0, 'b': 100.0, 'differs': False, 'text': 'rate: b has 0.0% more'},
                {'name': 'p99_ms', 'a': 10.0, 'b': 12.5, 'differs': True, 'text': 'p99_ms: b has 25.0% more'},
                {'name': 'failures', 'a': 0.01, 'b': 0.015, 'differs': None, 'text': 'failures: 1% in a, 1.5% in b'}],
}


def check_kept(browser, server):
    """The list of earlier tests: what they were, a comparison, deleting in two steps."""
    listed = {'GET api/v1/runs': [200, {'runs': RUNS, 'kept': True}], 'GET api/v1/compare': [200, COMPARED],
              f"DELETE api/v1/runs/{RUNS[3]['id']}": [200, {}]}
    open_with(browser, server, READY, listed)
    wait('the list', lambda: is_seen(browser, '#kept'))
    rows = browser.run("return [...document.querySelectorAll('#runs tbody tr')].map(row => "
                       '[...row.cells].slice(1, 4).map(cell => cell.innerText))')
    equal('runs', rows, [
        ['10 users for 30s, http://127.0.0.1:5000', 'failed: it broke ' + EVIL, '100/s, p99 12.5 ms, 1% errors'],
        ['Capacity, quick', 'stopped', '250/s'],
        ['100/s for 30s', 'stopped', '100/s, p99 12.5 ms, 1% errors, SLO met'],
        ['100/s', 'lost', '100/s, p99 12.5 ms, 1% errors']])
    equal('results', browser.run("return [...document.querySelectorAll('#runs a')].map(a => a.getAttribute('href'))"),
          [f"api/v1/runs/{run['id']}/result" for run in RUNS[:3]])
    browser.press('#compare', ENTER)
    check('nothing to compare', not is_seen(browser, '#compared'))
    for row in (1, 3, 4): # at most two: the first one is given up
        browser.press(f'#runs tbody tr:nth-child({row}) input', SPACE)
    browser.press('#compare', ENTER)
    wait('the comparison', lambda: is_seen(browser, '#compared'))
    check('the older one first', ['GET api/v1/compare', f"api/v1/compare?a={RUNS[3]['id']}&b={RUNS[2]['id']}", None]
          in sent(browser), sent(browser))
    equal('focus', focused(browser), 'compared')
    compared = browser.run("return [...document.querySelectorAll('#comparison tbody tr')].map(row => "
                           '[...row.cells].map(cell => cell.innerText))')
    equal('numbers', compared, [['Requests per second', '100/s', '100/s', 'b has 0.0% more'],
                                ['p99', '10 ms', '12.5 ms', 'b has 25.0% more'], ['Failures', '1%', '1.5%', '1% in a, 1.5% in b']])
    equal('in words', text(browser, '#compared-say'), 'The runs differ in p99_ms.')
    unnamed(browser)
    button = '#runs tbody tr:nth-child(4) button'
    browser.press(button, ENTER)
    equal('asked first', text(browser, button), 'Delete for good')
    check('not yet', not any(one[0].startswith('DELETE') for one in sent(browser)))
    browser.press(button, ENTER)
    wait('deleted', lambda: any(one[0].startswith('DELETE') for one in sent(browser)))
    plant(browser, READY, {**listed, 'GET api/v1/compare': [409, {'error': {'field': None, 'text': 'They are not alike.'}}]})
    browser.press('#compare', ENTER)
    shows(browser, '#kept-error', 'They are not alike.')


# ---- sizes ----

def check_sizes(browser, server):
    """Nothing sideways; with SHOTS, pictures."""
    states = {'ready': READY, 'users': USERS, 'rate': RATE, 'searching': SEARCHING, 'found': FOUND}
    for width, height in SIZES:
        for is_dark in (False, True):
            browser.reshape(width, height, is_dark)
            for name, state in states.items():
                open_with(browser, server, state, {'GET api/v1/runs': [200, {'runs': RUNS, 'kept': True}]})
                wait('it is shown', lambda: text(browser, '#state') != 'Connecting…')
                fits(browser, width)
                if SHOTS:
                    browser.screenshot(f"{SHOTS}/{name}-{width}-{'dark' if is_dark else 'light'}.png")
            clean(browser)


def check_paint(browser, server):
    """How long the first paint takes: the best within a minute, as other programs run beside."""
    paints = []
    until = time.monotonic() + 60
    while len(paints) < 5 or (min(paints) >= 200 and time.monotonic() < until):
        browser.visit(server.url)
        shows(browser, '#state', 'Ready')
        paints += [wait('a paint', browser.run, "return performance.getEntriesByType('paint').map(one => one.startTime)[0]")]
    print('first paint, ms: ' + ' '.join(f'{one:.0f}' for one in sorted(paints)))
    check('it is quick', min(paints) < 200, paints)


def main():
    scenario = os.path.join(FOLDER, 'page.lua')
    with open(scenario, 'w') as out:
        out.write(SCENARIO)
    with Server(LOADGEN, scenario, '-H', 'http://127.0.0.1:1') as server:
        with Browser(*SIZES[1]) as browser:
            check_paint(browser, server)
            check_kinds(browser, server)
            check_order(browser, server)
            check_change(browser, server)
            check_users(browser, server)
            check_rate(browser, server)
            check_objective(browser)
            check_bare(browser, server)
            check_search(browser, server)
            check_answer(browser)
            check_kept(browser, server)
            clean(browser)
            check_sizes(browser, server)


main()
