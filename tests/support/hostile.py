#!/usr/bin/env python3
"""Clients that nobody wants, of a web server at URL.

    hostile.py URL PID KIND COUNT         that many connections at once; the server, process PID, must answer
                                          others quickly and need no more than 96 MB for them. KIND:
                                              silent    send nothing
                                              heads     stop in the middle of a head
                                              bodies    stop in the middle of a body
                                              events    never read the events that they ask for
                                              reports   never read the report that they ask for
    hostile.py URL long PATH [HEADER]     says that a body of 5 GB follows, and sends none: prints the status and
                                          the type of the answer
"""
import http.client, resource, socket, sys, time, urllib.parse

SLOW_S = 5
MORE_KB = 96 * 1024

def parts_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port

def memory_kb(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS:'))

def get(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request('GET', path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status

BEGINS = {
    'silent': '',
    'heads': 'GET /stats/requests HTTP/1.1\r\nHost: HOST\r\nX: ' + 'x' * 20000,
    'bodies': 'POST /swarm HTTP/1.1\r\nHost: HOST\r\nContent-Length: 60000\r\n\r\n' + 'x' * 59000,
    'events': 'GET /api/v1/events HTTP/1.1\r\nHost: HOST\r\n\r\n',
    'reports': 'GET /stats/report HTTP/1.1\r\nHost: HOST\r\n\r\n',
}

def crowd(url, pid, kind, count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    host, port = parts_of(url)
    before = memory_kb(pid)
    clients = []
    for i in range(int(count)):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(20)
        client.connect((host, port))
        try:
            client.sendall(BEGINS[kind].replace('HOST', f'{host}:{port}').encode())
        except ConnectionError:
            pass  # it had to go already
        clients.append(client)
        if i % 100 == 99:
            begin = time.monotonic()
            assert get(host, port, '/worker-count') == 200
            took = time.monotonic() - begin
            assert took < SLOW_S, f'after {i + 1} connections, an answer took {took:.1f} s'
    more = memory_kb(pid) - before
    assert more < MORE_KB, f'{more} kB for {count} connections'
    print(f'{more} kB')

def long(url, path, header=''):
    host, port = parts_of(url)
    lines = [f'POST {path} HTTP/1.1', f'Host: {host}:{port}', 'Content-Length: 5000000000'] + ([header] if header else [])
    client = socket.create_connection((host, port), timeout=20)
    client.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
    answer = http.client.HTTPResponse(client)
    answer.begin()
    print(answer.status, answer.getheader('Content-Type'))

if sys.argv[2] == 'long':
    long(sys.argv[1], *sys.argv[3:])
else:
    crowd(*sys.argv[1:])
