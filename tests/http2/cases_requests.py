"""What the server sees of a request."""

import json

from attack import Attack
from lab import check, equal
from server import TABLE, Server

NUMBER = "x-vegeta-seq"


def fields_of(stream):
    """Pseudo-headers as a set, which comes first, and the others in their order."""
    names = [name for name, _ in stream.headers]
    count = sum(name.startswith(":") for name in names)
    check("pseudo-headers first", all(name.startswith(":") for name in names[:count]), names)
    return dict(stream.headers[:count]), stream.headers[count:]


def user_agent(way):
    """As HTTP/1.1 has it."""
    server = Server(tls=way.certificate.context("http/1.1"))
    Attack([server], ["-insecure", "-http2=false"], f"GET https://localhost:{server.port}/\n")
    return server.streams[0].header("user-agent")


def a_request_has_what_was_asked_for(way, folder):
    server = way.server()
    url = way.url(server, "/p/a?q=1")
    target = {"method": "PATCH", "url": url, "body": "aGVyZQ==", "header": {
        "X-Two": ["One", "two"], "X-Empty": [""], "X-Own": ["  spaces  "], "Accept": ["text/Plain"]}}
    attack = Attack([server], way.flags, json.dumps(target) + "\n" + json.dumps({"method": "GET", "url": url}) + "\n",
                    "-format", "json", "-header", "X-All: V:1")
    attack.expect(2, bytes_out=4)
    pseudo, fields = fields_of(server.streams[0])
    equal("pseudo-headers", pseudo, {":method": "PATCH", ":scheme": way.scheme, ":path": "/p/a?q=1",
                                     ":authority": f"localhost:{server.port}"})
    agent = ("user-agent", user_agent(way))
    equal("fields", sorted(fields), sorted([
        agent, ("x-all", "V:1"), ("x-two", "One"), ("x-two", "two"), ("x-empty", ""), ("x-own", "spaces"),
        ("accept", "text/Plain"), ("content-length", "4"), (NUMBER, "0")]))
    check("the order of two", fields.index(("x-two", "One")) < fields.index(("x-two", "two")), fields)
    equal("a GET", sorted(fields_of(server.streams[1])[1]), sorted([agent, ("x-all", "V:1"), (NUMBER, "1")]))


def what_belongs_to_a_connection_is_not_sent(way, folder):
    """RFC 9113, 8.2.2; and what Connection names is no more than that."""
    server = way.server()
    headers = ["Connection: keep-alive", "Keep-Alive: timeout=5", "Upgrade: websocket", "Proxy-Connection: close",
               "X-Stays: 1"]
    attack = Attack([server], way.flags, way.targets(server, ["/"] * 3), "-keepalive=false",
                    *(f"-header={header}" for header in headers))
    attack.expect(3)
    for stream in server.streams:
        equal("names", sorted(name for name, _ in fields_of(stream)[1]), ["user-agent", "x-stays", NUMBER])


def te_is_sent_if_it_says_trailers(way, folder):
    """Nothing else may be in it: RFC 9113, 8.2.2."""
    for value, sent in ("gzip", None), ("trailers", "trailers"):
        server = way.server()
        Attack([server], way.flags, way.targets(server, ["/"] * 3), f"-header=TE: {value}").expect(3)
        equal(f"TE: {value}", {s.header("te") for s in server.streams}, {sent})


def the_users_host_is_the_authority(way, folder):
    server = way.server()
    target = {"method": "GET", "url": f"{way.scheme}://localhost:9/x"}
    attack = Attack([server], way.flags, "".join(json.dumps({**target, **more}) + "\n" for more in (
        {}, {"header": {"Host": ["Shop.example:81"]}}, {"header": {"host": ["other"]}})), "-format", "json",
        "-connect-to", f"localhost:9:127.0.0.1:{server.port}")
    attack.expect(3)
    authorities = [fields_of(s)[0][":authority"] for s in server.streams]
    equal("authorities", authorities, ["localhost:9", "Shop.example:81", "other"])
    equal("host", [s.header("host") for s in server.streams], [None] * 3)


def paths_are_sent_as_they_are(way, folder):
    paths = ["", "/", "?q=1", "/%41%2f..", "/a/../b/./c", "/a;b=c,d", "//x"]
    wanted = ["/", "/", "/?q=1", *paths[3:]]
    server = way.server()
    Attack([server], way.flags, way.targets(server, paths)).expect(len(paths))
    equal("paths", server.paths(), wanted)


def each_request_has_its_number(way, folder):
    server = way.server()
    Attack([server], way.flags, way.targets(server, ["/"] * 300), workers=20).expect(300)
    numbers = sorted(int(s.header(NUMBER)) for s in server.streams)
    equal("numbers", numbers, list(range(300)))


def long_requests_arrive(way, folder):
    """Of more than a frame, and many fields."""
    server = way.server()
    headers = [f"-header=X-{i}: {i}" for i in range(100)] + ["-header=X-Long: " + "y" * 20000]
    Attack([server], way.flags, way.targets(server, ["/"] * 3), *headers).expect(3)
    for stream in server.streams:
        equal("long", stream.header("x-long"), "y" * 20000)
        equal("many", [stream.header(f"x-{i}") for i in range(100)], [str(i) for i in range(100)])


def headers_of_100_kilobytes_arrive(way, folder):
    def connected(connection):
        connection.server.begin(connection)
        connection.h2.decoder.max_header_list_size = 1 << 20  # of python3-h2: 64 KiB

    server = way.server(connected=connected)
    headers = [f"-header=X-{i}: " + chr(97 + i) * 10000 for i in range(10)]
    Attack([server], way.flags, way.targets(server, ["/"] * 3), *headers).expect(3)
    for stream in server.streams:
        equal("all", [stream.header(f"x-{i}") for i in range(10)], [chr(97 + i) * 10000 for i in range(10)])
    equal("connections", server.accepts, 1)


def a_small_table_of_headers_is_obeyed(way, folder):
    """python3-h2 refuses what refers to more."""
    def request(connection, stream):
        if stream.path == "/5":
            connection.settings_now({TABLE: 100})
        connection.answer(stream)

    server = way.server(request, settings={TABLE: 0})
    Attack([server], way.flags, way.targets(server, [f"/{i}" for i in range(20)])).expect(20)
    equal("paths", server.paths(), [f"/{i}" for i in range(20)])
