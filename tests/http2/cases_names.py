"""Names whose addresses change: dnsmasq's."""

import threading

from attack import SLOW, Attack
from lab import check
from name_servers import Dnsmasq
from server import MAX_STREAMS


def an_address_more_gets_its_share(way, folder):
    """20 connections, of a stream each: ten of them move, once."""
    def slow(connection, stream):
        connection.later(0.1, connection.answer, stream)

    old = way.server(slow, settings={MAX_STREAMS: 1})
    new = way.server(slow, settings={MAX_STREAMS: 1}, at=("127.0.0.2", old.port))
    dns = Dnsmasq(folder, {"pods": ["127.0.0.1"]})
    threading.Timer(0.7, dns.change, [{"pods": ["127.0.0.1", "127.0.0.2"]}]).start()
    attack = Attack([old, new], way.flags, "", "-resolvers", dns.at, "-dns-ttl", "200ms", "-max-workers", 20,
                    "-duration", "2500ms", f"http://pods.test:{old.port}/")
    dns.stop()
    attack.expect(attack.report["requests"], retried=None)
    # A few more move, and back, where a sanitizer's build is slow to see what has moved.
    most = 12 if SLOW == 1 else 16
    check("connections that moved", 8 <= new.accepts <= most, (old.accepts, new.accepts))
    check("connections in all", old.accepts + new.accepts <= 40, (old.accepts, new.accepts))


an_address_more_gets_its_share.only_tls = False
