#!/usr/bin/env python3
"""Compares a freshly started target-api with the contract, case by case, over one kept connection.

    tests/contract/run.py http://127.0.0.1:5000 [CASES]

A body is compared byte for byte; of the headers only those that a case lists. The exit status is 0
only when a case ran, none failed, and the server never closed the connection.
"""
import json
import pathlib
import socket
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 10


class Connection:
    """One TCP connection that reads answers by their Content-Length and knows nothing else."""

    def __init__(self, host, port):
        self.host = host
        self.socket = socket.create_connection((host, port), TIMEOUT_S)
        self.input = self.socket.makefile("rb")

    def ask(self, request):
        body = request.get("body")
        headers = {"Host": self.host, **request.get("headers", {})}
        if body is not None:
            headers["Content-Length"] = len(body.encode())
        head = f"{request['method']} {request['path']} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"{head}\r\n{body or ''}".encode())
        return self.read_answer()

    def read_answer(self):
        line = self.input.readline().decode()
        if not line:
            raise ConnectionError("the server closed the connection")
        headers = {}
        while (header := self.input.readline().decode().strip()) != "":
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers, self.input.read(int(headers["content-length"]))


def differences(expected, status, headers, body):
    """What differs, a line each."""
    if status != expected["status"]:
        yield f"status {status}, expected {expected['status']}"
    for name, value in expected.get("headers", {}).items():
        if headers.get(name, "").lower() != value.lower():
            yield f"{name}: {headers.get(name)!r}, expected {value!r}"
    if "connection" in headers and headers["connection"].lower() == "close":
        yield "the connection is closed"
    if "body" in expected and body != expected["body"].encode():
        yield f"body {body.decode(errors='replace')}\n     expected {expected['body']}"
    if "detail" in expected:
        first = json.loads(body)["detail"][0]
        for field, value in expected["detail"].items():
            if first.get(field) != value:
                yield f"detail[0].{field} {first.get(field)!r}, expected {value!r}"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    url = urlsplit(sys.argv[1])
    beside = pathlib.Path(__file__).with_name("target-api.json")
    path = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else beside
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    passed = failed = 0
    connection = Connection(url.hostname, url.port)
    for case in cases:
        found = list(differences(case["response"], *connection.ask(case["request"])))
        passed += not found
        failed += bool(found)
        for line in found:
            print(f"FAIL {case['name']}: {line}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed > 0 and failed == 0 else 1)


if __name__ == "__main__":
    main()
