"""Documents into the index, one batch at a time, and the index kept in order. What needs numpy is imported by
the thread that needs it first: numpy takes a sixth of the start."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.ports.knowledge import Document, Index, NewSegment, Segment, Snapshot, StoredChunk

if TYPE_CHECKING:
    from rivulet.knowledge.merging import Merge
    from rivulet.knowledge.segment import Sealed

_CHUNKS = 250
_TERMS = 1_500
_POSTING_BYTES = 500_000
"""Rows of one short transaction: three to six milliseconds of the writer, which running turns wait for
too."""

_WORDS_KEPT = 20_000
"""Of the words seen, about 4 MB."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document that has been read. `name` is what its title and its path say, for the index."""

    document: Document
    name: str
    chunks: Sequence[StoredChunk]


class Indexer:
    """The only writer of an index; its verbs wait for each other."""

    def __init__(self, index: Index, analyser: ScriptAnalyser) -> None:
        self._index = index
        self._analyser = analyser
        self._lock = asyncio.Lock()

    async def add(self, tenant_id: str, source_id: str, batch: Sequence[Prepared]) -> bool:
        """Puts the documents in the place of their earlier versions, all at once. They fit one segment and
        are of one source; False when it has been deleted."""
        async with self._lock:
            segment = await self._index.open(tenant_id, source_id, len(batch))
            if segment is None:
                return False
            sealed = await asyncio.to_thread(self._seal, segment, batch)
            await self._write_chunks(segment, batch)
            await self._write_postings(segment, sealed.postings)
            documents = [
                (number, msgspec.structs.replace(each.document, chunk_count=len(each.chunks)))
                for number, each in enumerate(batch, segment.first_number)
            ]
            published = Segment(id=segment.id, chunk_count=sealed.chunk_count, header=sealed.header)
            return await self._index.publish(segment, published, documents)

    async def tidy(self, tenant_id: str) -> None:
        """Merges what is due and removes what nobody can see."""
        async with self._lock:
            while await self._merge(tenant_id):
                pass
            await self._index.sweep()

    def rest(self) -> None:
        """After much indexing: gives back the memory of the words, of which questions need few."""
        if len(self._analyser) > _WORDS_KEPT:
            self._analyser.clear()

    def _seal(self, segment: NewSegment, batch: Sequence[Prepared]) -> "Sealed":
        from rivulet.knowledge.segment import SegmentBuilder

        builder = SegmentBuilder(self._analyser)
        for number, each in enumerate(batch, segment.first_number):
            builder.add(number, segment.source_number, each.name, each.chunks)
        return builder.seal()

    async def _write_chunks(self, segment: NewSegment, batch: Sequence[Prepared]) -> None:
        rows = [
            (number, chunk)
            for number, each in enumerate(batch, segment.first_number)
            for chunk in each.chunks
        ]
        for start in range(0, len(rows), _CHUNKS):
            await self._index.write(segment, chunks=rows[start : start + _CHUNKS])

    async def _write_postings(self, segment: NewSegment, postings: Sequence[tuple[str, bytes]]) -> None:
        for piece in _pieces(postings):
            await self._index.write(segment, postings=piece)

    async def _merge(self, tenant_id: str) -> bool:
        snapshot = await self._index.look(tenant_id, (), None, ())
        merge = await asyncio.to_thread(_due, snapshot)
        segment = await self._index.open(tenant_id, None, 0) if merge else None
        if merge is None or segment is None:
            return False
        after = ""
        while rows := await self._index.postings(tenant_id, merge.ids, after, _TERMS):
            await self._write_postings(segment, await asyncio.to_thread(merge.rows, rows))
            after = rows[-1][0]
        header = merge.header
        merged = Segment(id=segment.id, chunk_count=len(header.lengths), header=header.encode())
        return await self._index.replace(segment, merged, merge.ids, merge.dropped)


def _due(snapshot: Snapshot) -> "Merge | None":
    from rivulet.knowledge.merging import Merge, due

    parts = due(snapshot)
    return Merge(parts) if parts else None


def _pieces(postings: Sequence[tuple[str, bytes]]) -> Iterator[Sequence[tuple[str, bytes]]]:
    """Few enough terms, and few enough bytes, for one transaction each."""
    start = size = 0
    for end, (_, blob) in enumerate(postings):
        size += len(blob)
        if end - start == _TERMS or size > _POSTING_BYTES:
            yield postings[start : end + 1]
            start, size = end + 1, 0
    if start < len(postings):
        yield postings[start:]
