"""Bodies that go out, and answers that come, in all the forms that they have in HTTP/2."""

import os

from attack import Attack, results_of
from lab import check, equal
from server import WINDOW

PATTERN = bytes(range(251)) * 12000  # no two pieces of a frame's length are alike


def body_file(folder, size):
    path = os.path.join(folder, f"body{size}")
    with open(path, "wb") as out:
        out.write(PATTERN[:size])
    return path


def plain_answers(way, folder):
    server = way.server()
    attack = Attack([server], way.flags, way.targets(server, ["/a", "/b?c=d&e"] * 10))
    attack.expect(20, bytes_in=100)
    equal("connections", server.accepts, 1)
    check("what was asked for", server.paths() == ["/a", "/b?c=d&e"] * 10, server.paths())
    equal("streams", [s.number for s in server.streams], list(range(1, 41, 2)))
    equal("no push", server.connections[0].settings.get(2), 0)


def a_schedule_is_kept(way, folder):
    """Not a closed loop; a busy machine may start fewer than 60."""
    server = way.server()
    attack = Attack([server], way.flags, "", "-rate", 200, "-duration", "300ms", way.url(server))
    count = attack.report["requests"]
    check("started", 30 <= count <= 60, count)
    attack.expect(count, bytes_in=5 * count)
    equal("connections", server.accepts, 1)


def a_status_has_its_usual_text(way, folder):
    server = way.server(lambda c, s: c.answer(s, int(s.path[1:])))
    attack = Attack([server], way.flags, way.targets(server, ["/200", "/404", "/503", "/299", "/799"]))
    attack.expect(5, kinds={"http": 3}, codes={200: 1, 404: 1, 503: 1, 299: 1, 799: 1}, answered=5)
    texts = sorted(attack.report["errors"])
    equal("texts", texts, ["404 Not Found", "503 Service Unavailable", texts[2]])


def head_has_no_body(way, folder):
    def request(connection, stream):
        connection.head(stream, 200, [("content-length", "1000")], end=True)

    server = way.server(request)
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 5, "HEAD"))
    attack.expect(5, bytes_in=0)
    equal("methods", {s.header(":method") for s in server.streams}, {"HEAD"})


def no_content_has_no_body(way, folder):
    server = way.server(lambda c, s: c.head(s, int(s.path[1:]), end=True))
    attack = Attack([server], way.flags, way.targets(server, ["/204", "/304", "/200"]))
    attack.expect(3, codes={204: 1, 304: 1, 200: 1}, bytes_in=0)


def send_bodies(way, folder, server, sizes, *flags, count=1):
    targets = "".join(f"POST {way.url(server, f'/{size}')}\n@{body_file(folder, size)}\n\n"
                      for size in sizes for _ in range(count))
    attack = Attack([server], way.flags, targets, *flags)
    attack.expect(len(sizes) * count, bytes_in=5 * len(sizes) * count, bytes_out=sum(sizes) * count)
    is_chunked = "-chunked" in flags
    for stream in server.streams:
        size = int(stream.path[1:])
        check(f"the body of {size} bytes", stream.body == PATTERN[:size], len(stream.body))
        length = None if is_chunked and size else str(size)
        equal(f"the length of {size}", stream.header("content-length"), length)
    equal("connections", server.accepts, 1)


def bodies_arrive_as_they_are(way, folder):
    for flags in [], ["-chunked"]:
        send_bodies(way, folder, way.server(), [0, 5, 16384, 16385, 65535, 65536, 100000, 3000000], *flags)


def a_small_window_is_obeyed(way, folder):
    """1000 bytes a stream; more comes in pieces, some of them late."""
    def drip(connection, stream, length):
        piece = min(length, 400)
        for amount in piece, length - piece:
            if amount:
                connection.credit(stream, amount)

    def late(connection, stream, length):
        connection.later(0.01, connection.credit, stream, length)

    for flags in [], ["-chunked"]:
        server = way.server(settings={WINDOW: 1000}, data=drip)
        send_bodies(way, folder, server, [5, 1000, 1001, 100000], *flags)
    send_bodies(way, folder, way.server(settings={WINDOW: 1000}, data=late), [10000], count=3)
    send_bodies(way, folder, way.server(settings={WINDOW: 0}, opened=lambda c, s: c.later(
        0.05, c.settings_now, {WINDOW: 70000})), [10000])


def a_window_that_shrinks_is_obeyed(way, folder):
    """To less than nothing: what was sent counts."""
    def data(connection, stream, length):
        if len(stream.body) == length:  # the first piece
            connection.settings_now({WINDOW: 1000})
        connection.later(0.002, connection.credit, stream, length)

    send_bodies(way, folder, way.server(data=data), [100000])


def large_answers_are_counted(way, folder):
    sizes = [5000000, 0, 1, 65535, 65536]
    server = way.server(lambda c, s: c.answer(s, body=b"x" * int(s.path[1:])))
    Attack([server], way.flags, way.targets(server, [f"/{n}" for n in sizes])).expect(5, bytes_in=sum(sizes))
    equal("connections", server.accepts, 1)


def large_answers_at_once_share_the_window(way, folder):
    server = way.server(lambda c, s: c.answer(s, body=b"x" * 500000))
    Attack([server], way.flags, way.targets(server, ["/"] * 24), "-max-connections", 1, workers=8).expect(
        24, bytes_in=24 * 500000)


def frames_of_all_forms_are_read(way, folder):
    forms = {
        "/small": {"body": PATTERN[:3000], "chunk": 7},
        "/padded": {"body": PATTERN[:300000], "pad": 255, "chunk": 1000},
        "/padded0": {"body": PATTERN[:100], "pad": 0},
        "/empty-end": {"body": PATTERN[:1000], "end": "empty"},
        "/nothing": {"body": b"", "end": "empty"},
        "/trailers": {"body": PATTERN[:1000], "trailers": [("x-trailer", "late")]},
        "/only-trailers": {"body": b"", "trailers": [("x-trailer", "late")]},
        "/length": {"body": PATTERN[:1000], "headers": [("content-length", "1000")]},
    }
    server = way.server(lambda c, s: c.answer(s, **forms[s.path]))
    kept = os.path.join(folder, "forms")
    attack = Attack([server], way.flags, way.targets(server, forms), "-max-body=-1", output=kept)
    attack.expect(len(forms), bytes_in=sum(len(form["body"]) for form in forms.values()))
    for result in results_of(kept):
        path = "/" + result["url"].rsplit("/", 1)[1]
        equal(f"body of {path}", result["body"], forms[path]["body"])
        check(f"headers of {path}", "X-Trailer" not in (result["headers"] or {}), result["headers"])
    equal("connections", server.accepts, 1)


def interim_answers_are_none(way, folder):
    def request(connection, stream):
        for status in 103, 100, 103:
            connection.h2.send_headers(stream.number, [(":status", str(status)), ("x-early", "1")])
        connection.later(0.01, connection.answer, stream, 404, [("x-late", "2")])

    server, kept = way.server(request), os.path.join(folder, "interim")
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 5), "-max-body=-1", output=kept)
    attack.expect(5, kinds={"http": 5}, codes={404: 5}, answered=5, bytes_in=25)
    equal("texts", attack.report["errors"], ["404 Not Found"])
    equal("headers", [r["headers"] for r in results_of(kept)], [{"X-Late": ["2"]}] * 5)


def long_headers_are_read(way, folder):
    """Of more than a frame, so in CONTINUATION."""
    headers = [(f"x-{i}", chr(97 + i) * 9000) for i in range(4)]
    server, kept = way.server(lambda c, s: c.answer(s, headers=headers)), os.path.join(folder, "long")
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 3), "-max-body=2", output=kept)
    attack.expect(3, bytes_in=15)
    for result in results_of(kept):
        equal("headers", result["headers"], {f"X-{i}": [chr(97 + i) * 9000] for i in range(4)})
        equal("body", result["body"], b"he")


def answers_are_kept(way, folder):
    headers = [("content-type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
    server, kept = way.server(lambda c, s: c.answer(s, headers=headers)), os.path.join(folder, "kept")
    Attack([server], way.flags, way.targets(server, ["/"] * 3), "-max-body=-1", output=kept).expect(3)
    for result in results_of(kept):
        equal("headers", result["headers"], {"Content-Type": ["text/plain"], "Set-Cookie": ["a=1", "b=2"]})
        equal("body", result["body"], b"here\n")


def answers_at_once_are_kept_apart(way, folder):
    """Their pieces come by turns."""
    def request(connection, stream):
        connection.head(stream, headers=[("x-path", stream.path)])
        piece(connection, stream, 20)

    def piece(connection, stream, left):
        connection.send_body(stream, stream.path.encode() + b";", end=None if left else "flag")
        if left:
            connection.later(0.002, piece, connection, stream, left - 1)

    server, kept = way.server(request), os.path.join(folder, "apart")
    paths = [f"/{i}" for i in range(40)]
    attack = Attack([server], way.flags, way.targets(server, paths), "-max-body=-1", workers=10, output=kept)
    attack.expect(40, bytes_in=21 * sum(len(path) + 1 for path in paths))
    for result in results_of(kept):
        path = "/" + result["url"].rsplit("/", 1)[1]
        equal("headers", result["headers"], {"X-Path": [path]})
        equal("body", result["body"], (path.encode() + b";") * 21)


def padded_headers_are_read(way, folder):
    """With a priority in them, as old servers send it."""
    def request(connection, stream):
        block = connection.h2.encoder.encode([(":status", "404"), ("x-a", "b")])
        payload = b"\5" + b"\0\0\0\0\x10" + block + bytes(5)
        head = len(payload).to_bytes(3, "big") + b"\1\x2c" + stream.number.to_bytes(4, "big")
        connection.raw(head + payload + b"\0\0\5\0\1" + stream.number.to_bytes(4, "big") + b"here\n")

    server = way.server(request)
    Attack([server], way.flags, way.targets(server, ["/"] * 3)).expect(
        3, kinds={"http": 3}, codes={404: 3}, answered=3, bytes_in=15)
