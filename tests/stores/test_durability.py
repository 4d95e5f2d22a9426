"""What survives what: beginnings and ends outlive a power cut, everything told outlives `kill -9`."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from rivulet.domain import events as e
from rivulet.domain.chat import Message
from rivulet.domain.errors import StorageFailed
from rivulet.domain.turn import check
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.asker import LEASE_MS, Asker, Told, refused

from .conftest import RESERVE, SqliteWorld, busy_writer
from .disk import Disk

pytestmark = pytest.mark.anyio
WAL = "rivulet.db-wal"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "world")


@pytest.fixture
async def world(disk: Disk) -> AsyncGenerator[SqliteWorld, None]:
    world = SqliteWorld(disk.folder, disk.name)
    disk.syncs.clear()
    yield world
    disk.is_broken = False
    await world.close()


async def test_beginnings_and_ends_are_synced_and_deltas_are_not(world: SqliteWorld, disk: Disk) -> None:
    """One fsync of the log for the opening, none for ten commits of text, one for the end."""
    ask, told = Asker(world), Told()
    claim = await ask.open()
    assert disk.syncs == [WAL]
    for part in range(10):
        ask.say(claim, ["x"], told, part=str(part))
        await told.has(3 * (part + 1))
    assert disk.syncs == [WAL]
    await ask.finish(claim)
    assert disk.syncs == [WAL, WAL]


async def test_what_waits_for_an_end_shares_its_sync(world: SqliteWorld, disk: Disk) -> None:
    """Twenty turns that begin together cost one fsync, and so do twenty that end with their last words."""
    ask, told = Asker(world), Told()
    async with busy_writer(world.db):
        opening = asyncio.gather(*(ask.open(f"t{n}", f"c{n}") for n in range(20)))
        await asyncio.sleep(0)
    claims = await opening
    assert disk.syncs == [WAL]
    end = e.TurnFinished(at=1, status="completed", finish_reason="stop")
    answer = Message(id="a", chat_id="c", turn_id="t", role="assistant", text="so", created_at=1)
    async with busy_writer(world.db):
        for claim in claims:
            ask.say(claim, ["so"], told)
        finishing = asyncio.gather(*(world.stores.log.finish(claim, end, answer) for claim in claims))
        await asyncio.sleep(0)
    assert {event.seq for event in await finishing} == {5}
    assert disk.syncs == [WAL, WAL]


async def test_a_power_cut_takes_only_the_last_words(world: SqliteWorld, disk: Disk, tmp_path: Path) -> None:
    """After it: every turn whose opening was answered, every end that was answered, and of a running turn a
    gapless beginning of what was told."""
    ask, told = Asker(world), Told()
    await ask.answer("t1", "c1", "kept for ever")
    running = await ask.open("t2", "c2")
    for part in range(5):
        ask.say(running, [f"{part}"], told, part=str(part))
        await told.has(3 * (part + 1))
    await ask.open("t3", "c3")  # its sync takes along what was told before
    ask.say(running, ["perhaps not kept"], told, part="last")
    await told.has(18)
    disk.survivors(tmp_path / "after")
    db = Database.open(tmp_path / "after", world.clock, RESERVE)
    store = SqliteStore(db, world.clock)
    check(await store.log.read("default", "t1", 0, 100))
    kept = await store.log.read("default", "t2", 0, 100)
    assert kept[1:] == told.events[:15]
    assert [record.id for record in await store.turns.unfinished()] == ["t2", "t3"]
    claim = await store.log.claim("default", "t2", "owner_2", LEASE_MS)
    assert claim is not None
    assert claim.last_seq == 16
    await db.close()


async def test_a_failed_sync_is_never_forgotten(world: SqliteWorld, disk: Disk) -> None:
    """From then on nothing is written, though the disk seems well again, and readiness says so; what is there
    can be read; a restart trusts what it finds."""
    ask, told = Asker(world), Told()
    claim = await ask.open("t1", "c1")
    ask.say(claim, ["told"], told)
    await told.has(3)
    await world.db.check()
    disk.is_broken = True
    await refused(StorageFailed, ask.open("t2", "c2"))
    disk.is_broken = False
    ask.say(claim, ["lost"], told, part="q")
    assert isinstance(await told.failed(), StorageFailed)
    await refused(StorageFailed, world.db.check())
    await refused(StorageFailed, ask.open("t3", "c3"))
    assert (await ask.read())[1:] == told.events
    await world.restart()
    assert "t1" in [record.id for record in await world.stores.turns.unfinished()]
    taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
    assert taken is not None
    await ask.finish(taken, "failed")
    check(await ask.read())


async def test_a_failed_commit_voids_its_claims_once(world: SqliteWorld, disk: Disk) -> None:
    """Every turn of the commit is told once, in order after what it was told before, and then no more."""
    ask = Asker(world)
    tellings = [Told() for _ in range(5)]
    claims = await asyncio.gather(*(ask.open(f"t{n}", f"c{n}") for n in range(5)))
    for claim, told in zip(claims, tellings, strict=True):
        ask.say(claim, ["a"], told, part="a")
    await world.settle()
    disk.is_broken = True
    end = e.TurnFinished(at=1, status="completed", finish_reason="stop")
    answer = Message(id="a", chat_id="c0", turn_id="t0", role="assistant", text="ab", created_at=1)
    async with busy_writer(world.db):
        for claim, told in zip(claims, tellings, strict=True):
            ask.say(claim, ["b"], told, part="b")
        finishing = asyncio.create_task(world.stores.log.finish(claims[0], end, answer))
        await asyncio.sleep(0)
    await refused(StorageFailed, finishing)
    for claim, told in zip(claims, tellings, strict=True):
        ask.say(claim, ["c"], told, part="c")
    with pytest.raises(StorageFailed):
        await world.settle()
    for told in tellings:
        assert len(told.events) == 3
        assert [type(error) for error in told.errors] == [StorageFailed]
