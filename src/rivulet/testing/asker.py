"""Asks questions of a store and answers them, for tests of stores."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.turn import Fold, Life, closers, message_of
from rivulet.ports.branches import Branches
from rivulet.ports.feedback import Feedbacks
from rivulet.ports.preferences import KeptPreferences
from rivulet.ports.shares import Shares
from rivulet.ports.turns import Chats, Claim, Opening, TurnLog, Turns
from rivulet.testing.clock import ManualClock

LEASE_MS = 5_000

E = TypeVar("E", bound=RivuletError)


class Stores(Protocol):
    """One process's view of a store."""

    @property
    def log(self) -> TurnLog: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def chats(self) -> Chats: ...
    @property
    def branches(self) -> Branches: ...
    @property
    def feedback(self) -> Feedbacks: ...
    @property
    def shares(self) -> Shares: ...
    @property
    def preferences(self) -> KeptPreferences: ...


class World(Protocol):
    """Where a store lives. `stores` belongs to the process that runs now."""

    clock: ManualClock
    stores: Stores

    async def restart(self) -> None:
        """The process is killed and another one is started over what it left; `stores` is a new one."""
        ...


@dataclass
class Told:
    """What a claim's `committed` was called with."""

    events: list[e.AnyEvent] = field(default_factory=list[e.AnyEvent])
    errors: list[RivuletError] = field(default_factory=list[RivuletError])
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, events: Sequence[e.AnyEvent], error: RivuletError | None) -> None:
        self.events.extend(events)
        if error is not None:
            self.errors.append(error)
        self.news.set()

    async def has(self, count: int) -> list[e.AnyEvent]:
        """The events, once there are at least `count`."""
        while len(self.events) < count:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 10)
        return self.events

    async def failed(self) -> RivuletError:
        """The error, once there is one."""
        while not self.errors:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 10)
        return self.errors[0]


class Asker:
    """Asks questions of a world and answers them, the way the engine does."""

    def __init__(self, world: World, owner: str = "owner_1", tenant_id: str = "default") -> None:
        self.world = world
        self.owner = owner
        self.tenant_id = tenant_id

    def opening(self, turn: str = "t1", chat: str = "c1", *, new: bool = True, **fields: object) -> Opening:
        started = e.TurnStarted(
            at=self.world.clock.now_ms(),
            turn_id=turn,
            chat_id=chat,
            message_id=f"answer_{turn}",
            user_message_id=f"question_{turn}",
            model="plain",
        )
        opening = Opening(
            tenant_id=self.tenant_id,
            user_id=None,
            started=started,
            question=f"Question of {turn}?",
            request=b'{"input":"?"}',
            new_chat=new,
            chat_title=f"Chat {chat}",
        )
        return msgspec.structs.replace(opening, **fields)

    async def open(self, turn: str = "t1", chat: str = "c1", *, new: bool = True, **fields: object) -> Claim:
        opening = self.opening(turn, chat, new=new, **fields)
        claim = await self.world.stores.log.open(opening, self.owner, LEASE_MS)
        assert isinstance(claim, Claim)
        return claim

    def say(self, claim: Claim, words: Sequence[str], told: Told, *, part: str = "p") -> None:
        """One part of text."""
        at = self.world.clock.now_ms()
        drafts: list[e.AnyEvent] = [e.TextStarted(part_id=part, at=at)]
        drafts += [e.TextDelta(part_id=part, delta=word, at=at) for word in words]
        drafts.append(e.TextFinished(part_id=part, at=at))
        self.world.stores.log.append(claim, drafts, told)

    async def read(self, turn: str = "t1", after: int = 0, limit: int = 1_000_000) -> list[e.AnyEvent]:
        return await self.world.stores.log.read(self.tenant_id, turn, after, limit)

    async def finish(self, claim: Claim, status: e.Status = "completed") -> e.TurnFinished:
        """Ends the turn as the engine does: closes what its log leaves open, folds the answer, finishes.
        What was appended has been told before."""
        log = self.world.stores.log
        now = self.world.clock.now_ms()
        life, fold = Life(), Fold()
        for event in await log.read(claim.tenant_id, claim.turn_id, 0, 1_000_000):
            life.step(event)
            fold.add(event)
        for draft in (rest := closers(life.opened, "failed", now)):
            fold.add(draft)
        if rest:
            log.append(claim, rest, Told())
        finished = e.TurnFinished(
            at=now,
            status=status,
            finish_reason="stop" if status == "completed" else "error",
            usage=e.Usage(output_tokens=3),
            timing=e.Timing(duration_ms=7),
        )
        fold.add(finished)
        answer = msgspec.structs.replace(message_of(fold.turn()), status=None, usage=None, timing=None)
        return await log.finish(claim, finished, answer)

    async def answer(self, turn: str, chat: str, text: str = "So.", *, new: bool = True) -> list[e.AnyEvent]:
        """A whole turn."""
        claim = await self.open(turn, chat, new=new)
        told = Told()
        self.say(claim, [text], told)
        await told.has(3)
        await self.finish(claim)
        return await self.read(turn)


async def refused(kind: type[E], doing: Awaitable[object]) -> E:
    """The error that `doing` ends with; anything else is a failure."""
    try:
        result = await doing
    except kind as problem:
        return problem
    raise AssertionError(f"{kind.__name__} was expected, but the result is {result!r}")
