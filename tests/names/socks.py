"""A SOCKS5 proxy on several addresses. All that is asked of one of them comes from that address."""

import asyncio
import socket
import threading


class Socks:
    """Leads every connection, wherever to, to `port` of 127.0.0.1."""

    def __init__(self, addresses, port):
        self.target = port
        self.loop = asyncio.new_event_loop()
        sockets = [socket.create_server((addresses[0], 0))]
        self.port = sockets[0].getsockname()[1]
        sockets += [socket.create_server((address, self.port)) for address in addresses[1:]]
        for listener in sockets:
            self.loop.create_task(asyncio.start_server(self.serve, sock=listener))
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def serve(self, reader, writer):
        own = writer.get_extra_info("sockname")[0]
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\5\0")
        length = (await reader.readexactly(5))[4]  # 5, CONNECT, 0, a name and its length
        await reader.readexactly(length + 2)
        target = await asyncio.open_connection("127.0.0.1", self.target, local_addr=(own, 0))
        writer.write(b"\5\0\0\1" + bytes(6))
        await asyncio.gather(self.copy(reader, target[1]), self.copy(target[0], writer))

    @staticmethod
    async def copy(reader, writer):
        try:
            while some := await reader.read(65536):
                writer.write(some)
        except ConnectionError:
            pass
        writer.close()
