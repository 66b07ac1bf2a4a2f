#!/usr/bin/env python3
"""Clients of server-sent events. What a stream says: event_stream.py.

    events.py crowd URL COUNT         that many clients at once: how many were answered with each status
    events.py silent URL              prints "ready", and never reads what comes
    events.py flood URL STATUS_URL    changes the test at URL (/swarm) until a client was dropped, as the page of
                                      metrics at STATUS_URL tells; prints how many changes there were
"""
import collections, http.client, signal, socket, sys, urllib.parse, urllib.request

def open_stream(url, room=0):
    parts = urllib.parse.urlsplit(url)
    client = socket.socket()
    if room:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    client.settimeout(20)
    client.connect((parts.hostname, parts.port))
    client.sendall(f'GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n'.encode())
    return client

def crowd(url, count):
    clients = [open_stream(url) for _ in range(int(count))]
    found = collections.Counter()
    for client in clients:
        try:
            found[client.recv(12)[9:].decode() or 'closed'] += 1
        except ConnectionError:
            found['closed'] += 1
    print(dict(sorted(found.items())))

def silent(url):
    client = open_stream(url, 2048)
    assert client.recv(12) == b'HTTP/1.1 200', url
    print('ready', flush=True)
    signal.pause()

def dropped(status_url):
    page = urllib.request.urlopen(status_url).read().decode()
    return int(page.split('\nloadgen_event_clients_dropped_total ')[1].split()[0])

def flood(url, status_url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    for i in range(1, 20001):
        connection.request('POST', parts.path, f'user_count=2&spawn_rate={1 + i / 1000}',
                           {'Content-Type': 'application/x-www-form-urlencoded'})
        connection.getresponse().read()
        if i % 100 == 0 and dropped(status_url) > 0:
            break
    print(i)

globals()[sys.argv[1]](*sys.argv[2:])
