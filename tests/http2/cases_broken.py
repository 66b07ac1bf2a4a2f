"""Connections that close, servers that talk rubbish, and those that say nothing or too much."""

import os
import random

import hyperframe.frame as frames

from lab import SLOW, Attack, check, equal
from server import MAX_STREAMS, WINDOW

ONE = "-max-connections", 1
TEN = [f"/{i}" for i in range(10)]


# The connection is closed.


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
                connection.answer(stream)
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
            attack.expect(10, kinds={kind: 5}, bytes_in=25)
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
    # The first is alone, so that the others find a connection that was used.
    attack = Attack([server], way.flags, targets, *ONE, "-rate", 10, workers=4)
    attack.expect(6, kinds={"closed": 1}, retried=3, bytes_in=25).error("closed", starts="unexpected EOF")


def an_idle_connection_that_closes_is_nothing(way, folder):
    """Closed long before the next request, with and without GOAWAY."""
    def request(connection, stream):
        connection.answer(stream)
        if stream.path == "/goaway":
            connection.goaway(stream.number)
        connection.later(0.02, connection.close, "goodbye")

    for path in "/plain", "/goaway":
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, [path] * 4, "POST"), "-rate", 10)
        attack.expect(4, bytes_in=20)
        equal("connections", server.accepts, 4)


# Rubbish.

SETTINGS = frames.SettingsFrame(0).serialize()


def frame(kind, stream, payload, flags=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


DATA, HEADERS, PUSH, PING, CONTINUATION, PRIORITY = 0, 1, 5, 6, 9, 2
END_STREAM, END_HEADERS = 1, 4
PREFACES = {
    "http1": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "random": random.Random(7).randbytes(1000),
    "zeroes": bytes(1000),
    "ping-first": frame(PING, 0, bytes(8)),
    "settings-ack-first": frame(4, 0, b"", 1),
    "settings-on-a-stream": frame(4, 1, b""),
}
CONNECTION_ERRORS = {
    "too-large": lambda c, s: frame(DATA, s.number, bytes(20000)),
    "data-on-0": lambda c, s: frame(DATA, 0, b"here"),
    "headers-on-0": lambda c, s: frame(HEADERS, 0, b"\x88", END_HEADERS),
    "no-hpack": lambda c, s: frame(HEADERS, s.number, b"\xff" * 9, END_HEADERS),
    "hpack-of-nothing": lambda c, s: frame(HEADERS, s.number, b"\x80", END_HEADERS),
    "idle-stream": lambda c, s: frame(HEADERS, 1001, b"\x88", END_HEADERS),
    "push": lambda c, s: frame(PUSH, s.number, bytes([0, 0, 0, 2]) + b"\x82\x84\x86", END_HEADERS),
    "settings-of-5": lambda c, s: frame(4, 0, bytes(5)),
    "settings-push": lambda c, s: frame(4, 0, b"\0\2\0\0\0\1"),
    "settings-window": lambda c, s: frame(4, 0, b"\0\4\xff\xff\xff\xff"),
    "ping-of-7": lambda c, s: frame(PING, 0, bytes(7)),
    "window-of-0": lambda c, s: frame(8, 0, bytes(4)),
    "window-overflow": lambda c, s: frame(8, 0, b"\x7f\xff\xff\xff"),
    "continuation": lambda c, s: frame(CONTINUATION, s.number, b"\x88", END_HEADERS),
    "interrupted": lambda c, s: frame(HEADERS, s.number, b"\x88") + frame(PING, 0, bytes(8)),
    "padding": lambda c, s: frame(DATA, s.number, b"\xffxx", 8),
}


def fields(connection, stream, pairs, flags=END_HEADERS | END_STREAM):
    return frame(HEADERS, stream.number, connection.h2.encoder.encode(pairs), flags)


OK = (":status", "200")
STREAM_ERRORS = {
    "short": lambda c, s: fields(c, s, [OK, ("content-length", "10")], END_HEADERS) + frame(
        DATA, s.number, b"here\n", END_STREAM),
    "long": lambda c, s: fields(c, s, [OK, ("content-length", "3")], END_HEADERS) + frame(
        DATA, s.number, b"here\n", END_STREAM),
    "none": lambda c, s: fields(c, s, [OK, ("content-length", "3")]),
    "no-status": lambda c, s: fields(c, s, [("x-a", "b")]),
    "two-statuses": lambda c, s: fields(c, s, [OK, OK]),
    "no-number": lambda c, s: fields(c, s, [(":status", "abc")]),
    "late-status": lambda c, s: fields(c, s, [("x-a", "b"), OK]),
    "pseudo": lambda c, s: fields(c, s, [OK, (":path", "/")]),
    "capital": lambda c, s: fields(c, s, [OK, ("X-Capital", "b")]),
    "line-end": lambda c, s: fields(c, s, [OK, ("x-a", "b\r\nc: d")]),
    "lengths": lambda c, s: fields(c, s, [OK, ("content-length", "3"), ("content-length", "4")]),
    "switch": lambda c, s: fields(c, s, [(":status", "101")], END_HEADERS),
    "interim-end": lambda c, s: fields(c, s, [(":status", "103")]),
    "status-again": lambda c, s: fields(c, s, [OK], END_HEADERS) + fields(c, s, [OK]),
    "stream-window": lambda c, s: frame(8, s.number, b"\x7f\xff\xff\xff"),
}

# RFC 9113, 5.4: an endpoint may treat any error of a stream as one of the connection.
EITHER = {
    "body-first": lambda c, s: frame(DATA, s.number, b"here\n", END_STREAM),
    "stream-window-of-0": lambda c, s: frame(8, s.number, bytes(4)),
}


def all_are_protocol(attack, names, count):
    """Each of them, and each says http2: what."""
    texts = attack.report["errors"]
    found = {name for name in names if any(f'/{name}": http2: ' in text and not text.endswith("http2: ")
                                           for text in texts)}
    check("not called http2: ", found == set(names),
          [text for text in texts if '": http2: ' not in text] + [f"none: {name}" for name in sorted(
              set(names) - found)])
    attack.expect(count * 2, kinds={"protocol": count}, answered=count, bytes_in=5 * count).is_cheap(0.5)


def rubbish_instead_of_a_preface(way, folder):
    """Each connection says another kind of it."""
    for name, rubbish in PREFACES.items():
        server = way.server(lambda c, s: None, connected=lambda c: c.raw(rubbish))
        attack = Attack([server], way.flags, way.targets(server, ["/"] * 3), "-timeout", "2s")
        try:
            attack.expect(3, kinds={"protocol": 3}).error("protocol", starts="http2: ").is_cheap()
        except AssertionError as problem:
            raise AssertionError(f"{name}: {problem}") from None


def rubbish(way, errors):
    def request(connection, stream):
        if stream.path == "/good":
            connection.answer(stream)
        else:
            connection.raw(errors[stream.path[1:]](connection, stream))

    server = way.server(request)
    paths = [path for name in errors for path in (f"/{name}", "/good")]
    attack = Attack([server], way.flags, way.targets(server, paths), *ONE, "-timeout", "500ms", ending=20)
    all_are_protocol(attack, errors, len(errors))
    if errors is EITHER:
        return
    equal("connections", server.accepts, len(errors) + 1 if errors is CONNECTION_ERRORS else 1)
    if errors is CONNECTION_ERRORS:
        codes = {c.told for c in server.connections[:-1]}
        check("the server is told", not codes & {None, 0}, codes)
    else:
        check("the server is told", all(s.reset for s in server.streams if s.path != "/good"),
              [s.path for s in server.streams if s.path != "/good" and not s.reset])


def a_broken_connection_fails_its_streams(way, folder):
    rubbish(way, CONNECTION_ERRORS)


def a_malformed_answer_fails_its_stream(way, folder):
    rubbish(way, STREAM_ERRORS)


def an_answer_out_of_order_fails_at_least_its_stream(way, folder):
    rubbish(way, EITHER)


def what_is_unknown_is_ignored(way, folder):
    """Frames, settings and flags that RFC 9113 does not know, PRIORITY, and WINDOW_UPDATE for old streams."""
    def request(connection, stream):
        connection.raw(frame(0xFA, 0, b"what") + frame(0xFB, stream.number, b"ever", 0xFF) + frame(
            4, 0, b"\xfa\xce\0\0\0\1") + frame(PRIORITY, stream.number, b"\0\0\0\0\x10"))
        if stream.number > 1:
            connection.raw(frame(8, 1, b"\0\0\0\1") + frame(3, 1, b"\0\0\0\x08"))
        connection.answer(stream)

    server = way.server(request)
    Attack([server], way.flags, way.targets(server, TEN)).expect(10, bytes_in=50)
    equal("connections", server.accepts, 1)


def headers_without_end_are_refused(way, folder):
    """CONTINUATION for ever."""
    def more(connection, stream):
        if len(connection.out) < 1000000:
            connection.raw(frame(CONTINUATION, stream.number, (b"\x00\x03x-a\x7f\x81\x01" + b"y" * 256) * 60))
        connection.later(0.001, more, connection, stream)

    def request(connection, stream):
        connection.raw(frame(HEADERS, stream.number, b"\x88"))
        more(connection, stream)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 2), "-timeout", "1s")
    bad = attack.report["errors_by_kind"]
    equal("refused", bad["protocol"]["count"] + bad["time-out"]["count"], 2)
    check("memory in kB", attack.memory < 60000 * SLOW, attack.memory)


# Silence, and too much of it.


def in_time(attack, seconds):
    check("seconds until its end", attack.seconds < seconds + 0.7 * SLOW, attack.seconds)
    attack.is_cheap()


def nothing_is_said(way, folder):
    """Before TLS, which is dialing; with h2c the request is sent at once."""
    server = way.server(accepted=lambda sock: None)
    attack = Attack([server], way.flags, way.targets(server, TEN[:3]), "-timeout", "200ms", workers=3)
    place = "while dialing" if way.is_tls else "while awaiting headers"
    attack.expect(3, kinds={"time-out": 3}).error("time-out", place)
    in_time(attack, 0.2)


def nothing_is_said_after_tls(way, folder):
    def connected(connection):
        connection.is_silent = True

    server = way.server(lambda c, s: None, connected=connected)
    attack = Attack([server], way.flags, way.targets(server, TEN[:2]), "-timeout", "200ms")
    attack.expect(2, kinds={"time-out": 2}).error("time-out", "while awaiting headers")
    in_time(attack, 0.4)


def a_handshake_stops_in_the_middle(way, folder):
    def accepted(sock):
        sock.recv(5)
        sock.sendall(b"\x16\x03\x03\x40\x00\x02")

    server = way.server(accepted=accepted)
    attack = Attack([server], way.flags, way.targets(server, TEN[:2]), "-timeout", "200ms")
    attack.expect(2, kinds={"time-out": 2}).error("time-out", "while dialing")
    in_time(attack, 0.4)


a_handshake_stops_in_the_middle.only_tls = True


def a_server_that_does_not_read(way, folder):
    """Its windows are wide open, its socket is full."""
    def opened(connection, stream):
        connection.is_reading = False

    body = os.path.join(folder, "unread")
    with open(body, "wb") as out:
        out.truncate(20000000)

    def connected(connection):
        connection.server.begin(connection)
        connection.h2.increment_flow_control_window(2**30)

    server = way.server(opened=opened, connected=connected, settings={WINDOW: 2**30}, receive_buffer=4096)
    targets = f"POST {way.url(server)}\n@{body}\n\n" * 3
    attack = Attack([server], way.flags, targets, "-timeout", "300ms")
    attack.expect(3, kinds={"time-out": 3}).error("time-out", "while awaiting headers")
    in_time(attack, 0.9)


def pings_and_settings_are_answered(way, folder):
    def request(connection, stream):
        for i in range(500):
            connection.h2.ping(i.to_bytes(8, "big"))
        for i in range(50):
            connection.settings_now({MAX_STREAMS: 100 + i})
        wait(connection, stream)

    def wait(connection, stream):
        if connection.pings == 500 and connection.settings_acks == 51:
            connection.answer(stream)
        else:
            connection.later(0.005, wait, connection, stream)

    server = way.server(request)
    Attack([server], way.flags, way.targets(server, ["/"])).expect(1)


def pings_without_end_take_no_memory(way, folder):
    """From a server that does not read what answers them."""
    def flood(connection):
        if len(connection.out) < 100000:
            connection.raw(frame(PING, 0, b"forever!") * 5000)
        connection.later(0.001, flood, connection)

    def opened(connection, stream):
        connection.is_reading = False
        flood(connection)

    server = way.server(opened=opened, receive_buffer=4096)
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 2), "-timeout", "1s")
    bad = attack.report["errors_by_kind"]
    equal("ended", bad["protocol"]["count"] + bad["time-out"]["count"], 2)
    check("memory in kB", attack.memory < 60000 * SLOW, attack.memory)
    check("seconds until its end", attack.seconds < 2 + 0.7 * SLOW, attack.seconds)
