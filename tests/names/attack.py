"""loadgen attack as tests/names runs it, and the nginx that it asks."""

import collections
import json
import os
import socket
import struct
import subprocess
import threading
import time

import lab
from lab import CLEAN, DIES_WITH_US, IPV6, LOADGEN, check


class Nginx(lab.Nginx):
    """Answers on 127.0.0.1 to 127.0.0.10 and on [::1] at `port`, and on all of 127/8 at `any_port`.

    At `h2_port` 127.0.0.1 to 127.0.0.3 speak HTTP/2, without TLS.
    """

    def __init__(self, folder):
        self.log = os.path.join(folder, "access")
        self.seen = 0
        addresses = [f"127.0.0.{i}" for i in range(1, 11)] + [f"[{address}]" for address in IPV6]
        listen = "".join(f"listen {address}:@port@; " for address in addresses)
        listen_h2 = "".join(f"listen 127.0.0.{i}:@h2_port@ http2; " for i in range(1, 4))
        super().__init__(folder, f"""
            log_format all '$msec $server_addr $connection $remote_addr $status $host $uri';
            access_log {self.log} all;
            keepalive_requests 1000000;
            server {{
                {listen} listen @any_port@;
                location / {{ return 200 "here\\n"; }}
            }}
            server {{
                {listen_h2}
                location / {{ return 200 "here\\n"; }}
            }}""")
        self.port, self.any_port, self.h2_port = (self.ports[p] for p in ("port", "any_port", "h2_port"))

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
        return [r._replace(at=float(r.at)) for r in found]

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


# behind.proxy: the host and port of a run's URL, which comes last, are those of a proxy to something else.
behind = threading.local()


class Run:
    """loadgen attack, with its report as JSON."""

    running = set()

    def __init__(self, *flags, targets=None, proxy=None):
        if getattr(behind, "proxy", False):
            *flags, url = flags
            flags, proxy = [*flags, "http://api.test/"], url.rstrip("/")
        command = [*DIES_WITH_US, LOADGEN, "attack", "-encoding", "none", "-report", "json", *map(str, flags)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**CLEAN, "HTTP_PROXY": proxy} if proxy else CLEAN)
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
