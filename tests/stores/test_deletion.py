"""Deleting a long chat in SQLite: gone at once, removed in pieces, finished after a crash."""

import asyncio

import apsw
import pytest

from rivulet.domain.errors import NotFound, StorageFailed
from rivulet.stores.sqlite import sweeping
from rivulet.testing.asker import Asker, Told, refused

from .conftest import SqliteWorld

pytestmark = pytest.mark.anyio
EVENTS = 3_000


@pytest.fixture
async def long_chat(sqlite_world: SqliteWorld) -> SqliteWorld:
    """One turn of three thousand events in `c1`, and a short one in `c2`."""
    ask, told = Asker(sqlite_world), Told()
    claim = await ask.open("t1", "c1")
    for part in range(EVENTS // 3):
        ask.say(claim, ["x"], told, part=str(part))
    await told.has(EVENTS)
    await ask.finish(claim)
    await ask.answer("t2", "c2")
    return sqlite_world


def left(db: apsw.Connection) -> tuple[int, ...]:
    """Rows of events, of their index, and of logs to be removed."""
    tables = ("events", "event_places", "deletions")
    return tuple(db.execute(f"SELECT count(*) FROM {table}").get for table in tables)


async def begun(world: SqliteWorld) -> "asyncio.Task[bool]":
    """A deletion of which only the first transaction has been made."""
    deleting = asyncio.create_task(world.stores.chats.delete("default", "c1"))
    while await world.stores.chats.get("default", "c1") is not None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    return deleting


async def test_nothing_is_left_of_a_long_chat(long_chat: SqliteWorld) -> None:
    """When `delete` returns its events and their index are gone, and its neighbour's are there."""
    assert await long_chat.stores.chats.delete("default", "c1") is True
    kept = len(await Asker(long_chat).read("t2"))
    assert await long_chat.db.read(left) == (kept, kept, 0)


async def test_others_write_between_the_pieces(
    long_chat: SqliteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is asked for meanwhile is whole before the old log is removed."""
    monkeypatch.setattr(sweeping, "PIECE", 1)
    deleting = await begun(long_chat)
    await refused(NotFound, Asker(long_chat).read("t1"))
    await Asker(long_chat).answer("t3", "c3")
    assert not deleting.done()
    monkeypatch.setattr(sweeping, "PIECE", EVENTS)
    assert await deleting is True


async def test_a_crash_in_between_is_made_good_at_start(
    long_chat: SqliteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the killed process had not come to is removed before the next one answers."""
    monkeypatch.setattr(sweeping, "PIECE", 1)
    deleting = await begun(long_chat)
    monkeypatch.setattr(sweeping, "PIECE", 500)
    old = long_chat.db
    await long_chat.restart()
    kept = len(await Asker(long_chat).read("t2"))
    assert await long_chat.db.read(left) == (kept, kept, 0)
    await refused(NotFound, Asker(long_chat).read("t1"))
    await asyncio.gather(deleting)
    await old.close()


async def test_nobody_needs_to_wait_for_it(long_chat: SqliteWorld) -> None:
    """A caller that is cancelled leaves a deletion that goes on, and a closed store one that starts again."""
    deleting = await begun(long_chat)
    deleting.cancel()
    await asyncio.gather(deleting, return_exceptions=True)
    while (await long_chat.db.read(left))[2]:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await long_chat.db.close()
    await refused(StorageFailed, long_chat.stores.chats.delete("default", "c2"))
