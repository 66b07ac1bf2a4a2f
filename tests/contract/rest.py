#!/usr/bin/env python3
"""rest.py - replays recorded requests to Locust's web interface against `loadgen serve`.

    rest.py LOADGEN TARGET FOLDER

The recording is tests/contract/locust/rest.json, of Locust 2.12.1 without workers; its scenario is here in
Lua. TARGET is the URL of tests/contract/locust/target.py; FOLDER is for files. Everything must be as it was
recorded, but for DIFFERENCES, which docs/serve.md explains. Each of them must be seen.
"""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse

LOADGEN, TARGET, FOLDER = sys.argv[1:]
RECORDED = 'http://127.0.0.1:9100'
LEFT_OUT = ('master', 'class picker', 'password', 'one worker', 'two workers', 'a worker', 'a new worker')

SCENARIO = '''
local n = 0
local function next_number() n = n + 1 return n end
local Checkout = TaskSet {}
Checkout:task(2, "add", function(self) self:post("/items", { json = { item = "nut" } }) end)
Checkout:task(1, "leave", function(self) self:interrupt() end)
local Shopper = User { weight = 3, host = "TARGET", wait = between(0.02, 0.05) }
function Shopper:on_start() self:post("/login", { form = { user = "anna" } }) end
Shopper:task(1, "Checkout", Checkout)
Shopper:task(5, "browse", function(self)
    self:get(("/items?page=%d"):format(next_number()), { name = "/items?page=[n]" })
end)
Shopper:task(3, "stock", function(self)
    local answer <close> = self:get(("/stock?n=%d"):format(next_number()), { name = "/stock", check = true })
    if answer.text:find("sold out") then answer:failure("sold out") end
end)
Shopper:task(1, "missing", function(self) self:get("/missing") end)
Shopper:task(1, "unreachable", function(self) self:get("http://127.0.0.1:9/", { name = "/unreachable" }) end)
Shopper:task(1, "broken", function() error("this task breaks on purpose") end)
local Watcher = User { weight = 1, host = "TARGET", wait = constant(0.05) }
Watcher:task(3, "home", function(self) self:get("/") end)
Watcher:task(1, "slow", function(self) self:get("/slow") end)
'''.replace('TARGET', TARGET)

SHAPE = '''
Shape { { duration = 3, users = 2, spawn_rate = 100 }, { duration = 6, users = 4, spawn_rate = 100 } }
local Guest = User { host = "TARGET", wait = constant(0.05) }
Guest:task("home", function(self) self:get("/") end)
'''.replace('TARGET', TARGET)

HOSTLESS = 'local Guest = User { wait = constant(0.05) } Guest:task("home", function(self) self:get("/") end)'

# what is not as recorded, and in which cases
DIFFERENCES = (
    (['status 200, success false'],  # instead of 500
     'swarm with nothing in the form', 'swarm without user_count', 'swarm with user_count that is no number',
     'swarm with an empty user_count', 'swarm with spawn_rate that is no number', 'swarm with a JSON body',
     'swarm form without its content type', 'swarm while running, bad number'),
    (['success is false'],  # numbers that cannot be, another host while a test runs, no such port
     'swarm with a negative user_count', 'swarm with spawn_rate 0', 'swarm with a negative spawn_rate',
     'swarm with nan as spawn_rate', 'swarm while running, other host',
     'swarm strips angle brackets from host'),
    (['status 200, success true'], 'stop refuses POST', 'swarm with the old field names'),
    (['status 200'], 'reset refuses POST', '/logs came later', 'history csv without --csv-full-history'),
    (['content-type: text/plain; charset=utf-8'], 'swarm answers OPTIONS'),
    (['.stats[].method is ""'], 'statistics before any run', 'statistics ignore a query string'),
    (['header ...,First Seen,Last Seen'],  # of newer versions
     'failures csv before any run', 'failures csv while running'),
    (['.current_response_time_percentile_50 is a number', '.current_response_time_percentile_95 is a number'],
     'statistics while spawning'),
    (['.current_response_time_percentile_50 is null', '.current_response_time_percentile_95 is null'],
     'statistics after a stop', 'statistics after a reset after a stop'),
    (['no rows without requests'], 'statistics after a reset while running'),
)
EXPECTED = {name: found for found, *names in DIFFERENCES for name in names}


class Server:
    def __init__(self, scenario):
        path = os.path.join(FOLDER, 'recorded.lua')
        with open(path, 'w') as out:
            out.write(scenario)
        self.process = subprocess.Popen([LOADGEN, 'serve', path, '-web', '127.0.0.1:0'], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        port = re.search(r'serving http://127\.0\.0\.1:(\d+)/', line)
        if not port:
            sys.exit(f'FAIL: not ready: {line}')
        self.port = int(port[1])

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content.decode()

    def statistics(self):
        return json.loads(self.ask('GET', '/stats/requests')[1])

    def wait(self, what, is_so):
        for _ in range(1200):
            now = self.statistics()
            if is_so(now):
                return
            time.sleep(0.05)
        sys.exit(f'FAIL: {what}: not within 60 s: {json.dumps(now)}')

    def swarm(self, **fields):
        self.ask('POST', '/swarm', urllib.parse.urlencode(fields), {'Content-Type': 'application/x-www-form-urlencoded'})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            sys.exit(f'FAIL: status {self.process.returncode}: {self.process.stderr.read()}')


# ---- requests ----

def send(server, request):
    body, headers = request.get('body'), dict(request.get('headers', {}))
    if 'form' in request:
        pairs = [(name, value.replace(RECORDED, TARGET)) for name, value in request['form']]
        if request['encoding'] == 'urlencoded':
            body = urllib.parse.urlencode(pairs)
        else:
            boundary = headers['content-type'].split('boundary=')[1]
            body = ''.join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                           for name, value in pairs) + f'--{boundary}--\r\n'
    return server.ask(request['method'], request['path'], body, headers)


# ---- what is not as recorded ----

def is_type(value, types):
    kinds = {'null': value is None, 'string': isinstance(value, str), 'bool': isinstance(value, bool)}
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return any(kinds.get(kind, is_number) for kind in types.split('|'))


def compare_types(value, types, where=''):
    """Every key that was there is there, with a value of the same type. There may be more."""
    if isinstance(types, list):
        for one in value if types else []:
            yield from compare_types(one, types[0], where + '[]')
    elif isinstance(types, dict):
        for key, inner in types.items():
            if key not in value:
                yield f'no {where}.{key}'
            else:
                yield from compare_types(value[key], inner, f'{where}.{key}')
    elif not is_type(value, types):
        yield f'{where} is {"a number" if is_type(value, "int") else json.dumps(value)}'


def compare_values(value, expected, where=''):
    if isinstance(expected, dict):
        for key, inner in expected.items():
            yield from compare_values(value.get(key), inner, f'{where}.{key}')
    elif isinstance(expected, float):
        if abs(value - expected) > 1e-6:
            yield f'{where} is {value}'
    elif isinstance(expected, str):
        if value != expected.replace(RECORDED, TARGET):
            yield f'{where} is {json.dumps(value)}'.replace(TARGET, RECORDED)
    elif value != expected:
        yield f'{where} is {json.dumps(value)}'


def compare_statistics(value, expected, volatile):
    names = [(row['name'], row['method']) for row in value['stats']]
    recorded = [(row['name'], row['method']) for row in expected['stats']]
    for row in value['stats']:
        for other in expected['stats'][:-1]:
            if (row['name'], row['method']) == (other['name'], other['method']) and other['num_requests'] > 0 \
                    and row['avg_content_length'] != other['avg_content_length']:
                yield f'size of {row["name"]} is {row["avg_content_length"]}'
    if value['state'] != expected['state']:
        yield f'state is {value["state"]}'
    if 'user_count' not in volatile and value['user_count'] != expected['user_count']:
        yield f'user_count is {value["user_count"]}'
    if all(row['num_requests'] for row in expected['stats'][:-1]):
        if names != recorded and value['state'] == 'running':
            yield f'rows {" ".join(name for name, _ in names)}'
    elif set(names) < set(recorded):
        yield 'no rows without requests'
    if names != sorted(names[:-1]) + names[-1:]:
        yield 'rows are not in order'


def compare_json(text, response):
    value, expected = json.loads(text), response['body']
    if text != json.dumps(value, indent=2, sort_keys=True) + '\n':
        yield 'layout'
    types = list(compare_types(value, response['types']))
    yield from sorted(set(types))
    if not types and 'stats' in expected:
        yield from compare_statistics(value, expected, response.get('volatile', []))
    elif 'exceptions' in expected:
        nodes = {one['nodes'] for one in value['exceptions']} - {'local'}
        if nodes or bool(value['exceptions']) != bool(expected['exceptions']):
            yield f'exceptions {value["exceptions"]}'
    elif value.get('success') is False and expected.get('success'):
        yield 'success is false'
    elif not types:
        yield from compare_values(value, expected)


def compare_csv(text, response):
    lines, expected = text.split('\r\n'), response['lines']
    if lines.pop() != '' or '\n' in ''.join(lines):
        yield 'line ends'
    if lines[0] != expected[0]:
        yield f'header {lines[0].replace(expected[0], "...")}'
    if 'volatile' not in response and lines[1:] != expected[1:]:
        yield f'lines {lines[1:]}'


def compare_head(answer, response):
    for name, value in response['headers'].items():
        ours = answer.getheader(name)
        if name == 'access-control-allow-origin':
            if ours:
                yield f'{name}: {ours}'
        elif name == 'allow':
            if set(re.split(', *', ours or '')) != set(value.split(', ')):
                yield f'allow: {ours}'
        elif name == 'content-type':
            if ours.split(';')[0] != value.split(';')[0] and answer.status < 400: # ours explains errors in plain text
                yield f'content-type: {ours}'
        elif '<' in value:
            if not re.fullmatch('.*'.join(map(re.escape, re.split('<.*>', value))).replace(r'\ ', ' ?'), ours or ''):
                yield f'{name}: {ours}'


def compare(case, answer, text):
    response = case['response']
    if answer.status != response['status']:
        success = re.search(r'"success": (\w+)', text)
        yield f'status {answer.status}' + (f', success {success[1]}' if success else '')
        return
    yield from compare_head(answer, response)
    if response['body_kind'] == 'json':
        yield from compare_json(text, response)
    elif response['body_kind'] == 'csv':
        yield from compare_csv(text, response)
    elif response['body_kind'] == 'none' and text:
        yield 'a body'
    elif response['body_kind'] == 'text' and text != response['body']:
        yield f'body {text}'


# ---- the way of the recording ----

ALL = {'/', '/items', '/items?page=[n]', '/login', '/missing', '/slow', '/stock', '/unreachable', 'Aggregated'}


def has_all(now):
    return now['state'] == 'running' and {row['name'] for row in now['stats']} == ALL and len(now['errors']) == 3


def has_users(count):
    return lambda now: now['user_count'] == count and now['state'] == 'running'


def prepare(server, case):
    """Makes the state in which the request was recorded."""
    name, state, is_start = case['name'], case['state'], case['request']['path'] == '/swarm'
    if is_start and ('ready' in state or 'stopped' in state):
        server.ask('GET', '/stop')
    elif 'spawning' in state:
        server.wait('two users', lambda now: now['user_count'] == 2 and now['stats'][:-1])
    elif 'about 10 s' in state:
        server.wait('every row', has_all)
    elif name == 'tasks follow the users that run':
        server.wait('eight users', has_users(8))
        server.swarm(user_count=2, spawn_rate=20)
        server.wait('two users', has_users(2))
    elif 'reset' in name and 'running' in state:
        server.wait('requests', lambda now: now['stats'][-1]['num_requests'] > 20)
    elif name == 'shape: statistics in the second step':
        server.wait('four users', has_users(4))


def replay(server, cases):
    for case in cases:
        prepare(server, case)
        answer, text = send(server, case['request'])
        found = list(compare(case, answer, text))
        expected = EXPECTED.get(case['name'], [])
        if found != expected:
            yield f'{case["name"]}\n  differs  {found}\n  expected {expected}'


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'locust', 'rest.json')) as file:
        cases = [case for case in json.load(file)['cases'] if not case['name'].startswith(LEFT_OUT)]
    is_shape = lambda case: case['name'].startswith('shape') or case['name'].endswith('with --csv-full-history')
    wrong = []
    for scenario, chosen in ((SHAPE, is_shape), (HOSTLESS, lambda case: case['name'].startswith('no host')),
                             (SCENARIO, lambda case: not is_shape(case) and not case['name'].startswith('no host'))):
        with Server(scenario) as server:
            wrong += replay(server, filter(chosen, cases))
    unseen = set(EXPECTED) - {case['name'] for case in cases}
    if wrong or unseen:
        sys.exit('FAIL: ' + '\n'.join(wrong) + ' '.join(unseen))
    print(f'{len(cases)} requests: {len(cases) - len(EXPECTED)} answered as recorded, {len(EXPECTED)} as docs/serve.md says')


main()
