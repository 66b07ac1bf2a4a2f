#!/usr/bin/env python3
"""Opens idle connections to a target-api, each after one request, and says what they cost.

    tests/contract/idle.py API ADMIN COUNT MAX_BYTES      (API and ADMIN as host:port)

The exit status is 0 when all are open at once and the process has at most MAX_BYTES resident.
"""
import resource
import selectors
import sys

from wire import connect, expect, get, metric, wait_until

REQUEST = b"GET /users_name/0 HTTP/1.1\r\nHost: a\r\n\r\n"
BATCH = 500


def main():
    api, admin, count, most = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    held = []
    while len(held) < count:
        batch = [connect(api) for _ in range(min(BATCH, count - len(held)))]
        for s in batch:
            s.sendall(REQUEST)
        with selectors.DefaultSelector() as selector:
            for s in batch:
                selector.register(s, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(10) or sys.exit("no answer for 10 s"):
                    if not key.fileobj.recv(4096).endswith(b'"user1"'):
                        sys.exit("a connection was closed or got no whole answer")
                    selector.unregister(key.fileobj)
        held += batch
    wait_until("all are open", lambda: metric(admin, "http_connections_open") == count)
    resident = metric(admin, "process_resident_memory_bytes")
    print(f"{count} idle connections: {resident / 2**20:.0f} MiB resident, {resident / count / 1024:.1f} KiB each")
    expect("another client is served", get(api, "/health")[0], 200)
    if resident > most:
        sys.exit(f"more than {most / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
