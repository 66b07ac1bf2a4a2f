#!/usr/bin/python3
"""Servers on loopback, and a name server, that write down who connects to them.

usage: places.py FOLDER

FOLDER/ports has their ports as variables of a shell: GOOD and BAD at 127.0.0.1, PROXY, DNS. At the
port GOOD of 127.0.0.2 is another server, and FOLDER/socket is a Unix socket. FOLDER/seen gets a line
for each connection: the place (good, bad, second, proxy or socket); FOLDER/asked one for each name
that is looked up. /to?URL redirects to URL.
"""
import http.server
import os
import socket
import socketserver
import struct
import sys
import threading

FOLDER = sys.argv[1]
NAMES = {
    "good.test": ["127.0.0.1"],
    "second.test": ["127.0.0.2"],
    "mixed.test": ["127.0.0.1", "127.0.0.2"],
    "turns.test": ["127.0.0.1"],  # every other answer
}
A = b"\0\1"


def log(name):
    return open(os.path.join(FOLDER, name), "a", buffering=1)


SEEN, ASKED = log("seen"), log("asked")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        print(self.server.place, file=SEEN)

    def do_GET(self):
        path, _, to = self.path.partition("?")
        redirects = path.endswith("/to")
        self.send_response(302 if redirects else 200)
        if redirects:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def serve(place, kind, address):
    server = kind(address, Handler)
    server.place = place
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address


def serve_http(place, host="127.0.0.1", port=0):
    return serve(place, http.server.ThreadingHTTPServer, (host, port))[1]


def answer(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += query[at] + 1
    name, kind = ".".join(labels), query[at + 1:at + 3]
    addresses = NAMES.get(name, []) if kind == A else []
    if kind == A:
        print(name, file=ASKED)
        if name == "turns.test":
            NAMES[name] = [f"127.0.0.{3 - int(addresses[0][-1])}"]
    head = query[:2] + struct.pack(">HHHHH", 0x8180 if name in NAMES else 0x8183, 1, len(addresses), 0, 0)
    return head + query[12:at + 5] + b"".join(
        b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(address) for address in addresses)


def main():
    good = serve_http("good")
    serve_http("second", "127.0.0.2", good)
    ports = {"GOOD": good, "BAD": serve_http("bad"), "PROXY": serve_http("proxy")}
    serve("socket", UnixServer, os.path.join(FOLDER, "socket"))
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    ports["DNS"] = names.getsockname()[1]
    with open(os.path.join(FOLDER, "ports.new"), "w") as out:
        out.writelines(f"{name}={port}\n" for name, port in ports.items())
    os.rename(os.path.join(FOLDER, "ports.new"), os.path.join(FOLDER, "ports"))
    while True:
        query, client = names.recvfrom(4096)
        names.sendto(answer(query), client)


main()
