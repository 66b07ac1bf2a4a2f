"""result_file - writes result files (docs/result-format.md) of any size at once.

    with ResultFile(path, ['get-health']) as out:
        out.repeat([Result(latency=1_000_000)], 1_000_000, step=10_000)
        out.add(Result(intended=5_000_000_000, latency=2_000_000_000))

Times are nanoseconds; moments count from the start of the run, whose wall clock is WALL.
"""
import json
import struct
import zlib
from dataclasses import dataclass

WALL = 1_800_000_000_000_000_000
PAYLOAD_MAX = 65536
OUTCOMES = ['http', 'timeout', 'connect', 'reset', 'closed', 'protocol', 'dns', 'tls']


@dataclass
class Result:
    intended: int = 0
    latency: int = 1_000_000  # all of it service
    target: int = 0
    code: int = 200
    kind: str = 'http'  # how it ended
    error: str = ''


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def record(result, number_step, intended_step):
    kind = OUTCOMES.index(result.kind) | (128 if result.error else 0)
    text = result.error.encode()
    return (number(kind) + signed(number_step) + signed(intended_step) + number(result.target) +
            number(result.code) + number(0) + number(result.latency) + number(15) + number(0) +
            (number(0) + number(len(text)) + text if text else b''))


class ResultFile:
    def __init__(self, path, targets, rate=1000):
        self.out = open(path, 'wb')
        self.count = 0
        self.block('H', json.dumps({
            'format': 2, 'version': '0', 'commit': 'x',
            'plan': {'name': '', 'rate': {'count': rate, 'per': 10**9},
                     'schedule': {'kind': 'constant', 'words': ''}},
            'clock': {'wall': WALL, 'monotonic': 1}}).encode())
        self.block('T', json.dumps({
            'first': 0, 'targets': [{'name': name, 'method': 'GET', 'url': 'http://127.0.0.1/'}
                                    for name in targets]}).encode())

    def block(self, kind, payload):
        assert len(payload) <= PAYLOAD_MAX
        prefix = kind.encode() + bytes(3) + struct.pack('<I', len(payload))
        self.out.write(b'HRM1' + prefix + struct.pack('<I', zlib.crc32(prefix + payload)) + payload)

    def add(self, result):
        self.block('R', record(result, self.count, result.intended))
        self.count += 1

    def repeat(self, results, times, step, start=0):
        """These results in turn, so many in all, one each `step` ns from `start` on."""
        cycle = b''.join(record(result, 1, step) for result in results)
        cycles = (PAYLOAD_MAX - 64) // len(cycle)  # a block
        block = cycle * cycles
        done = 0
        while done < times:
            many = min(times - done, cycles * len(results))
            first = results[0]
            head = record(first, self.count, start + done * step)
            body = block if many == cycles * len(results) else b''.join(
                record(results[i % len(results)], 1, step) for i in range(many))
            self.block('R', head + body[len(record(first, 1, step)):])
            self.count += many
            done += many

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.block('E', json.dumps({
            'intended': self.count, 'started': self.count, 'not_started': 0, 'counters': {},
            'generator': {'threads': 2, 'cpu_limit': 2, 'cpu_seconds': 0.5, 'wall_seconds': 10,
                          'throttled_seconds': 0, 'loop_p99': 10000, 'memory': 1 << 24,
                          'held_back_seconds': 0}}).encode())
        self.out.close()
