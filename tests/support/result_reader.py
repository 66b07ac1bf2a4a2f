#!/usr/bin/env python3
"""A reader of result files, written from docs/result-format.md alone.

    result_reader.py RESULTS [REPORT.json]

Prints what it found as JSON. With a report of loadgen's on the same results it fails unless both say
the same: counts, sums and extremes exactly, percentiles by nearest rank within 0.1 %.
"""

import collections
import json
import re
import struct
import sys
import zlib

KINDS = ["http", "timeout", "connect", "reset", "closed", "protocol", "dns", "tls"]
SPANS = ["latencies", "response", "service", "connect", "connection_wait", "lag"]
COUNTERS = ["requests", "answered", "timed_out", "failed", "fired", "retried", "redirected", "malformed", "late",
            "accepted", "refused", "bare", "bytes_in", "bytes_out"]
VIOLATIONS = 13
LATE_NS = 1_000_000


class Damaged(Exception):
    pass


def blocks(data):
    """Yields (type, payload) of every good block."""
    at = 0
    while (at := data.find(b"HRM1", at)) >= 0:
        head = data[at : at + 16]
        if len(head) == 16:
            length, checksum = struct.unpack("<II", head[8:])
            payload = data[at + 16 : at + 16 + length]
            is_whole = length <= 65536 and len(payload) == length
            if is_whole and zlib.crc32(head[4:12] + payload) == checksum:
                yield chr(head[4]), payload
                at += 16 + length
                continue
        at += 4


class Numbers:
    """The numbers of a payload, one after the other."""

    def __init__(self, payload):
        self.payload = payload
        self.at = 0

    def __bool__(self):
        return self.at < len(self.payload)

    def take(self):
        value = shift = 0
        while True:
            if not self:
                raise Damaged("a number without an end")
            byte = self.payload[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take_signed(self):
        code = self.take()
        return code >> 1 ^ -(code & 1)

    def take_bytes(self, length):
        self.at += length
        return self.payload[self.at - length : self.at]

    def take_text(self):
        length = self.take()
        return self.take_bytes(length - 1).decode() if length else None


Result = collections.namedtuple(
    "Result",
    "outcome number intended target code lag service bytes_in bytes_out wait connect first_byte "
    "retries redirects error address bare violations fired is_success",
)


def is_success(kind, code):
    if kind & (2048 | 4096):  # a script has judged it
        return bool(kind & 2048)
    return 200 <= code < 400


def results(payload):
    numbers = Numbers(payload)
    number = intended = address = 0
    texts = []
    while numbers:
        kind = numbers.take()
        number += numbers.take_signed()
        intended += numbers.take_signed()
        target, code, lag, service, bytes_in, bytes_out = (numbers.take() for _ in range(6))
        wait = numbers.take() if kind & 8 else 0
        connect = numbers.take() if kind & 16 else 0
        first_byte = numbers.take() if kind & 32 else service
        retries = redirects = 0
        if kind & 64:
            retries, redirects = numbers.take(), numbers.take()
        error = None
        if kind & 128:
            index = numbers.take()
            if index == len(texts):
                texts.append(numbers.take_bytes(numbers.take()).decode())
            error = texts[index]
        if kind & 256:
            address = numbers.take()
        violations = numbers.take() if kind & 1024 else 0
        yield Result(kind & 7, number, intended, target, code, lag, service, bytes_in, bytes_out, wait,
                     connect, first_byte, retries, redirects, error, address, bool(kind & 512), violations,
                     bool(kind & 8192), is_success(kind, code))


def answers(payload):
    numbers = Numbers(payload)
    while numbers:
        number, part, length = numbers.take(), numbers.take(), numbers.take()
        yield number, part, numbers.take_bytes(length)


def bucket_begin(bucket):
    shift = max(bucket // 1024 - 1, 0)
    return bucket - 1024 * shift << shift


class Span:
    """Durations: how many of each, or of those in a bucket; minimum, maximum and sum are exact."""

    def __init__(self):
        self.counts = collections.Counter()
        self.total = self.max = 0
        self.min = 2**64

    def add(self, value):
        self.counts[value] += 1
        self.note(value, value, value)

    def note(self, least, most, total):
        self.min = min(self.min, least)
        self.max = max(self.max, most)
        self.total += total

    def take_piece(self, numbers):
        pairs, clipped, least, span, total, bucket = (numbers.take() for _ in range(6))
        self.note(least, least + span, total)
        self.counts[least + span] += clipped
        for _ in range(pairs):
            bucket += numbers.take()
            middle = (bucket_begin(bucket) + bucket_begin(bucket + 1)) // 2
            self.counts[min(max(middle, least), least + span)] += numbers.take()
            bucket += 1

    def at_percent(self, percent):
        rank = -(-self.counts.total() * percent // 100)
        for value, count in sorted(self.counts.items()):
            rank -= count
            if rank <= 0:
                return value


class Reading:
    def __init__(self):
        self.spans = {name: Span() for name in SPANS}
        self.found = collections.Counter()
        self.codes = collections.Counter()
        self.targets = collections.Counter()
        self.addresses = collections.Counter()
        self.kinds = collections.Counter()
        self.errors = {}
        self.timestamps = []
        self.ends = []
        self.kept = collections.Counter()

    def take(self, kind, payload):
        if kind in "HTAE":
            getattr(self, "take_" + kind)(json.loads(payload))
        elif kind == "R":
            for result in results(payload):
                self.take_result(result)
        elif kind == "C":
            self.take_counts(Numbers(payload))
        elif kind == "B":
            for _number, part, piece in answers(payload):
                self.kept["headers" if part == 0 else "body"] += len(piece)

    def take_H(self, header):
        if header["format"] != 2:
            sys.exit("not format 2")
        self.wall = header["clock"]["wall"]
        self.target_names = []
        self.address_names = []
        self.found["runs"] += 1

    def take_T(self, block):
        self.target_names[block["first"] :] = [target["name"] for target in block["targets"]]

    def take_A(self, block):
        self.address_names[block["first"] :] = block["addresses"]

    def take_E(self, end):
        self.found["ends"] += 1
        for key in ("intended", "started", "not_started"):
            self.found[key] += end[key] or 0
        self.found["abandoned"] += end.get("abandoned", 0)

    def take_result(self, result):
        latency = result.lag + result.wait + result.connect + result.service
        spans = (latency, latency - result.lag, result.service, result.connect, result.wait,
                 result.lag)
        for name, value in zip(SPANS, spans):
            is_span_of_sending = name in ("connect", "connection_wait", "lag")
            if name == "latencies" or not (result.bare or (result.fired and is_span_of_sending)):
                self.spans[name].add(value)
        self.timestamps.append(self.wall + result.intended)
        self.ends.append(self.wall + result.intended + (result.first_byte if result.fired else latency))
        if not result.fired:
            self.codes[str(result.code)] += 1
        self.targets[self.target_names[result.target]] += 1
        if result.address:
            self.addresses[self.address_names[result.address - 1]] += 1
        if result.error is not None:
            self.take_error(result.error)
        if result.outcome or not result.is_success:
            self.kinds[KINDS[result.outcome]] += 1
        self.found["requests"] += 1
        self.found["bare"] += result.bare
        self.found["bytes_in"] += result.bytes_in
        self.found["bytes_out"] += result.bytes_out
        self.found["late"] += result.lag > LATE_NS
        self.found["retried"] += result.retries
        self.found["redirected"] += result.redirects
        self.found["malformed"] += result.violations != 0

    def take_error(self, text):
        self.errors.setdefault(re.sub(r":\d+->", "->", text), None)

    def take_counts(self, numbers):
        """A part of the tally of a second."""
        if numbers.take() != 4:
            sys.exit("not version 4 of the counts")
        takes = [self.take_totals, self.take_error_count, self.take_histogram, self.take_row,
                 self.take_row_histogram, self.take_full, self.take_failures, self.take_unlisted]
        while numbers:
            takes[numbers.take()](numbers)

    def take_totals(self, numbers):
        counters = {name: numbers.take() for name in COUNTERS}
        self.found.update(counters)
        if counters["requests"]:
            first, last, _first_started, _last_started, end = (self.wall + numbers.take() for _ in range(5))
            self.timestamps += [first, last]
            self.ends.append(end)
        code = -1
        for _ in range(numbers.take()):
            code += numbers.take() + 1
            self.codes[str(code)] += numbers.take()
        for _ in range(VIOLATIONS):
            numbers.take()
        for name in KINDS:
            self.kinds[name] += numbers.take()

    def take_error_count(self, numbers):
        _count, _examples = numbers.take(), numbers.take()
        self.take_error(numbers.take_text())

    def take_histogram(self, numbers):
        index = numbers.take()
        span = self.spans[SPANS[index]] if index < len(SPANS) else Span()
        span.take_piece(numbers)

    def take_row(self, numbers):
        rows = self.addresses if numbers.take() else self.targets
        name = numbers.take_text() or "other"
        rows[name] += numbers.take()
        for _ in range(3):
            numbers.take()

    def take_row_histogram(self, numbers):
        numbers.take()
        Span().take_piece(numbers)

    def take_failures(self, numbers):
        _count, _first, _last = numbers.take(), numbers.take(), numbers.take()
        numbers.take_text()

    def take_unlisted(self, numbers):
        numbers.take()

    def take_full(self, numbers):
        _table, _others = numbers.take(), numbers.take()
        numbers.take_bytes(8 * numbers.take())


def nanoseconds(moment):
    """Of a moment's text: those within its second."""
    return int((moment.rstrip("Z").partition(".")[2] or "0").ljust(9, "0"))


def compare(reading, report):
    """Yields what is not the same."""

    def check(what, ours, theirs):
        if ours != theirs:
            yield f"{what}: {ours} here, {theirs} in the report"

    found = reading.found
    for key in ("requests", "late", "retried", "redirected", "malformed"):
        yield from check(key, found[key], report[key])
    if found["ends"] == found["runs"]:
        for key in ("intended", "not_started", "abandoned"):
            yield from check(key, found[key], report[key])
    yield from check("bytes_in", found["bytes_in"], report["bytes_in"]["total"])
    yield from check("bytes_out", found["bytes_out"], report["bytes_out"]["total"])
    yield from check("codes", dict(reading.codes), report["status_codes"])
    yield from check("errors", list(reading.errors), report["errors"])
    for name, count in (+reading.kinds).items():
        yield from check(name, count, report["errors_by_kind"][name]["count"])
    for key, rows in (("targets", reading.targets), ("addresses", reading.addresses)):
        theirs = {row["name"]: row["requests"] for row in report[key] if row["name"] != "not known"}
        yield from check(key, dict(rows), theirs)
    first, last, end = min(reading.timestamps), max(reading.timestamps), max(reading.ends)
    yield from check("duration", last - first, report["duration"])
    yield from check("wait", end - last, report["wait"])
    for key, ours in (("earliest", first), ("latest", last), ("end", end)):
        yield from check(key, ours % 10**9, nanoseconds(report[key]))
    for name, span in reading.spans.items():
        yield from compare_span(name, span, report[name])


def compare_span(name, span, theirs):
    exact = {"total": span.total, "min": span.min, "max": span.max}
    for key, ours in exact.items():
        if theirs[key] != ours:
            yield f"{name}, {key}: {ours} here, {theirs[key]} in the report"
    for percent in (50, 90, 95, 99):
        true = span.at_percent(percent)
        if abs(theirs[f"{percent}th"] - true) > max(true / 1000, 1):
            yield f"{name}, {percent}th: {true} here, {theirs[f'{percent}th']} in the report"


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    reading = Reading()
    for kind, payload in blocks(data):
        reading.take(kind, payload)
    print(json.dumps({**reading.found, "codes": reading.codes, "kept": reading.kept,
                      "bytes_a_result": len(data) / max(reading.found["requests"], 1)}))
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            wrong = list(compare(reading, json.load(file)))
        print("\n".join(wrong), end="\n" if wrong else "")
        sys.exit(1 if wrong else 0)


main()
