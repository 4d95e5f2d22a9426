"""Any sequence of opening, appending, finishing, dying and taking over leaves every promise of the log true.

The model is what was told: the machine remembers every event a listener was given and compares it with what
the store reads back, from random cursors, after every step.
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from rivulet.domain import events as e
from rivulet.domain.errors import ChatBusy, LostClaim
from rivulet.domain.turn import check, fold
from rivulet.ports.turns import Claim
from rivulet.testing.asker import LEASE_MS, Asker, Told

from .conftest import MemoryWorld, SqliteWorld

T = TypeVar("T")
MEMORY_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A killed process loses nothing the kernel has, so nothing is gained by waiting for a real disk here."""

OWNERS = st.sampled_from(["owner_1", "owner_2", "owner_3"])
TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=6)


@dataclass
class Known:
    """What the model knows of a turn."""

    name: str
    chat: str
    epoch: int = 1
    owner: str = ""
    life: int = 0
    """In which process the present claim was made."""
    told: list[e.AnyEvent] = field(default_factory=list)
    """What was told in earlier lives."""
    is_finished: bool = False
    parts: int = 0


@dataclass
class Held:
    """A claim somebody has, valid or not, and its listener."""

    turn: Known
    claim: Claim
    heard: Told = field(default_factory=Told)


class LogMachine(RuleBasedStateMachine):
    claims: Bundle[Held] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = self.run(self.make_world())
        self.turns: dict[str, Known] = {}
        self.held: list[Held] = []
        self.life = 1

    async def make_world(self) -> MemoryWorld | SqliteWorld:
        raise NotImplementedError

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(doing, 20))

    def teardown(self) -> None:
        self.run(self.end_everything())
        self.run(self.world.close())
        self.loop.close()

    # ---- what may happen

    @rule(target=claims, owner=OWNERS, chat=st.integers(1, 3), exclusive=st.booleans())
    def open(self, owner: str, chat: int, exclusive: bool) -> Any:
        turn = Known(f"t{len(self.turns) + 1}", f"c{chat}")
        is_busy = any(each.chat == turn.chat and not each.is_finished for each in self.turns.values())
        ask = Asker(self.world, owner)
        try:
            claim = self.run(ask.open(turn.name, turn.chat, exclusive=exclusive))
        except ChatBusy:
            assert is_busy
            assert exclusive
            return multiple()
        assert not (is_busy and exclusive)
        self.turns[turn.name] = turn
        turn.told = self.run(ask.read(turn.name))
        return self.hold(turn, claim)

    @rule(held=claims, texts=TEXTS)
    def append(self, held: Held, texts: list[str]) -> None:
        """Without waiting: what happens next may find the drafts anywhere on their way."""
        held.turn.parts += 1
        self.run(self.say(held, texts))

    @rule()
    def settle(self) -> None:
        self.run(self.world.settle())

    @rule(target=claims, turn=st.integers(1, 4), owner=OWNERS)
    def claim(self, turn: int, owner: str) -> Any:
        known = self.turns.get(f"t{turn}")
        claim = self.run(self.world.stores.log.claim("default", f"t{turn}", owner, LEASE_MS))
        if claim is None:
            assert known is None or known.is_finished or known.owner != owner
            return multiple()
        assert known is not None
        assert not known.is_finished
        is_renewed = (known.owner, known.life) == (owner, self.life)
        assert claim.epoch == known.epoch + (not is_renewed)
        if not is_renewed:
            assert claim.last_seq == len(self.run(Asker(self.world).read(known.name)))
        return self.hold(known, claim)

    @rule(held=consumes(claims), status=st.sampled_from(["completed", "failed", "cancelled"]))
    def finish(self, held: Held, status: e.Status) -> None:
        turn = held.turn
        self.run(self.world.settle())
        try:
            self.run(Asker(self.world, held.claim.owner).finish(held.claim, status))
        except LostClaim:
            assert turn.is_finished or held.claim.epoch < turn.epoch or turn.life < self.life
        else:
            assert not turn.is_finished
            assert held.claim.epoch == turn.epoch
            turn.is_finished = True

    @rule()
    def renew(self) -> None:
        """All that anybody holds, void or not."""
        self.run(self.world.stores.turns.renew([held.claim for held in self.held], LEASE_MS))

    @rule(seconds=st.sampled_from([1, 4, 6]))
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(hours=st.integers(-100, 100))
    def set_clock(self, hours: int) -> None:
        self.world.clock.set_wall(self.world.clock.now_ms() + hours * 3_600_000)

    @rule()
    def restart(self) -> None:
        for held in self.held:  # what the dead process is told from now on, nobody hears
            held.turn.told += held.heard.events
            held.heard = Told()
        self.held = []
        self.life += 1
        self.run(self.world.restart())
        unfinished = {record.id for record in self.run(self.world.stores.turns.unfinished())}
        assert unfinished == {turn.name for turn in self.turns.values() if not turn.is_finished}

    # ---- what must always be so

    @invariant()
    def every_log_is_sound(self) -> None:
        for turn in self.turns.values():
            self.run(self.is_sound(turn))

    async def is_sound(self, turn: Known) -> None:
        """Gapless from 1; what was told is there, unchanged, at its place; one end, at the end; every page is
        the same piece of the same log; an answer in the chat is what its log says."""
        ask = Asker(self.world)
        log = await ask.read(turn.name)
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        told = [
            *turn.told,
            *(event for held in self.held if held.turn is turn for event in held.heard.events),
        ]
        for event in told:
            assert log[event.seq - 1] == event
        ends = [event for event in log if isinstance(event, e.TurnFinished)]
        assert ends == log[-1:] * turn.is_finished
        middle = len(log) // 2
        assert await ask.read(turn.name, middle, 3) == log[middle : middle + 3]
        record = await self.world.stores.turns.get("default", turn.name)
        assert record is not None
        assert (record.status == "in_progress") is not turn.is_finished
        if turn.is_finished:
            check(log)
            messages = await self.world.stores.chats.messages("default", turn.chat)
            (answer,) = [m.text for m in messages if m.id == f"answer_{turn.name}"]
            assert answer == fold(log).text

    # ---- steps

    def hold(self, turn: Known, claim: Claim) -> Held:
        turn.epoch, turn.owner, turn.life = claim.epoch, claim.owner, self.life
        held = Held(turn, claim)
        self.held.append(held)
        return held

    async def say(self, held: Held, texts: list[str]) -> None:
        Asker(self.world).say(held.claim, texts, held.heard, part=str(held.turn.parts))

    async def end_everything(self) -> None:
        """At the end of the story somebody ends every turn, and every log is whole."""
        await self.world.restart()
        for record in await self.world.stores.turns.unfinished():
            claim = await self.world.stores.log.claim("default", record.id, "last", LEASE_MS)
            assert claim is not None
            await Asker(self.world, "last").finish(claim, "failed")
        for turn in self.turns.values():
            check(await Asker(self.world).read(turn.name))
        assert await self.world.stores.turns.unfinished() == []


class MemoryMachine(LogMachine):
    async def make_world(self) -> MemoryWorld:
        return MemoryWorld()


class SqliteMachine(LogMachine):
    async def make_world(self) -> SqliteWorld:
        self.folder = tempfile.TemporaryDirectory(prefix="rivulet-machine-", dir=MEMORY_DISK)
        return SqliteWorld(Path(self.folder.name))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


_HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much]
TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=_HEALTH
)
TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=_HEALTH
)
