"""Redirects and host names in every engine, beside curl: what the same server gets from both.

    BIN=build/release/bin /usr/bin/python3 tests/redirects/run.py

Engines: our own for HTTP/1.1 and HTTP/2, and libcurl's through a proxy. The server redirects what is
asked for with `?start`, and the request that follows is compared with the one that `curl -L` sends.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path += [os.path.join(TESTS, "support"), os.path.join(TESTS, "http2")]
from lab import CLEAN, LOADGEN, Certificate, check, equal  # noqa: E402
from server import Server  # noqa: E402

SECRETS = ["Authorization: t", "Cookie: c=1"]

# (status, Location, headers, body's length); {here} is where the request went, {other} another host.
# {dotted} is the same name with a final dot, which to curl is another host.
AS_CURL = [(302, location, SECRETS, 0) for location in (
    "/x", "x", "./x", "../x", "../../../x", ".", "..", "x/./y/../z", "/x//../y", "/x/..", "/%2e%2e/x",
    "?q=../x", "x?q/../y", "/x#f", "/my file", "/a b?c d", "  /x  ", "/\u00e4?\u00e4", "/{a}|^`\"<>\\",
    "a?b:c", "./a:b", "http://{here}/x", "http://{here}", "http://{here}?q", "http://{HERE}/x/../y", "//{here}/x",
    "///{here}/x", "http:/{here}/x", "http:///{here}/x", "http://u:p@{here}/x", "http://{other}/x",
    "//{other}/x", "http://u:p@{other}/x", "/" + 8192 * "y", "/" + 30000 * "y")]
AS_CURL += [(302, f"http://{user}@{{here}}/x", [], 0) for user in ("u:p", "u", "u:", ":p", "u:p%40%zz")]
AS_CURL += [(302, "http://u:p@{other}/x", [], 0), (302, "http://{dotted}/x", SECRETS, 0)]
AS_CURL += [(status, to, SECRETS, length) for status in (301, 302, 303, 307, 308) for length in (1, 200000)
            for to in ("x", "http://{other}/x")]
# curl follows all of 3xx that has a Location; Go's client, and so vegeta, these five.
ANSWERS = [(status, None) for status in (301, 302, 303, 307, 308)]
ANSWERS += [(302, ""), (302, "  "), (300, "/x"), (305, "/x"), (306, "/x")]
REFUSED = {
    "ftp://{here}/x": "only http and https are followed",
    "foo:bar": "only http and https are followed",
    "http:x": "is not an http URL",
    "http://{here}9999/": "has an invalid port",
    "http://[::1/": "invalid IPv6",
    "http://a b/": "an invalid character in its host",
    "/" + 40000 * "y": "longer than the limit of 32768 bytes",
    "/" + 11000 * "\u00e4": "request line and headers exceed the limit of 65536 bytes",
}


def attack(targets, flags, environment=(), servers=()):
    """Each target once, one after the other. The report, and the targets' results in their order."""
    with tempfile.NamedTemporaryFile() as results:
        command = [LOADGEN, "attack", "-cpus", "1", "-lazy", "-rate", "0", "-max-workers", "1", "-timeout", "20s",
                   "-output", results.name, *flags]
        done = subprocess.run(command, input=targets.encode(), capture_output=True, timeout=120,
                              env={**CLEAN, **dict(environment)})
        equal(f"loadgen's status; stderr: {done.stderr.decode()[-2000:]}", done.returncode, 0)
        for server in servers:
            server.finish()
            equal("what python3-h2 thinks of the client", server.violations, [])
        out = subprocess.run([LOADGEN, "encode", "-to", "json", results.name], check=True, capture_output=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def start_of(stream):
    """The number of the case, when it is the request that is redirected."""
    match = re.search(r"/a/b/(\d+)\?start$", stream.path)
    return int(match[1]) if match else None


class Way:
    """One engine and the server that it asks, which has two names."""

    def __init__(self, name, folder, cases):
        self.name, self.folder, self.cases = name, folder, cases
        self.flags, self.environment = [], {}
        self.server = Server(self.answer2, answer1=self.answer1, speaks="h2" if name == "h2" else "http/1.1")
        port = self.server.port
        self.here, self.dotted, self.other = f"localhost:{port}", f"localhost.:{port}", f"127.0.0.1:{port}"
        if name == "h2":
            self.flags = ["-h2c"]
        if name == "libcurl":
            self.environment = {"HTTP_PROXY": f"http://127.0.0.1:{port}"}
            self.here, self.dotted, self.other = "here.test:81", "here.test.:81", "other.test:81"

    def answer1(self, stream):
        number = start_of(stream)
        if number is None:
            return 200, [], b"here\n"
        status, to = self.cases[number][:2]
        if to is None:
            return status, [], b"here\n"
        to = to.replace("{here}", self.here).replace("{HERE}", self.here.upper()).replace("{other}", self.other)
        to = to.replace("{dotted}", self.dotted)
        return status, [("Location", to)], b"here\n"

    def answer2(self, connection, stream):
        status, headers, body = self.answer1(stream)
        headers = [(name.lower(), value.strip()) for name, value in headers]
        connection.answer(stream, status, headers, body)

    def url(self, number):
        return f"http://{self.here}/a/b/{number}?start"

    def body_of(self, length):
        path = os.path.join(self.folder, f"body-{length}")
        with open(path, "w", encoding="ascii") as out:
            out.write(("0123456789" * (length // 10 + 1))[:length])
        return path

    def attack(self, *more):
        targets = ""
        for number, (_, _, headers, length) in enumerate(self.cases):
            lines = [("POST " if length else "GET ") + self.url(number), *headers]
            lines += ["Content-Type: text/plain", "@" + self.body_of(length)] if length else []
            targets += "\n".join(lines) + "\n\n"
        return attack(targets, [*self.flags, *more], self.environment, [self.server])

    def curl(self):
        for number, (_, _, headers, length) in enumerate(self.cases):
            command = ["curl", "-sS", "-L", "-o", "/dev/null", "--resolve",
                       self.dotted + ":127.0.0.1", self.url(number)]
            for header in headers:
                command += ["-H", header]
            if length:
                command += ["-H", "Content-Type: text/plain", "-H", "Expect:", "--data-binary",
                            "@" + self.body_of(length)]
            subprocess.run(command, check=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, timeout=20)
        self.server.finish()

    def followed(self):
        """By number of the case: what came behind the request that was redirected, and what matters of it."""
        found, number = {}, None
        for stream in self.server.streams:
            if start_of(stream) is not None:
                number = start_of(stream)
                continue
            path = re.sub("^http://[^/]*", "", stream.path)  # as a proxy is asked
            path = re.sub("%..", lambda code: code[0].upper(), path)
            host = (stream.header("host") or stream.header(":authority")).lower()
            host = host.replace(self.here, "here").replace(self.dotted, "dotted").replace(self.other, "other")
            found[number] = (stream.header(":method"), path, host, stream.header("authorization"),
                             stream.header("cookie"), bytes(stream.body) and stream.header("content-type"), bytes(stream.body))
        return found


def shown(request):
    return request and (*request[:-1], len(request[-1]))


def follows_as_curl_does(name, folder):
    oracle = Way("h1", folder, AS_CURL)
    oracle.curl()
    for more in [], ["-chunked"]:
        way = Way(name, folder, AS_CURL)
        results = way.attack(*more)
        wanted, found = oracle.followed(), way.followed()
        for number, case in enumerate(AS_CURL):
            what = f"{case[0]} {case[1][:80]!r}, {case[3]} bytes"
            check(what, found.get(number) == wanted.get(number),
                  f"got {shown(found.get(number))}, curl sends {shown(wanted.get(number))}")
            equal(f"code of {what}", (results[number]["code"], results[number]["error"]), (200, ""))


def a_fragment_alone_is_the_same_target(name, folder):
    way = Way(name, folder, [(302, "#f", SECRETS, 0)])
    result = way.attack("-redirects", "1")[0]
    check("error", result["error"].endswith(": stopped after 1 redirects"), result["error"])
    equal("targets", {stream.path.removeprefix("http://here.test:81") for stream in way.server.streams},
          {"/a/b/0?start"})


def without_a_location_it_is_the_answer(name, folder):
    way = Way(name, folder, [(status, to, [], 0) for status, to in ANSWERS])
    results = way.attack()
    equal("codes", [result["code"] for result in results], [status for status, _ in ANSWERS])
    equal("errors", {result["error"] for result in results}, {""})


def what_is_not_followed_says_why(name, folder):
    way = Way(name, folder, [(302, to, [], 0) for to in REFUSED])
    for result, (to, why) in zip(way.attack(), REFUSED.items()):
        equal(f"code of {to[:40]}", result["code"], 0)
        check(f"{to[:40]} has \"{why}\"", why in result["error"], result["error"])


# Names.


class Tls:
    """A server of https that tells what it was asked for in SNI, and a proxy that leads all to it."""

    def __init__(self, folder, is_h2):
        self.names = []
        certificate = Certificate(folder, "DNS:svc.example,DNS:xn--bcher-kva.example,IP:::1")
        self.root = certificate.root
        context = certificate.context("h2" if is_h2 else "http/1.1")
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.server = Server(tls=context)
        self.proxy = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.lead, daemon=True).start()

    def lead(self):
        while True:
            client = self.proxy.accept()[0]
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(4096)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server = socket.create_connection(("127.0.0.1", self.server.port))
            for a, b in (client, server), (server, client):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    @staticmethod
    def copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def certificates_know_no_dot(name, folder):
    """Neither a final dot, nor letters outside ASCII, nor a zone."""
    for host, sni, sent in (("svc.example", "svc.example", "svc.example"), ("svc.example.", "svc.example", "svc.example."),
                            ("b\u00fccher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
                            ("b%C3%BCcher.example.", "xn--bcher-kva.example", "xn--bcher-kva.example."),
                            ("[::1%25lo]", None, "[::1]")):
        it = Tls(folder, name == "h2")
        flags, environment = ["-root-certs", it.root], {}
        if name == "libcurl":
            environment = {"HTTPS_PROXY": f"http://127.0.0.1:{it.proxy.getsockname()[1]}"}
            if host[0] == "[":
                continue  # loopback never goes through a proxy
        else:
            flags += ["-connect-to", f"{host}:{it.server.port}:127.0.0.1:{it.server.port}"]
        result = attack(f"GET https://{host}:{it.server.port}/x\n", flags, environment, [it.server])[0]
        equal(f"result of {host}", (result["code"], result["error"]), (200, ""))
        equal(f"SNI of {host}", it.names, [sni])
        stream = it.server.streams[0]
        equal(f"Host of {host}", stream.header("host") or stream.header(":authority"), f"{sent}:{it.server.port}")


def zones_connect(name, folder):
    """The interface of a zone is this machine's matter."""
    if name == "libcurl":
        way = Way(name, folder, [(200, None, [], 0)])
        way.here = "[fe80::1%25lo]:81"
        way.attack()
        stream = way.server.streams[0]
        equal("what a proxy is asked", (stream.path, stream.header("host")),
              ("http://[fe80::1]:81/a/b/0?start", "[fe80::1]:81"))
        return
    flags = ["-h2c"] if name == "h2" else []
    for zone in "%25lo", "%lo", "%251":
        server = Server(speaks="h2" if name == "h2" else "http/1.1", at=("::1", 0))
        result = attack(f"GET http://[::1{zone}]:{server.port}/x\n", flags, servers=[server])[0]
        equal(f"result of {zone}", (result["code"], result["error"]), (200, ""))
        stream = server.streams[0]
        equal(f"Host of {zone}", stream.header("host") or stream.header(":authority"), f"[::1]:{server.port}")
    result = attack("GET http://[fe80::1%25nowhere]:81/x\n", flags)[0]
    check("no such zone", result["error"].endswith(": lookup fe80::1%nowhere: no such network interface"),
          result["error"])


def a_host_header_becomes_punycode(name, folder):
    way = Way(name, folder, [(200, None, ["Host: b\u00fccher.example:81"], 0)])
    way.attack()
    stream = way.server.streams[0]
    equal("Host", stream.header("host") or stream.header(":authority"), "xn--bcher-kva.example:81")


def a_final_dot_spares_search_domains(name, folder):
    """And /etc/hosts is looked at all the same."""
    asked = set()
    dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dns.bind(("127.0.0.1", 0))

    def answer():
        while True:
            query, client = dns.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += query[at] + 1
            asked.add(".".join(labels))
            dns.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:at + 5], client)

    threading.Thread(target=answer, daemon=True).start()
    flags = ["-resolvers", f"127.0.0.1:{dns.getsockname()[1]}"] + (["-h2c"] if name == "h2" else [])
    environment = {"LOCALDOMAIN": "search.test", "RES_OPTIONS": "ndots:5"}
    for host, names in ("svc.example", {"svc.example", "svc.example.search.test"}), ("svc.example.", {"svc.example"}):
        asked.clear()
        attack(f"GET http://{host}:81/\n", flags, environment)
        equal(f"what was asked for {host}", asked, names)
    server = Server(speaks="h2" if name == "h2" else "http/1.1")
    asked.clear()
    result = attack(f"GET http://localhost.:{server.port}/\n", flags, environment, [server])[0]
    equal("localhost.", (result["code"], result["error"], asked), (200, "", set()))


CASES = (follows_as_curl_does, a_fragment_alone_is_the_same_target, without_a_location_it_is_the_answer,
         what_is_not_followed_says_why, certificates_know_no_dot, zones_connect, a_host_header_becomes_punycode,
         a_final_dot_spares_search_domains)


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="redirects.") as folder:
        for case in CASES:
            for name in "h1", "h2", "libcurl":
                problem = ""
                try:
                    case(name, folder)
                except AssertionError as error:
                    problem = f": {error}"
                    failed += 1
                print(f"{'FAILED' if problem else 'ok    '}  {case.__name__}/{name}{problem}", flush=True)
    sys.exit(1 if failed else 0)


main()
