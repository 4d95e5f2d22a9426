"""One follower's connection: bytes from the hub to the wire, and nothing in between."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rivulet import sse
from rivulet.engine.hub import Sink
from rivulet.ports.dialect import Dialect

log = logging.getLogger(__name__)

WIRE = "rivulet.wire"
"""The ASGI extension under which our server hands out the connection: to write to it without a detour, and
to cut it. Under another server everything goes through `send`."""


class Flow(Protocol):
    """Whether the connection takes more just now."""

    write_paused: bool

    async def drain(self) -> None: ...


class Wire(Protocol):
    """A connection that sends the body in chunks, unless its client takes none."""

    transport: asyncio.Transport
    flow: Flow
    takes_chunks: bool

    def leave_chunks_out(self) -> None: ...


class Reader(Protocol):
    """A `Follower`, or a `Bundle` of them."""

    sink: Sink | None

    @property
    def is_complete(self) -> bool: ...
    async def next(self) -> bytes | None: ...
    def wake(self, has_more: bool = True) -> None: ...
    def end(self) -> None: ...
    def close(self) -> None: ...


class EventStream(Response):
    """Ends cleanly after the terminal event, or early where the client has a cursor; otherwise the connection
    is cut, because most clients take a clean end for success.

    As a response it only says that there is a stream; the door runs it outside of the web framework, whose
    layers would cost more than the rest of a token's way.
    """

    media_type = None

    def __init__(
        self, follower: Reader, dialect: Dialect, pulse: "Pulse", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status_code=200, headers=dict(headers or {}))
        self._head = [
            *sse.HEADERS,
            *((name, value) for name, value in self.raw_headers if name != b"content-length"),
        ]
        self._follower = follower
        self._dialect = dialect
        self._pulse = pulse
        self._now = asyncio.get_running_loop().time  # asking for the loop costs a system call on Python 3.11
        self.began_at = self.active_at = self._now()
        self.is_sending = False
        self._wire: Wire | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["stream"] = self

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The stream itself, to its end."""
        self._wire = scope.get("extensions", {}).get(WIRE)
        follower = self._follower
        watcher = asyncio.create_task(self._watch(receive))
        self._pulse.streams.add(self)
        if self._wire is not None and not self._wire.takes_chunks:
            self._wire.leave_chunks_out()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head})
            if scope["method"] != "HEAD":
                await self._follow(send)
            if follower.is_complete or self._dialect.has_cursor or scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                self.cut()
        except RuntimeError:
            # uvloop refuses a connection that has been closed, before anybody is told that it was.
            if self._wire is None or not self._wire.transport.is_closing():
                raise
            log.debug("a connection closed while it was written to", exc_info=True)
            await watcher
        finally:
            self._pulse.streams.discard(self)
            follower.close()
            watcher.cancel()

    async def _follow(self, send: Send) -> None:
        follower, heartbeat = self._follower, self._dialect.heartbeat
        follower.sink = None if self._wire is None else self._write
        while (data := await follower.next()) is not None:
            self.active_at = self._now()
            if self._wire is None:
                self.is_sending = True
                await send({"type": "http.response.body", "body": data or heartbeat, "more_body": True})
            else:
                if data or not self._wire.flow.write_paused:
                    self._write(data or heartbeat)
                data = b""  # the connection has it: a reader who stalls is not to hold it twice
                self.is_sending = True
                await self._wire.flow.drain()
            self.is_sending = False

    def _write(self, data: bytes) -> bool:
        """A part of the body, past the server's own bookkeeping."""
        wire = self._wire
        assert wire is not None
        wire.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if wire.takes_chunks else data)
        self.active_at = self._now()
        return not wire.flow.write_paused

    async def _watch(self, receive: Receive) -> None:
        """A client that goes away is only told of here: after that `send` does nothing and never waits."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._follower.end()

    def beat(self, now: float, heartbeat_s: float, stall_s: float, age_s: float) -> None:
        """Called about once a second: a heartbeat when idle, the cut when stalled, the end when old."""
        if self.is_sending:
            if now - self.active_at > stall_s:
                self.cut()
        elif self._dialect.has_cursor and now - self.began_at > age_s:
            self._follower.end()
        elif now - self.active_at > heartbeat_s:
            self._follower.wake(has_more=False)

    def cut(self) -> None:
        """Ends the connection hard, dropping what the client has not taken; it comes back with its cursor."""
        self._follower.end()
        if self._wire is not None:
            self._wire.transport.abort()


class Pulse:
    """Looks at every open stream once a second: one timer for all of them instead of one per token."""

    def __init__(self, heartbeat_s: float, age_s: float, stall_s: float) -> None:
        self.streams: set[EventStream] = set()
        self._heartbeat_s = heartbeat_s
        self._age_s = age_s
        self._stall_s = stall_s

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self._heartbeat_s / 2))
            now = loop.time()
            for stream in list(self.streams):
                stream.beat(now, self._heartbeat_s, self._stall_s, self._age_s)
