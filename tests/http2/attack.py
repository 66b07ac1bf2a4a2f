"""What the cases of run.py share: loadgen attack with what it used, and the two ways to HTTP/2."""

import base64
import json
import os
import subprocess
import tempfile
import threading
import time

from lab import CLEAN, DIES_WITH_US, LOADGEN, check, equal
from server import Server

SLOW = 8 if any(word in LOADGEN for word in ("asan", "tsan")) else 1  # sanitizers are
MEMORY = 60000 * (20 if "tsan" in LOADGEN else SLOW)  # kB; ThreadSanitizer alone has 500 MB
KINDS = "dns", "connect", "reset", "closed", "time-out", "tls", "protocol", "http"
MS = 1000000


class Way:
    """To HTTP/2: with prior knowledge or with TLS."""

    def __init__(self, certificate, is_tls):
        self.certificate, self.is_tls = certificate, is_tls
        self.name = "tls" if is_tls else "h2c"
        self.scheme = "https" if is_tls else "http"
        self.flags = ["-root-certs", certificate.root] if is_tls else ["-h2c"]

    def server(self, *arguments, **how):
        return Server(*arguments, tls=self.certificate.context("h2") if self.is_tls else None, **how)

    def url(self, server, path="/"):
        return f"{self.scheme}://localhost:{server.port}{path}"

    def targets(self, server, paths, method="GET"):
        return "".join(f"{method} {self.url(server, path)}\n" for path in paths)


class Attack:
    """Each target once, by so many workers of one thread: how many requests there are is certain.

    With a "-rate" they are started at that, with no targets the URL is among the flags. `servers` are
    finished when it is over. `cpu` is in seconds, `memory` in kB: what it alone used.
    """

    running = set()

    def __init__(self, servers, flags, targets, *more, workers=1, output=None, ending=10):
        command = [*DIES_WITH_US, LOADGEN, "attack", "-cpus", "1", "-report", "json",
                   *flags, *map(str, more)]
        command += [] if "-timeout" in more else ["-timeout", "5s"]
        command += ["-output", output] if output else ["-encoding", "none"]
        command += ["-lazy", "-max-workers", str(workers)] if targets else []
        command += [] if "-rate" in more else ["-rate", "0"]
        begun = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=CLEAN)
        self.cpu = self.memory = 0
        threading.Thread(target=self.watch, daemon=True).start()
        try:
            out, err = self.process.communicate(targets.encode("latin-1"), timeout=ending * min(SLOW, 3))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"it hangs: not over after {ending * min(SLOW, 3)} s") from None
        finally:
            self.seconds = time.monotonic() - begun
            for server in servers:
                server.finish()
        equal(f"loadgen's status; stderr: {err.decode()[-2000:]}", self.process.returncode, 0)
        self.report = json.loads(out)
        for server in servers:
            equal("what python3-h2 thinks of the client", server.violations, [])

    def watch(self):
        """getrusage's memory counts what this process had when it forked, and its CPU all children's."""
        place = f"/proc/{self.process.pid}/"
        while self.process.poll() is None:
            try:
                with open(place + "status") as status, open(place + "stat") as stat:
                    self.memory = max([self.memory] + [int(line.split()[1]) for line in status
                                                       if line.startswith("VmHWM")])
                    ticks = stat.read().rsplit(")", 1)[1].split()[11:13]  # as user, as system
            except OSError:
                return
            self.cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            time.sleep(0.05)

    def expect(self, requests, answered=None, kinds=None, codes=None, retried=0, redirected=0,
               bytes_in=None, bytes_out=0):
        """All counters; `kinds` are counts of errors by kind, `codes` what is not 200."""
        report, kinds = self.report, dict(kinds or {})
        timed_out = kinds.get("time-out", 0)
        failed = sum(kinds.values()) - timed_out - kinds.get("http", 0)
        answered = requests - failed - timed_out if answered is None else answered
        codes = {200: answered} if codes is None else codes
        codes = {str(k): v for k, v in {**codes, 0: failed + timed_out}.items() if v}
        found = {k: v["count"] for k, v in report["errors_by_kind"].items()}
        wanted = {kind: kinds.get(kind, 0) for kind in KINDS}
        shown = report["errors"][:3]
        check("errors by kind", found == wanted, f"got { {k: v for k, v in found.items() if v} }, wanted {kinds}; errors {shown}")
        for key, value in ("requests", requests), ("answered", answered), ("failed", failed), (
                "timed_out", timed_out), ("status_codes", codes), ("redirected", redirected):
            check(key, report[key] == value, f"got {report[key]}, wanted {value}; errors {shown}")
        if retried is not None:
            equal("retried", report["retried"], retried)
        equal("bytes out", report["bytes_out"]["total"], bytes_out)
        if bytes_in is not None:
            equal("bytes in", report["bytes_in"]["total"], bytes_in)
        return self

    def error(self, kind, *parts, starts=""):
        """The one text of that kind, behind the method and the URL, starts so and has these parts."""
        example = self.report["errors_by_kind"][kind]["example"] or ""
        text = example.split('": ', 1)[-1]
        check(f"the text of a {kind}", text.startswith(starts), text)
        for part in parts:
            check(f"the text of a {kind} has \"{part}\"", part in text, text)
        return self

    def is_cheap(self, seconds=0.3):
        """No busy loop."""
        check("CPU seconds", self.cpu < seconds * SLOW, self.cpu)
        return self


def results_of(path):
    """The results that `loadgen attack -output` kept, as encode writes them: bodies as bytes."""
    out = subprocess.run([LOADGEN, "encode", "-to", "json", path], check=True, capture_output=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    for line in lines:
        line["body"] = base64.b64decode(line["body"] or "")
    return lines


def scratch():
    return tempfile.TemporaryDirectory(prefix="http2.")
