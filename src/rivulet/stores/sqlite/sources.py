"""Sources in SQLite."""

from typing import Any

import apsw
import msgspec

from rivulet.domain.errors import NotFound
from rivulet.ports.knowledge import Source
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.documents import is_storable
from rivulet.stores.sqlite.statements import first, rows, statements, value

_SQL = statements("knowledge.sql")
_COLUMNS = (
    "id",
    "kind",
    "title",
    "location",
    "status",
    "error_message",
    "document_count",
    "failed_count",
    "chunk_count",
    "created_at",
    "updated_at",
)


class SqliteSources:
    """A source's counts are taken from its documents, so they are never behind."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self, tenant_id: str) -> list[Source]:
        named = {"tenant_id": tenant_id}
        return await self._db.read(lambda db: [_source(row) for row in rows(db, _SQL["all_sources"], named)])

    async def get(self, tenant_id: str, source_id: str) -> Source | None:
        if not is_storable(source_id):
            return None
        named = {"tenant_id": tenant_id, "source_id": source_id}
        row = await self._db.read(lambda db: first(db, _SQL["get_source"], named))
        return None if row is None else _source(row)

    async def add(self, tenant_id: str, source: Source) -> Source:
        named = {"tenant_id": tenant_id, **msgspec.structs.asdict(source)}

        def change(db: apsw.Connection) -> str:
            db.execute(_SQL["add_source"], named)
            return str(value(db, _SQL["find_source"], named))

        found = await self.get(tenant_id, await self._db.write(change, durable=True))
        if found is None:
            raise NotFound("The source was deleted while it was added.")
        return found

    async def mark(self, tenant_id: str, source: Source) -> None:
        named = {"tenant_id": tenant_id, **msgspec.structs.asdict(source)}
        await self._db.write(lambda db: rows(db, _SQL["mark_source"], named), durable=False)

    async def delete(self, tenant_id: str, source_id: str) -> bool:
        if not is_storable(source_id):
            return False

        def change(db: apsw.Connection) -> bool:
            number = value(db, _SQL["source_number"], {"tenant_id": tenant_id, "source_id": source_id})
            if number is None:
                return False
            for statement in ("retire_source", "delete_documents_of", "delete_source"):
                db.execute(_SQL[statement], {"source_number": number})
            return True

        return await self._db.write(change, durable=True, uses_reserve=True)


def _source(row: tuple[Any, ...]) -> Source:
    return Source(**dict(zip(_COLUMNS, row, strict=True)))
