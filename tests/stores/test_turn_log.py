"""What is special about turn logs in SQLite: the fence is in the database, and a bad draft harms one turn."""

import asyncio

import apsw
import pytest

from rivulet.domain import events as e
from rivulet.domain.chat import Message
from rivulet.domain.errors import Internal, LostClaim
from rivulet.domain.turn import check
from rivulet.ports.turns import Claim
from rivulet.testing.asker import LEASE_MS, Asker, Told, refused

from .conftest import SqliteWorld, busy_writer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("change", ["epoch = epoch + 1", "status = 'failed'"])
async def test_the_database_itself_refuses_a_void_claim(sqlite_world: SqliteWorld, change: str) -> None:
    """Whatever this process believes: with another epoch or another state in the row, neither events nor an
    end are written, and the other turns of the same commit are."""
    ask, lost, kept = Asker(sqlite_world), Told(), Told()
    one, two = await ask.open("t1", "c1"), await ask.open("t2", "c2")
    sql = f"UPDATE turns SET {change} WHERE id = 't1'"
    await sqlite_world.db.write(lambda db: db.execute(sql), durable=True)
    async with busy_writer(sqlite_world.db):
        ask.say(one, ["late"], lost)
        ask.say(two, ["in time"], kept)
        await asyncio.sleep(0)
    assert isinstance(await lost.failed(), LostClaim)
    await kept.has(3)
    end = e.TurnFinished(at=1, status="completed", finish_reason="stop")
    answer = (await sqlite_world.stores.chats.messages("default", "c1"))[0]
    await refused(LostClaim, sqlite_world.stores.log.finish(one, end, answer))
    await ask.finish(two)
    assert len(await ask.read("t1")) == 1
    check(await ask.read("t2"))


@pytest.mark.parametrize("content", ["\ud800", {"n": 1}.values(), object()])
async def test_a_draft_that_cannot_be_written_fails_its_turn_only(
    sqlite_world: SqliteWorld, content: object
) -> None:
    """Nothing of that append is in the log; a fresh claim ends the turn; its neighbours do not notice."""
    ask, bad, good = Asker(sqlite_world), Told(), Told()
    one, two = await ask.open("t1", "c1"), await ask.open("t2", "c2")
    draft = e.Data(name="n", data=content)
    async with busy_writer(sqlite_world.db):
        sqlite_world.stores.log.append(one, [e.TextStarted(part_id="p"), draft], bad)
        ask.say(two, ["x"], good)
        await asyncio.sleep(0)
    assert isinstance(await bad.failed(), Internal)
    await good.has(3)
    assert len(await ask.read("t1")) == 1
    again = await sqlite_world.stores.log.claim("default", "t1", "owner_1", LEASE_MS)
    assert again is not None
    assert again.epoch == 2
    for claim in (again, two):
        await ask.finish(claim)
        check(await ask.read(claim.turn_id))


async def test_an_end_that_nobody_waits_for_is_an_end(sqlite_world: SqliteWorld) -> None:
    """The caller of `finish` is cancelled; the turn is over all the same."""
    ask = Asker(sqlite_world)
    claim = await ask.open()
    end = e.TurnFinished(at=1, status="completed", finish_reason="stop")
    answer = Message(id="a", chat_id="c1", turn_id="t1", role="assistant", text="", created_at=1)
    async with busy_writer(sqlite_world.db):
        finishing = asyncio.create_task(sqlite_world.stores.log.finish(claim, end, answer))
        await asyncio.sleep(0)
        finishing.cancel()
        await asyncio.gather(finishing, return_exceptions=True)
    await sqlite_world.settle()
    check(await ask.read())
    assert await sqlite_world.stores.log.claim("default", "t1", "owner_1", LEASE_MS) is None


async def test_an_opening_that_nobody_waits_for_can_be_ended(sqlite_world: SqliteWorld) -> None:
    """The caller of `open` is cancelled; the turn is there, and free once its lease has lapsed."""
    ask = Asker(sqlite_world)
    async with busy_writer(sqlite_world.db):
        opening = asyncio.create_task(ask.open())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
    await sqlite_world.settle()
    sqlite_world.clock.advance(6)
    (record,) = await sqlite_world.stores.turns.unfinished()
    claim = await sqlite_world.stores.log.claim("default", record.id, "owner_2", LEASE_MS)
    assert isinstance(claim, Claim)
    await ask.finish(claim, "failed")
    check(await ask.read())


async def test_every_event_of_a_finished_turn_is_indexed_once(sqlite_world: SqliteWorld) -> None:
    """Also when it changed hands and was found unfinished by a start."""
    ask, told = Asker(sqlite_world), Told()
    claim = await ask.open()
    for part in range(6):
        ask.say(claim, ["x"], told, part=str(part))
        await told.has(3 * (part + 1))
        if part % 3 == 1:
            sqlite_world.clock.advance(6)
        if part % 3 == 2:
            await sqlite_world.restart()
        taken = await sqlite_world.stores.log.claim("default", "t1", f"owner_{part}", LEASE_MS)
        claim = taken or claim
    await ask.finish(claim)

    def look(db: apsw.Connection) -> tuple[int, int, int]:
        counts = "count(*), count(DISTINCT seq), count(DISTINCT place)"
        return db.execute(f"SELECT {counts} FROM event_places JOIN events USING (place, seq)").get

    log = await ask.read()
    check(log)
    assert await sqlite_world.db.read(look) == (len(log), len(log), len(log))
