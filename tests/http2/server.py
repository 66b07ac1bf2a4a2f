"""A server of HTTP/2 that does what a test says, and writes down what it saw.

It listens on a loopback port that the kernel chose, with TLS or without, and has a thread for each
connection. python3-h2 reads what the client sends, and so judges it: what it calls a violation of
RFC 9113 is in `violations`, beside what we look for ourselves. What the server sends goes through
python3-h2 as well, or, where it has to be wrong, is given to `raw`.
"""

import heapq
import itertools
import select
import socket
import ssl
import struct
import threading
import time
import traceback

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame as frames

MAX_STREAMS = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS
TABLE = h2.settings.SettingCodes.HEADER_TABLE_SIZE
WINDOW = h2.settings.SettingCodes.INITIAL_WINDOW_SIZE
CODES = {"NO_ERROR": 0, "PROTOCOL_ERROR": 1, "INTERNAL_ERROR": 2, "FLOW_CONTROL_ERROR": 3,
         "REFUSED_STREAM": 7, "CANCEL": 8, "COMPRESSION_ERROR": 9, "ENHANCE_YOUR_CALM": 11}


def frame(kind, stream, payload, flags=0):
    """The bytes of one, right or wrong."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def wide_open(connection):
    """The preface of a server whose connection's window is never in the way (see `connected`)."""
    connection.server.begin(connection)
    connection.h2.increment_flow_control_window(2**30)


def drain(sock):
    """Ends our side. What the client still sends is thrown away, or the kernel would reset it."""
    with sock:
        try:
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(2)
            while sock.recv(65536):
                pass
        except OSError:
            pass


class Stream:
    """A request, as it came. `headers` are pairs in their order, those of HTTP/1.1 as well."""

    def __init__(self, connection, number, headers):
        self.connection, self.number, self.headers = connection, number, headers
        self.body = bytearray()
        self.has_ended = False  # the whole request came
        self.answered = False  # we sent the end of the answer
        self.reset = None  # the code of the client's RST_STREAM
        self.was_reset = False  # by us

    def header(self, name):
        """The values, joined; None: there is none."""
        values = [v for n, v in self.headers if n.lower() == name]
        return ", ".join(values) if values else None

    @property
    def path(self):
        return self.header(":path")

    @property
    def is_over(self):
        return self.reset is not None or self.was_reset or (self.answered and self.has_ended)


class Connection:
    """One client's, with HTTP/2: its thread calls the server's hooks, and they call these methods."""

    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.protocol = sock.selected_alpn_protocol() if server.tls else server.speaks
        self.streams = {}
        self.settings = {}  # the client's
        self.pings = self.settings_acks = 0  # that were answered
        self.most_open = 0
        self.goaway_pinged = False  # no stream may come any more
        self.told = None  # the code of the client's GOAWAY
        self.ended = None  # how: "client", "reset", "us"
        self.is_reading = True
        self.is_silent = False  # not even python3-h2 says anything
        self.pending = {}  # bodies that wait for a window
        self.out = bytearray()
        self.timers = []
        self.count = itertools.count()
        config = h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
        self.h2 = h2.connection.H2Connection(config)

    # What hooks call.

    def answer(self, stream, status=200, headers=(), body=b"here\n", **how):
        """All of an answer; `how` is send_body's."""
        self.head(stream, status, headers)
        self.send_body(stream, body, **how)

    def head(self, stream, status=200, headers=(), end=False):
        self.h2.send_headers(stream.number, [(":status", str(status)), *headers], end_stream=end)
        stream.answered |= end

    def send_body(self, stream, body, chunk=16384, pad=None, end="flag", trailers=()):
        """As the client's windows allow. `end`: with the last frame, an "empty" one, or None."""
        self.pending[stream.number] = [stream, memoryview(bytes(body)), chunk, pad, end, trailers]
        self.pump(stream.number)

    def reset(self, stream, code):
        stream.was_reset = True
        self.pending.pop(stream.number, None)
        self.h2.reset_stream(stream.number, CODES[code])

    def goaway(self, last, code="NO_ERROR"):
        """And a PING behind it: once that is answered, no stream may come."""
        self.raw(frames.GoAwayFrame(0, last_stream_id=last, error_code=CODES[code]).serialize())
        if code == "NO_ERROR":
            self.h2.ping(b"goaway!!")

    def raw(self, data):
        self.out += self.h2.data_to_send() + data

    def settings_now(self, settings):
        self.h2.update_settings(settings)

    def credit(self, stream, amount):
        """Opens both windows."""
        self.h2.increment_flow_control_window(amount)
        if not stream.has_ended:
            self.h2.increment_flow_control_window(amount, stream.number)

    def later(self, seconds, what, *arguments):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.count), what, arguments))

    def close(self, how="end"):
        """By the "end" of TCP's stream, with TLS's "goodbye" before it, or by a "reset"."""
        self.flush()
        self.ended = "us"
        try:
            if how == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if how == "goodbye" and self.server.tls:
                self.say_goodbye()
            drain(self.sock)
        finally:
            self.sock.close()

    def say_goodbye(self):
        try:
            self.sock.unwrap()
        except OSError:
            pass  # it wants to read the client's

    def open_count(self):
        return sum(not s.is_over for s in self.streams.values())

    # What the thread does.

    def serve(self):
        self.sock.setblocking(False)
        self.server.connected(self)
        while not self.ended:
            self.flush()
            wait = max(0, self.timers[0][0] - time.monotonic()) if self.timers else 0.1
            readers = [self.sock] if self.is_reading else []
            ready, _, _ = select.select(readers, [self.sock] if self.out else [], [], wait)
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now and not self.ended:
                _, _, what, arguments = heapq.heappop(self.timers)
                what(*arguments)
            if ready and not self.ended:
                self.receive()
            if not self.ended and (self.server.done.is_set() or (
                    self.server.is_over and not self.is_reading)):
                self.close("reset")

    def flush(self):
        self.out += b"" if self.is_silent else self.h2.data_to_send()
        try:
            while self.out and not self.ended:
                del self.out[: self.sock.send(self.out)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.out.clear()  # who reads hears of it
            self.ended = self.ended or (None if self.is_reading else "reset")

    def receive(self):
        while self.is_reading and not self.ended:
            try:
                data = self.sock.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.ended = "reset"
                self.sock.close()
                return
            if not data:
                self.ended = "client"
                self.sock.close()
                return
            self.take(data)

    def take(self, data):
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError as problem:
            self.violation(repr(problem))
            self.close()
            return
        for event in events:
            if not self.ended:
                self.handle(event)

    def violation(self, what):
        self.server.violations.append(f"connection {self.number}: {what}")

    def handle(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        match event:
            case h2.events.RequestReceived():
                self.open(event)
            case h2.events.DataReceived():
                stream.body += event.data
                self.server.data(self, stream, event.flow_controlled_length)
            case h2.events.StreamEnded():
                stream.has_ended = True
                self.server.request(self, stream)
            case h2.events.StreamReset():
                stream.reset = event.error_code
                self.pending.pop(event.stream_id, None)
            case h2.events.RemoteSettingsChanged():
                self.settings.update({k: v.new_value for k, v in event.changed_settings.items()})
                self.pump_all()
            case h2.events.WindowUpdated():
                self.pump_all()
            case h2.events.SettingsAcknowledged():
                self.settings_acks += 1
            case h2.events.ConnectionTerminated():
                self.told = event.error_code
            case h2.events.PingAckReceived():
                self.pings += 1
                self.goaway_pinged |= event.ping_data == b"goaway!!"

    def open(self, event):
        stream = Stream(self, event.stream_id, [tuple(pair) for pair in event.headers])
        if self.goaway_pinged:
            self.violation(f"stream {stream.number} after GOAWAY")
        self.streams[stream.number] = stream
        self.server.keep(stream)
        self.most_open = max(self.most_open, self.open_count())
        self.server.opened(self, stream)

    def pump_all(self):
        for number in list(self.pending):
            self.pump(number)

    def pump(self, number):
        stream, data, chunk, pad, end, trailers = self.pending[number]
        over = 0 if pad is None else pad + 1
        has_sent_end = False
        while len(data) > 0:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
            length = min(chunk, room - over, len(data))
            if length <= 0:
                self.pending[number][1] = data
                return
            has_sent_end = length == len(data) and end == "flag" and not trailers
            self.h2.send_data(number, bytes(data[:length]), has_sent_end, pad)
            data = data[length:]
        del self.pending[number]
        if trailers:
            self.h2.send_headers(number, trailers, end_stream=True)
        elif end and not has_sent_end:
            self.h2.send_data(number, b"", True)
        stream.answered = end is not None


class BlackHole:
    """Listens, but its backlog is full: the kernel drops each SYN. `dialed` are the ports of those that
    tried, looked for ever less often, for that takes the kernel a while.
    """

    def __init__(self):
        self.violations, self.dialed = [], set()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.socket.getsockname()[1]
        self.fillers = [socket.socket() for _ in range(3)]
        for filler in self.fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
        self.before = self.dialing()
        self.is_over = False
        threading.Thread(target=self.watch, daemon=True).start()

    def dialing(self):
        with open("/proc/net/tcp") as lines:
            rows = [line.split() for line in list(lines)[1:]]
        return {row[1] for row in rows if row[2] == f"0100007F:{self.port:04X}" and row[3] == "02"}

    def watch(self):
        pause = 0.01
        while not self.is_over:
            self.dialed |= self.dialing() - self.before
            time.sleep(pause)
            pause *= 1.01

    @property
    def accepts(self):
        return len(self.dialed)

    def finish(self):
        self.is_over = True
        for sock in self.socket, *self.fillers:
            sock.close()


class Server:
    """Hooks, each a function: `connected` (the preface), `opened` (headers came), `data`, `request`
    (all of it came). `accepted`, if given, has the bare socket instead, which stays open until the end;
    `answer1` says how HTTP/1.1 is answered, which `speaks` may ask for where there is no ALPN. `at` is
    where it listens, if not on any port of 127.0.0.1.
    """

    def __init__(self, request=None, tls=None, settings=None, opened=None, data=None, connected=None,
                 accepted=None, answer1=None, speaks="h2", receive_buffer=None, at=("127.0.0.1", 0)):
        self.tls, self.speaks = tls, speaks
        self.settings = settings or {}
        self.violations, self.connections, self.streams = [], [], []
        self.accepts = 0
        self.is_over = False  # the clients are gone
        self.done = threading.Event()  # and so are we
        self.request = request or Connection.answer
        self.opened = opened or (lambda c, s: None)
        self.data = data or (lambda c, s, length: c.credit(s, length) if length else None)
        self.connected = connected or self.begin
        self.accepted = accepted
        self.answer1 = answer1 or (lambda stream: (200, [], b"here\n"))
        self.lock = threading.Lock()
        self.threads = []
        family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self.socket = socket.create_server(at, family=family, backlog=256)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def begin(self, connection):
        """The server's preface: one SETTINGS, in force for us once the client has confirmed it."""
        connection.h2.initiate_connection()
        connection.h2.update_settings(self.settings)
        connection.h2.clear_outbound_data_buffer()
        connection.raw(frames.SettingsFrame(0, settings={MAX_STREAMS: 100, **self.settings}).serialize())

    def keep(self, stream):
        with self.lock:
            self.streams.append(stream)

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepts += 1
            thread = threading.Thread(target=self.serve, args=(sock, self.accepts), daemon=True)
            thread.start()
            self.threads.append(thread)

    def serve(self, sock, number):
        if self.accepted:
            self.accepted(sock)
            self.done.wait()
            return
        if self.tls:
            try:
                sock.settimeout(10)
                secure = self.tls.wrap_socket(sock.dup(), server_side=True)
            except OSError:  # an SSLError is one, and the client is told why
                drain(sock)
                return
            sock.close()
            sock = secure
        connection = Connection(self, sock, number)
        with self.lock:
            self.connections.append(connection)
        if connection.protocol == "h2":
            try:
                connection.serve()
            except Exception:  # of a hook: the case is wrong, or the client has said GOAWAY
                if connection.told is None:
                    connection.violation(traceback.format_exc())
            connection.sock.close()
        else:
            self.serve_http1(connection)

    def serve_http1(self, connection):
        """Requests with a length or chunks, and their answers, as long as the client likes."""
        with connection.sock as sock, sock.makefile("rb") as lines:
            while line := lines.readline():
                method, path, version = line.decode().split()
                headers = [(":method", method), (":path", path), (":version", version)]
                while (line := lines.readline().decode("latin-1").strip()):
                    name, _, value = line.partition(":")
                    headers.append((name, value.strip()))
                stream = Stream(connection, len(self.streams), headers)
                stream.body += self.body_of(stream, lines)
                stream.has_ended = stream.answered = True
                self.keep(stream)
                status, more, body = self.answer1(stream)
                head = f"HTTP/1.1 {status} It\r\nContent-Length: {len(body)}\r\n"
                head += "".join(f"{n}: {v}\r\n" for n, v in more)
                sock.sendall(head.encode() + b"\r\n" + (b"" if method == "HEAD" else body))
                if stream.header("connection") == "close":
                    return

    @staticmethod
    def body_of(stream, lines):
        if stream.header("transfer-encoding") == "chunked":
            body = b""
            while length := int(lines.readline(), 16):
                body += lines.read(length)
                lines.readline()
            lines.readline()
            return body
        return lines.read(int(stream.header("content-length") or 0))

    def finish(self):
        """Once the clients are gone: what they did last has been written down when it returns."""
        self.socket.close()
        self.is_over = True
        until = time.monotonic() + (0 if self.accepted else 2)
        for thread in self.threads:
            thread.join(max(0, until - time.monotonic()))
        self.done.set()

    def paths(self):
        return [s.path for s in self.streams]

    def of(self, path):
        return [s for s in self.streams if s.path == path]
