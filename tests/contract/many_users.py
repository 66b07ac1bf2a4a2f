#!/usr/bin/env python3
"""Fills target-api up to its limits with users of many sizes, and reads the documents.

    tests/contract/many_users.py TARGET_API [SIZE...]      (the program; bytes of a name)

Most users come from an SQLite file, because each answer to a POST is the whole document; the last ones
before a limit are posted. Those with the longest names are also posted one by one to a server that has no
file (-store memory), by clients that go away when the answer begins. At each level 1 and CLIENTS clients read the document, with small request heads and
with the largest ones, and one reads while users are replaced and another client holds an old document.
"""
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading

from wire import ask, connect, expect, get, metric

SIZES = [1, 4, 60, 400, 1000, 30000]
USERS_MAX, BYTES_MAX = 200_000, 32 << 20  # target-api's defaults
BLOCK = 8192  # bytes of a block of the document, for each attribute (target-api/users/document.c)
BLOCKS = 369  # a list of so many, 740 parts, filled a connection's memory; a longer one ended the process
LEFT = 10  # users that are posted before a limit
CLIENTS = 16 if os.environ.get("SANITIZER") else 64  # each reads up to 32 MB, which is slow under a sanitizer
HEADS = [0, 7800]  # bytes of a header beside the others; 8,192 are allowed in all


def name_of(size, number):
    return (f"{number:x}" * size)[:size]


def bytes_of(size, number):
    return len(f"\"{number}\":\"\"\"30\"") + size


def users_at(level, size):
    """How many users reach this part of the limit that comes first."""
    count = total = 0
    while count < USERS_MAX * level and total + bytes_of(size, count) <= BYTES_MAX * level:
        total += bytes_of(size, count)
        count += 1
    return count


def users_in_blocks(size):
    """How many users are in the first BLOCKS blocks of the document: the next one begins another."""
    blocks = room = count = 0
    while True:
        entry = len(f",\"{count}\":\"\"") + size
        if entry > room:
            if blocks == BLOCKS:
                return count
            blocks, room = blocks + 1, max(BLOCK, entry)
        room -= entry
        count += 1


def fill(path, size, count):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,"
                         " name TEXT NOT NULL, age TEXT NOT NULL)")
        database.executemany("INSERT INTO users VALUES (?, ?, ?, ?)",
                             ((i, i, name_of(size, i), "30") for i in range(count)))
    database.close()


def document(size, count, last=None):
    names = {str(i): name_of(size, i) for i in range(count)}
    if last:
        names[str(count - 1)] = last
    text = json.dumps({"name": names, "age": dict.fromkeys(names, "30")}, separators=(",", ":"))
    return text.encode()


def request(head, path="/metadata"):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\nX: {'x' * head}\r\n\r\n".encode()


def post(number, name, head=0):
    body = json.dumps({"id": number, "name": name, "age": "30"})
    return (f"POST /add_users/ HTTP/1.1\r\nHost: a\r\nX: {'x' * head}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def read_document(s, expected):
    """Compares an answer with a document as it comes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += s.recv(1 << 16)
    head, _, piece = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200") or b"Content-Length: %d" % len(expected) not in head:
        raise OSError(f"answered {head!r}")
    at = 0
    while at < len(expected):
        if not piece and not (piece := s.recv(1 << 20)):
            raise OSError(f"the connection ended at byte {at}")
        if not expected.startswith(piece, at):
            raise OSError(f"another document from byte {at} on")
        at += len(piece)
        piece = b""


def read_many(api, clients, expected):
    """A client alone reads with each size of head, one of many with its own."""
    wrong = []

    def read(heads):
        try:
            with connect(api) as s:
                for head in heads:
                    s.sendall(request(head))
                    read_document(s, expected)
        except OSError as error:
            wrong.append(str(error))
    threads = [threading.Thread(target=read, args=(HEADS if clients == 1 else [HEADS[i % 2]],))
               for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(f"{len(wrong)} of {clients} clients did not get the document: {wrong[0]}")


def post_from_empty(api, size, count):
    for number in range(count):
        with connect(api) as s:
            s.sendall(post(number, name_of(size, number)))
            expect(f"user {number}", s.recv(12), b"HTTP/1.1 200")


def at_level(api, admin, size, count, is_full):
    """`count` users are there, and LEFT fit when it is full."""
    for head in HEADS:
        status, _, body = ask(api, post(count, name_of(size, count), head))
        expect("a user", status, 200)
        expect("all in the answer", body == ask(api, request(head))[2], True)
        count += 1
    if is_full:
        while (answer := ask(api, post(count, name_of(size, count))))[0] == 200:
            count += 1
        expect(f"the user after {count}", answer[0], 507)
        expect("the next one", ask(api, post(count, name_of(size, count)))[0], 507)
    whole = document(size, count)
    expect("users held", metric(admin, "users_held"), count)
    read_many(api, 1, whole)
    # A client that reads slowly holds this version, while the last user is replaced twice.
    with connect(api) as slow:
        slow.sendall(request(0))
        slow.recv(1)
        other = name_of(size, count)[::-1]
        replaced = document(size, count, other)
        expect("a replaced user", ask(api, post(count - 1, other))[2] == replaced, True)
        read_many(api, 1, replaced)
        expect("the user again", ask(api, post(count - 1, name_of(size, count - 1)))[2] == whole, True)
    read_many(api, CLIENTS, whole)
    expect("the first user", get(api, "/users_name/0")[2], json.dumps(name_of(size, 0)).encode())
    return whole


def run(program, size, count, is_full, has_file=True):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/users.db"
        if has_file:
            fill(path, size, count)
        store = f"sqlite:{path}" if has_file else "memory"
        server = subprocess.Popen([program, "-port", "0", "-admin-port", "0", "-store", store],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            line = server.stdout.readline()
            api, admin = re.match(r"target-api: ready on (\S+), admin (\S+)$", line).groups()
            if not has_file:
                post_from_empty(api, size, count)
            at_level(api, admin, size, count, is_full)
            server.send_signal(signal.SIGTERM)
            expect("exit status", server.wait(30), 0)
        except BaseException:
            print(f"names of {size} bytes, {count} users; exit status {server.poll()}", file=sys.stderr)
            raise
        finally:
            server.kill()
            if server.wait() != 0:
                print(server.stderr.read(), file=sys.stderr)


def main():
    program = os.path.abspath(sys.argv[1])
    sizes = [int(a) for a in sys.argv[2:]] or SIZES
    for size in sizes:
        full = users_at(1, size) - LEFT
        counts = {users_at(0.11, size), full}
        if (longest_list := users_in_blocks(size)) < full:
            counts.add(longest_list - 1)  # one more fits, and the next one begins another block
        for count in sorted(counts):
            run(program, size, count, count == full)
    run(program, max(sizes), users_at(1, max(sizes)) - LEFT, is_full=True, has_file=False)


if __name__ == "__main__":
    main()
