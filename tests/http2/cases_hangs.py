"""A host that hangs, under an open load: each request is a time-out, and no storm of connections."""

from attack import Attack
from lab import check
from server import BlackHole


def dropped(way):
    """Each SYN."""
    return BlackHole()


def mute(way):
    """From its accept on: with TLS there is no handshake."""
    return way.server(accepted=lambda sock: None)


def mute_after_tls(way):
    def connected(connection):
        connection.is_silent = True

    return way.server(lambda c, s: None, connected=connected)


def hang(way, host, timeout, connects, ending=10):
    """100 requests in a second; on a busy machine some are not started."""
    server = host(way)
    attack = Attack([server], way.flags, "", "-rate", 100, "-duration", "1s", "-timeout", timeout,
                    way.url(server), ending=ending)
    count = attack.report["requests"]
    check("started", 50 <= count <= 100, count)
    attack.expect(count, kinds={"time-out": count})
    check("connections", 1 <= server.accepts <= connects, server.accepts)
    attack.is_cheap(0.5)


def a_host_that_drops_what_dials_it(way, folder):
    """It lasts three time-outs, each may take two connections, and one is begun at the end."""
    hang(way, dropped, "500ms", 7)


def a_host_that_is_mute(way, folder):
    hang(way, mute, "500ms", 7)


def a_host_that_is_mute_after_tls(way, folder):
    hang(way, mute_after_tls, "500ms", 7)


def only_waits(case):
    """For the 30 s that a run without a time-out waits for what is in flight at its end."""
    case.only_waits = True
    return case


@only_waits
def a_host_that_drops_until_the_end(way, folder):
    hang(way, dropped, 0, 1, ending=60)


@only_waits
def a_host_that_is_mute_until_the_end(way, folder):
    hang(way, mute, 0, 1, ending=60)


@only_waits
def a_host_that_is_mute_after_tls_until_the_end(way, folder):
    hang(way, mute_after_tls, 0, 1, ending=60)
