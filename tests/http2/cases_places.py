"""Which protocol, which connection, which server: ALPN, redirects, and how many connections."""

import os
import ssl

from attack import Attack
from lab import RefusingPort, check, equal
from server import MAX_STREAMS, Server

TEN = [f"/{i}" for i in range(10)]


def only_tls(case):
    case.only_tls = True
    return case


@only_tls
def a_server_without_http2_is_spoken_to(way, folder):
    """It chooses http/1.1 by ALPN, or has no ALPN."""
    body = os.path.join(folder, "to-http1")
    with open(body, "wb") as out:
        out.write(b"here" * 50000)
    for protocols in ["http/1.1"], []:
        server = Server(tls=way.certificate.context(*protocols))
        targets = way.targets(server, TEN) + f"POST {way.url(server)}\n@{body}\n\n"
        Attack([server], way.flags, targets).expect(11, bytes_in=55, bytes_out=200000)
        print(f"        connections to a server with ALPN {protocols}: {server.accepts}")
        equal("connections", server.accepts, 1)
        equal("versions", {s.header(":version") for s in server.streams}, {"HTTP/1.1"})
        equal("bodies", [len(s.body) for s in server.streams], [0] * 10 + [200000])
        server = Server(tls=way.certificate.context(*protocols))
        Attack([server], way.flags, way.targets(server, TEN), "-keepalive=false").expect(10, bytes_in=50)
        equal("connections without keep-alive", server.accepts, 10)


@only_tls
def http1_has_a_connection_for_each_worker(way, folder):
    server = Server(tls=way.certificate.context("http/1.1"))
    Attack([server], way.flags, way.targets(server, TEN * 10), workers=4).expect(100, bytes_in=500)
    check("connections", server.accepts <= 4 + 1, server.accepts)
    server = Server(tls=way.certificate.context("http/1.1"))
    Attack([server], way.flags, way.targets(server, TEN * 10), "-max-connections", 2, workers=4).expect(
        100, bytes_in=500)
    check("connections at most", server.accepts <= 2, server.accepts)


@only_tls
def http2_is_only_offered_when_wanted(way, folder):
    """The server takes what it likes best of what is offered."""
    for flag, wanted in ("true", "h2"), ("false", "http/1.1"):
        server = Server(tls=way.certificate.context("h2", "http/1.1"))
        Attack([server], way.flags, way.targets(server, TEN), f"-http2={flag}").expect(10, bytes_in=50)
        equal("protocols", [c.protocol for c in server.connections], [wanted])
        server = Server(tls=way.certificate.context("h2"))  # has nothing else
    attack = Attack([server], way.flags, way.targets(server, TEN[:3]), "-http2=false")
    attack.expect(3, bytes_in=15)
    equal("protocols", [c.protocol for c in server.connections], [None])


@only_tls
def a_certificate_is_looked_at(way, folder):
    server = way.server()
    attack = Attack([server], [], way.targets(server, TEN))
    attack.expect(10, kinds={"tls": 10}).error("tls", starts="x509: ")
    server = way.server()
    Attack([server], ["-insecure"], way.targets(server, TEN)).expect(10)


@only_tls
def a_certificate_may_be_asked_for(way, folder):
    """With TLS 1.3 the client hears of it when it has sent the request already."""
    for version in ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2:
        for flags, count in ([], 0), (["-cert", way.certificate.root, "-key", way.certificate.key], 3):
            context = way.certificate.context("h2")
            context.load_verify_locations(way.certificate.root)
            context.verify_mode = ssl.CERT_REQUIRED
            context.maximum_version = version
            server = Server(tls=context)
            attack = Attack([server], way.flags, way.targets(server, TEN[:3]), *flags)
            attack.expect(3, kinds={} if count else {"tls": 3}, bytes_in=5 * count)
            if not count:
                attack.error("tls", starts="remote error: tls: ")


def nobody_is_there(way, folder):
    server = RefusingPort()
    attack = Attack([], way.flags, way.targets(server, TEN))
    attack.expect(10, kinds={"connect": 10}).error(
        "connect", starts=f"dial tcp 127.0.0.1:{server.port}: connect: connection refused")


def several_addresses_have_their_turns(way, folder):
    servers = [way.server(), way.server()]
    Attack(servers, way.flags, way.targets(servers[0], TEN * 4), "-keepalive=false", *(
        f"-connect-to=localhost:{servers[0].port}:127.0.0.1:{s.port}" for s in servers), workers=4).expect(
            40, bytes_in=200)
    equal("by turns", [len(server.streams) for server in servers], [20, 20])


# Redirects.


def to(way, server, path="/there", status=302):
    return lambda c, s: c.answer(s, status, [("location", way.url(server, path))])


def a_redirect_leads_to_another_place(way, folder):
    there = way.server()
    here = way.server(to(way, there))
    Attack([here, there], way.flags, way.targets(here, TEN)).expect(10, redirected=10, bytes_in=50)
    equal("connections", (here.accepts, there.accepts), (1, 1))
    equal("paths", there.paths(), ["/there"] * 10)
    equal("authorities", {s.header(":authority") for s in there.streams}, {f"localhost:{there.port}"})


def a_redirect_stays_on_its_connection(way, folder):
    def request(connection, stream):
        if stream.path == "/done":
            connection.answer(stream)
        else:
            connection.answer(stream, 301, [("location", "/done")])

    server = way.server(request)
    Attack([server], way.flags, way.targets(server, TEN), workers=3).expect(10, redirected=10, bytes_in=50)
    equal("connections", server.accepts, 1)


@only_tls
def redirects_cross_engines(way, folder):
    """From HTTP/2, there redirected already, to a server of https that has no HTTP/2, to http:// and back."""
    plain = Server(speaks="http/1.1", answer1=lambda s: (302, [("Location", way.url(back))], b""))
    old = Server(tls=way.certificate.context("http/1.1"),
                 answer1=lambda s: (302, [("Location", f"http://localhost:{plain.port}/x")], b""))
    back = way.server()
    here = way.server(lambda c, s: c.answer(s, 302, [
        ("location", f"https://localhost:{old.port}/y" if s.path == "/again" else "/again")]))
    servers = [here, old, plain, back]
    Attack(servers, way.flags, way.targets(here, TEN)).expect(10, redirected=40, bytes_in=50)
    equal("seen", [len(s.streams) for s in servers], [20, 10, 10, 10])
    equal("paths", [{s.path for s in server.streams} for server in (old, plain)], [{"/y"}, {"/x"}])


def a_body_goes_along(way, folder):
    """With 307 and 308; with 303 it is a GET."""
    body = os.path.join(folder, "along")
    with open(body, "wb") as out:
        out.write(b"here" * 1000)
    for status in 307, 308, 303:
        there = way.server()
        here = way.server(to(way, there, status=status))
        targets = f"POST {way.url(here)}\n@{body}\n\n" * 5
        goes = status != 303
        Attack([here, there], way.flags, targets).expect(5, redirected=5, bytes_in=25,
                                                         bytes_out=20000 if goes else 0)
        equal("bodies", [len(s.body) for s in here.streams + there.streams], [4000] * 5 + [4000 * goes] * 5)
        equal("methods", {s.header(":method") for s in there.streams}, {"POST" if goes else "GET"})


def a_large_body_may_stay_behind(way, folder):
    """With 303 the next request has none of it."""
    body = os.path.join(folder, "behind")
    with open(body, "wb") as out:
        out.write(b"here" * 50000)
    for chunked in [], ["-chunked"]:
        there = way.server()
        here = way.server(to(way, there, status=303))
        targets = f"POST {way.url(here)}\n@{body}\n\n" * 3
        Attack([here, there], way.flags, targets, *chunked).expect(3, redirected=3, bytes_in=15)
        equal("methods", {s.header(":method") for s in there.streams}, {"GET"})


def redirects_may_be_unwanted(way, folder):
    server = way.server(lambda c, s: c.answer(s, 302, [("location", "/again")]))
    Attack([server], way.flags, way.targets(server, TEN), "-redirects", -1).expect(
        10, codes={302: 10}, bytes_in=50)
    server = way.server(lambda c, s: c.answer(s, 302, [("location", "/again")]))
    Attack([server], way.flags, way.targets(server, TEN[:2]), "-redirects", 3).expect(
        2, kinds={"protocol": 2}, redirected=6).error("protocol", "stopped after 3 redirects")


# Connections.


def connections_are_at_most_so_many(way, folder):
    server = way.server(lambda c, s: c.later(0.02, c.answer, s), settings={MAX_STREAMS: 2})
    attack = Attack([server], way.flags, way.targets(server, TEN * 10), "-max-connections", 3, workers=32)
    attack.expect(100, bytes_in=500, retried=None)
    equal("connections", server.accepts, 3)
    equal("each once", sorted(s.path for s in server.streams if s.answered), sorted(TEN * 10))


def without_keep_alive_each_has_its_own(way, folder):
    server = way.server(lambda c, s: c.later(0.01, c.answer, s))
    Attack([server], way.flags, way.targets(server, TEN * 5), "-keepalive=false", workers=8).expect(
        50, bytes_in=250)
    equal("connections", server.accepts, 50)
    equal("closed by the client", {c.ended for c in server.connections}, {"client"})
