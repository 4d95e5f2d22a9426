"""The floor: bytes passed through between asyncio protocols, nothing parsed, nothing kept.

python bench/peers/floor.py PORT UPSTREAM_PORT
"""

import asyncio
import sys
from typing import cast

import uvloop


class Upstream(asyncio.Protocol):
    """The model's side of one client; whatever it says goes on as it is."""

    def __init__(self, client: asyncio.Transport, waiting: list[bytes]) -> None:
        self.client = client
        self.waiting = waiting
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.writelines(self.waiting)

    def data_received(self, data: bytes) -> None:
        self.client.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.client.close()


class Client(asyncio.Protocol):
    """One client; its connection upstream lives exactly as long as it does."""

    upstream_port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.waiting: list[bytes] = []
        self.upstream = Upstream(cast(asyncio.Transport, transport), self.waiting)
        self.opening = asyncio.ensure_future(
            asyncio.get_running_loop().create_connection(
                lambda: self.upstream, "127.0.0.1", self.upstream_port
            )
        )

    def data_received(self, data: bytes) -> None:
        if self.upstream.transport is None:
            self.waiting.append(data)
        else:
            self.upstream.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.upstream.transport is None:
            self.opening.cancel()
        else:
            self.upstream.transport.close()


async def serve(port: int, upstream_port: int) -> None:
    Client.upstream_port = upstream_port
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
