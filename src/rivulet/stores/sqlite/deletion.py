"""Removing a chat in SQLite: what can be seen of it at once, the logs of its turns piece by piece.

A log of ten thousand events takes 35 to 85 ms to remove, and every answer being written would wait for the
writer as long. So the first transaction removes the chat, its turns and its messages and writes down which
logs are to follow; the others take a piece each. What a killed process had not come to is removed at start.
"""

import asyncio

import apsw

from rivulet.domain.errors import ChatBusy
from rivulet.stores.sqlite.branches import cut_down
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import statements, value
from rivulet.stores.sqlite.sweeping import sweep

_TURNS = statements("turns.sql")
_SQL = statements("deletion.sql")


class Deletion:
    """One per database. A deletion goes on when whoever asked for it has gone."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sweeping: set[asyncio.Task[None]] = set()

    async def chat(self, tenant_id: str, chat_id: str) -> bool:
        """Returns when nothing is left; nothing can be seen of it long before. Raises ChatBusy."""
        named = {"tenant_id": tenant_id, "chat_id": chat_id}

        def remove(db: apsw.Connection) -> bool:
            if (turn_id := value(db, _TURNS["busy_with"], named)) is not None:
                raise ChatBusy(turn_id)
            cut_down(db, tenant_id, chat_id)
            for name in _AT_ONCE:
                db.execute(_SQL[name], named)
            return db.changes() > 0

        # Begun where the commit is told: whoever asked may be cancelled before it hears of it.
        begun: list[asyncio.Task[None]] = []
        is_gone = await self._db.write(
            remove, durable=True, uses_reserve=True, then=lambda _: begun.append(self._begin())
        )
        await asyncio.shield(begun[0])
        return is_gone

    def _begin(self) -> "asyncio.Task[None]":
        sweeping = asyncio.create_task(self._sweep(), name="sweep")
        self._sweeping.add(sweeping)
        sweeping.add_done_callback(self._swept)
        return sweeping

    async def _sweep(self) -> None:
        while await self._db.write(sweep, durable=False, uses_reserve=True):
            pass

    def _swept(self, sweeping: asyncio.Task[None]) -> None:
        self._sweeping.discard(sweeping)
        if not sweeping.cancelled():
            sweeping.exception()  # whoever waits is told, if anybody does; the next start goes on


_AT_ONCE = ("forget_keys_of_chat", "delete_messages", "give_up_logs", "delete_turns", "delete_chat")
