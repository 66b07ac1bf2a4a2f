#!/usr/bin/env python3
"""Writes users to target-api from several connections until it is killed, and checks afterwards
that all are there whose answer came.

    tests/contract/kill.py write API PID SECONDS FILE     kills the process after so many seconds
    tests/contract/kill.py check API FILE

FILE gets a line for each answer: id and name. A user is written again and again, each time under a
new name: after the death the last name that was answered counts, or the one that was on its way.
"""
import json
import os
import signal
import sys
import threading
import time

from wire import add_user, connect, expect, get, read_answer

WRITERS = 4
IDS_EACH = 50


def write(api, writer, answered, failed):
    try:
        s = connect(api)
        stream = s.makefile("rb")
        n = 0
        while True:
            number, name = 1000 * (writer + 1) + n % IDS_EACH, f"{os.getpid()}-{writer}-{n}"
            s.sendall(add_user(number, name))
            answered.append([number, name, False])
            answer = read_answer(stream)
            if answer is None:
                return
            if answer[0] != 200 or f'"{number}":"{name}"'.encode() not in answer[2]:
                failed.append(f"{number} {name}: {answer[0]}")
                return
            answered[-1][2] = True
            n += 1
    except (OSError, ValueError, IndexError):
        return  # it was killed while we wrote or read


def write_until_killed(api, pid, seconds, path):
    answered, failed = [[] for _ in range(WRITERS)], []
    threads = [threading.Thread(target=write, args=(api, i, answered[i], failed)) for i in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(failed[0])
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answered, file)
    count = sum(ok for rows in answered for *_, ok in rows)
    print(f"{count} answers before the death")
    expect("answers, enough to say something", count >= 4 * WRITERS, True)


def check(api, path):
    with open(path, encoding="utf-8") as file:
        answered = json.load(file)
    held = json.loads(get(api, "/metadata")[2])
    expect("attributes", list(held), ["name", "age"])
    expect("users of both", list(held["name"]), list(held["age"]))
    for rows in answered:
        allowed = {}
        for number, name, ok in rows:
            allowed[number] = {name} if ok else allowed.get(number, {None}) | {name}
        for number, names in allowed.items():
            if held["name"].get(str(number)) not in names:
                sys.exit(f"user {number} is {held['name'].get(str(number))}, expected {names}")
    expect("a sample user", held["name"]["1"], "user2")


def main():
    if sys.argv[1] == "write":
        write_until_killed(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
    else:
        check(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    main()
