"""What the scripts that speak to target-api over raw sockets share."""
import socket
import sys
import time

TIMEOUT_S = 15


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S)


def read_answer(stream):
    """Status, headers and body of the next answer; None when the connection is closed."""
    line = stream.readline()
    if not line:
        return None
    headers = {}
    while (header := stream.readline().decode().strip()) != "":
        name, value = header.split(":", 1)
        headers[name.lower()] = value.strip()
    return int(line.split()[1]), headers, stream.read(int(headers.get("content-length", 0)))


def ask(address, data):
    """The first answer to these bytes on a connection of their own."""
    with connect(address) as s:
        s.sendall(data)
        return read_answer(s.makefile("rb"))


def get(address, path):
    return ask(address, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())


def add_user(number, name="a"):
    body = f'{{"id":{number},"name":"{name}","age":"1"}}'
    return (f"POST /add_users/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def metric(admin, name):
    """The value of one series of /metrics, by the text before it; 0 when it is not there."""
    for line in get(admin, "/metrics")[2].decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rsplit(" ", 1)[1])
    return 0


def is_closed(s):
    """Waits for the end of the connection, whatever comes before it."""
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def wait_until(what, condition, limit_s=TIMEOUT_S):
    give_up = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > give_up:
            sys.exit(f"{what}: not within {limit_s} s")
        time.sleep(0.01)


def expect(what, value, expected):
    if value != expected:
        sys.exit(f"{what}: got {value!r}, expected {expected!r}")
