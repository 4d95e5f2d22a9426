"""The ports of turns and chats over one database."""

from rivulet.ports.turns import Clock
from rivulet.stores.leases import Leases
from rivulet.stores.sqlite.branches import SqliteBranches
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.feedback import SqliteFeedbacks
from rivulet.stores.sqlite.preferences import SqlitePreferences
from rivulet.stores.sqlite.shares import SqliteShares
from rivulet.stores.sqlite.turn_log import SqliteTurnLog
from rivulet.stores.sqlite.turns import SqliteChats, SqliteTurns


class SqliteStore:
    """One per database, because it knows which turns are written here. A database is one process's alone, so
    leases live in memory: after a restart every unfinished turn is free at once."""

    def __init__(self, db: Database, clock: Clock) -> None:
        leases = Leases(clock)
        self.log = SqliteTurnLog(db, leases)
        self.turns = SqliteTurns(db, self.log, leases)
        self.chats = SqliteChats(db)
        self.branches = SqliteBranches(db)
        self.feedback = SqliteFeedbacks(db)
        self.shares = SqliteShares(db)
        self.preferences = SqlitePreferences(db)
