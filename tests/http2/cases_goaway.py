"""Servers that want no more requests on a connection."""

import os

from attack import Attack
from lab import Nginx, check, equal


def numbered(count):
    return [f"/{i}" for i in range(count)]


def a_goaway_moves_the_rest(way, folder):
    """Each connection takes ten streams; those above are not looked at."""
    def request(connection, stream):
        if len(connection.streams) == 10:
            connection.goaway(last=stream.number)
        if len(connection.streams) <= 10:
            connection.later(0.005, connection.answer, stream)

    for workers in 1, 32:
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, numbered(200)), workers=workers)
        ignored = [s for s in server.streams if not s.answered]
        attack.expect(200, bytes_in=1000, retried=len(ignored))
        done = [s.path for s in server.streams if s.answered]
        equal("each once", sorted(done), sorted(numbered(200)))
        equal("closed by the client", {c.ended for c in server.connections}, {"client"})
        check("connections", 20 <= server.accepts <= 40, server.accepts)


def a_goaway_moves_a_post_as_well(way, folder):
    """The server says that it did nothing for those above, so that any method may go again."""
    def request(connection, stream):
        if len(connection.streams) == 3:
            connection.goaway(last=stream.number)
        if len(connection.streams) <= 3:
            connection.later(0.02, connection.answer, stream)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, numbered(30), "POST"), workers=8)
    ignored = [s for s in server.streams if not s.answered]
    attack.expect(30, bytes_in=150, retried=len(ignored))
    done = [s.path for s in server.streams if s.answered]
    equal("each once", sorted(done), sorted(numbered(30)))


def a_polite_goaway_comes_in_two_parts(way, folder):
    """RFC 9113, 6.8: first with the greatest number, then with the last one: nothing is sent twice."""
    def request(connection, stream):
        if len(connection.streams) == 10:
            connection.goaway(last=2**31 - 1)
            connection.later(0.03, final, connection)
        connection.later(0.005, connection.answer, stream)

    def final(connection):
        connection.goaway(last=max(connection.streams))

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, numbered(200)), workers=16)
    attack.expect(200, bytes_in=1000)
    equal("each once", sorted(server.paths()), sorted(numbered(200)))


def a_goaway_with_an_error_says_it(way, folder):
    def request(connection, stream):
        connection.goaway(0 if stream.path == "/0" else stream.number, "ENHANCE_YOUR_CALM")
        connection.later(0.05, connection.close)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/bad"] * 5))
    attack.expect(5, kinds={"protocol": 5}).error("protocol", "ENHANCE_YOUR_CALM", "GOAWAY", starts="http2: ")
    equal("one text", len(attack.report["errors"]), 1)


def nginx_says_goaway(way, folder):
    """keepalive_requests 10 is nginx's way to a new connection."""
    place = os.path.join(folder, f"nginx.{way.name}")
    os.mkdir(place)
    tls = f"ssl_certificate {way.certificate.root}; ssl_certificate_key {way.certificate.key};"
    nginx = Nginx(place, f"""
        log_format short '$connection $request_method $status $uri $server_protocol';
        access_log {place}/access short; keepalive_requests 10;
        server {{
            listen 127.0.0.1:@port@ http2 {"ssl" if way.is_tls else ""};
            {tls if way.is_tls else ""} return 200 "here\\n";
        }}""")
    nginx.port = nginx.ports["port"]
    try:
        for workers in 1, 16:
            open(f"{place}/access", "w").close()
            attack = Attack([], way.flags, way.targets(nginx, numbered(300)), workers=workers)
            attack.expect(300, bytes_in=1500, retried=None)
            with open(f"{place}/access") as lines:
                seen = [line.split() for line in lines]
            equal("each once", sorted(path for _, _, status, path, _ in seen if status == "200"),
                  sorted(numbered(300)))
            connections = len({line[0] for line in seen})
            check("connections", 30 <= connections <= 45, connections)
    finally:
        nginx.stop()
