"""The links to chats, in SQLite."""

from typing import Any

import apsw
import msgspec

from rivulet.ports.shares import Share
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import first, rows, statements

_SQL = statements("branches.sql")


class SqliteShares:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, share: Share) -> bool:
        def change(db: apsw.Connection) -> bool:
            db.execute(_SQL["add_share"], msgspec.structs.asdict(share))
            return db.changes() > 0

        return await self._db.write(change, durable=True)

    async def find(self, share_id: str) -> Share | None:
        found = await self._db.read(lambda db: first(db, _SQL["find_share"], {"id": share_id}))
        return None if found is None else _share(found)

    async def of_chat(self, tenant_id: str, chat_id: str) -> list[Share]:
        named = {"tenant_id": tenant_id, "chat_id": chat_id}
        return [
            _share(each) for each in await self._db.read(lambda db: rows(db, _SQL["shares_of_chat"], named))
        ]

    async def remove(self, tenant_id: str, chat_id: str, share_id: str) -> bool:
        named = {"tenant_id": tenant_id, "chat_id": chat_id, "id": share_id}

        def change(db: apsw.Connection) -> bool:
            db.execute(_SQL["remove_share"], named)
            return db.changes() > 0

        return await self._db.write(change, durable=True, uses_reserve=True)


def _share(columns: tuple[Any, ...]) -> Share:
    return Share(**dict(zip(_COLUMNS, columns, strict=True)))


_COLUMNS = ("id", "tenant_id", "chat_id", "leaf_id", "title", "message_count", "created_at")
