"""The connection of one follower where it touches the loop's own transports."""

import asyncio
from types import SimpleNamespace

import uvloop
from starlette.types import Message

from rivulet.dialects.native import Native
from rivulet.engine.hub import Sink
from rivulet.http.stream import WIRE, EventStream, Pulse


class Endless:
    """A reader who always has more."""

    def __init__(self) -> None:
        self.sink: Sink | None = None
        self.is_complete = False
        self.is_closed = False

    async def next(self) -> bytes | None:
        return b"data: more\n\n"

    def wake(self, has_more: bool = True) -> None: ...
    def end(self) -> None: ...

    def close(self) -> None:
        self.is_closed = True


def test_a_connection_that_closed_a_moment_ago_is_no_error() -> None:
    """uvloop refuses to write to it before the server is told that it is gone: the stream ends quietly."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(_follow_what_has_gone()).is_closed


async def _follow_what_has_gone() -> Endless:
    opened: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: opened.set_result(writer), "127.0.0.1", 0)
    _, client = await asyncio.open_connection(*server.sockets[0].getsockname())
    theirs = await opened
    theirs.transport.abort()
    await theirs.wait_closed()
    flow = SimpleNamespace(write_paused=False)
    wire = SimpleNamespace(transport=theirs.transport, flow=flow, takes_chunks=True)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None: ...

    reader = Endless()
    stream = EventStream(reader, Native(), Pulse(10, 60, 20))
    scope = {"type": "http", "method": "GET", "extensions": {WIRE: wire}, "state": {}}
    await stream.run(scope, receive, send)
    client.close()
    server.close()
    return reader
