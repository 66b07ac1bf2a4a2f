"""A place to measure in: nginx on many loopback addresses, dnsmasq, and name servers that misbehave.

Everything listens on loopback, on ports that the kernel chose, and ends with the process.
"""

import atexit
import collections
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

LOADGEN = os.path.join(os.environ["BIN"], "loadgen")
NXDOMAIN, SERVFAIL = 3, 2  # codes of answers
A, AAAA = b"\0\1", b"\0\x1c"  # types of questions


def can_bind(address):
    with socket.socket(socket.AF_INET6) as s:
        try:
            s.bind((address, 0))
            return True
        except OSError:
            return False


# Loopback has no IPv6 in a container of a network without it, as those of many builders.
IPV6 = ["::1"] if can_bind("::1") else []


def check(what, holds, shown=""):
    if not holds:
        raise AssertionError(f"{what}: {shown}")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, is_there, seconds=20):
    end = time.time() + seconds
    while not is_there():
        check(what, time.time() < end, "it did not come")
        time.sleep(0.02)


class Process:
    """Ends with us; but dnsmasq changes its user, and then only if we are not killed with -9."""

    def __init__(self, *command):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command])
        atexit.register(self.stop)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Nginx(Process):
    """Answers on 127.0.0.1 to 127.0.0.10 and on [::1] at `port`, and on all of 127/8 at `any_port`.

    /slow answers after 20 ms.
    """

    def __init__(self, folder):
        self.port, self.any_port = free_port(), free_port()
        self.log = os.path.join(folder, "access")
        self.seen = 0
        listen = "".join(f"listen 127.0.0.{i}:{self.port};" for i in range(1, 11))
        listen += "".join(f"listen [{address}]:{self.port};" for address in IPV6)
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as out:
            out.write(f"""
                daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
                events {{ worker_connections 4096; }}
                http {{
                    log_format all '$msec $server_addr $connection $remote_addr $status $host $uri';
                    access_log {self.log} all;
                    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
                    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
                    keepalive_requests 1000000;
                    server {{
                        {listen} listen {self.any_port};
                        location / {{ return 200 "here\\n"; }}
                    }}
                }}""")
        super().__init__("nginx", "-p", folder, "-e", f"{folder}/nginx.log", "-c", conf)
        wait_for("nginx", lambda: can_connect(self.port))

    def take(self):
        """What was served since the last call, oldest first."""
        time.sleep(0.1)
        with open(self.log) as log:
            log.seek(self.seen)
            lines = log.readlines()
            self.seen = log.tell()
        fields = "at address connection remote status host uri"
        Request = collections.namedtuple("Request", fields)
        found = [Request(*line.split()) for line in lines]
        return [r._replace(at=float(r.at)) for r in found if r.uri != "/up"]

    def connections_of(self, requests):
        """Connections by address."""
        return collections.Counter(a for a, _ in {(r.address, r.connection) for r in requests})

    def open_now(self):
        """Established connections by the server's IPv4 address, as the kernel has them."""
        count = collections.Counter()
        with open("/proc/net/tcp") as lines:
            for line in list(lines)[1:]:
                address, port = line.split()[1].split(":")
                if int(port, 16) == self.port and line.split()[3] == "01":
                    count[socket.inet_ntoa(struct.pack("<I", int(address, 16)))] += 1
        return count


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Dnsmasq(Process):
    """Names under "test", from a table that may be changed while it runs."""

    def __init__(self, folder, names):
        self.port = free_port()
        self.hosts = os.path.join(folder, "hosts")
        self.log = os.path.join(folder, "queries")
        open(self.log, "w").close()
        self.write(names)
        super().__init__(
            "dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "-H", self.hosts, "-p", str(self.port),
            "-a", "127.0.0.1", "-z", "-T", "0", "-S", "/test/", "-x", "", "-u", "root", "-q",
            f"--log-facility={self.log}")
        wait_for("dnsmasq", lambda: can_connect(self.port))

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


class Run:
    """loadgen attack, with its report as JSON."""

    running = set()

    def __init__(self, *flags, targets=None):
        command = ["setpriv", "--pdeathsig", "KILL", LOADGEN, "attack", "-encoding", "none", "-report", "json", *map(str, flags)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.process.stdin.write((targets or "").encode())
        self.process.stdin.close()
        self.process.stdin = None
        self.running.add(self)

    @classmethod
    def stop_all(cls):
        for run in cls.running:
            run.process.kill()
            run.process.communicate()
        cls.running.clear()

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def report(self):
        out, err = self.process.communicate(timeout=120)
        self.running.discard(self)
        check("loadgen", self.process.returncode == 0, err.decode())
        report = json.loads(out)
        kinds = report["requests"] == report["answered"] + report["failed"] + report["timed_out"]
        check("the account balances", kinds, out.decode())
        return report


def attack(*flags, targets=None):
    return Run(*flags, targets=targets).report()


def row(report, name):
    """The numbers of the target with this name."""
    return next(r for r in report["targets"] if r["name"] == name)
