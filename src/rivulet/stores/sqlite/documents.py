"""Documents in SQLite. Their text is what their chunks are, one after the other."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from rivulet.ports.knowledge import Document
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import first, rows, statements, value

_SQL = statements("knowledge.sql")

PLACES = 1 << 16
"""Chunks a document can have: a chunk's place is its document's number times this, plus its own number."""

COLUMNS = (
    "id",
    "source_id",
    "path",
    "title",
    "filename",
    "media_type",
    "status",
    "reason",
    "digest",
    "size",
    "modified_ns",
    "chunk_count",
    "created_at",
    "updated_at",
)


class SqliteDocuments:
    """The rows, and the text."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, tenant_id: str, source_id: str) -> list[Document]:
        if not is_storable(source_id):
            return []
        named = {"tenant_id": tenant_id, "source_id": source_id}
        return await self._db.read(
            lambda db: [document(row) for row in rows(db, _SQL["documents_of"], named)]
        )

    async def get(self, tenant_id: str, document_id: str) -> Document | None:
        if not is_storable(document_id):
            return None
        named = {"tenant_id": tenant_id, "document_id": document_id}
        row = await self._db.read(lambda db: first(db, _SQL["get_document"], named))
        return None if row is None else document(row)

    async def text(self, tenant_id: str, document_id: str) -> str | None:
        named = {"tenant_id": tenant_id, "document_id": document_id}

        def look(db: apsw.Connection) -> str | None:
            number = value(db, _SQL["document_number"], named)
            if number is None:
                return None
            span = {"tenant_id": tenant_id, "first": number * PLACES, "beyond": (number + 1) * PLACES}
            return "".join(text for (text,) in rows(db, _SQL["document_text"], span))

        return await self._db.read(look) if is_storable(document_id) else None

    async def note(self, tenant_id: str, documents: Sequence[Document]) -> None:
        def change(db: apsw.Connection) -> None:
            for each in documents:
                if each.status == "ready":
                    db.execute(
                        _SQL["note_document"], {"tenant_id": tenant_id, **msgspec.structs.asdict(each)}
                    )
                    continue
                source_number = number_of(db, tenant_id, each.source_id)
                if source_number is not None:
                    put(db, tenant_id, source_number, value(db, _SQL["next_numbers"], {"count": 1}), each)

        await self._db.write(change, durable=False)

    async def delete(self, tenant_id: str, source_id: str, document_ids: Sequence[str]) -> None:
        def change(db: apsw.Connection) -> None:
            source_number = number_of(db, tenant_id, source_id)
            for each in filter(is_storable, document_ids):
                named = {"tenant_id": tenant_id, "id": each, "source_number": source_number}
                db.execute(_SQL["retire_document"], named)
                db.execute(_SQL["delete_document"], named)

        await self._db.write(change, durable=True, uses_reserve=True)


def is_storable(name: str) -> bool:
    """Whether a name from outside can be looked up at all: half a surrogate pair cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def number_of(db: apsw.Connection, tenant_id: str, source_id: str) -> int | None:
    """What the index knows a source by; None for one that is not the tenant's."""
    if not is_storable(source_id):
        return None
    return value(db, _SQL["source_number"], {"tenant_id": tenant_id, "source_id": source_id})


def put(db: apsw.Connection, tenant_id: str, source_number: int, number: int, new: Document) -> None:
    """The row of a document as it stands from now on; what was found of it before is not found any more."""
    named = {
        **msgspec.structs.asdict(new),
        "tenant_id": tenant_id,
        "source_number": source_number,
        "document_number": number,
    }
    db.execute(_SQL["retire_document"], named)
    db.execute(_SQL["put_document"], named)


def document(row: Sequence[Any]) -> Document:
    """The row as people see it, with the address its text is shown at."""
    fields = dict(zip(COLUMNS, row, strict=True))
    return Document(**fields, url=f"/v1/documents/{fields['id']}")
