"""A few passages about one bridge, a search over them, and providers that say what a test wrote down."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from rivulet.answerers.rag import Rag
from rivulet.answerers.support import Vocabulary
from rivulet.domain import events as e
from rivulet.domain.bot import Bot
from rivulet.domain.errors import RetrievalFailed
from rivulet.domain.turn import check
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.ports.answering import (
    Answerer,
    Ended,
    Exchange,
    Finished,
    Piece,
    Prompt,
    Provider,
    Take,
    Task,
    Text,
)
from rivulet.ports.knowledge import Found, Hit, Query, Search

T = TypeVar("T")

ANALYSER = ScriptAnalyser()
VOCABULARY = Vocabulary(ANALYSER)

BRIDGE = (
    "The Alder Bridge was opened in 1911 by the city of Norwick. It carries 12,400 vehicles a day. "
    "Its arches are made of granite from the Lorne quarry."
)
REPAIR = "The deck was replaced in 1987. The work took fourteen months and cost 3.5 million crowns."
FERRY = "Before the bridge a cable ferry crossed the river twice an hour."


def hit(n: int, text: str, score: float, **fields: Any) -> Hit:
    values: dict[str, Any] = {
        "chunk_id": f"chk{n}",
        "document_id": f"doc{n}",
        "source_id": f"src{n}",
        "title": "Alder Bridge",
        "url": "",
        "start": 0,
        "end": len(text),
    }
    return Hit(text=text, score=score, **(values | fields))


HITS = (hit(1, BRIDGE, 0.9), hit(2, REPAIR, 0.7), hit(3, FERRY, 0.6))


def passage(n: int, text: str, title: str = "Alder Bridge") -> e.Passage:
    return e.Passage(
        id=f"s{n}",
        n=n,
        source_id=f"src{n}",
        document_id=f"doc{n}",
        chunk_id=f"chk{n}",
        title=title,
        url=f"/v1/documents/doc{n}",
        text=text,
        score=0.5,
    )


class Shelf:
    """A search over the hits it was given: those of the sources asked for, in their order."""

    def __init__(self, hits: Iterable[Hit] = HITS, is_supported: bool = True) -> None:
        self.hits = tuple(hits)
        self.is_supported = is_supported
        self.queries: list[Query] = []
        self.is_broken = False

    async def search(self, query: Query) -> Found:
        self.queries.append(query)
        if self.is_broken:
            raise RetrievalFailed
        hits = [h for h in self.hits if query.source_ids is None or h.source_id in query.source_ids]
        return Found(hits=tuple(hits[: query.limit]), is_supported=self.is_supported and bool(hits))


class Scripted:
    """A provider that gives one list of pieces per answer asked for; `open` counts the unclosed."""

    def __init__(self, *answers: Sequence[Piece | Exception]) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []
        self.open = 0

    async def stream(self, prompt: Prompt, take: Take) -> None:
        self.prompts.append(prompt)
        self.open += 1
        try:
            for piece in self.answers[len(self.prompts) - 1]:
                if isinstance(piece, Exception):
                    raise piece
                take(piece)
                await asyncio.sleep(0)
        finally:
            self.open -= 1


def says(*texts: str, **ended: Any) -> list[Piece]:
    """An answer in these pieces, ended properly."""
    return [*map(Text, texts), Ended(**ended)]


class HeldClock:
    """Time that passes a quarter of a second whenever somebody looks."""

    def __init__(self) -> None:
        self.starts_ms = 1_700_000_000_000
        self._ticks = 0

    def now_ms(self) -> int:
        return self.starts_ms

    def monotonic(self) -> float:
        self._ticks += 1
        return self._ticks * 0.25


def task(question: str = "When was the Alder Bridge opened?", **fields: Any) -> Task:
    """Fields of the task; `bot` as a dictionary of what differs, `history` as pairs."""
    bot = msgspec.convert(fields.pop("bot", {}), Bot)
    history = tuple(Exchange(role=role, text=text) for role, text in fields.pop("history", ()))
    return Task(
        tenant_id="t",
        turn_id="turn",
        chat_id="chat",
        question=question,
        bot=bot,
        model="m",
        history=history,
        **fields,
    )


def rag(provider: Provider, search: Search | None = None, **fields: Any) -> Rag:
    return Rag(search=search or Shelf(), provider=provider, analyser=ANALYSER, clock=HeldClock(), **fields)


class Answered:
    """What an answerer said, as the log of a finished turn that keeps the rules of its life."""

    def __init__(self, drafts: Sequence[e.AnyEvent], finished: Finished) -> None:
        self.drafts = drafts
        self.finished = finished
        started = e.TurnStarted(turn_id="t", chat_id="c", message_id="m", user_message_id="u", model="m")
        ended = e.TurnFinished(status="completed", finish_reason=self.finished.finish_reason)
        check(e.numbered(event, n) for n, event in enumerate([started, *self.drafts, ended], start=1))

    def of(self, kind: type[T]) -> list[T]:
        return [draft for draft in self.drafts if isinstance(draft, kind)]

    @property
    def types(self) -> list[str]:
        """The story without its text: each kind once where it repeats."""
        names = [e.type_of(draft) for draft in self.drafts]
        return [name for at, name in enumerate(names) if at == 0 or name != names[at - 1]]

    @property
    def text(self) -> str:
        return "".join(delta.delta for delta in self.of(e.TextDelta))

    @property
    def grounding(self) -> dict[str, Any]:
        (data,) = self.of(e.Data)
        return data.data


async def answered(answerer: Answerer, asked: Task | None = None) -> Answered:
    """The whole answer."""
    drafts: list[e.AnyEvent] = []
    finished = await answerer.answer(asked or task(), drafts.append)
    return Answered(drafts, finished)
