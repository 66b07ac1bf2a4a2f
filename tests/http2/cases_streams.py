"""Many requests on a connection: limits, refusals, and what becomes of the others."""

import os
import subprocess
import threading

import hyperframe.frame as frames

from lab import MS, SLOW, Attack, check, equal
from server import CODES, MAX_STREAMS

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
    """The server's record has a violation if it is not."""
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
        if connection.limit == 0 or connection.settings_acks == 0:
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


# GOAWAY.


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
    from server import Server
    spare = Server()
    spare.socket.close()
    place = os.path.join(folder, f"nginx.{way.name}")
    os.mkdir(place)
    tls = f"ssl_certificate {way.certificate.root}; ssl_certificate_key {way.certificate.key};"
    with open(os.path.join(place, "conf"), "w") as conf:
        conf.write(f"""
            daemon off; master_process off; pid {place}/pid; error_log {place}/error;
            events {{ worker_connections 512; }}
            http {{
                log_format short '$connection $request_method $status $uri $server_protocol';
                access_log {place}/access short; keepalive_requests 10;
                client_body_temp_path {place}/b; proxy_temp_path {place}/p;
                fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
                server {{
                    listen 127.0.0.1:{spare.port} http2 {"ssl" if way.is_tls else ""};
                    {tls if way.is_tls else ""} return 200 "here\\n";
                }}
            }}""")
    nginx = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "nginx", "-p", place, "-e", f"{place}/error",
                              "-c", f"{place}/conf"])
    try:
        wait_for_port(spare.port)
        for workers in 1, 16:
            open(f"{place}/access", "w").close()
            attack = Attack([], way.flags, way.targets(spare, numbered(300)), workers=workers)
            attack.expect(300, bytes_in=1500, retried=None)
            with open(f"{place}/access") as lines:
                seen = [line.split() for line in lines]
            equal("each once", sorted(path for _, _, status, path, _ in seen if status == "200"),
                  sorted(numbered(300)))
            connections = len({line[0] for line in seen})
            check("connections", 30 <= connections <= 45, connections)
    finally:
        nginx.kill()
        nginx.wait()


def wait_for_port(port):
    import socket
    import time
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    check("a server at the port", False, port)


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
        numbers = sorted({int(s.header("x-vegeta-seq")) for s in server.streams})
        equal("a try has the number of its request", numbers, list(range(30)))


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


def silence_ends_one_stream(way, folder):
    def request(connection, stream):
        if stream.path == "/good":
            connection.later(0.02, connection.answer, stream)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/silent", *["/good"] * 12] * 4), *ONE,
                    "-timeout", "200ms", workers=4)
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
                        "-timeout", "200ms", workers=2)
        attack.expect(26, kinds={"time-out": 2}, bytes_in=120).error("time-out", "while reading the answer")
        equal("connections", server.accepts, 1)
        equal("told", {s.reset for s in server.of(path)}, {CODES["CANCEL"]})
        check("in time", attack.report["latencies"]["max"] < 400 * MS, attack.report["latencies"])
