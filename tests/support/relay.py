#!/usr/bin/python3
"""The network between a worker and its broker: what comes at one port goes on to another. A test stops this process
(SIGSTOP) to cut the network, and lets it go on.

usage: relay.py URL [SECONDS]      prints the port, which the kernel chooses; until SIGUSR1, each piece is late by SECONDS
"""
import asyncio, signal, sys, urllib.parse

URL = urllib.parse.urlsplit(sys.argv[1])
delay = float(sys.argv[2]) if len(sys.argv) > 2 else 0


def hurry():
    global delay
    delay = 0


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            await asyncio.sleep(delay)
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
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, hurry)
    server = await asyncio.start_server(join, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()

asyncio.run(main())
