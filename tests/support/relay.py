#!/usr/bin/python3
"""The network between a worker and its broker: what comes at one port goes on to another. A test stops this process
(SIGSTOP) to cut the network, and lets it go on.

usage: relay.py URL      prints the port, which the kernel chooses
"""
import asyncio, sys, urllib.parse

URL = urllib.parse.urlsplit(sys.argv[1])


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def join(reader, writer):
    try:
        reader_there, writer_there = await asyncio.open_connection(URL.hostname, URL.port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pass_on(reader, writer_there), pass_on(reader_there, writer))


async def main():
    server = await asyncio.start_server(join, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()

asyncio.run(main())
