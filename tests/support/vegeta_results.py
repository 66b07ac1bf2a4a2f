#!/usr/bin/env python3
"""Reads results as vegeta's own readers do, with their rules for each field.

    vegeta_results.py RESULTS.json RESULTS.csv

Fails on whatever they would not take, when a line is not as vegeta writes it, or when the two files
do not say the same.
"""

import base64
import csv
import datetime
import json
import re
import sys

KEYS = ["attack", "seq", "code", "timestamp", "latency", "bytes_out", "bytes_in", "error", "body"]
KEYS += ["method", "url", "headers"]
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,8}[1-9]|[1-9]))?Z")


def number(value, bits):
    assert isinstance(value, int) and not isinstance(value, bool), value
    assert 0 <= value < 2**bits, value
    return value


def nanoseconds(text):
    match = MOMENT.fullmatch(text)
    assert match, text
    seconds = datetime.datetime.fromisoformat(match[1] + "+00:00").timestamp()
    return int(seconds) * 10**9 + int((match[2] or "0").ljust(9, "0"))


def from_json(line):
    assert line.endswith("\n")
    assert not re.search("[<>&]", line), "Go's writer escapes these"
    record = json.loads(line)
    assert list(record) == KEYS, list(record)
    body = record["body"]
    for name, values in (record["headers"] or {}).items():
        assert name == name.title() and values, name
        assert all(isinstance(value, str) for value in values)
    return (
        nanoseconds(record["timestamp"]),
        number(record["code"], 16),
        number(record["latency"], 63),
        number(record["bytes_out"], 64),
        number(record["bytes_in"], 64),
        record["error"],
        base64.b64decode(body, validate=True) if body is not None else b"",
        record["attack"],
        number(record["seq"], 64),
        record["method"],
        record["url"],
        record["headers"],
    )


def headers_from_csv(text):
    lines = base64.b64decode(text, validate=True).decode()
    if not lines:
        return None
    assert lines.endswith("\r\n\r\n"), lines
    headers = {}
    for line in lines[:-4].split("\r\n"):
        name, value = line.split(": ", 1)
        headers.setdefault(name, []).append(value)
    assert list(headers) == sorted(headers), headers
    return headers


def from_csv(row):
    assert len(row) == 12, row
    return (
        number(int(row[0]), 63),
        number(int(row[1]), 16),
        number(int(row[2]), 63),
        number(int(row[3]), 64),
        number(int(row[4]), 64),
        row[5],
        base64.b64decode(row[6], validate=True),
        row[7],
        number(int(row[8]), 64),
        row[9],
        row[10],
        headers_from_csv(row[11]),
    )


def main():
    with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
        json_records = [from_json(line) for line in file]
    with open(sys.argv[2], encoding="utf-8", newline="") as file:
        csv_records = [from_csv(row) for row in csv.reader(file, strict=True)]
    assert json_records and json_records == csv_records
    assert {record[8] for record in json_records} == set(range(len(json_records))), "each number once"


main()
