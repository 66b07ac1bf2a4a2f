"""What the Python tests of loadgen share (tests/http2, names, ports, redirects): checks, processes that end
with the test, certificates, nginx.

Import it with tests/support in sys.path and BIN in the environment. Everything listens on loopback.
"""

import atexit
import os
import socket
import ssl
import subprocess
import sys
import time

LOADGEN = os.path.join(os.environ["BIN"], "loadgen")
SUPPORT = os.path.dirname(os.path.abspath(__file__))
CLEAN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")


def check(what, holds, shown=""):
    if not holds:
        raise AssertionError(f"{what}: {shown}")


def equal(what, actual, expected):
    check(what, actual == expected, f"got {actual!r}, expected {expected!r}")


def wait_for(what, is_there, seconds=20):
    end = time.monotonic() + seconds
    while not is_there():
        check(what, time.monotonic() < end, f"not within {seconds} s")
        time.sleep(0.02)


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def free_port(kind=socket.SOCK_STREAM):
    """For a program that cannot let the kernel choose: check that it started, and try again with another."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def can_bind(address):
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind((address, 0))
            return True
        except OSError:
            return False


# Loopback has no IPv6 in a container of a network without it, as those of many builders.
IPV6 = ["::1"] if can_bind("::1") else []


class RefusingPort:
    """A port of 127.0.0.1 that refuses connections: bound, and nothing listens."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]


class Process:
    """Started at once and ended by stop(), or with the test."""

    def __init__(self, *command, stdin=None):
        self.command, self.stdin = command, stdin
        self.start()
        atexit.register(self.stop)

    def start(self):
        self.process = subprocess.Popen([*DIES_WITH_US, *self.command],
                                        stdin=None if self.stdin is None else subprocess.PIPE)
        if self.stdin is not None:
            self.process.stdin.write(self.stdin.encode())
            self.process.stdin.close()

    def has_ended(self):
        return self.process.poll() is not None

    def stop(self):
        self.process.kill()
        self.process.wait()


class Nginx(Process):
    """nginx with `http` in its http block, as tests/support/nginx.py says; `ports` by name.

    After stop() it can start() again, on the same ports.
    """

    def __init__(self, folder, http):
        self.folder = folder
        super().__init__(sys.executable, os.path.join(SUPPORT, "nginx.py"), folder, stdin=http)

    def start(self):
        pid = os.path.join(self.folder, "nginx.pid")
        if os.path.exists(pid):
            os.remove(pid)
        super().start()
        wait_for("nginx", lambda: os.path.exists(pid) and os.path.getsize(pid) > 0)
        with open(os.path.join(self.folder, "ports"), encoding="ascii") as lines:
            self.ports = {name: int(port) for name, port in (line.split("=") for line in lines)}


class Certificate:
    """A certificate that is its own root, and its key: files in `folder`."""

    def __init__(self, folder, names="DNS:localhost,IP:127.0.0.1"):
        self.root, self.key = os.path.join(folder, "root.pem"), os.path.join(folder, "root.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", self.key, "-out", self.root, "-days", "30", "-subj", "/CN=localhost",
             "-addext", f"subjectAltName={names}"], check=True, capture_output=True)

    def context(self, *protocols):
        """A server's TLS that chooses one of these by ALPN; without any it has no ALPN."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.root, self.key)
        if protocols:
            context.set_alpn_protocols(protocols)
        return context
