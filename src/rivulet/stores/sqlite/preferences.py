"""What each user has chosen, in SQLite."""

from collections.abc import Mapping

import apsw

from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import rows, statements

_SQL = statements("preferences.sql")


class SqlitePreferences:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, tenant_id: str, user_id: str | None, chosen: Mapping[str, str]) -> None:
        named = _named(tenant_id, user_id)
        each = [{**named, "name": name, "word": word} for name, word in chosen.items()]

        def change(db: apsw.Connection) -> None:
            db.executemany(_SQL["put_preference"], each)

        await self._db.write(change, durable=True)

    async def of_user(self, tenant_id: str, user_id: str | None) -> dict[str, str]:
        named = _named(tenant_id, user_id)
        return dict(await self._db.read(lambda db: rows(db, _SQL["preferences_of_user"], named)))


def _named(tenant_id: str, user_id: str | None) -> dict[str, object]:
    """SQLite takes any number of nulls in a primary key; no user has an empty id."""
    return {"tenant_id": tenant_id, "user_id": user_id or ""}
