"""Removing the logs of turns that are gone, a piece at a time."""

import apsw

from rivulet.stores.sqlite.statements import first, statements

_SQL = statements("deletion.sql")

PIECE = 500
"""Events removed in one transaction: two to four milliseconds."""


def sweep(connection: apsw.Connection) -> bool:
    """Removes a piece of a log that is to be removed; False when there is none left."""
    found = first(connection, _SQL["next_deletion"])
    if found is None:
        return False
    turn_key, tenant_id, last = found
    named = {"turn_key": turn_key, "tenant_id": tenant_id, "after": (last or 0) - PIECE}
    connection.execute(_SQL["delete_events"], named)
    connection.execute(_SQL["delete_places"], named)
    if (last or 0) <= PIECE:
        connection.execute(_SQL["end_deletion"], named)
    return True
