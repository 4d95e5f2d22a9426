"""The process: its sockets, its signals, its deadlines for slow senders, and its orderly end."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rivulet.config import Settings
from rivulet.domain.errors import RivuletError
from rivulet.engine.service import Service
from rivulet.http.stream import WIRE

SEND_BUFFER = 64 * 1024
"""Kernel memory a reader that never reads can hold: 127 kB measured with this, 3.8 MB without."""

USER_TIMEOUT_MS = 8_000
"""A peer that acknowledges nothing for this long is gone; noticed in 8.2 s measured, 15 min without."""

KEEP_ALIVE = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}
"""Seconds, seconds, times: finds out within ten seconds about a peer that vanished while nothing was said,
when there is nothing unacknowledged for the limit above to count from."""

REQUEST_S = 30
"""A request must have arrived whole after this long."""

HEADER_BYTES = 64 * 1024


class CannotListen(RivuletError):
    """The address cannot be listened on."""

    code = "cannot_listen"
    status = 409


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections inherit the limits above. Raises CannotListen."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as problem:
        raise CannotListen(f"{host} is not an address of this machine: {problem.strerror}.") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in {"TCP_USER_TIMEOUT": USER_TIMEOUT_MS, **KEEP_ALIVE}.items():
        if hasattr(socket, name):  # Linux has all of them, macOS some
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError as problem:
        listener.close()
        raise CannotListen(
            f"Port {port} on {host} cannot be used ({problem.strerror}); choose another with --port."
        ) from None
    listener.set_inheritable(False)
    return listener


class Connection(HttpToolsProtocol):
    """uvicorn's connection with three additions: a deadline for the request, itself in the scope, and streams
    that a client of HTTP/1.0 can read: it knows no chunks, and the end of the connection ends its body."""

    takes_chunks = True
    _deadline: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_arrived()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        self.scope["extensions"] = {WIRE: self}  # type: ignore[typeddict-item]
        if self._deadline is None:
            self._expect_request()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADER_BYTES:
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()
            raise ValueError("the request's headers are too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.takes_chunks = self.scope["http_version"] != "1.0"

    def leave_chunks_out(self) -> None:
        """Of the answer that is about to begin."""
        self.cycle.chunked_encoding = False

    def on_message_complete(self) -> None:
        self._request_arrived()
        super().on_message_complete()

    def _expect_request(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _request_arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """Drains before it exits: uvicorn alone would wait for streams that never end by themselves."""

    def __init__(
        self, app: ASGIApp, service: Service, settings: Settings, handles_signals: bool = True
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=5,
                timeout_keep_alive=75,
            )
        )
        self._service = service
        self._drain_s = settings.drain_s
        self._draining: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handles_signals = handles_signals
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if self._handles_signals:
            with super().capture_signals():
                yield
        else:
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.listening.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains, a second one exits at once."""
        if self._draining is not None or self._loop is None:
            self.should_exit = self.force_exit = True
            return
        self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self.drain_and_exit())

    async def drain_and_exit(self) -> None:
        """What the first SIGTERM or Ctrl-C does."""
        try:
            await self._service.drain(self._drain_s)
        finally:
            self.should_exit = True
