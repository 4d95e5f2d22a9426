"""A proxy that knows where frames end: it cuts a stream behind the k-th, in each way that streams die.

    async with FrameProxy(server.url) as proxy:
        proxy.cut = lambda number, request: Cut(after=3, how="reset") if number == 0 else None

`fault_proxy` cuts at any byte and knows no HTTP; this one can also end a body properly where it should not.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Literal

import aiohttp
import msgspec
from aiohttp import web

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"})

_SLICE = 1 << 16


class Cut(msgspec.Struct, frozen=True):
    """`reset` is a TCP reset, `close` a closed connection whose body has no end, `finish` a body that ends as
    if it were whole, `stall` a connection on which nothing comes any more."""

    after: int
    how: Literal["reset", "close", "finish", "stall"]


class Seen(msgspec.Struct, frozen=True):
    """A request that came through; the names of its headers are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class FrameProxy:
    """`cut` is asked once per event stream with its number, from 0, and its request. `pages` are served by
    the proxy itself, path → content type and body, so that a page has the origin of the server."""

    def __init__(self, to_url: str) -> None:
        self.to_url = to_url
        self.cut: Callable[[int, Seen], Cut | None] = _whole
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.seen: list[Seen] = []
        self.streams = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_over(self) -> None:
        """Nothing seen, nothing cut."""
        self.cut = _whole
        self.seen.clear()
        self.streams = 0

    async def __aenter__(self) -> "FrameProxy":
        application = web.Application(client_max_size=64 << 20)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        # Whoever leaves us leaves the server too: a handler ends with its connection.
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        if (page := self.pages.get(request.path)) is not None:
            kind, body = page
            return web.Response(body=body, headers={"content-type": kind})
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        lower = {name.lower(): value for name, value in headers.items()}
        seen = Seen(request.method, str(request.rel_url), lower)
        self.seen.append(seen)
        url = self.to_url + str(request.rel_url)
        async with self._session.request(
            request.method, url, data=await request.read(), headers=headers, allow_redirects=False
        ) as answer:
            told = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            if answer.content_type != "text/event-stream":
                return web.Response(body=await answer.read(), status=answer.status, headers=told)
            number, self.streams = self.streams, self.streams + 1
            response = web.StreamResponse(status=answer.status, headers=told)
            response.enable_chunked_encoding()
            await response.prepare(request)
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self._stream(request, answer, response, self.cut(number, seen))
            return response

    async def _stream(
        self,
        request: web.Request,
        answer: aiohttp.ClientResponse,
        response: web.StreamResponse,
        cut: Cut | None,
    ) -> None:
        waiting, count = b"", 0
        try:
            while data := await answer.content.read(_SLICE):
                *frames, waiting = (waiting + data).split(b"\n\n")
                for frame in frames:
                    await response.write(frame + b"\n\n")
                    count += 1
                    if cut is not None and count == cut.after:
                        await _break(request, response, cut)
                        return
            await response.write(waiting)
        except aiohttp.ClientPayloadError:
            await _break(request, response, Cut(count, "reset"))  # as it was done to us


def _whole(_: int, __: Seen) -> None:
    """Nothing is cut."""


async def _break(request: web.Request, response: web.StreamResponse, cut: Cut) -> None:
    transport = request.transport
    if cut.how == "stall":
        await asyncio.Event().wait()
    if cut.how == "finish" or transport is None:
        await response.write_eof()
        return
    if cut.how == "close":
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
