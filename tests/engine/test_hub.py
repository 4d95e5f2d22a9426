"""Followers: history, then live, each event exactly once, in order, from any cursor."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator

import msgspec
import pytest

from rivulet.dialects.native import Native
from rivulet.domain import events as e
from rivulet.domain.errors import CursorGone
from rivulet.domain.tenant import LOCAL
from rivulet.engine.cursor import parse_cursor
from rivulet.engine.hub import WINDOW, Sink
from rivulet.ports.answering import Finished, Task
from rivulet.ports.dialect import Frame, Renderer
from rivulet.ports.turns import TurnRecord

from .conftest import NATIVE, Bench, plain

pytestmark = pytest.mark.anyio
WORDS = 1000


async def long(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    yield e.TextStarted(part_id="t")
    for word in range(WORDS):
        await asyncio.sleep(0.05)
        yield e.TextDelta(part_id="t", delta=f"{word} ")


def ids(received: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"^id: (\d+)$", received, re.MULTILINE)]


async def test_every_follower_gets_every_event_once(bench: Bench) -> None:
    """Fifty readers who join at random moments with random cursors all see a gapless rest."""
    bench.says("long", long)
    started = await bench.ask("long")
    chance = random.Random(7)

    async def join(delay: float) -> tuple[int, list[int]]:
        await asyncio.sleep(delay)
        live = bench.service.hub.live(started.turn_id)
        after = chance.randint(0, live.last) if live else 0
        return after, ids(await bench.read(started, str(after)))

    results = await asyncio.gather(*(join(chance.uniform(0, WORDS * 0.05)) for _ in range(50)))
    last = len(await bench.log(started))
    for after, seen in results:
        assert seen == list(range(after + 1, last + 1))


async def test_two_followers_get_the_same_bytes(bench: Bench) -> None:
    """One reads through, the other comes back five times: byte for byte the same stream."""
    bench.says("long", long)
    started = await bench.ask("long")

    async def restless() -> bytes:
        received, cursor = b"", "0"
        for _ in range(5):
            follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, cursor)
            assert follower is not None
            for _ in range(100):
                received += await follower.next() or b""
            follower.close()
            cursor = str(ids(received)[-1])
        return received + await bench.read(started, cursor)

    patient, restless_bytes = await asyncio.gather(bench.read(started), restless())
    assert patient == restless_bytes


async def test_a_slow_follower_catches_up_from_the_log(bench: Bench) -> None:
    """A reader that sleeps longer than the window holds loses nothing and costs no memory."""
    bench.says("long", long)
    started = await bench.ask("long")
    follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, "0")
    assert follower is not None
    received = await follower.next() or b""
    await asyncio.sleep(0.05 * (WINDOW + 100))
    while (data := await follower.next()) is not None:
        received += data
    assert ids(received) == list(range(1, len(await bench.log(started)) + 1))


async def test_a_finished_turn_replays_and_ends(bench: Bench) -> None:
    """From every cursor the rest comes and the stream ends; at the end there is nothing to follow."""
    started = await bench.ask()
    log = await bench.ended(started)
    for after in range(len(log)):
        assert ids(await bench.read(started, str(after))) == list(range(after + 1, len(log) + 1))
    assert await bench.service.follow(LOCAL, started.turn_id, NATIVE, str(len(log))) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "-1",
        "1e3",
        "0x10",
        "+1",
        " 1",
        "1 ",
        "1,2",
        "１２",
        "1\n",
        "0.1",
        "3.0",
        "3.",
        ".3",
        "3.1.1",
        "9" * 40,
        "022",
        "3.01",
        "💧",
    ],
)
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    """Never a guess: what is not a cursor is an error."""
    with pytest.raises(CursorGone):
        parse_cursor(cursor)


async def test_a_turn_that_ends_while_its_row_is_read_knows_its_own_cursors(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who comes back at the last moment is not told that its cursor is foreign."""

    async def slow(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
        async for draft in plain(task):
            yield draft
            await asyncio.sleep(1)

    bench.says("slow", slow)
    started = await bench.ask("slow")
    read = bench.store.turns.get

    async def read_and_dawdle(tenant_id: str, turn_id: str) -> TurnRecord | None:
        row = await read(tenant_id, turn_id)
        assert row is not None
        await asyncio.sleep(10)
        return msgspec.structs.replace(row, last_seq=1)  # a store may count only when a turn ends

    monkeypatch.setattr(bench.store.turns, "get", read_and_dawdle)
    await asyncio.sleep(2.5)
    log = await bench.log(started)
    assert len(log) > 2
    assert ids(await bench.read(started, str(log[-1].seq)))[0] == log[-1].seq + 1


@pytest.mark.parametrize("cursor", ["99", "9223372036854775808", "3.9"])
async def test_a_cursor_beyond_the_log_is_refused(bench: Bench, cursor: str) -> None:
    """A cursor from the future or of another turn is an error, not silence."""
    started = await bench.ask()
    await bench.ended(started)
    with pytest.raises(CursorGone):
        await bench.read(started, cursor)


async def test_a_waiting_follower_can_be_woken_for_a_heartbeat(bench: Bench) -> None:
    """An empty read means: nothing yet, show that you are there."""
    bench.says("long", long)
    started = await bench.ask("long")
    follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, "0")
    assert follower is not None
    await asyncio.sleep(0.01)
    await follower.next()
    asyncio.get_running_loop().call_later(0.001, lambda: follower.wake(has_more=False))
    assert await follower.next() == b""
    assert await follower.next()


async def test_a_reader_that_fails_takes_nothing_from_the_others(bench: Bench) -> None:
    """One's connection refuses what it is given: its own `next` raises that, the other gets all."""
    bench.says("long", long)
    started = await bench.ask("long")
    got = b""

    def refuse(_: bytes) -> bool:
        raise RuntimeError("the handler is closed")

    def take(data: bytes) -> bool:
        nonlocal got
        got += data
        return True

    async def read(sink: Sink) -> None:
        follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, "1")
        assert follower is not None
        follower.sink = sink
        while (data := await follower.next()) is not None:
            sink(data)

    results = await asyncio.gather(read(refuse), read(take), return_exceptions=True)
    assert [str(result) for result in results] == ["the handler is closed", "None"]
    assert ids(got) == list(range(2, len(await bench.log(started)) + 1))


async def test_closing_the_hub_ends_streams_without_an_end(bench: Bench) -> None:
    """Readers are sent away with their cursor; the terminal event was not among what they got."""
    bench.says("long", long)
    started = await bench.ask("long")
    reading = asyncio.create_task(bench.read(started))
    await asyncio.sleep(1)
    bench.service.hub.close()
    assert b"turn.finished" not in await reading


class Counting:
    """A dialect whose frames carry how many frames came before: it must be rendered from the start."""

    name = "counting"
    version = 1
    is_stateless = False
    has_cursor = True
    heartbeat = b":\n"

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Counter()


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def render(self, event: e.AnyEvent) -> list[Frame]:
        frames: list[Frame] = []
        size = event.seq % 3  # some events have no frame, some have two
        for part in range(1, size + 1):
            self.count += 1
            cursor = str(event.seq) if part == size else f"{event.seq}.{part}"
            frames.append(Frame(cursor, f"{cursor}={self.count}\n".encode()))
        return frames


async def test_a_counting_dialect_is_the_same_from_every_cursor(bench: Bench) -> None:
    """Resuming a stateful rendering, live or not, gives exactly the tail of the whole rendering."""
    bench.says("long", long)
    dialect = Counting()
    started = await bench.ask("long")

    async def read(after: str, delay: float) -> list[bytes]:
        await asyncio.sleep(delay)
        follower = await bench.service.follow(LOCAL, started.turn_id, dialect, after)
        assert follower is not None
        received = b""
        while (data := await follower.next()) is not None:
            received += data
        return received.splitlines()

    cursors = ("0", "1", "2.1", "2", "5.1", "300", "301", "302.1", "302")
    late = await asyncio.gather(*(read(cursor, 20.0 + index) for index, cursor in enumerate(cursors)))
    await bench.ended(started)
    whole = await read("0", 0)
    for cursor, tail in zip(cursors, late, strict=True):
        begin = next(
            (i + 1 for i, frame in enumerate(whole) if frame.startswith(cursor.encode() + b"=")),
            sum(float(frame.split(b"=")[0]) <= float(cursor) for frame in whole),
        )
        assert tail == whole[begin:], cursor


async def test_native_is_what_the_log_says(bench: Bench) -> None:
    """The native stream is the log, event by event."""
    started = await bench.ask()
    received = await bench.read(started)
    log = await bench.ended(started)
    frames = [frame for event in log for frame in Native().render(event)]
    assert received == b"".join(frame.data for frame in frames)
