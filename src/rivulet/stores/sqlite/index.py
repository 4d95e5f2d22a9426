"""The index's storage in SQLite: segments, postings, chunks.

A segment is written in many short transactions and published in one, so that indexing never keeps the tokens
of a running answer waiting, and what is half written after a crash was never seen.
"""

import json
from collections.abc import Collection, Mapping, Sequence

import apsw

from rivulet.ports.knowledge import (
    Choose,
    Document,
    FoundChunk,
    NewSegment,
    Place,
    Segment,
    Snapshot,
    StoredChunk,
)
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.documents import PLACES, document, is_storable, number_of, put
from rivulet.stores.sqlite.statements import first, rows, statements, value

_SQL = statements("knowledge.sql")


class SqliteIndex:
    """`IndexReader`, `IndexWriter` and `IndexMerger`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def look(
        self,
        tenant_id: str,
        terms: Collection[str],
        source_ids: Collection[str] | None,
        known: Collection[int],
    ) -> Snapshot:
        return await self._db.read(lambda db: _look(db, tenant_id, terms, source_ids, known))

    async def find(
        self,
        tenant_id: str,
        terms: Collection[str],
        source_ids: Collection[str] | None,
        known: Collection[int],
        choose: Choose,
    ) -> Mapping[Place, FoundChunk]:
        def look(db: apsw.Connection) -> Mapping[Place, FoundChunk]:
            return _chunks(db, tenant_id, choose(_look(db, tenant_id, terms, source_ids, known)))

        return await self._db.read(look)

    async def open(self, tenant_id: str, source_id: str | None, document_count: int) -> NewSegment | None:
        def change(db: apsw.Connection) -> NewSegment | None:
            source_number = 0 if source_id is None else number_of(db, tenant_id, source_id)
            if source_number is None:
                return None
            number = value(db, _SQL["next_numbers"], {"count": document_count + 1})
            reserved = {"first_number": number + 1, "document_count": document_count}
            db.execute(_SQL["open_segment"], {"segment_id": number, "tenant_id": tenant_id, **reserved})
            return NewSegment(
                tenant_id=tenant_id, id=number, first_number=number + 1, source_number=source_number
            )

        return await self._db.write(change, durable=False)

    async def write(
        self,
        segment: NewSegment,
        chunks: Sequence[tuple[int, StoredChunk]] = (),
        postings: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        places = [
            (number * PLACES + c.number, segment.tenant_id, c.start, c.end, c.page, c.heading, c.text)
            for number, c in chunks
        ]
        terms = [(segment.id, term, segment.tenant_id, blob) for term, blob in postings]

        def change(db: apsw.Connection) -> None:
            db.executemany(_SQL["write_chunk"], places)
            db.executemany(_SQL["write_postings"], terms)

        await self._db.write(change, durable=False)

    async def publish(
        self, segment: NewSegment, sealed: Segment, documents: Sequence[tuple[int, Document]]
    ) -> bool:
        def change(db: apsw.Connection) -> bool:
            source_number = number_of(db, segment.tenant_id, documents[0][1].source_id) if documents else None
            if source_number is None:
                return False
            _publish(db, segment, sealed)
            for number, each in documents:
                put(db, segment.tenant_id, source_number, number, each)
            return True

        return await self._db.write(change, durable=True)

    async def postings(
        self, tenant_id: str, segment_ids: Sequence[int], after: str, limit: int
    ) -> list[tuple[str, int, bytes]]:
        def look(db: apsw.Connection) -> list[tuple[str, int, bytes]]:
            found: list[tuple[str, int, bytes]] = []
            last: str | None = None
            for order, id in enumerate(segment_ids):
                named = {"segment_id": id, "tenant_id": tenant_id, "after": after, "limit": limit}
                terms = rows(db, _SQL["postings_after"], named)
                found += [(term, order, postings) for term, postings in terms]
                if len(terms) == limit:  # it may have more up to where another one ends
                    last = terms[-1][0] if last is None else min(last, terms[-1][0])
            found.sort(key=lambda each: each[:2])
            return [
                (term, segment_ids[order], blob)
                for term, order, blob in found
                if last is None or term <= last
            ]

        return await self._db.read(look)

    async def replace(
        self, segment: NewSegment, sealed: Segment, merged: Sequence[int], dropped: Collection[int]
    ) -> bool:
        def change(db: apsw.Connection) -> bool:
            for id in merged:
                db.execute(_SQL["replace_segment"], {"segment_id": id, "tenant_id": segment.tenant_id})
                if db.changes() != 1:
                    raise _Gone
            if sealed.chunk_count:
                _publish(db, segment, sealed)
            for number in dropped:
                db.execute(_SQL["drop_retired"], {"document_number": number, "tenant_id": segment.tenant_id})
            return True

        try:
            return await self._db.write(change, durable=True)
        except _Gone:
            return False

    async def sweep(self) -> None:
        """Only while nothing is being written."""
        while await self._db.write(_sweep_some, durable=False, uses_reserve=True):
            pass


class _Gone(Exception):
    """A segment that was to be merged is not searched any more; undoes the transaction."""


def _publish(db: apsw.Connection, segment: NewSegment, sealed: Segment) -> None:
    named = {"segment_id": segment.id, "tenant_id": segment.tenant_id}
    counted = {"chunk_count": sealed.chunk_count, "header": sealed.header}
    db.execute(_SQL["publish_segment"], named | counted)


def _sweep_some(db: apsw.Connection) -> bool:
    """A few milliseconds of it; False when nothing is left."""
    number = value(db, _SQL["unswept_document"])
    if number is not None:
        if not _sweep_chunks(db, number, 1):
            db.execute(_SQL["swept_document"], {"document_number": number})
        return True
    segment = first(db, _SQL["unswept_segments"])
    if segment is None:
        db.execute(_SQL["forget_retired"])
        return False
    id, state, first_number, document_count = segment
    if state == "open" and _sweep_chunks(db, first_number, document_count):
        return True
    db.execute(_SQL["sweep_postings"], {"segment_id": id})
    if db.changes() == 0:
        db.execute(_SQL["delete_segment"], {"segment_id": id})
    return True


def _sweep_chunks(db: apsw.Connection, first_number: int, count: int) -> bool:
    beyond = (first_number + count) * PLACES
    db.execute(_SQL["sweep_chunks"], {"first": first_number * PLACES, "beyond": beyond})
    return db.changes() > 0


def _look(
    db: apsw.Connection,
    tenant_id: str,
    terms: Collection[str],
    source_ids: Collection[str] | None,
    known: Collection[int],
) -> Snapshot:
    named = {"tenant_id": tenant_id}
    segments = rows(db, _SQL["searched_segments"], named)
    wanted = {"segments": json.dumps([id for id, _ in segments]), "terms": json.dumps(list(terms))}
    found = rows(db, _SQL["look_up"], wanted | named)
    return Snapshot(
        segments=tuple(
            Segment(id=id, chunk_count=count, header=b"" if id in known else _header(db, tenant_id, id))
            for id, count in segments
        ),
        postings={(segment, term): postings for segment, term, postings in found},
        retired=frozenset(number for (number,) in rows(db, _SQL["retired_documents"], named)),
        sources=None if source_ids is None else _numbers(db, tenant_id, source_ids),
    )


def _chunks(db: apsw.Connection, tenant_id: str, places: Sequence[Place]) -> dict[Place, FoundChunk]:
    named = {
        "tenant_id": tenant_id,
        "numbers": json.dumps(list({number for number, _ in places})),
        "places": json.dumps([number * PLACES + chunk for number, chunk in places]),
    }
    documents = {row[0]: document(row[1:]) for row in rows(db, _SQL["found_documents"], named)}
    found: dict[Place, FoundChunk] = {}
    for place, start, end, text, page, heading in rows(db, _SQL["found_chunks"], named):
        number, chunk = divmod(place, PLACES)
        if number in documents:
            stored = StoredChunk(number=chunk, start=start, end=end, text=text, page=page, heading=heading)
            found[number, chunk] = FoundChunk(chunk=stored, document=documents[number])
    return found


def _header(db: apsw.Connection, tenant_id: str, segment_id: int) -> bytes:
    return bytes(value(db, _SQL["segment_header"], {"segment_id": segment_id, "tenant_id": tenant_id}))


def _numbers(db: apsw.Connection, tenant_id: str, source_ids: Collection[str]) -> frozenset[int]:
    storable = json.dumps([id for id in source_ids if is_storable(id)])
    named = {"tenant_id": tenant_id, "source_ids": storable}
    return frozenset(number for (number,) in rows(db, _SQL["source_numbers"], named))
