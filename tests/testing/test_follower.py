"""The black-box follower keeps count, resumes, and notices every broken promise."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from rivulet.testing.follower import EventReader, Follower

Answer = Callable[[dict[str, str]], bytes]


def frame(seq: int, kind: str = "text.delta") -> bytes:
    return b'id: %d\nevent: %s\ndata: {"seq":%d}\n\n' % (seq, kind.encode(), seq)


def body(*frames: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-type: text/event-stream\r\n\r\n%s" % (status.encode(), b"".join(frames))


class Teller:
    """Answers each connection with the next of its scripted answers and closes it."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.cursors: list[str | None] = []
        self.url = ""
        self.delay_s = 0.0

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        self.cursors.append(lines.get("last-event-id"))
        await asyncio.sleep(self.delay_s)
        if not writer.transport.is_closing() and self.answers:
            writer.write(self.answers.pop(0))
        writer.close()


@pytest.fixture
async def teller() -> AsyncIterator[Teller]:
    teller = Teller()
    async with await asyncio.start_server(teller.tell, "127.0.0.1", 0) as server:
        teller.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield teller


@pytest.fixture
async def follower(teller: Teller) -> AsyncIterator[Follower]:
    async with aiohttp.ClientSession() as session:
        yield Follower(session, lambda: teller.url, "trn_x", pause_s=0)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_reader_split_anywhere(size: int) -> None:
    """Events are whole however the bytes are cut; a heartbeat is none."""
    wire = b":\n" + frame(1) + b":\n" + frame(2)
    reader = EventReader()
    found = [each for at in range(0, len(wire), size) for each in reader.feed(wire[at : at + size])]
    assert found == [("1", "text.delta", b'{"seq":1}'), ("2", "text.delta", b'{"seq":2}')]


def test_reader_unfinished() -> None:
    """Without its blank line an event does not count."""
    assert EventReader().feed(frame(1)[:-1]) == []


@pytest.mark.anyio
async def test_resumes(teller: Teller, follower: Follower) -> None:
    """A reader who lost the connection in the midst of event 3 comes back with cursor 2."""
    teller.answers = [body(frame(1), frame(2), frame(3)[:9]), body(frame(3), frame(4, "turn.finished"))]
    await follower.follow()
    assert teller.cursors == [None, "2"]
    assert len(follower.events) == 4
    assert follower.returns == 1
    assert follower.violations == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("frames", "blame"),
    [
        ((frame(1), frame(3)), "3 came after event 1"),
        ((frame(1), frame(1)), "1 came after event 1"),
        ((frame(1, "turn.finished"), frame(2)), "2 after the terminal event"),
    ],
)
async def test_notices(teller: Teller, follower: Follower, frames: tuple[bytes, ...], blame: str) -> None:
    """A gap, a repeat and an event after the end are named."""
    teller.answers = [body(*frames)]
    await follower.follow()
    assert blame in follower.violations[0]


@pytest.mark.anyio
async def test_lost_turn(teller: Teller, follower: Follower) -> None:
    """A turn that the server does not know any more is a broken promise; a busy server is not."""
    teller.answers = [body(status="503 Busy"), body(status="404 Not Found")]
    await follower.follow()
    assert "status 404" in follower.violations[0]
    assert follower.attempts == 2
    assert follower.returns == 1


@pytest.mark.anyio
async def test_grows_patient(teller: Teller) -> None:
    """A server too busy to answer within a follower's patience is not asked to death: it becomes patient."""
    teller.delay_s = 0.2
    teller.answers = [body(frame(1, "turn.finished")) for _ in range(20)]
    async with aiohttp.ClientSession() as session:
        follower = Follower(session, lambda: teller.url, "trn_x", stall_s=0.05, pause_s=0)
        await asyncio.wait_for(follower.follow(), 60)
    assert follower.is_done
    assert 1 < follower.attempts < 10
