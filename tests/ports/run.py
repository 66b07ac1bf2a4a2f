"""-keepalive=false where local ports are few, in a network namespace of its own.

    unshare -n env BIN=build/release/bin python3 tests/ports/run.py [CASE...]

TIME_WAIT keeps a port of the side that closes first for a minute. On loopback the kernel hides that
(net.ipv4.tcp_tw_reuse is 2), so here it is off, and there are only a few ports.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from lab import CLEAN, LOADGEN, Certificate, Nginx, check  # noqa: E402

PORTS = 300
FIRST = 20000
RATE, SECONDS = 150, 3  # one and a half times as many connections as there are ports
SERVER, TLS, PROXY, LAZY = 1080, 1443, 1082, 1083


def set_up():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, value in (("tcp_tw_reuse", "0"),
                        ("ip_local_port_range", f"{FIRST} {FIRST + PORTS - 1}")):
        with open(f"/proc/sys/net/ipv4/{name}", "w") as out:
            out.write(value)


def waiting():
    """Local ports of the sockets in TIME_WAIT."""
    with open("/proc/net/tcp") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if row[3] == "06"]


def ours():
    return sum(FIRST <= port < FIRST + PORTS for port in waiting())


def serve(port, lazy=False):
    """Answers each connection once, and any host, as a proxy would. Lazy: the client has to close."""
    def one(sock):
        got = b""
        while not got.endswith(b"\r\n\r\n"):
            more = sock.recv(65536)
            if not more:
                sock.close()
                return
            got += more
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        while lazy and sock.recv(65536):
            pass
        sock.close()

    def accept():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    threading.Thread(target=accept, daemon=True).start()


def serve_nginx(folder):
    certificate = Certificate(folder)
    return Nginx(folder, f"""
        server {{
            listen 127.0.0.1:{SERVER}; listen 127.0.0.1:{TLS} ssl http2;
            ssl_certificate {certificate.root}; ssl_certificate_key {certificate.key};
            location / {{ return 200 "ok"; }}
        }}""")


def attack(*flags, url, **environment):
    run = subprocess.run([LOADGEN, "attack", "-keepalive=false", "-rate", str(RATE), "-duration",
                          f"{SECONDS}s", "-timeout", "5s", "-insecure", "-report", "json", *flags,
                          url], capture_output=True, text=True, env=CLEAN | environment)
    check("exit status", run.returncode == 0, run.stderr)
    return json.loads(run.stdout)


def expect_servers_ports(report):
    """All are answered: the ports in TIME_WAIT are the server's."""
    check("all are answered", report["answered"] == report["requests"] > PORTS, report["errors"])
    check("few ports of ours wait", ours() < PORTS // 10, ours())
    least = report["latencies"]["min"]
    check("the close is no part of the latency", least < 300e6, least)


def a_server_is_left_to_close():
    expect_servers_ports(attack(url=f"http://127.0.0.1:{SERVER}/"))


def with_tls_too():
    expect_servers_ports(attack("-http2=false", url=f"https://127.0.0.1:{TLS}/"))


def with_http2_too():
    expect_servers_ports(attack(url=f"https://127.0.0.1:{TLS}/"))


def through_a_proxy_too():
    expect_servers_ports(attack(url="http://somewhere.test/",
                                HTTP_PROXY=f"http://127.0.0.1:{PROXY}"))


def caps_do_not_count_connections_that_are_closing():
    """With the close they would be 100 a second on 20 connections of a second each."""
    report = attack("-max-connections", "20", "-rate", "100", "-duration", "1s",
                    url=f"http://127.0.0.1:{LAZY}/")
    check("all are started", report["not_started"] == 0, report["not_started"])


def a_shortage_is_called_by_its_name():
    """A server that leaves the close to us uses up our ports."""
    report = attack(url=f"http://127.0.0.1:{LAZY}/")
    check("ports were short", 0 < report["answered"] < report["requests"], report["answered"])
    for what, remedy in ("errors", "keep connections alive"), ("remarks", "-keepalive"):
        text = "\n".join(report[what])
        for word in "net.ipv4.ip_local_port_range", "tcp_tw_reuse", remedy:
            check(what, word in text, text)
    check("advice", "more CPU" not in report["generator"]["why"], report["generator"]["why"])


CASES = [a_server_is_left_to_close, with_tls_too, with_http2_too, through_a_proxy_too,
         caps_do_not_count_connections_that_are_closing, a_shortage_is_called_by_its_name]


def main():
    set_up()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        nginx = serve_nginx(folder)
        serve(PROXY)
        serve(LAZY, lazy=True)
        for case in CASES:
            if len(sys.argv) > 1 and case.__name__ not in sys.argv[1:]:
                continue
            start = time.time()
            try:
                case()
                print(f"ok      {case.__name__} ({time.time() - start:.1f} s)")
            except AssertionError as problem:
                failed += 1
                print(f"FAILED  {case.__name__}: {problem}")
        nginx.stop()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
