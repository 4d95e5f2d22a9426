"""Whole turns of our own answerer, run by the engine over the in-memory store."""

import asyncio
import itertools
from dataclasses import dataclass

import pytest

from rivulet.answerers.rag import Rag
from rivulet.domain import events as e
from rivulet.domain.bot import Bot
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import check
from rivulet.engine.runner import whole_log
from rivulet.engine.service import Policy, Service, Started, Stores
from rivulet.ports.answering import Answerer, Piece, Prompt, Provider, Take, Text, Thought, Waiting
from rivulet.ports.dialect import Ask
from rivulet.stores.memory import MemoryStore
from rivulet.testing.paused import LoopClock, PausedLoop

from .bridge import ANALYSER, Scripted, Shelf, says

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": PausedLoop}


@dataclass
class Only:
    """A catalogue of one answerer."""

    answerer: Answerer

    def find(self, model: str) -> tuple[Answerer, str]:
        return self.answerer, model


class House:
    """An engine whose only answerer is ours, over one provider."""

    def __init__(self, provider: Provider, shelf: Shelf | None = None) -> None:
        clock, count = LoopClock(), itertools.count(1)
        self.store = MemoryStore(clock)
        self.service = Service(
            Stores(
                log=self.store.log,
                turns=self.store.turns,
                chats=self.store.chats,
                branches=self.store.branches,
                feedback=self.store.feedback,
                shares=self.store.shares,
                preferences=self.store.preferences,
            ),
            Only(Rag(search=shelf or Shelf(), provider=provider, analyser=ANALYSER, clock=clock)),
            Policy(bots={"default": Bot()}),
            clock,
            lambda size: next(count).to_bytes(size, "big"),
        )

    async def ask(self, question: str = "When was it opened?", chat_id: str | None = None) -> Started:
        return await self.service.ask(LOCAL, Ask(input=question, chat_id=chat_id))

    async def log(self, started: Started) -> list[e.AnyEvent]:
        """The whole log of the finished turn, which keeps the rules of its life."""
        if runner := self.service.running.get(started.turn_id):
            await runner.done
        log = await whole_log(self.store.log, LOCAL.tenant_id, started.turn_id)
        check(log)
        return log


async def test_a_turn_is_stored_with_its_sources_citations_and_figures() -> None:
    """What the log folds to has everything a reader needs to check the answer."""
    house = House(Scripted(says("It opened in 1911 [1", "].")))
    started = await house.ask()
    await house.log(started)
    turn = await house.service.get(LOCAL, started.turn_id)
    assert (turn.status, turn.text) == ("completed", "It opened in 1911 [1].")
    assert ([s.n for s in turn.sources], [c.source_id for c in turn.citations]) == ([1, 2, 3], ["s1"])
    assert [stage.stage for stage in turn.stages] == ["retrieval", "reranking", "generation"]
    assert [data.name for data in turn.data] == ["grounding"]


async def test_the_next_question_brings_the_chat_along() -> None:
    """The model gets what was said, without its marks; the search what was asked."""
    provider, shelf = Scripted(says("In 1911 [1]."), says("By the city [1].")), Shelf()
    house = House(provider, shelf)
    first = await house.ask()
    await house.log(first)
    await house.log(await house.ask("By whom?", first.chat_id))
    assert [said.text for said in provider.prompts[1].history] == ["When was it opened?", "In 1911."]
    assert shelf.queries[1].earlier == ("When was it opened?",)


async def test_a_search_that_fails_ends_the_turn_as_failed() -> None:
    """With its stage failed, the code that says what failed, and not a word of answer."""
    shelf = Shelf()
    shelf.is_broken = True
    log = await (house := House(Scripted(says("x")), shelf)).log(await house.ask())
    stage, end = log[-2:]
    assert isinstance(stage, e.StageFinished)
    assert isinstance(end, e.TurnFinished)
    assert end.error is not None
    assert (stage.stage, stage.status, end.error.code) == ("retrieval", "failed", "retrieval_failed")


class Endless:
    """A provider that says one thing and then nothing, until it is closed."""

    def __init__(self, first: Piece) -> None:
        self.first = first
        self.said = asyncio.Event()
        self.is_open = False

    async def stream(self, prompt: Prompt, take: Take) -> None:
        self.is_open = True
        try:
            take(self.first)
            self.said.set()
            await asyncio.Event().wait()
        finally:
            self.is_open = False


@pytest.mark.parametrize("first", [Text("word"), Thought("hm"), Waiting(reason="rate_limited", seconds=30.0)])
async def test_stopping_closes_the_provider_and_everything_that_is_open(first: Piece) -> None:
    """In the middle of text, of thoughts or of a wait: upstream is closed, and there is one end."""
    provider = Endless(first)
    house = House(provider)
    started = await house.ask()
    await provider.said.wait()
    receipt = await house.service.stop(LOCAL, started.turn_id)
    assert (receipt.status, receipt.upstream_closed, provider.is_open) == ("cancelled", True, False)
    end = (await house.log(started))[-1]
    assert isinstance(end, e.TurnFinished)
    assert end.status == "cancelled"


async def test_an_answer_that_goes_silent_fails_and_keeps_its_text() -> None:
    """The idle limit closes the provider; what was shown stays."""
    provider = Endless(Text("It opened"))
    house = House(provider)
    log = await house.log(started := await house.ask())
    turn = await house.service.get(LOCAL, started.turn_id)
    assert (turn.status, turn.text, provider.is_open) == ("failed", "It opened", False)
    assert isinstance(log[-1], e.TurnFinished)
