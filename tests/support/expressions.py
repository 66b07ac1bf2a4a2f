#!/usr/bin/env python3
"""Evaluates Python expressions for tests/e2e/lib.sh: to start an interpreter for each takes a busy machine
longer than most of what is asked.

    expressions.py QUESTION ANSWER

A question is written to the FIFO QUESTION, in one go: KIND, FILE and more, each ended by NUL. The answer comes
through the FIFO ANSWER: a line with the status, 0 or 1, and what is printed; why it is 1 goes to stderr. Ends with
the process that started it. Kinds, and the names in EXPRESSION:

    json FILE EXPRESSION          r, the JSON in FILE
    page FILE EXPRESSION          r, the answer of /page/state; points, the seconds of its history, by column;
                                  second, the last whole one, or None
    arrived FILE SEEN EXPRESSION  l, the requests in the log of tests/contract/locust/target.py after the first
                                  SEEN; sent(r, NAME), the values of a header that is logged as a list; Counter
    events FILE EXPRESSION        what event_stream.py says of a stream of events
"""
import json
import os
import sys
import threading
import time
from collections import Counter

from event_stream import names as of_events


def read(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def of_json(file):
    return {"r": read(file)}


def of_page(file):
    state = read(file)
    points = [dict(zip(state["history"]["columns"], point)) for point in state["history"]["points"]]
    whole = points if state["state"] == "stopped" else points[:-1]
    return {"r": state, "points": points, "second": whole[-1] if len(points) > 1 else None}


def of_arrived(file, seen):
    with open(file, encoding="utf-8") as log:
        requests = [json.loads(line) for line in log]
    return {"l": requests[int(seen):], "sent": lambda r, name: r["headers"].get(name, []), "Counter": Counter}


KINDS = {"json": of_json, "page": of_page, "arrived": of_arrived, "events": of_events}


def evaluate(question):
    kind, *words, expression = question.decode().split("\0")[:-1]
    return eval(expression, {"json": json, **KINDS[kind](*words)})


def end_with_parent():
    """Not by a signal: one that interrupts the opening of a FIFO loses what the other side writes meanwhile."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main():
    question_path, answer_path = sys.argv[1:]
    said = None
    threading.Thread(target=end_with_parent, daemon=True).start()
    while True:
        with open(question_path, "rb") as fifo:
            question = fifo.read()
        try:
            answer = f"0\n{evaluate(question)}\n"
        except Exception as error:
            why = " ".join(question.decode().split("\0")) + f": {error!r}"
            if why != said:  # whoever waits asks again and again
                print(why, file=sys.stderr, flush=True)
            answer, said = "1\n", why
        with open(answer_path, "w", encoding="utf-8") as fifo:
            fifo.write(answer)


main()
