"""The tree of a chat's turns in SQLite: a place for each turn, and where the chosen path ends."""

import apsw

from rivulet.domain.errors import NotFound
from rivulet.domain.tree import Node, Tree
from rivulet.ports.turns import Opening
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import first, rows, statements, value

_SQL = statements("branches.sql")


class SqliteBranches:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def tree(self, tenant_id: str, chat_id: str) -> Tree:
        named = {"tenant_id": tenant_id, "chat_id": chat_id}

        def look(db: apsw.Connection) -> Tree:
            found = rows(db, _SQL["chat_tree"], named)
            ids: dict[int | None, str] = {key: turn_id for key, _, turn_id, *_ in found}
            nodes = [
                Node(
                    turn_id=turn_id,
                    parent_id=ids.get(parent_key),
                    user_message_id=user_message_id,
                    message_id=message_id,
                    status=status,
                )
                for _, parent_key, turn_id, user_message_id, message_id, status in found
            ]
            return Tree(nodes, ids.get(value(db, _SQL["leaf_of"], named)))

        return await self._db.read(look)

    async def choose(self, tenant_id: str, chat_id: str, turn_id: str) -> bool:
        named: dict[str, object] = {"tenant_id": tenant_id, "chat_id": chat_id, "turn_id": turn_id}

        def change(db: apsw.Connection) -> bool:
            found = first(db, _SQL["turn_in_chat"], named)
            if found is None:
                return False
            db.execute(_SQL["choose_leaf"], {**named, "turn_key": found[0]})
            return True

        return await self._db.write(change, durable=True, uses_reserve=True)


def parent_of(connection: apsw.Connection, opening: Opening) -> int | None:
    """Whom a turn that is being opened continues. Raises NotFound when it names a turn that is not there."""
    named: dict[str, object] = {"tenant_id": opening.tenant_id, "chat_id": opening.started.chat_id}
    beside = opening.started.retry_of or opening.edit_of
    if beside is None and opening.parent_id is None:
        return value(connection, _SQL["leaf_of"], named)
    found = first(connection, _SQL["turn_in_chat"], {**named, "turn_id": beside or opening.parent_id})
    if found is None:
        raise NotFound
    turn_key, parent_key = found
    return turn_key if beside is None else parent_key


def grow(connection: apsw.Connection, opening: Opening, turn_key: int, parent_key: int | None) -> None:
    """Puts a new turn in its place and lets the chosen path lead to it."""
    named = {
        "tenant_id": opening.tenant_id,
        "chat_id": opening.started.chat_id,
        "turn_key": turn_key,
        "parent_key": parent_key,
    }
    connection.execute(_SQL["put_in_tree"], named)
    connection.execute(_SQL["choose_leaf"], named)


def cut_down(connection: apsw.Connection, tenant_id: str, chat_id: str) -> None:
    """Removes what hangs on the tree of a chat, and the tree."""
    named = {"tenant_id": tenant_id, "chat_id": chat_id}
    for name in ("delete_shares", "delete_feedback", "delete_branches"):
        connection.execute(_SQL[name], named)
