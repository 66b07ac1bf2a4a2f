"""Connections that close."""

from attack import Attack
from lab import check, equal

ONE = "-max-connections", 1
TEN = [f"/{i}" for i in range(10)]


def closed_without_an_answer(way, folder):
    """A new connection: nothing says that the request was not carried out."""
    for how in "end", "goodbye":
        server = way.server(lambda c, s: c.close(how))
        attack = Attack([server], way.flags, way.targets(server, ["/"] * 10))
        attack.expect(10, kinds={"closed": 10}).error("closed", starts="EOF").is_cheap()
        equal("connections", server.accepts, 10)
        equal("one text", len(attack.report["errors"]), 1)


def closed_before_the_preface(way, folder):
    server = way.server(connected=lambda c: c.close())
    attack = Attack([server], way.flags, way.targets(server, TEN), workers=2)
    found = attack.report["errors_by_kind"]
    check("ends", found["closed"]["count"] + found["reset"]["count"] == 10, attack.report["errors"])
    equal("retried", attack.report["retried"], 0)


def closed_with_many_streams(way, folder):
    def request(connection, stream):
        if len(connection.streams) == 5:
            connection.close()

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, TEN), *ONE, workers=5)
    attack.expect(10, kinds={"closed": 10}).error("closed", starts="EOF")
    equal("connections", server.accepts, 2)


def half(connection, stream):
    connection.head(stream, headers=[("content-length", "100")])
    connection.send_body(stream, b"x" * 10, end=None)


def closed_inside_an_answer(way, folder):
    """Also one without a length: only END_STREAM ends it."""
    def request(connection, stream):
        connection.head(stream, headers=[("content-length", "100")] if stream.path == "/length" else [])
        if stream.path != "/head":
            connection.send_body(stream, b"x" * 10, end=None)
        connection.later(0.01, connection.close, "goodbye")

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/length", "/open", "/head"] * 3))
    attack.expect(9, kinds={"closed": 9}, bytes_in=0).error("closed", starts="unexpected EOF")
    equal("connections", server.accepts, 9)


def reset_without_an_answer(way, folder):
    for is_begun in False, True:
        def request(connection, stream):
            if is_begun:
                half(connection, stream)
            connection.later(0.02, connection.close, "reset")

        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, ["/"] * 5))
        attack.expect(5, kinds={"reset": 5}, bytes_in=0).error(
            "reset", f"read tcp ->127.0.0.1:{server.port}: read: connection reset by peer")


def a_used_connection_that_closes_is_a_race(way, folder):
    """Each connection answers one request, and closes on the second: a GET goes again, a POST not."""
    for how in "end", "reset":
        def request(connection, stream):
            if len(connection.streams) == 1:
                connection.head(stream, end=True)
            else:
                connection.close(how)

        for method in "GET", "HEAD", "PUT", "DELETE", "OPTIONS":
            server = way.server(request)
            attack = Attack([server], way.flags, way.targets(server, TEN, method))
            attack.expect(10, retried=9)
            equal("connections", server.accepts, 10)
        for method in "POST", "PATCH":
            server = way.server(request)
            attack = Attack([server], way.flags, way.targets(server, TEN, method))
            kind = "closed" if how == "end" else "reset"
            attack.expect(10, kinds={kind: 5})
            attack.error(kind, starts="EOF" if how == "end" else "read tcp ")
            equal("connections", server.accepts, 5)


def an_answer_that_has_begun_is_no_race(way, folder):
    def request(connection, stream):
        if len(connection.streams) == 1 or connection.number > 1:
            connection.answer(stream)
        elif stream.path == "/half":
            half(connection, stream)
        if connection.number == 1 and connection.open_count() == 4:
            connection.later(0.02, connection.close)

    server = way.server(request)
    targets = way.targets(server, ["/first", "/half", "/a", "/b", "/c", "/d"])
    # The first is alone, so that the others find a connection that was used; and /a is sent after /half has begun.
    attack = Attack([server], way.flags, targets, *ONE, "-rate", 4, workers=4)
    attack.expect(6, kinds={"closed": 1}, retried=3, bytes_in=25).error("closed", starts="unexpected EOF")


def a_connection_at_work_that_closes_is_no_race(way, folder):
    """What was sent before the last answer came was not lost on its way: GETs fail, like POSTs."""
    def request(connection, stream):
        if connection.number > 1 or stream.path in ("/first", "/last"):
            connection.answer(stream)
        if stream.path == "/last":
            connection.later(0.02, connection.close, how)

    for how, kind in ("end", "closed"), ("reset", "reset"):
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, ["/first", "/a", "/b", "/last"]), *ONE,
                        "-rate", 20, workers=4)
        attack.expect(4, kinds={kind: 2}, bytes_in=10)
        equal("connections", server.accepts, 1)


def an_idle_connection_that_closes_is_nothing(way, folder):
    """Closed long before the next request, with and without GOAWAY."""
    def request(connection, stream):
        connection.answer(stream)
        if stream.path == "/goaway":
            connection.goaway(stream.number)
        connection.later(0.02, connection.close, "goodbye")

    for path in "/plain", "/goaway":
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, [path] * 3, "POST"), "-rate", 1)
        attack.expect(3, bytes_in=15)
        equal("connections", server.accepts, 3)
