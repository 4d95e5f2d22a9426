"""The one client for models' services: every request to a model leaves through here.

Its law: a key goes to the host it was configured for and to no other. So redirects are never followed, no
proxy or netrc is taken from the environment, no cookie is kept. The addresses come from the operator, so
private and loopback hosts are allowed; an address that a stranger may choose must not come here.

A connection is used again only after its answer was read to the end. Whatever is left early, by an error, a
cancellation or a consumer that went away, is torn down before the call returns.
"""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, ClassVar

import aiohttp

from rivulet.domain.errors import (
    ProviderError,
    UpstreamProtocol,
    UpstreamTruncated,
    UpstreamUnreachable,
)

log = logging.getLogger("rivulet.providers")

CONNECT_S = 10.0
"""For name, connection and TLS together: far above any healthy one, and three tries fit a minute."""

KEEP_ALIVE_S = 30.0
"""An idle connection saves the next answer two or three round trips; services drop theirs after 5 to 60 s."""

MOST_BYTES = 256 << 20
"""Of one answer, unpacked. A mebibyte of text costs about 75 MB of frames on the usual wire."""

_BLOCK = 1 << 20
"""Unpacked at once, so that a bomb cannot take the memory or the loop before it is counted."""


class Upstream:
    """Connections to all models of this process; opened when first used, in the loop that uses them."""

    def __init__(self, *, connect_s: float = CONNECT_S, most_bytes: int = MOST_BYTES) -> None:
        self._connect_s = connect_s
        self._most_bytes = most_bytes
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> "Reply":
        """Returns with the head of the reply. Raises `UpstreamUnreachable`, `UpstreamProtocol`."""
        session = self._session or self._open()
        held = _Held()
        _held.set(held)
        try:
            response = await session.request(
                method,
                url,
                headers={**headers, "Accept-Encoding": "identity"},
                data=body,
                allow_redirects=False,
            )
            return Reply(response, held, self._most_bytes)
        except (aiohttp.ClientError, OSError) as problem:
            failure = _not_reached(problem)
        except asyncio.CancelledError:
            await held.tear_down()
            raise
        raise failure

    async def close(self) -> None:
        """Ends every connection."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        # No limit: a thousand answers at once are a thousand connections, and waiting is what turns are for.
        connector = _Connector(limit=0, keepalive_timeout=KEEP_ALIVE_S, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_s),
            headers={"User-Agent": "rivulet"},
        )
        return self._session


class Reply:
    """An answer on its way: its head, then its body read by read.

    Used as `async with reply:`, which closes it in any case and turns what broke the connection into
    `UpstreamTruncated`. `next` is one network read, empty at the end; it is bound to what brings the bytes
    with the fewest steps, because it runs once per token.
    """

    def __init__(self, response: aiohttp.ClientResponse, held: "_Held", most_bytes: int) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.most_bytes = most_bytes
        self._response = response
        self._held = held
        self._readany = response.content.readany
        self._unpacker: _Unpacker | None = None
        self._encoding = response.headers.get("Content-Encoding", "").strip().lower()
        self.next: Callable[[], Awaitable[bytes]] = self._readany
        if self._encoding not in ("", "identity"):
            self.next = self._unpacked

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    async def next_within(self, seconds: float) -> bytes:
        """Like `next`, but silence counts as the end."""
        try:
            async with asyncio.timeout(seconds):
                return await self.next()
        except TimeoutError:
            return b""

    async def whole(self, most: int) -> bytes:
        """The body, or as much of it as `most` bytes."""
        found = bytearray()
        while len(found) < most and (data := await self.next()):
            found += data
        return bytes(found[:most])

    async def finish(self) -> None:
        """Waits a moment for the end of the body, after which the connection can be used again."""
        while await self.next_within(0.1):
            pass

    async def __aenter__(self) -> "Reply":
        return self

    async def __aexit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        """The connection is down when this returns, unless its answer was read to the end."""
        if self._response.connection is not None:
            self._response.close()
            await self._held.tear_down()
        if isinstance(problem, (aiohttp.ClientError, OSError)):
            log.debug("the connection to a model broke: %s", type(problem).__name__)
            raise UpstreamTruncated from None

    async def _unpacked(self) -> bytes:
        if self._unpacker is None:
            self._unpacker = _Unpacker(self._encoding)
        while not (block := self._unpacker.block()):
            data = await self._readany()
            if not data:
                return b""
            self._unpacker.take(data)
        await asyncio.sleep(0)
        return block


class _Held:
    """A request's connection. `tear_down` does not wait for TLS's goodbye, which can take 30 s."""

    transport: asyncio.Transport | None = None

    async def tear_down(self) -> None:
        if self.transport is not None:
            self.transport.abort()
            await asyncio.sleep(0)


_held: ContextVar[_Held] = ContextVar("held")


class _Connector(aiohttp.TCPConnector):
    """Tells the request which connection it was given; none on which something arrived while it was idle."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (aiohttp's own signature)
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        while connection.protocol is not None and connection.protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        _held.get().transport = connection.transport
        return connection


class _Unpacker:
    """Content that came compressed although it was asked not to be."""

    _WINDOWS: ClassVar = {
        "gzip": 16 + zlib.MAX_WBITS,
        "x-gzip": 16 + zlib.MAX_WBITS,
        "deflate": zlib.MAX_WBITS,
    }

    def __init__(self, encoding: str) -> None:
        if encoding not in self._WINDOWS:
            raise UpstreamProtocol("The model's service compressed its answer in a way nobody asked for.")
        self._packed = b""
        self._inflate = zlib.decompressobj(self._WINDOWS[encoding])

    def take(self, data: bytes) -> None:
        self._packed += data

    def block(self) -> bytes:
        if not self._packed or self._inflate.eof:
            self._packed = b""
            return b""
        try:
            found = self._inflate.decompress(self._packed, _BLOCK)
        except zlib.error:
            raise UpstreamProtocol("The model's service sent a compressed answer that is damaged.") from None
        self._packed = self._inflate.unconsumed_tail
        return found


def _not_reached(problem: Exception) -> ProviderError:
    """Raised where its cause is not even its context: the `repr` of that may hold the key."""
    log.debug("a model's service was not reached: %s", type(problem).__name__)
    if isinstance(problem, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        return UpstreamProtocol("The model's service does not speak HTTP as it should.")
    return UpstreamUnreachable()
