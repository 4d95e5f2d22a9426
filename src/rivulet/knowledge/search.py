"""The search over a tenant's documents: look up, rank, read the best once more, decide whether it is
enough."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from importlib import import_module
from math import log
from typing import TYPE_CHECKING

from rivulet.domain.errors import RetrievalFailed
from rivulet.domain.ids import make_id
from rivulet.knowledge.reranking import Reader
from rivulet.knowledge.words import Words
from rivulet.ports.knowledge import Analyser, Found, FoundChunk, Hit, IndexReader, Place, Query, Snapshot

if TYPE_CHECKING:
    from rivulet.knowledge.lexical import Ranking
    from rivulet.knowledge.postings import Header

_LEAST_SCORE = 0.0625
_LEAST_SCORE_GROWS = 0.025
"""The best score that is enough to answer from: the first, and the second for each e-fold of the chunks
searched, because among more chunks there are more that match by chance. With half of SQuAD's articles left
out this keeps .95 of the questions that can be answered, whether there are 183 chunks or 26,000, and refuses
.93 of the others among 183, .63 among 13,500 (AUROC of the score .975 and .904)."""

_POOL = 12
"""Candidates that are read once more."""

_MOST_HITS = 100
_LONGEST_END = 10_000
"""Characters of a question that are read from its beginning and from its end; what is pasted between is
not."""

_KEPT_SEGMENTS = 64
_RIVAL = 0.5
"""One document gets at most half of the hits while others score at least this share of the best."""


class LexicalSearch:
    """`Search` over an `IndexReader`. Keeps the headers of the segments it met; they never change.

    The ranking runs in the thread that reads the index: it needs the postings at once, a large index takes it
    milliseconds, and the event loop has tokens to send. Reading the best dozen once more takes less than one.
    """

    def __init__(self, index: IndexReader, analyser: Analyser) -> None:
        self._index = index
        self._analyser = analyser
        self._headers: dict[int, Header] = {}

    @staticmethod
    async def warm() -> None:
        """Imports numpy in another thread: a server listens before that, and no question waits for it."""
        await asyncio.to_thread(import_module, "rivulet.knowledge.lexical")

    async def search(self, query: Query) -> Found:
        """A query without a word that could be looked up finds nothing. Raises RetrievalFailed."""
        if not query.tenant_id:
            raise RetrievalFailed("A search needs a tenant.")
        words = Words(self._analyser, _ends(query.text), [_ends(text) for text in query.earlier])
        limit = max(0, min(query.limit, _MOST_HITS))
        if not words.weights or not limit:
            return Found(hits=(), is_supported=False)
        try:
            return await self._found(query, words, limit)
        except Exception as problem:
            raise RetrievalFailed from problem

    async def _found(self, query: Query, words: Words, limit: int) -> Found:
        rankings: list[Ranking] = []
        known = self._headers

        def choose(snapshot: Snapshot) -> list[Place]:
            from rivulet.knowledge.lexical import rank

            headers = self._headers_of(snapshot, known)
            rankings.append(rank(snapshot, headers, words, max(_POOL, 2 * limit)))
            return [candidate.place for candidate in rankings[-1].candidates]

        chunks = await self._index.find(query.tenant_id, words.keys(), query.source_ids, known, choose)
        ranking = rankings[-1]
        reader = Reader(words, ranking.idf)
        read: list[tuple[float, FoundChunk]] = []
        for candidate in ranking.candidates:
            if found := chunks.get(candidate.place):
                read.append((reader.score(candidate.score, self._analyser.terms(_text(found))), found))
        read.sort(key=lambda each: -each[0])
        hits = tuple(_hit(found, score) for score, found in _shared_out(read, limit))
        least = _LEAST_SCORE + _LEAST_SCORE_GROWS * log(max(1, ranking.chunk_count))
        return Found(hits=hits, is_supported=bool(hits) and hits[0].score >= least)

    def _headers_of(self, snapshot: Snapshot, known: "Mapping[int, Header]") -> "dict[int, Header]":
        """Those of the snapshot; the ones met last are kept for the next query."""
        from rivulet.knowledge.postings import Header

        headers = {
            segment.id: Header.decode(segment.header) if segment.header else known[segment.id]
            for segment in snapshot.segments
        }
        others = [each for each in self._headers.items() if each[0] not in headers]
        room = max(0, _KEPT_SEGMENTS - len(headers))
        self._headers = dict(others[len(others) - room :] if room < len(others) else others) | headers
        return headers


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _LONGEST_END else f"{text[:_LONGEST_END]} {text[-_LONGEST_END:]}"


def _text(found: FoundChunk) -> str:
    return found.chunk.text[: found.chunk.end - found.chunk.start]


def _hit(found: FoundChunk, score: float) -> Hit:
    chunk, document, text = found.chunk, found.document, _text(found)
    return Hit(
        chunk_id=_chunk_id(document.id, chunk.start, text),
        document_id=document.id,
        source_id=document.source_id,
        title=document.title,
        url=document.url,
        text=text,
        start=chunk.start,
        end=chunk.end,
        score=score,
        filename=document.filename,
        media_type=document.media_type,
        page=chunk.page,
        heading=chunk.heading,
        tail=chunk.text[len(text) :],
    )


def _chunk_id(document_id: str, start: int, text: str) -> str:
    """The same for the same text at the same place, however often it is indexed."""
    content = f"{document_id}:{start}:{text}".encode()
    return make_id("chk", blake2b(content, digest_size=16).digest())


def _shared_out(read: list[tuple[float, FoundChunk]], limit: int) -> list[tuple[float, FoundChunk]]:
    """The best, in order, but no document that is made to match every question crowds out all others, and no
    text is there twice while there are others."""
    share = -(-limit // 2)
    taken: Counter[str] = Counter()
    chosen: list[tuple[float, FoundChunk]] = []
    rest: list[tuple[float, FoundChunk]] = []
    texts: set[str] = set()
    for score, found in read:
        taken[found.document.id] += 1
        is_near = score >= _RIVAL * read[0][0]
        is_new = taken[found.document.id] <= share and found.chunk.text not in texts
        texts.add(found.chunk.text)
        (chosen if is_near and is_new else rest).append((score, found))
    return sorted((chosen + rest)[:limit], key=lambda each: -each[0])
