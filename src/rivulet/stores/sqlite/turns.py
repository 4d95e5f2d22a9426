"""The rows of turns and chats in SQLite."""

from collections.abc import Mapping, Sequence
from typing import Any

import apsw
import msgspec

from rivulet.domain.chat import Chat, Message
from rivulet.ports.turns import Claim, TurnRecord
from rivulet.stores.leases import Leases
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.deletion import Deletion
from rivulet.stores.sqlite.statements import first, rows, statements
from rivulet.stores.sqlite.turn_log import SqliteTurnLog

_SQL = statements("turns.sql")
_FOREVER = (1 << 63) - 1
_LAST = "\U0010ffff"
"""Sorts after everything an id is made of."""
_message = msgspec.json.Decoder(Message)


class SqliteTurns:
    """A row knows its log's end once the turn is over; until then the log knows."""

    def __init__(self, db: Database, log: SqliteTurnLog, leases: Leases) -> None:
        self._db = db
        self._log = log
        self._leases = leases

    async def get(self, tenant_id: str, turn_id: str) -> TurnRecord | None:
        found = await self._find("get_turn", {"tenant_id": tenant_id, "id": turn_id})
        return found[0] if found else None

    async def recent(
        self, tenant_id: str, user_id: str | None, before: str | None, limit: int, chat_id: str | None = None
    ) -> list[TurnRecord]:
        named = {"tenant_id": tenant_id, "user_id": user_id, "before": before, "limit": limit}
        if chat_id is None:
            return await self._find("recent_turns", named)
        return await self._find("recent_turns_of_chat", named | {"chat_id": chat_id})

    async def unfinished(self) -> list[TurnRecord]:
        found = await self._find("unfinished_turns", {})
        return [each for each in found if not self._leases.is_held(each.tenant_id, each.id)]

    async def renew(self, claims: Sequence[Claim], lease_ms: int) -> None:
        for claim in claims:
            if self._log.holds(claim):
                self._leases.renew(claim.tenant_id, claim.turn_id, claim.owner, lease_ms)

    async def running_in(self, tenant_id: str, chat_id: str) -> list[TurnRecord]:
        return await self._find("running_turns", {"tenant_id": tenant_id, "chat_id": chat_id})

    async def _find(self, name: str, named: Mapping[str, str | int | None]) -> list[TurnRecord]:
        found = await self._db.read(lambda db: rows(db, _SQL[name], named))
        return [self._record(each) for each in found]

    def _record(self, columns: tuple[Any, ...]) -> TurnRecord:
        record = TurnRecord(**dict(zip(_COLUMNS, columns, strict=True)))
        last_seq = self._log.last_seq(record.tenant_id, record.id)
        if record.status == "in_progress" and last_seq > record.last_seq:
            return msgspec.structs.replace(record, last_seq=last_seq)
        return record


class SqliteChats:
    """Chats and what was said in them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._deletion = Deletion(db)

    async def recent(self, tenant_id: str, before: int | None, limit: int) -> list[Chat]:
        named = {"tenant_id": tenant_id, "before": _FOREVER if before is None else before, "limit": limit}
        return [_chat(each) for each in await self._db.read(lambda db: rows(db, _SQL["recent_chats"], named))]

    async def get(self, tenant_id: str, chat_id: str) -> Chat | None:
        named = {"tenant_id": tenant_id, "chat_id": chat_id}
        found = await self._db.read(lambda db: first(db, _SQL["get_chat"], named))
        return None if found is None else _chat(found)

    async def starting(self, tenant_id: str, prefix: str) -> Chat | None:
        named = {"tenant_id": tenant_id, "prefix": prefix, "beyond": prefix + _LAST}
        found = await self._db.read(lambda db: first(db, _SQL["chat_starting"], named))
        return None if found is None else _chat(found)

    async def put(self, tenant_id: str, chat: Chat, *, is_new: bool) -> bool:
        named = {"tenant_id": tenant_id, "chat_id": chat.id, "title": chat.title}
        if is_new:
            named |= {"user_id": None, "now": chat.created_at}

        def put(db: apsw.Connection) -> bool:
            db.execute(_SQL["make_chat" if is_new else "title_chat"], named)
            return db.changes() > 0

        return await self._db.write(put, durable=True)

    async def messages(
        self, tenant_id: str, chat_id: str, turn_ids: Sequence[str] | None = None
    ) -> list[Message]:
        if turn_ids is not None and not turn_ids:
            return []
        named: dict[str, object] = {"tenant_id": tenant_id, "chat_id": chat_id}
        if turn_ids is not None:
            named["turn_ids"] = apsw.carray(tuple(turn_ids))
        statement = _SQL["chat_messages" if turn_ids is None else "messages_of_turns"]

        def look(db: apsw.Connection) -> list[Message]:
            return [_message.decode(body) for (body,) in rows(db, statement, named)]

        return await self._db.read(look)

    async def delete(self, tenant_id: str, chat_id: str) -> bool:
        return await self._deletion.chat(tenant_id, chat_id)


_COLUMNS = (
    "tenant_id",
    "id",
    "chat_id",
    "user_id",
    "status",
    "epoch",
    "owner",
    "last_seq",
    "created_at",
    "message_id",
    "user_message_id",
    "model",
    "question",
    "request",
    "retry_of",
)


def _chat(columns: tuple[Any, ...]) -> Chat:
    chat_id, title, created_at, updated_at = columns
    return Chat(id=chat_id, title=title, created_at=created_at, updated_at=updated_at)
