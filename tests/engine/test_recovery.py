"""Turns that are left open while the process lives: each gets its one end, and no living one is touched."""

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from rivulet.dialects.native import Native
from rivulet.domain import events as e
from rivulet.domain.bot import Bot
from rivulet.domain.chat import Message
from rivulet.domain.errors import NotEnded, StorageFailed, StorageFull
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import Turn, check, fold
from rivulet.engine.runner import LEASE_MS, whole_log
from rivulet.engine.service import Policy, Service, Started, Stores
from rivulet.ports.answering import Finished, Task
from rivulet.ports.dialect import Ask
from rivulet.ports.turns import Claim, Opening, Replayed, TurnRecord
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.stores.sqlite.turn_log import SqliteTurnLog
from rivulet.stores.sqlite.turns import SqliteTurns
from rivulet.testing.clock import ManualClock
from tests.stores.disk import Disk, limited

from .conftest import Scripted, plain

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
LEASE_S = LEASE_MS / 1000 + 0.1


@pytest.fixture
def anyio_backend() -> str:
    """Real threads write here: the loop's time goes on, and the leases' stands still."""
    return "asyncio"


class Log(SqliteTurnLog):
    """Between a commit and the word of it, `gate` holds whoever opens a turn."""

    gate: asyncio.Event

    async def open(self, opening: Opening, owner: str, lease_ms: int) -> Claim | Replayed:
        claim = await super().open(opening, owner, lease_ms)
        self.committed.set()
        await self.gate.wait()
        return claim


class Turns(SqliteTurns):
    """Cannot be asked for unfinished turns `failures` times."""

    failures = 0

    async def unfinished(self) -> list[TurnRecord]:
        if self.failures:
            self.failures -= 1
            raise StorageFailed
        return await super().unfinished()


class Place:
    """A service over a database on a disk that can be full without a rest."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.disk = Disk(folder)
        monkeypatch.setattr(os, "pwrite", limited(self.disk))
        self.clock = ManualClock()
        self.db = Database.open(folder / "data", self.clock, 64 * 1024, self.disk.name)
        self.store = SqliteStore(self.db, self.clock)
        self.store.log.__class__ = Log
        self.store.turns.__class__ = Turns
        self.store.log.committed, self.store.log.gate = asyncio.Event(), asyncio.Event()
        self.store.log.gate.set()
        self.said, self.word = asyncio.Event(), asyncio.Event()
        self.scripted = Scripted({"plain": plain, "slow": self._slow})
        self.service = self.new_service()

    def new_service(self) -> Service:
        count = itertools.count(1)
        stores = Stores(
            log=self.store.log,
            turns=self.store.turns,
            chats=self.store.chats,
            branches=self.store.branches,
            feedback=self.store.feedback,
            shares=self.store.shares,
            preferences=self.store.preferences,
        )
        bot = Bot(model="plain")
        policy = Policy(bots={bot.id: bot}, retry_interrupted=True)
        return Service(
            stores, self.scripted, policy, self.clock, lambda size: next(count).to_bytes(size, "big")
        )

    async def _slow(self, task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
        """A word, and the rest when the test says so."""
        yield e.TextStarted(part_id="t")
        yield e.TextDelta(part_id="t", delta="One")
        await asyncio.sleep(0)
        await self.db.write(lambda _: None, durable=False)  # done when everything before it is
        self.said.set()
        await self.word.wait()
        yield e.TextDelta(part_id="t", delta=" two")
        yield e.TextFinished(part_id="t")

    async def ask(self, model: str = "plain", **fields: object) -> Started:
        return await self.service.ask(LOCAL, Ask(input="Why?", model=model, **fields))  # type: ignore[arg-type]

    async def log(self, started: Started) -> Sequence[e.AnyEvent]:
        return await whole_log(self.store.log, LOCAL.tenant_id, started.turn_id)

    async def ended(self, started: Started) -> Turn:
        """What a reader ends with; the log holds nothing behind it."""
        follower = await self.service.follow(LOCAL, started.turn_id, Native(), "0")
        assert follower is not None
        seen = b""
        while (data := await follower.next()) is not None:
            seen += data
        follower.close()
        assert seen.count(b"event: turn.finished") == 1
        log = await self.log(started)
        check(log)
        return fold(log)

    async def left_by_its_asker(self) -> None:
        """A turn that is on disk, whose request was cancelled before it could be started."""
        self.store.log.gate.clear()
        asking = asyncio.create_task(self.ask("slow"))
        await self.store.log.committed.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    async def abandoned(self) -> Started:
        """A turn whose end could not be written, on a disk that is full still."""
        started = await self.ask("slow")
        await self.said.wait()
        runner = self.service.running.get(started.turn_id)
        assert runner is not None
        self.disk.quota = 0
        self.word.set()
        await runner.done
        return started

    async def chat(self) -> str:
        (chat,) = await self.store.chats.recent(LOCAL.tenant_id, None, 2)
        return chat.id

    async def recovers(self) -> None:
        """A look after every lease has lapsed."""
        self.clock.advance(LEASE_S)
        await self.service.recover()


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Place, None]:
    place = Place(tmp_path, monkeypatch)
    yield place
    place.disk.quota = None
    await place.service.drain(0)
    await place.db.close()


async def test_an_end_that_could_not_be_written_is_written_later(place: Place) -> None:
    """By itself, once there is room: the text stays, its readers end, the chat takes the next question."""
    started = await place.abandoned()
    tending = asyncio.create_task(place.service.tend(0.01))
    reading = asyncio.create_task(place.ended(started))
    for _ in range(3):
        place.clock.advance(LEASE_S)
        await asyncio.sleep(0.05)
    assert not reading.done()
    place.disk.quota = None
    place.clock.advance(LEASE_S)
    turn = await reading
    assert turn.error is not None
    assert (turn.status, turn.error.code, turn.text) == ("failed", "interrupted", "One")
    assert "could not bring this answer to its end" in turn.error.message
    assert (await place.ended(await place.ask(chat_id=started.chat_id))).status == "completed"
    tending.cancel()


async def test_a_stop_that_cannot_be_written_says_so(place: Place) -> None:
    """While the disk is full: the answerer has let go, nothing more is said, and whoever stops again is told
    the same. Once there is room the receipt is what the log says."""
    await place.service.recover()
    started = await place.ask("slow")
    await place.said.wait()
    place.disk.quota = 0
    for _ in range(2):
        with pytest.raises(StorageFull) as refusal:
            await place.service.stop(LOCAL, started.turn_id)
        assert refusal.value.details == {"retry_after": 5}
    assert len(place.service.running) == 0
    place.word.set()
    place.disk.quota = None
    await place.recovers()
    turn = await place.ended(started)
    assert (turn.status, turn.text) == ("failed", "One")
    receipt = await place.service.stop(LOCAL, started.turn_id)
    assert (receipt.status, receipt.final_seq, receipt.kept_chars) == ("failed", turn.seq, 3)


async def test_a_stop_of_what_nobody_answers_says_when_to_ask_again(place: Place) -> None:
    """It was opened for somebody who was gone before it could be started, and its lease still runs."""
    await place.left_by_its_asker()
    await place.service.recover()
    (record,) = await place.store.turns.running_in(LOCAL.tenant_id, await place.chat())
    with pytest.raises(NotEnded) as refusal:
        await place.service.stop(LOCAL, record.id)
    assert refusal.value.details == {"retry_after": 5}
    await place.recovers()
    assert (await place.service.stop(LOCAL, record.id)).status == "failed"


async def test_a_stop_of_what_another_server_has_ended_gives_that_end(place: Place) -> None:
    """It was taken from this one while it was paused."""
    started = await place.ask("slow")
    await place.said.wait()
    place.clock.advance(LEASE_S)
    taken = await place.store.log.claim(LOCAL.tenant_id, started.turn_id, "other", LEASE_MS)
    assert taken is not None
    end = e.TurnFinished(at=1, status="failed", finish_reason="error")
    answer = Message(
        id="a", chat_id=started.chat_id, turn_id=taken.turn_id, role="assistant", text="One", created_at=1
    )
    closing = e.TextFinished(part_id="t", at=1)
    place.store.log.append(taken, [closing], lambda _, __: None)
    await place.store.log.finish(taken, end, answer)
    receipt = await place.service.stop(LOCAL, started.turn_id)
    assert (receipt.status, receipt.kept_chars) == ("failed", 3)


async def test_the_log_of_the_server_says_it_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """However long the disk is full; and again when it is full again."""
    await place.abandoned()
    caplog.clear()
    for _ in range(3):
        await place.recovers()
    assert [each.getMessage() for each in caplog.records] == ["turns cannot be recovered yet: storage_full"]


async def test_many_turns_are_ended_together(place: Place) -> None:
    """What a process with forty answers left is not ended one after the other: the disk is waited for a few
    times, not once for each."""
    started = [await place.ask("slow") for _ in range(40)]
    await place.said.wait()
    left = [place.service.running.get(each.turn_id) for each in started]
    place.clock.advance(LEASE_S)
    place.service = place.new_service()
    place.disk.syncs.clear()
    assert await place.service.recover() == 40
    assert len(place.disk.syncs) < 40
    for each in started:
        log = await place.log(each)
        check(log)
        assert fold(log).status == "failed"
    place.word.set()
    await asyncio.gather(*(runner.done for runner in left if runner is not None))


async def test_a_turn_whose_asker_is_gone_is_ended(place: Place) -> None:
    """It was on disk when the request was cancelled: it is not answered, but it does not stay open either."""
    await place.left_by_its_asker()
    (record,) = await place.store.turns.running_in(LOCAL.tenant_id, await place.chat())
    await place.recovers()
    log = await whole_log(place.store.log, LOCAL.tenant_id, record.id)
    check(log)
    assert fold(log).status == "failed"
    assert place.scripted.asked == []


async def test_a_turn_that_is_being_opened_is_left_alone(place: Place) -> None:
    """It is on disk and its lease has lapsed, but whoever opened it has not been told yet."""
    place.store.log.gate.clear()
    asking = asyncio.create_task(place.ask())
    await place.store.log.committed.wait()
    await place.recovers()
    place.store.log.gate.set()
    turn = await place.ended(await asking)
    assert (turn.status, turn.text) == ("completed", "Because so.")


async def test_a_running_turn_keeps_its_lease(place: Place) -> None:
    """Through many of them, without a word from the model: another owner neither finds it nor gets it."""
    started = await place.ask("slow")
    await place.said.wait()
    for _ in range(6):
        place.clock.advance(LEASE_S / 2)
        await place.service.running.renew(place.store.turns)
    assert await place.store.turns.unfinished() == []
    assert await place.store.log.claim(LOCAL.tenant_id, started.turn_id, "other", LEASE_MS) is None
    place.word.set()
    assert (await place.ended(started)).text == "One two"


async def test_who_lost_a_turn_does_not_take_it_back(place: Place) -> None:
    """It was paused past its lease and somebody else has the turn: it writes no event and no end, whatever
    its own lease would allow, and the other one's end is the only one."""
    started = await place.ask("slow")
    await place.said.wait()
    runner = place.service.running.get(started.turn_id)
    assert runner is not None
    place.clock.advance(LEASE_S)
    taken = await place.store.log.claim(LOCAL.tenant_id, started.turn_id, "other", LEASE_MS)
    assert taken is not None
    place.clock.advance(LEASE_S)
    place.word.set()
    await runner.done
    assert len(await place.log(started)) == taken.last_seq
    await place.recovers()
    assert (await place.ended(started)).text == "One"


async def test_running_and_queued_turns_are_left_alone(place: Place) -> None:
    """Also long after their leases have lapsed, and though others are recovered meanwhile."""
    running = await place.ask("slow")
    queued = await place.ask(chat_id=running.chat_id, on_busy="queue")
    tending = asyncio.create_task(place.service.tend(0.001))
    for _ in range(20):
        place.clock.advance(LEASE_S)
        await asyncio.sleep(0.005)
    place.word.set()
    assert (await place.ended(running)).text == "One two"
    assert (await place.ended(queued)).status == "completed"
    tending.cancel()


async def test_recovery_that_failed_at_start_is_tried_again(place: Place) -> None:
    """What a dead process left is ended though it could not be looked for at first."""
    started = await place.abandoned()
    place.disk.quota = None
    place.clock.advance(LEASE_S)
    place.store.turns.failures = 2
    place.service = place.new_service()
    assert await place.service.recover() == 0
    tending = asyncio.create_task(place.service.tend(0.01))
    assert (await place.ended(started)).status == "failed"
    tending.cancel()
