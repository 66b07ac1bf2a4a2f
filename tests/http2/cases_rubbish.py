"""Servers that talk rubbish: each kind of it is an error of its connection or of its stream."""

import random

from attack import MEMORY, Attack
from lab import check, equal
from server import frame

ONE = "-max-connections", 1

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


def a_malformed_header_value_is_left_out(way, folder):
    """The answer counts, and the report says what is wrong with it."""
    server = way.server(lambda c, s: c.raw(fields(c, s, [OK, ("x-a", "b\r\nc: d")])))
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 3)).expect(3)
    found = {name: count for name, count in attack.report["violations"].items() if count}
    equal("violations", found, {"header_value": 3})


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
    Attack([server], way.flags, way.targets(server, ["/"] * 10)).expect(10, bytes_in=50)
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
    check("memory in kB", attack.memory < MEMORY, attack.memory)
