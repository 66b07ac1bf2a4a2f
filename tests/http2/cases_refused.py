"""Servers that have said all before the request is over, and say it in their own way."""

import os
import ssl
import time

from attack import SLOW, Attack
from lab import check, equal
from server import WINDOW, wide_open

ONE = "-max-connections", 1
MB = 1000000


def empty_body(folder, size):
    path = os.path.join(folder, f"empty{size}")
    with open(path, "wb") as out:
        out.truncate(size)
    return path


def bodies_may_be_redirected_before_they_are_sent(way, folder):
    """Two at once: both wait for the window when their answers come together."""
    held = []

    def opened(connection, stream):
        if stream.path == "/old":
            held.append(stream)
        if len(held) == 2:
            for old in held:
                connection.head(old, 302, [("location", "/new")], end=True)
            held.clear()

    server = way.server(opened=opened, data=lambda c, s, length: None, settings={WINDOW: 0})
    targets = way.targets(server, ["/first"])  # tells of the window
    targets += f"POST {way.url(server, '/old')}\n@{empty_body(folder, 1000)}\n\n" * 2
    targets += way.targets(server, ["/after"] * 5)
    attack = Attack([server], way.flags, targets, *ONE, "-rate", 20, "-timeout", "2s", workers=8)
    attack.expect(8, redirected=2, bytes_in=40)
    equal("connections", server.accepts, 1)
    equal("methods", {s.header(":method") for s in server.of("/new")}, {"GET"})


def refuse(way, folder, server, flags):
    """20 bodies of 8 MB, each on its own connection: what the server said is what counts."""
    targets = f"POST {way.url(server)}\n@{empty_body(folder, 8 * MB)}\n\n" * 20
    attack = Attack([server], flags, targets, workers=4)
    attack.expect(20, kinds={"http": 20}, codes={413: 20}, answered=20)
    equal("connections", server.accepts, 20)


def a_body_may_be_refused(way, folder):
    """And the connection closed, with much of it unread: the kernel says that by a reset."""
    def opened(connection, stream):
        connection.is_reading = False
        connection.later(0.03, refused, connection, stream)

    def refused(connection, stream):
        connection.head(stream, 413, end=True)
        connection.close("reset")

    refuse(way, folder, way.server(opened=opened, connected=wide_open, settings={WINDOW: 2**30},
                                   receive_buffer=65536), [*way.flags, "-keepalive=false"])


def a_body_may_be_refused_by_http1(way, folder):
    context = way.certificate.context("http/1.1")

    def accepted(sock):
        with context.wrap_socket(sock, server_side=True) if way.is_tls else sock as sock:
            sock.recv(4096)
            time.sleep(0.03)
            sock.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    refuse(way, folder, way.server(accepted=accepted, receive_buffer=65536), way.flags if way.is_tls else [])


def a_whole_answer_does_not_wait_for_the_body(way, folder):
    """40 MB of which the server reads no more: not even RST_STREAM can be sent."""
    def opened(connection, stream):
        connection.head(stream, end=True)
        connection.is_reading = False

    server = way.server(opened=opened, connected=wide_open, settings={WINDOW: 2**30}, receive_buffer=65536)
    targets = f"POST {way.url(server)}\n@{empty_body(folder, 40 * MB)}\n\n"
    attack = Attack([server], way.flags, targets, "-timeout", "3s").expect(1, bytes_in=0)
    check("at once", attack.report["latencies"]["max"] < 200 * MB * SLOW, attack.report["latencies"])


def a_goodbye_may_come_with_an_answer(way, folder):
    """TLS's close_notify, but TCP stays open: the next request goes elsewhere."""
    def accepted(sock):
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = way.certificate.context("http/1.1").wrap_bio(received, sent, server_side=True)
        until_done(tls.do_handshake, sock, received, sent)
        until_done(lambda: tls.read(4096), sock, received, sent)
        tls.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhere\n")
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # the client's goodbye
        sock.sendall(sent.read())

    server = way.server(accepted=accepted)
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 10), "-timeout", "1s")
    attack.expect(10, bytes_in=50)
    equal("connections", server.accepts, 10)


a_goodbye_may_come_with_an_answer.only_tls = True


def until_done(step, sock, received, sent):
    while True:
        try:
            step()
            return
        except ssl.SSLWantReadError:
            sock.sendall(sent.read())
            received.write(sock.recv(65536))
        finally:
            sock.sendall(sent.read())
