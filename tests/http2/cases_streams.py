"""Many requests on a connection: limits, refusals, and what becomes of the others."""

import os

import hyperframe.frame as frames

from attack import MS, SLOW, Attack
from lab import check, equal
from server import CODES, MAX_STREAMS, WINDOW, frame, wide_open

ONE = "-max-connections", 1


def numbered(count):
    return [f"/{i}" for i in range(count)]


def delayed(seconds=0.005):
    return lambda c, s: c.later(seconds, c.answer, s)


def workers_share_a_connection(way, folder):
    server = way.server(delayed())
    attack = Attack([server], way.flags, way.targets(server, numbered(400)), *ONE, workers=32)
    attack.expect(400, bytes_in=2000)
    equal("connections", server.accepts, 1)
    most = server.connections[0].most_open
    check("streams at once", 24 <= most <= 32, most)
    equal("each once", sorted(server.paths()), sorted(numbered(400)))


def the_servers_limit_is_obeyed(way, folder):
    """python3-h2 says so if it is not."""
    server = way.server(delayed(), settings={MAX_STREAMS: 2})
    attack = Attack([server], way.flags, way.targets(server, numbered(100)), *ONE, workers=32)
    attack.expect(100, bytes_in=500, retried=None)
    equal("connections", server.accepts, 1)
    done = [s.path for s in server.streams if s.answered]
    equal("each once", sorted(done), sorted(numbered(100)))


def more_connections_help_where_streams_are_few(way, folder):
    server = way.server(delayed(), settings={MAX_STREAMS: 2})
    attack = Attack([server], way.flags, way.targets(server, numbered(100)), workers=8)
    attack.expect(100, bytes_in=500, retried=None)


def a_limit_that_is_lowered_is_obeyed(way, folder):
    def request(connection, stream):
        if stream.path == "/50":
            connection.settings_now({MAX_STREAMS: 2})
        if stream.path == "/150":
            connection.settings_now({MAX_STREAMS: 20})
        connection.later(0.005, connection.answer, stream)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, numbered(300)), *ONE, workers=32)
    attack.expect(300, bytes_in=1500)
    equal("connections", server.accepts, 1)
    equal("settings that were confirmed", server.connections[0].settings_acks, 3)
    equal("each once", sorted(server.paths()), sorted(numbered(300)))


def a_limit_of_none_is_waited_for(way, folder):
    """As Go's client does. What was sent before the limit was known is refused, and sent again."""
    def request(connection, stream):
        if connection.settings_acks == 0 or connection.h2.local_settings.max_concurrent_streams == 0:
            connection.reset(stream, "REFUSED_STREAM")
        else:
            connection.answer(stream)

    def connected(connection):
        connection.server.begin(connection)
        connection.later(0.3, connection.settings_now, {MAX_STREAMS: 10})

    server = way.server(request, connected=connected, settings={MAX_STREAMS: 0})
    attack = Attack([server], way.flags, way.targets(server, numbered(40)), *ONE, workers=8)
    attack.expect(40, bytes_in=200, retried=sum(s.was_reset for s in server.streams)).is_cheap()


def a_queue_for_streams_is_no_service(way, folder):
    """Eight workers, a stream: each answer takes 30 ms from when its request was sent."""
    server = way.server(delayed(0.03), settings={MAX_STREAMS: 1})
    attack = Attack([server], way.flags, way.targets(server, numbered(24)), *ONE, workers=8)
    attack.expect(24, bytes_in=120, retried=None)
    times = attack.report["service"]
    check("service", 29 * MS <= times["min"] and times["50th"] < 60 * SLOW * MS, times)


# RST_STREAM.


def a_refused_stream_goes_again(way, folder):
    """Whatever the method, for the server did nothing with it."""
    def request(connection, stream):
        tries = connection.server.paths().count(stream.path)
        if tries == 1 and int(stream.path[1:]) % 3 == 0:
            connection.reset(stream, "REFUSED_STREAM")
        else:
            connection.answer(stream)

    for method in "GET", "POST", "PATCH":
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, numbered(30), method), *ONE, workers=4)
        attack.expect(30, bytes_in=150, retried=10)
        equal("seen", len(server.streams), 40)
        numbers = {(s.path, s.header("x-vegeta-seq")) for s in server.streams}
        equal("a try has the number of its request", len(numbers), 30)
        equal("requests with a number of their own", len({number for _, number in numbers}), 30)


def a_refused_body_goes_again_from_its_beginning(way, folder):
    def opened(connection, stream):
        if connection.server.paths().count(stream.path) == 1:
            connection.later(0.05, connection.reset, stream, "REFUSED_STREAM")

    def request(connection, stream):
        if not stream.was_reset and connection.server.paths().count(stream.path) > 1:
            connection.answer(stream, body=str(len(stream.body)).encode())

    body = os.path.join(folder, "refused")
    with open(body, "wb") as out:
        out.write(bytes(range(200)) * 1000)
    server = way.server(request, opened=opened)
    targets = "".join(f"POST {way.url(server, path)}\n@{body}\n\n" for path in numbered(3))
    Attack([server], way.flags, targets, *ONE).expect(3, bytes_in=18, bytes_out=600000, retried=3)
    for stream in server.streams:
        if stream.answered:
            check("the body", stream.body == bytes(range(200)) * 1000, len(stream.body))


def a_stream_that_is_always_refused_fails(way, folder):
    server = way.server(lambda c, s: c.reset(s, "REFUSED_STREAM"))
    attack = Attack([server], way.flags, way.targets(server, ["/bad"] * 5), *ONE, workers=2)
    tries = len(server.streams)
    attack.expect(5, kinds={"protocol": 5}, retried=tries - 5)
    attack.error("protocol", "REFUSED_STREAM", starts="http2: ").is_cheap()
    check("tries", 10 <= tries <= 50, tries)
    equal("one text", len(attack.report["errors"]), 1)


def reset_before(code, connection, stream):
    connection.reset(stream, code)


def reset_inside(code, connection, stream):
    connection.head(stream, headers=[("content-length", "100")])
    connection.send_body(stream, b"x" * 10, end=None)
    connection.later(0.01, connection.reset, stream, code)


def a_reset_harms_one_stream(way, folder):
    for how in reset_before, reset_inside:
        for code in "INTERNAL_ERROR", "CANCEL", "ENHANCE_YOUR_CALM", "PROTOCOL_ERROR":
            def request(connection, stream):
                if stream.path == "/bad":
                    how(code, connection, stream)
                else:
                    connection.later(0.003, connection.answer, stream)

            server = way.server(request)
            attack = Attack([server], way.flags, way.targets(server, ["/bad", "/a", "/b", "/c"] * 10), *ONE,
                            workers=8)
            attack.expect(40, kinds={"protocol": 10}, bytes_in=150)
            attack.error("protocol", code, starts="http2: ")
            equal("one text", len(attack.report["errors"]), 1)
            equal("connections", server.accepts, 1)


def a_server_may_not_want_the_rest_of_a_body(way, folder):
    """RFC 9113, 8.1: a whole answer, and then RST_STREAM(NO_ERROR), or nothing."""
    def opened(connection, stream):
        connection.answer(stream)
        if stream.path == "/told":
            stream.was_reset = True
            connection.later(0.01, lambda: connection.raw(frames.RstStreamFrame(
                stream.number, error_code=CODES["NO_ERROR"]).serialize()))

    body = os.path.join(folder, "unwanted")
    with open(body, "wb") as out:
        out.write(b"x" * 3000000)
    for path in "/told", "/untold":
        server = way.server(lambda c, s: None, opened=opened, data=lambda c, s, length: None)
        targets = f"POST {way.url(server, path)}\n@{body}\n\n" + way.targets(server, ["/after"] * 3)
        Attack([server], way.flags, targets, *ONE).expect(4, bytes_in=20)
        equal("connections", server.accepts, 1)
        stream = server.of(path)[0]
        check("no more than the window", len(stream.body) <= 65535, len(stream.body))
        check("the stream does not stay open", path == "/told" or stream.reset is not None, stream.reset)


# Time-outs.


def an_error_of_a_stream_that_timed_out_is_no_others(way, folder):
    """The server does not read: /a and /b time out, and the RST_STREAM of /b cannot be sent."""
    def opened(connection, stream):
        if stream.path == "/big":  # 3 s after /a, so 2 s before /b times out and 3 s before /other does
            connection.is_reading = False
            connection.later(2.3, overflow, connection)
            connection.later(2.6, reset, connection)

    def overflow(connection):
        connection.raw(frame(8, connection.server.of("/b")[0].number, b"\x7f\xff\xff\xff"))

    def reset(connection):
        connection.reset(connection.server.of("/other")[0], "INTERNAL_ERROR")

    body = os.path.join(folder, f"stuck.{way.name}")
    with open(body, "wb") as out:
        out.truncate(20000000)
    server = way.server(lambda c, s: None, opened=opened, connected=wide_open, settings={WINDOW: 2**30},
                        receive_buffer=4096)
    targets = way.targets(server, ["/a", "/b", "/other"]) + f"POST {way.url(server, '/big')}\n@{body}\n\n"
    attack = Attack([server], way.flags, targets, *ONE, "-rate", 1, "-timeout", "4s", workers=4)
    attack.expect(4, kinds={"time-out": 3, "protocol": 1})
    equal("texts", [text for text in attack.report["errors"] if "http2: " in text],
          [f'Get "{way.url(server, "/other")}": http2: stream error: INTERNAL_ERROR'])


an_error_of_a_stream_that_timed_out_is_no_others.only_waits = True


def silence_ends_one_stream(way, folder):
    def request(connection, stream):
        if stream.path == "/good":
            connection.later(0.02, connection.answer, stream)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/silent", *["/good"] * 12] * 4), *ONE,
                    "-timeout", "600ms", workers=4)
    attack.expect(52, kinds={"time-out": 4}, bytes_in=240).error("time-out", "while awaiting headers")
    equal("connections", server.accepts, 1)
    equal("told", {s.reset for s in server.of("/silent")}, {CODES["CANCEL"]})
    attack.is_cheap()


def half_an_answer_is_a_time_out(way, folder):
    def request(connection, stream):
        if stream.path == "/good":
            connection.later(0.02, connection.answer, stream)
        else:
            connection.head(stream)
            if stream.path == "/body":
                connection.send_body(stream, b"x" * 10, end=None)

    for path in "/head", "/body":
        server = way.server(request)
        attack = Attack([server], way.flags, way.targets(server, [path, *["/good"] * 12] * 2), *ONE,
                        "-timeout", "600ms", workers=2)
        attack.expect(26, kinds={"time-out": 2}, bytes_in=120).error("time-out", "while reading the response")
        equal("connections", server.accepts, 1)
        equal("told", {s.reset for s in server.of(path)}, {CODES["CANCEL"]})
        check("in time", attack.report["latencies"]["max"] < 900 * MS, attack.report["latencies"])
