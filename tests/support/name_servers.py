"""Name servers on loopback: dnsmasq with a table that changes, and one that misbehaves.

dnsmasq changes its user, so it outlives a test that is killed with -9.
"""

import os
import signal
import socket
import struct
import threading

from lab import Process, can_connect, check, free_port, wait_for

NXDOMAIN, SERVFAIL = 3, 2  # codes of answers
A, AAAA = b"\0\1", b"\0\x1c"  # types of questions


class Dnsmasq(Process):
    """Names under "test", from a table that may be changed while it runs."""

    def __init__(self, folder, names):
        self.hosts = os.path.join(folder, "hosts")
        self.log = os.path.join(folder, "queries")
        open(self.log, "w").close()
        self.write(names)
        for _ in range(5):
            self.port = free_port()
            super().__init__(
                "dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "-H", self.hosts, "-p", str(self.port),
                "-a", "127.0.0.1", "-z", "-T", "0", "-S", "/test/", "-x", "", "-u", "root", "-q",
                f"--log-facility={self.log}")
            wait_for("dnsmasq", lambda: self.has_ended() or can_connect(self.port))
            if not self.has_ended():
                return
        check("dnsmasq", False, "it does not start")

    @property
    def at(self):
        return f"127.0.0.1:{self.port}"

    def write(self, names):
        with open(self.hosts + ".new", "w") as out:
            for name, addresses in names.items():
                out.writelines(f"{address} {name}.test\n" for address in addresses)
        os.rename(self.hosts + ".new", self.hosts)

    def change(self, names):
        self.write(names)
        self.process.send_signal(signal.SIGHUP)

    def questions(self, name):
        with open(self.log) as log:
            return sum(f"query[A] {name}.test " in line for line in log)


class BadServer:
    """A name server on UDP: silent, slow, or answering with an error code, or rubbish.

    A slow one says 127.0.0.1 for A and that there is no AAAA. `about` is what it is bad about: the
    two bytes of a type, or nothing for all.
    """

    def __init__(self, code=None, rubbish=None, delay=0.0, is_silent=False, about=None):
        self.code, self.rubbish, self.delay, self.is_silent = code, rubbish, delay, is_silent
        self.about = about
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.questions = 0
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def at(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            self.questions += 1
            if not (self.is_silent and self.is_bad(query)):
                threading.Timer(self.delay, self.socket.sendto, (self.answer(query), client)).start()

    def is_bad(self, query):
        return self.about in (None, query[-4:-2])

    def answer(self, query):
        if self.rubbish is not None:
            return query[:2] + self.rubbish
        code = self.code or 0 if self.is_bad(query) else 0
        count = int(query[-4:-2] == A and not code)
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0)
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton("127.0.0.1")
        return head + query[12:] + record * count
