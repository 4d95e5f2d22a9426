"""The sockets: what every connection inherits from the one that listens, and the deadlines of a request."""

import asyncio
import socket

import pytest

from rivulet.http import server
from rivulet.http.server import CannotListen, listen

from .conftest import Site, closed, until

pytestmark = pytest.mark.anyio


def test_a_connection_inherits_the_limits() -> None:
    """A vanished peer is noticed within ten seconds, a stalled one holds little memory."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 8000
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 4
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * server.SEND_BUFFER


def test_an_address_that_is_not_ours_is_refused() -> None:
    """In a sentence that names it."""
    with pytest.raises(CannotListen, match=r"203\.0\.113\.7"):
        listen("203.0.113.7", 0)


async def test_a_request_that_never_comes_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a silent connection nor a body in drops can hold a place for ever."""
    monkeypatch.setattr(server, "REQUEST_S", 0.2)
    host, port = site.url.removeprefix("http://").split(":")
    for sent in (b"", b"POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        async with asyncio.timeout(60):
            try:
                rest = await reader.read()
            except ConnectionResetError:
                rest = b""
        assert b" 202 " not in rest
        await closed(writer)
    await until(lambda: not site.server.server_state.tasks)


async def test_a_kept_connection_may_rest(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two requests of one connection the deadline does not count."""
    monkeypatch.setattr(server, "REQUEST_S", 0.5)
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for rest in (0.6, 0):
        writer.write(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert (await reader.readuntil(b'{"status":"ok"}')).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(rest)
    await closed(writer)
