"""Names whose addresses change: dnsmasq's, as in tests/names."""

import importlib.util
import os
import threading

from lab import Attack, check
from server import MAX_STREAMS


def name_server(folder, names):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "names", "lab.py")
    spec = importlib.util.spec_from_file_location("names_lab", path)
    names_lab = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names_lab)
    return names_lab.Dnsmasq(folder, names)


def an_address_more_gets_its_share(way, folder):
    """20 connections, of a stream each: ten of them move, once."""
    def slow(connection, stream):
        connection.later(0.1, connection.answer, stream)

    old = way.server(slow, settings={MAX_STREAMS: 1})
    new = way.server(slow, settings={MAX_STREAMS: 1}, at=("127.0.0.2", old.port))
    dns = name_server(folder, {"pods": ["127.0.0.1"]})
    threading.Timer(0.7, dns.change, [{"pods": ["127.0.0.1", "127.0.0.2"]}]).start()
    attack = Attack([old, new], way.flags, "", "-resolvers", dns.at, "-dns-ttl", "200ms", "-max-workers", 20,
                    "-duration", "2500ms", f"http://pods.test:{old.port}/")
    dns.stop()
    attack.expect(attack.report["requests"], retried=None)
    check("connections that moved", 8 <= new.accepts <= 12, (old.accepts, new.accepts))
    check("connections in all", old.accepts + new.accepts <= 40, (old.accepts, new.accepts))


an_address_more_gets_its_share.only_tls = False
