"""A whole engine over the in-memory store, in time that is paused."""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from rivulet.answerers.callable import Callable as Function
from rivulet.dialects.native import Native
from rivulet.domain import events as e
from rivulet.domain.bot import Bot, Limits
from rivulet.domain.errors import InvalidRequest
from rivulet.domain.tenant import LOCAL
from rivulet.engine.runner import whole_log
from rivulet.engine.service import Policy, Service, Started, Stores
from rivulet.ports.answering import Answerer, Finished, Say, Task
from rivulet.ports.dialect import Ask
from rivulet.ports.turns import TurnLog
from rivulet.stores.memory import MemoryStore
from rivulet.testing.paused import LoopClock, PausedLoop

Answer = Callable[[Task], AsyncGenerator[e.AnyEvent | Finished, None]]
NATIVE = Native()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": PausedLoop}


@dataclass
class Scripted:
    """An answerer whose answer is the function a test gave for the model's name."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Task] = field(default_factory=list)
    asks_no_model: bool = False

    def find(self, model: str) -> tuple[Answerer, str]:
        if model not in self.answers:
            raise InvalidRequest(f"There is no model {model!r}.")
        return self, model

    async def answer(self, task: Task, say: Say) -> Finished:
        self.asked.append(task)
        return await Function(self.answers[task.model]).answer(task, say)


class Bench:
    """Asks, follows and looks into the log of one service."""

    def __init__(self, limits: Limits, **policy: object) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(self.clock)
        self.scripted = Scripted({"plain": plain})
        self.limits = limits
        self.policy = policy
        self.service = self.new_service()

    def new_service(self, around: Callable[[TurnLog], TurnLog] = lambda log: log) -> Service:
        """As if the process had been started again over the same store, its log as `around` lets it be."""
        self.store = MemoryStore(self.clock, self.store.tables)
        count = itertools.count(1)
        bot = Bot(model="plain", limits=self.limits)
        return Service(
            Stores(
                log=around(self.store.log),
                turns=self.store.turns,
                chats=self.store.chats,
                branches=self.store.branches,
                feedback=self.store.feedback,
                shares=self.store.shares,
                preferences=self.store.preferences,
            ),
            self.scripted,
            Policy(bots={bot.id: bot}, **self.policy),  # type: ignore[arg-type]
            self.clock,
            lambda size: (id(count) + next(count)).to_bytes(size, "big"),
        )

    def says(self, name: str, answer: Answer) -> None:
        self.scripted.answers[name] = answer

    async def ask(self, model: str = "plain", **fields: object) -> Started:
        return await self.service.ask(LOCAL, Ask(input="Why?", model=model, **fields))  # type: ignore[arg-type]

    async def log(self, started: Started) -> list[e.AnyEvent]:
        return await whole_log(self.store.log, LOCAL.tenant_id, started.turn_id)

    async def ended(self, started: Started) -> list[e.AnyEvent]:
        """The whole log, once the turn is over."""
        runner = self.service.running.get(started.turn_id)
        if runner is not None:
            await runner.done
        return await self.log(started)

    async def read(self, started: Started, after: str = "0") -> bytes:
        """Everything a native follower gets until the stream ends."""
        follower = await self.service.follow(LOCAL, started.turn_id, NATIVE, after)
        assert follower is not None
        received = b""
        while (data := await follower.next()) is not None:
            received += data
        follower.close()
        return received


async def plain(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    """Two words and the end."""
    yield e.TextStarted(part_id="t")
    yield e.TextDelta(part_id="t", delta="Because ")
    yield e.TextDelta(part_id="t", delta="so.")
    yield e.TextFinished(part_id="t")


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    def make(limits: Limits | None = None, **policy: object) -> Bench:
        return Bench(limits or Limits(), **policy)

    return make


@pytest.fixture
async def bench(anyio_backend: object, make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


Waiter = Callable[[], Awaitable[None]]
