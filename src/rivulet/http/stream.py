"""One follower's connection: bytes from the hub to the wire, and nothing in between."""

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rivulet import sse
from rivulet.engine.hub import Follower
from rivulet.ports.dialect import Dialect

TRANSPORT = "rivulet.transport"
"""The ASGI extension under which our server hands out the connection, to be able to cut it."""


class EventStream(Response):
    """A raw ASGI response. Ends cleanly after the terminal event, or early where the client has a cursor;
    otherwise the connection is cut, because most clients take a clean end for success."""

    media_type = None

    def __init__(
        self, follower: Follower, dialect: Dialect, pulse: "Pulse", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status_code=200, headers=dict(headers or {}))
        self._head = [
            *sse.HEADERS,
            *((name, value) for name, value in self.raw_headers if name != b"content-length"),
        ]
        self._follower = follower
        self._dialect = dialect
        self._pulse = pulse
        self.began_at = self.active_at = asyncio.get_running_loop().time()
        self.is_sending = False
        self._transport: asyncio.Transport | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport = scope.get("extensions", {}).get(TRANSPORT)
        follower = self._follower
        watcher = asyncio.create_task(self._watch(receive))
        self._pulse.streams.add(self)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head})
            if scope["method"] != "HEAD":
                await self._follow(send)
            if follower.is_complete or self._dialect.has_cursor or scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                self.cut()
        finally:
            self._pulse.streams.discard(self)
            follower.close()
            watcher.cancel()

    async def _follow(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        next_bytes, heartbeat = self._follower.next, self._dialect.heartbeat
        while (data := await next_bytes()) is not None:
            self.is_sending = True
            self.active_at = loop.time()
            await send({"type": "http.response.body", "body": data or heartbeat, "more_body": True})
            self.is_sending = False

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
        if self._transport is not None:
            self._transport.abort()


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
