"""A full disk: nothing is damaged, reading goes on, new turns wait, and running turns still get their end."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from functools import cache
from pathlib import Path

import pytest

from rivulet.domain import events as e
from rivulet.domain.chat import Message
from rivulet.domain.errors import StorageFull
from rivulet.domain.turn import check, fold
from rivulet.ports.turns import Claim
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.asker import LEASE_MS, Asker, Told, refused
from rivulet.testing.clock import ManualClock

from .conftest import busy_writer
from .disk import Disk, limited

pytestmark = pytest.mark.anyio
MIB = 1 << 20


@cache
def may_mount(folder: Path) -> bool:
    """Whether this user may make a small disk of memory."""
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


class SmallDisk:
    """8 MiB, 1 MiB of it in reserve; a real one where this user may mount one, else the same by a quota."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.disk = Disk(folder)
        self.clock = ManualClock()
        folder.mkdir()
        self.is_mounted = may_mount(folder)
        if self.is_mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
        else:
            self.disk.quota = 8 * MIB
            monkeypatch.setattr(os, "pwrite", limited(self.disk))

    def open(self) -> None:
        self.db = Database.open(self.folder / "data", self.clock, MIB, self.disk.name)
        self.stores = SqliteStore(self.db, self.clock)

    async def restart(self) -> None:
        await self.db.close()
        self.open()

    async def die(self) -> None:
        """Leaves what `kill -9` leaves."""
        left = self.folder / "left"
        shutil.copytree(self.folder / "data", left)
        await self.db.close()
        shutil.rmtree(self.folder / "data")
        left.rename(self.folder / "data")

    def fill(self) -> None:
        """Somebody else takes all that is left."""
        file = os.open(self.folder / "somebody's", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for size in (64 * 1024, 1024):
            try:
                while self.disk.has_room(size):
                    os.write(file, bytes(size))
            except OSError:
                pass
        os.close(file)

    def clear(self) -> None:
        (self.folder / "somebody's").unlink()

    def unmount(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SmallDisk, None]:
    world = SmallDisk(tmp_path / "disk", monkeypatch)
    try:
        world.open()
        yield world
        await world.db.close()
    finally:
        world.unmount()


async def until_full(ask: Asker, claim: Claim, told: Told) -> None:
    """Writes until the disk refuses."""
    for part in range(10_000):
        ask.say(claim, ["x" * 10_000], told, part=str(part))
        await asyncio.wait_for(told.news.wait(), 60)
        told.news.clear()
        if told.errors:
            return
    raise AssertionError("the disk never filled up")


async def test_a_running_turn_still_gets_its_end(world: SmallDisk) -> None:
    """It is told once that the disk is full; claimed again, it is ended with all the text that was told."""
    ask, told = Asker(world), Told()
    claim = await ask.open()
    world.fill()
    await until_full(ask, claim, told)
    assert [type(error) for error in told.errors] == [StorageFull]
    ask.say(claim, ["more"], told, part="more")
    await refused(StorageFull, ask.finish(claim))
    again = await world.stores.log.claim("default", "t1", "owner_1", LEASE_MS)
    assert again is not None
    closing = Told()
    ask.say(again, ["The disk is full."], closing, part="closing words")
    await closing.has(3)
    await ask.finish(again, "failed")
    log = await ask.read()
    check(log)
    assert log[1:-1] == told.events + closing.events
    answer = (await world.stores.chats.messages("default", "c1"))[-1]
    assert answer.text == fold(log).text
    assert len(told.errors) == 1
    await world.restart()
    assert await ask.read() == log


async def test_every_other_running_turn_gets_its_end_too(world: SmallDisk) -> None:
    """Forty turns: whichever met the full disk, all of them are ended, and with a healthy claim at once."""
    ask = Asker(world)
    tellings = [Told() for _ in range(40)]
    claims = await asyncio.gather(*(ask.open(f"t{n}", f"c{n}") for n in range(40)))
    for claim, told in zip(claims, tellings, strict=True):
        ask.say(claim, ["said before"], told)
        await told.has(3)
    world.fill()
    await until_full(ask, claims[0], tellings[0])
    for claim in claims[:20]:
        again = await world.stores.log.claim("default", claim.turn_id, "owner_1", LEASE_MS)
        assert again is not None
        await ask.finish(again, "failed")
    await asyncio.gather(*(ask.finish(claim) for claim in claims[20:]))
    for claim, told in zip(claims, tellings, strict=True):
        log = await ask.read(claim.turn_id)
        check(log)
        assert log[1:-1] == told.events


async def test_new_turns_wait_for_room(world: SmallDisk) -> None:
    """Refused as StorageFull while the disk is full, though the reserve would have room; reading goes on;
    taken again within a second of there being room, and the reserve is whole again."""
    ask, told = Asker(world), Told()
    await ask.answer("t0", "c0")
    claim = await ask.open()
    world.fill()
    await until_full(ask, claim, told)
    assert world.db.is_full
    for attempt in range(3):
        await refused(StorageFull, ask.open("t2", "c2"))
        await refused(StorageFull, world.db.check())
        world.clock.advance(attempt)
    check(await ask.read("t0"))
    assert (await ask.read("t1"))[1:] == told.events
    assert await world.stores.chats.delete("default", "c0")
    world.clear()
    world.clock.advance(1.1)
    await world.db.check()
    assert not world.db.is_full
    assert (world.folder / "data" / "reserve").stat().st_size == MIB
    await ask.answer("t2", "c2")


async def test_other_turns_of_a_commit_that_met_the_full_disk_are_told(world: SmallDisk) -> None:
    """A question that arrives in that very commit is refused; a turn that ends in it is ended."""
    ask, told, other = Asker(world), Told(), Told()
    claim, ending = await ask.open("t1", "c1"), await ask.open("t2", "c2")
    world.fill()
    terminal = e.TurnFinished(at=1, status="completed", finish_reason="stop")
    answer = Message(id="a", chat_id="c2", turn_id="t2", role="assistant", text="last words", created_at=1)
    async with busy_writer(world.db):
        ask.say(claim, ["x" * 4 * MIB], told)
        ask.say(ending, ["last words"], other)
        question = asyncio.create_task(ask.open("t3", "c3"))
        finishing = asyncio.create_task(world.stores.log.finish(ending, terminal, answer))
        await asyncio.sleep(0)
    refusal, end = await asyncio.gather(question, finishing, return_exceptions=True)
    assert isinstance(refusal, StorageFull)
    assert end == (await ask.read("t2"))[-1]
    assert isinstance(await told.failed(), StorageFull)
    log = await ask.read("t2")
    check(log)
    assert log[1:-1] == other.events


async def test_a_start_on_a_full_disk_can_end_what_was_left(world: SmallDisk) -> None:
    """The reserve is given up for it; new turns are refused until there is room."""
    ask, told = Asker(world), Told()
    claim = await ask.open()
    ask.say(claim, ["kept"], told)
    await told.has(3)
    await world.db.close()
    world.fill()
    world.open()
    (record,) = await world.stores.turns.unfinished()
    assert record.last_seq == 4
    taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
    assert taken is not None
    await ask.finish(taken, "failed")
    check(await ask.read())


async def test_a_start_without_any_room_serves_readers(world: SmallDisk) -> None:
    """Without the reserve too: what was answered is read, and what was left is whole and ended once there is
    room, before anything else is written."""
    ask, told = Asker(world), Told()
    await ask.answer("t0", "c0")
    claim = await ask.open()
    ask.say(claim, ["kept"], told)
    await told.has(3)
    await world.die()
    (world.folder / "data" / "reserve").unlink()
    world.fill()
    world.open()
    check(await ask.read("t0"))
    with pytest.raises(StorageFull):
        await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
    world.clear()
    world.clock.advance(1.1)
    taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
    assert taken is not None
    assert taken.last_seq == 4
    await ask.finish(taken, "failed")
    log = await ask.read()
    check(log)
    assert log[1:-1] == told.events
