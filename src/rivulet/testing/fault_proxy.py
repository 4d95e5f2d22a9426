"""A small TCP proxy that breaks connections on purpose: late, slow, in slices, cut at any byte.

    async with FaultProxy(port, lambda n: Fault(end="rst", after_bytes=700)) as proxy: ...

What the client sends is passed on untouched; faults are for what the server sends.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection suffers; the default is nothing.

    `refuse` resets the connection on arrival. `end` cuts it after exactly `after_bytes` bytes of the
    server: `rst`, `fin` as a clean end, or `stall`, which stays open and passes nothing more on.
    """

    refuse: bool = False
    delay_s: float = 0.0
    slice_bytes: int | None = None
    bytes_per_s: float | None = None
    end: Literal["rst", "fin", "stall"] | None = None
    after_bytes: int = 0


HEALTHY = Fault()


class FaultProxy:
    """`fault` is asked once per connection with its number, from 0. `to_port` may be set anew at any time,
    so that a server may come back elsewhere while its clients keep their address."""

    def __init__(self, to_port: int, fault: Callable[[int], Fault] = lambda _: HEALTHY) -> None:
        self.to_port = to_port
        self.fault = fault
        self.connections = 0
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.connections = self.connections, self.connections + 1
        task = asyncio.ensure_future(self._serve(self.fault(number), reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, fault: Fault, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        server: asyncio.StreamWriter | None = None
        try:
            if fault.refuse:
                _reset(client)
                return
            answers, server = await asyncio.open_connection("127.0.0.1", self.to_port)
            await _first_of(_pass_on(reader, server), _break(fault, answers, client))
        except OSError:
            _reset(client)
        finally:
            for writer in (client, server):
                if writer is not None:
                    writer.close()


async def _first_of(*ways: Awaitable[None]) -> None:
    """The first direction that ends takes the other with it."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


async def _break(fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The server's bytes, with the fault."""
    left = fault.after_bytes if fault.end else None
    with contextlib.suppress(OSError):
        while left != 0:
            data = await reader.read(1 << 16 if left is None else min(left, 1 << 16))
            if not data:
                return
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            await _write(fault, writer, data)
            left = None if left is None else left - len(data)
        if fault.end == "stall":
            await asyncio.Event().wait()
        elif fault.end == "rst":
            _reset(writer)


async def _write(fault: Fault, writer: asyncio.StreamWriter, data: bytes) -> None:
    size = fault.slice_bytes or len(data)
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        writer.write(piece)
        await writer.drain()
        # Without a pause the kernel would join the slices again.
        await asyncio.sleep(len(piece) / fault.bytes_per_s if fault.bytes_per_s else 0)


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN. What was written before still waits in our buffer only if the client is slow."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
