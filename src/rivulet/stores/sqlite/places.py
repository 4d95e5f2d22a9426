"""Where the next event goes: the writer's own count of the rows of `events`."""

import apsw

from rivulet.stores.sqlite.statements import statements, value

_SQL = statements("turns.sql")


class Places:
    """Used in the writer's thread only. A place that was given and then not used stays empty."""

    def __init__(self) -> None:
        self._next: int | None = None

    def next(self, connection: apsw.Connection) -> int:
        """The first free place."""
        if self._next is None:
            last: int | None = value(connection, _SQL["last_place"])
            self._next = 1 + (last or 0)
        return self._next

    def used(self, up_to: int) -> None:
        """The places below `up_to` are taken."""
        self._next = up_to
