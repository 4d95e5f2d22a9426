"""The ports of knowledge over one database."""

from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.documents import SqliteDocuments
from rivulet.stores.sqlite.index import SqliteIndex
from rivulet.stores.sqlite.sources import SqliteSources


class SqliteKnowledge:
    """Sources, their documents, and the index over the documents' chunks."""

    def __init__(self, db: Database) -> None:
        self.sources = SqliteSources(db)
        self.documents = SqliteDocuments(db)
        self.index = SqliteIndex(db)
