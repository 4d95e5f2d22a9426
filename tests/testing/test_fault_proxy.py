"""The fault proxy breaks exactly what it was told to break."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from rivulet.testing.fault_proxy import Fault, FaultProxy

SAID = bytes(range(256)) * 40


@pytest.fixture
async def talker() -> AsyncIterator[int]:
    """The port of a server that says SAID after the first byte it is sent, then waits for the end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readexactly(1)
            writer.write(SAID)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def heard(port: int, stalls_at: int | None = None) -> tuple[bytes, str]:
    """What arrives through `port`, and how it ended: `end`, `reset` or `silence`, which is waited for after
    so many bytes."""
    received = bytearray()
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(60) as patience:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"?")
            while data := await reader.read(4096):
                received += data
                if len(received) == len(SAID):
                    break
                if len(received) == stalls_at:
                    patience.reschedule(asyncio.get_running_loop().time() + 0.2)
    except TimeoutError:
        return bytes(received), "silence"
    except ConnectionError:  # also while it was being opened: a reset may come that early
        return bytes(received), "reset"
    finally:
        if writer is not None:
            writer.close()
    return bytes(received), "end"


@pytest.mark.anyio
async def test_healthy(talker: int) -> None:
    """Without a fault every byte passes."""
    async with FaultProxy(talker) as proxy:
        assert await heard(proxy.port) == (SAID, "end")


@pytest.mark.anyio
@pytest.mark.parametrize("after", [0, 1, 100, 5000])
async def test_fin(talker: int, after: int) -> None:
    """FIN after n bytes: exactly n arrive and the end looks clean."""
    async with FaultProxy(talker, lambda _: Fault(end="fin", after_bytes=after)) as proxy:
        assert await heard(proxy.port) == (SAID[:after], "end")


@pytest.mark.anyio
@pytest.mark.parametrize("after", [0, 1, 100])
async def test_rst(talker: int, after: int) -> None:
    """RST after n bytes: no more than n arrive and the end is an error."""
    async with FaultProxy(talker, lambda _: Fault(end="rst", after_bytes=after)) as proxy:
        received, how = await heard(proxy.port)
    assert how == "reset"
    assert SAID[:after].startswith(received)


@pytest.mark.anyio
async def test_stall(talker: int) -> None:
    """A stalled connection stays open and says nothing more; closing the proxy still ends."""
    async with FaultProxy(talker, lambda _: Fault(end="stall", after_bytes=7)) as proxy:
        assert await heard(proxy.port, stalls_at=7) == (SAID[:7], "silence")


@pytest.mark.anyio
async def test_refuse(talker: int) -> None:
    """A refused connection is reset before a byte came."""
    async with FaultProxy(talker, lambda _: Fault(refuse=True)) as proxy:
        assert await heard(proxy.port) == (b"", "reset")


@pytest.mark.anyio
async def test_nobody_behind_it() -> None:
    """When the server is gone the client sees a reset, not silence."""
    async with FaultProxy(1) as proxy:
        assert await heard(proxy.port) == (b"", "reset")


@pytest.mark.anyio
async def test_slices_and_rate(talker: int) -> None:
    """Slices at a set rate: all of it arrives, and takes its time."""
    begun = time.monotonic()
    async with FaultProxy(talker, lambda _: Fault(slice_bytes=1024, bytes_per_s=50_000)) as proxy:
        assert await heard(proxy.port) == (SAID, "end")
    assert time.monotonic() - begun >= len(SAID) / 50_000 * 0.9


@pytest.mark.anyio
async def test_delay(talker: int) -> None:
    """Every read of the server comes late."""
    begun = time.monotonic()
    async with FaultProxy(talker, lambda _: Fault(delay_s=0.1)) as proxy:
        assert await heard(proxy.port) == (SAID, "end")
    assert time.monotonic() - begun >= 0.1


@pytest.mark.anyio
async def test_by_number(talker: int) -> None:
    """Each connection has a fault of its own, chosen by its number."""
    async with FaultProxy(talker, lambda n: Fault(end="fin", after_bytes=n)) as proxy:
        assert [await heard(proxy.port) for _ in range(3)] == [(SAID[:n], "end") for n in range(3)]
        assert proxy.connections == 3


@pytest.mark.anyio
async def test_new_address(talker: int) -> None:
    """A server that came back on another port is reached through the same proxy."""
    async with FaultProxy(1) as proxy:
        assert await heard(proxy.port) == (b"", "reset")
        proxy.to_port = talker
        assert await heard(proxy.port) == (SAID, "end")
