"""A stream of server-sent events, as a file has it: what expressions (expressions.py) may use of it."""
import collections
import json

Event = collections.namedtuple('Event', 'name id data')

def parse(text):
    """The complete events, strictly in the form that browsers read"""
    events, comments, retry = [], [], None
    for block in text.split('\n\n')[:-1]:
        fields = {}
        for line in block.split('\n'):
            name, colon, value = line.partition(': ')
            assert colon, line
            if name == '':
                comments.append(value)
            else:
                assert name in ('event', 'data', 'id', 'retry') and name not in fields, line
                fields[name] = value
        retry = fields.get('retry', retry)
        if 'data' in fields:
            events.append(Event(fields['event'], fields.get('id'), json.loads(fields['data'])))
    return events, comments, retry

def follow(events):
    """The points, as lists by column: those that come replace those that begin in their time"""
    points, columns = [], []
    for event in events:
        if event.name == 'reset':
            points, columns = [], event.data['columns']
        for point in event.data.get('points', []):
            points = [p for p in points if p[0] < point[0]] + [point]
    return [dict(zip(columns, point)) for point in points]

def names(file):
    """`e`, the list of its events, with name, id and data; `log`, the lines of the log, whose events are not in
    `e`; `points`, the history that they tell, as docs/api.md says; `comments` and `retry`, the rest."""
    e, comments, retry = parse(open(file, encoding='ascii').read())
    log = [line for x in e if x.name == 'log' for line in x.data['log']]
    e = [x for x in e if x.name != 'log']
    return {'e': e, 'log': log, 'comments': comments, 'retry': retry, 'points': follow(e)}
