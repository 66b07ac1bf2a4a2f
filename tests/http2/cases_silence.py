"""Servers that say nothing, or too much."""

import os

from attack import MEMORY, SLOW, Attack
from lab import check, equal
from server import MAX_STREAMS, WINDOW, frame, wide_open

PING = 6
TEN = [f"/{i}" for i in range(10)]


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

    server = way.server(opened=opened, connected=wide_open, settings={WINDOW: 2**30}, receive_buffer=4096)
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

    # It answers nothing: an answer could come before the flood is noticed.
    server = way.server(lambda connection, stream: None, opened=opened, receive_buffer=4096)
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 2), "-timeout", "1s")
    bad = attack.report["errors_by_kind"]
    # The one that was sent when the flood was noticed may end as another kind.
    equal("ended", sum(kind["count"] for kind in bad.values()), 2)
    check("memory in kB", attack.memory < MEMORY, attack.memory)
    check("seconds until its end", attack.seconds < 2 + 0.7 * SLOW, attack.seconds)
