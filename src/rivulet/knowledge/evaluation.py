"""How good and how quick the search is, in figures, on public questions with known answers.

Every set goes into a tenant of its own through the same doors as anybody's documents.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, log2
from pathlib import Path
from statistics import fmean

import msgspec
import numpy as np

from rivulet.domain.events import Passage
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.chunking import chunks
from rivulet.knowledge.indexer import Indexer, Prepared
from rivulet.knowledge.reading import document_id
from rivulet.knowledge.search import LexicalSearch
from rivulet.ports.answering import Piece, Prompt, Provider, Text
from rivulet.ports.knowledge import Document, Hit, Index, Parsed, Query, Source, Sources

_LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")

_BATCH = 8_000
_COPIES = 4
"""The articles so many times over are 109,000 chunks."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`target` is the least, or the most when `is_limit`; None for a figure that is only reported."""

    name: str
    value: float
    target: float | None = None
    is_limit: bool = False

    @property
    def is_met(self) -> bool:
        if self.target is None:
            return True
        return self.value <= self.target if self.is_limit else self.value >= self.target


class Question(msgspec.Struct, frozen=True):
    """`answer` is a list of spellings; any of them will do."""

    question: str
    answer: list[str]


class Shelf:
    """Documents straight into an index, and questions to it."""

    def __init__(self, sources: Sources, index: Index) -> None:
        self._sources = sources
        self._analyser = ScriptAnalyser()
        self._indexer = Indexer(index, self._analyser)
        self.search = LexicalSearch(index, self._analyser)

    async def add(self, tenant_id: str, source_id: str, documents: Iterable[tuple[str, str]]) -> int:
        """Titles and texts; returns how many chunks they are."""
        source = Source(id=source_id, kind="text", title="", location=source_id, created_at=0, updated_at=0)
        await self._sources.add(tenant_id, source)
        batch: list[Prepared] = []
        count = waiting = 0
        for number, (title, text) in enumerate(documents):
            prepared = _prepared(source_id, f"{number}", title, text)
            batch.append(prepared)
            waiting += len(prepared.chunks)
            count += len(prepared.chunks)
            if waiting >= _BATCH:
                await self._indexer.add(tenant_id, source_id, batch)
                batch, waiting = [], 0
        if batch:
            await self._indexer.add(tenant_id, source_id, batch)
        await self._indexer.tidy(tenant_id)
        self._indexer.rest()
        return count

    async def remove(self, tenant_id: str, source_id: str) -> None:
        await self._sources.delete(tenant_id, source_id)
        await self._indexer.tidy(tenant_id)

    async def ask(self, tenant_id: str, question: str, limit: int = 6) -> Sequence[Hit]:
        return (await self.search.search(Query(tenant_id=tenant_id, text=question, limit=limit))).hits


async def evaluate(data: Path, sources: Sources, index: Index, provider: Provider) -> list[Figure]:
    """All of it: some four minutes of one core. `provider` is the extractive one; the index is empty."""
    shelf = Shelf(sources, index)
    figures = await xquad(data, shelf, every=1)
    figures += await squad(data, shelf, provider, every=5)
    return [*figures, *await speed(data, shelf)]


async def xquad(data: Path, shelf: Shelf, every: int) -> list[Figure]:
    """nDCG@10 of the paragraph a question was asked about, among the 240 of its language. Every so many of
    each language's 1,190 questions are asked."""
    figures: list[Figure] = []
    for language in _LANGUAGES:
        raw = json.loads((data / "xquad" / f"xquad.{language}.json").read_bytes())
        paragraphs = [paragraph for article in raw["data"] for paragraph in article["paragraphs"]]
        tenant_id = f"xquad-{language}"
        await shelf.add(tenant_id, "all", (("", paragraph["context"]) for paragraph in paragraphs))
        asked = [(n, each["question"]) for n, paragraph in enumerate(paragraphs) for each in paragraph["qas"]]
        gains: list[float] = []
        for number, question in asked[::every]:
            hits = await shelf.ask(tenant_id, question, limit=15)
            gains.append(_gain(document_id("all", f"{number}"), [hit.document_id for hit in hits]))
        target = 0.95 if language == "zh" else 0.92
        figures.append(Figure(name=f"XQuAD {language}, nDCG@10", value=fmean(gains), target=target))
    mean = fmean(figure.value for figure in figures)
    return [*figures, Figure(name="XQuAD mean, nDCG@10", value=mean, target=0.945)]


async def squad(data: Path, shelf: Shelf, provider: Provider, every: int) -> list[Figure]:
    """The answer in what is found and quoted, over 490 articles; then, with half of the articles taken away,
    how well the score tells what can still be answered. Every so many of the 10,570 questions are asked."""
    articles = _articles(data)
    titles = [title for title, _ in articles]
    left_out = set(titles[1::2])
    start = time.process_time()
    count = await shelf.add("squad", "kept", (each for each in articles if each[0] not in left_out))
    count += await shelf.add("squad", "left out", (each for each in articles if each[0] in left_out))
    rate = count / (time.process_time() - start)
    asked = [msgspec.json.decode(line, type=Question) for line in _lines(data / "squad/dev_questions.jsonl")]
    asked = asked[::every]
    found = [await shelf.ask("squad", each.question) for each in asked]
    figures = [
        Figure(name=f"SQuAD, answer in first {n} chunks", value=_share(found, asked, n)) for n in (1, 3, 6)
    ]
    quoted = [await _quoted(provider, each.question, hits) for each, hits in zip(asked, found, strict=True)]
    answered = fmean(
        any(_holds(quote, each) for quote in quotes[:3]) for each, quotes in zip(asked, quoted, strict=True)
    )
    figures.append(Figure(name="SQuAD, answer in first 3 sentences", value=answered, target=0.80))
    about = _articles_of(asked, found)
    await shelf.remove("squad", "left out")
    supported: list[float] = []
    unsupported: list[float] = []
    for each, title in zip(asked, about, strict=True):
        hits = await shelf.ask("squad", each.question, limit=1)
        (unsupported if title in left_out else supported).append(hits[0].score if hits else 0.0)
    figures.append(
        Figure(
            name="SQuAD, half left out: AUROC of the score", value=auroc(supported, unsupported), target=0.86
        )
    )
    return [*figures, Figure(name="SQuAD, chunks cut and indexed per CPU second", value=rate)]


async def speed(data: Path, shelf: Shelf) -> list[Figure]:
    """109,000 chunks: CPU seconds to index them, merging included, and to answer questions about them."""
    articles = _articles(data)
    many = [(f"{title} {copy}", text) for copy in range(_COPIES) for title, text in articles]
    start = time.process_time()
    cut = sum(len(chunks(Parsed(text=text))) for _, text in many)
    middle = time.process_time()
    await shelf.add("speed", "all", many)
    end = time.process_time()
    asked = [msgspec.json.decode(line, type=Question) for line in _lines(data / "squad/dev_questions.jsonl")]
    cpu: list[float] = []
    wall: list[float] = []
    for each in asked[::20]:
        cpu_start, wall_start = time.process_time(), time.perf_counter()
        await shelf.ask("speed", each.question)
        cpu.append(1000 * (time.process_time() - cpu_start))
        wall.append(1000 * (time.perf_counter() - wall_start))
    indexing = end - middle - (middle - start)  # `add` cuts the texts too
    return [
        Figure(name="100k chunks, indexed per CPU second", value=cut / indexing, target=10_000),
        Figure(name="100k chunks, cut and indexed per CPU second", value=cut / (end - middle)),
        Figure(name="100k chunks, query p50, CPU ms", value=_percentile(cpu, 50)),
        Figure(name="100k chunks, query p95, CPU ms", value=_percentile(cpu, 95), target=5, is_limit=True),
        Figure(name="100k chunks, query p50, ms", value=_percentile(wall, 50)),
        Figure(name="100k chunks, query p95, ms", value=_percentile(wall, 95)),
    ]


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """How often one of the first is above one of the second; ties count half."""
    ordered = np.sort(np.array(lower))
    below = np.searchsorted(ordered, higher, "left") + np.searchsorted(ordered, higher, "right")
    return float(below.mean() / (2 * len(lower)))


def _gain(wanted: str, found: Sequence[str]) -> float:
    documents = list(dict.fromkeys(found))[:10]
    return 1 / log2(documents.index(wanted) + 2) if wanted in documents else 0.0


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def _share(found: Sequence[Sequence[Hit]], asked: Sequence[Question], first: int) -> float:
    return fmean(
        any(_holds(hit.text, each) for hit in hits[:first]) for hits, each in zip(found, asked, strict=True)
    )


def _holds(text: str, asked: Question) -> bool:
    folded = text.casefold()
    return any(answer.casefold() in folded for answer in asked.answer)


async def _quoted(provider: Provider, question: str, hits: Sequence[Hit]) -> list[str]:
    """The sentences of the extractive answer, each a paragraph."""
    passages = tuple(_passage(hit, number) for number, hit in enumerate(hits, 1))
    prompt = Prompt(question=question, model="", sources=passages)
    pieces: list[Piece] = []
    await provider.stream(prompt, pieces.append)
    return "".join(piece.text for piece in pieces if isinstance(piece, Text)).split("\n\n")


def _passage(hit: Hit, number: int) -> Passage:
    return Passage(
        id=f"s{number}",
        n=number,
        source_id=hit.source_id,
        document_id=hit.document_id,
        chunk_id=hit.chunk_id,
        title=hit.title,
        url=hit.url,
        text=hit.text,
        score=hit.score,
    )


def _articles_of(asked: Sequence[Question], found: Sequence[Sequence[Hit]]) -> list[str]:
    """The article each question was asked about. The file does not say; but questions about one article stand
    together, so it is the one most of the neighbours have their answer in."""
    named = [
        [hit.title for hit in hits if _holds(hit.text, each)][:2]
        for each, hits in zip(asked, found, strict=True)
    ]
    around = max(3, 40 * len(asked) // 10_570)
    return [_most_named(named, at, around) for at in range(len(asked))]


def _most_named(named: Sequence[Sequence[str]], at: int, around: int) -> str:
    titles = Counter(title for each in named[max(0, at - around) : at + around + 1] for title in each)
    return titles.most_common(1)[0][0] if titles else _most_named(named, at, 2 * around)


def _articles(data: Path) -> list[tuple[str, str]]:
    raw = [json.loads(line) for line in _lines(data / "squad/articles.jsonl")]
    return [(each["title"].replace("_", " "), each["text"]) for each in raw]


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _prepared(source_id: str, path: str, title: str, text: str) -> Prepared:
    document = Document(
        id=document_id(source_id, path),
        source_id=source_id,
        path=path,
        title=title,
        filename=path,
        media_type="text/plain",
        url="",
        created_at=0,
        updated_at=0,
    )
    return Prepared(document=document, name=title, chunks=chunks(Parsed(text=text)))
