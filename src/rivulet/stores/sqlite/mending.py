"""What is put right after a crash, at the start or, without room for it there, before anything is written:
the logs of unfinished turns are indexed again, those of turns that were being deleted are removed."""

import apsw

from rivulet.stores.sqlite.statements import statements
from rivulet.stores.sqlite.sweeping import sweep

_SQL = statements("turns.sql")


def mend(connection: apsw.Connection) -> None:
    """Costs nothing when every turn has ended; else one pass over what was written since the oldest of them
    began."""
    with connection:
        connection.execute(_SQL["index_unfinished"])
        connection.execute(_SQL["count_unfinished"])
        while sweep(connection):
            pass
