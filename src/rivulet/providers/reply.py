"""One HTTP/1.1 response, read straight off its connection: what a token costs on its way in is in here.

From the socket to whom `Reply.pour` was given there is one call of the C parser and no wake-up at all. Beside
aiohttp's own response on the same connection, a read was measured to cost a third less CPU.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httptools

from rivulet.domain.errors import ProviderError, UpstreamProtocol, UpstreamTruncated, UpstreamUnreachable
from rivulet.providers.unpacking import Unpacker

_LONGEST_HEAD = 64 << 10
"""Bytes; the usual servers stop at 8 to 32 KiB."""

_MOST_WAITING = 256 << 10
"""Bytes read ahead of whoever takes them; then the sender has to wait."""


class Reply(asyncio.Protocol):
    """An answer on its way: its head, then its body read by read. Use it as `async with reply:`.

    `next` brings everything that has arrived since the last time, and nothing at the end; `pour` hands on
    every read while it arrives. Both raise `UpstreamTruncated` when the connection breaks, after all that
    came before. `done` is called once, with whether the connection can serve another request; `lost` when
    the connection ends.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        most_bytes: int,
        done: Callable[[bool], None],
        lost: Callable[[Exception | None], None],
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.most_bytes = most_bytes
        self.next: Callable[[], Awaitable[bytes]] = self._next
        self._transport = transport
        self._done: Callable[[bool], None] | None = done
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._parts: list[bytes] = []
        self._waiting = 0
        self._waiter: asyncio.Future[None] | None = None
        self._is_packed = False
        self._hear: Callable[[bytes], bool] | None = None
        self._poured: asyncio.Future[bool] | None = None
        self._objection: Exception | None = None
        self._head_size = 0
        self._has_head = False
        self._has_ended = False
        self._is_reusable = False
        self._failure: ProviderError | None = None

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    # --- for whoever reads

    async def head(self) -> None:
        """Returns when status and headers are there."""
        while not self._has_head:
            if self._failure is not None:
                raise self._failure
            await self._woken()
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            self._is_packed = True
            self.next = Unpacker(encoding, self._next).next

    async def pour(self, hear: Callable[[bytes], bool]) -> bool:
        """Every read goes to `hear`, until it has enough and says so, which gives True, or the body ends.
        What `hear` raises comes out of here."""
        while read := await self.next():
            if hear(read) or (not self._is_packed and await self._poured_into(hear)):
                return True
        return False

    async def _poured_into(self, hear: Callable[[bytes], bool]) -> bool:
        """Whether `hear` had enough before there was nothing more to hear."""
        if self._parts or self._has_ended or self._failure is not None:
            return False
        self._hear, self._poured = hear, self._loop.create_future()
        try:
            has_enough = await self._poured
        finally:
            self._hear = self._poured = None
        if self._objection is not None:
            raise self._objection
        return has_enough

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
        try:
            while not (self._has_ended and not self._parts) and await self.next_within(0.1):
                pass
        except ProviderError:
            pass

    async def __aenter__(self) -> "Reply":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """The connection is down when this returns, unless its answer was read to the end."""
        done, self._done = self._done, None
        if done is None:
            return
        if self._has_ended and self._is_reusable and not self._parts:
            done(True)
            return
        done(False)
        # Not `close`: TLS would wait up to thirty seconds for the other side's goodbye.
        self._transport.abort()
        await asyncio.sleep(0)

    async def _next(self) -> bytes:
        if not self._parts:
            if not self._has_ended and self._failure is None:
                await self._woken()
            if not self._parts:
                if self._failure is not None:
                    raise self._failure
                return b""
        return self._arrived()

    def _arrived(self) -> bytes:
        parts = self._parts
        self._parts = []
        if self._waiting > _MOST_WAITING and not self._transport.is_closing():
            self._transport.resume_reading()
        self._waiting = 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _woken(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter, poured = self._waiter, self._poured
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if poured is not None and not poured.done():
            poured.set_result(False)

    def _fail(self, problem: ProviderError) -> None:
        self._is_reusable = False
        if self._failure is None and not self._has_ended:
            self._failure = problem
        self._wake()

    # --- for the connection

    def data_received(self, data: bytes) -> None:
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(UpstreamProtocol("The model's service does not speak HTTP as it should."))
            return
        if self._hear is not None:
            self._push(self._hear)
        elif not self._has_head:
            self._head_size += len(data)
            if self._head_size > _LONGEST_HEAD:
                self._fail(UpstreamProtocol("The model's service sent a head without end."))
                self._transport.abort()

    def _push(self, hear: Callable[[bytes], bool]) -> None:
        poured = self._poured
        if poured is None or poured.done() or not self._parts:
            return  # what is left is for `next`
        try:
            if hear(self._arrived()):
                poured.set_result(True)
        except Exception as problem:
            self._objection = problem
            poured.set_result(False)

    def eof_received(self) -> bool:
        """The end of the connection is the end of a body that has no other; a broken promise otherwise."""
        is_bounded = "content-length" in self.headers or "transfer-encoding" in self.headers
        if self._has_head and not is_bounded:
            self._has_ended = True
            self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(UpstreamTruncated() if self._has_head else UpstreamUnreachable())
        self._lost(exc)

    # --- for the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self.status = status
            self._has_head = True
            self._wake()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._waiting += len(body)
        if self._waiting > _MOST_WAITING and not self._transport.is_closing():
            self._transport.pause_reading()
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def on_message_complete(self) -> None:
        if not self._has_head:
            self.headers = {}
            return
        self._has_ended = True
        self._is_reusable = self._parser.should_keep_alive() and self._failure is None
        self._wake()

    def on_message_begin(self) -> None:
        """Whatever follows a whole answer was not asked for."""
        if self._has_ended:
            self._is_reusable = False
