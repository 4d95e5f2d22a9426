"""A knowledge base of real parts over a folder, a database and a parser of plain text."""

import io
import itertools
import os
from collections.abc import Mapping
from pathlib import Path

from rivulet.domain.errors import Unreadable
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.indexer import Indexer
from rivulet.knowledge.ingest import Ingest, Outcome
from rivulet.knowledge.search import LexicalSearch
from rivulet.ports.knowledge import Document, Found, Parsed, Query, Source
from rivulet.stores.received import FileReceived
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.knowledge import SqliteKnowledge
from rivulet.testing.clock import ManualClock

TENANT = "acme"


class TextReader:
    """Reads plain text; a file that begins with BROKEN cannot be read. `names` are the files it was given,
    `ended` those at which it is ended by somebody."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ended: set[str] = set()

    async def parse(self, content: Path | bytes, filename: str) -> Parsed:
        self.names.append(filename)
        if filename in self.ended:
            raise Unreadable("This file could not be read: its reader was ended twice.")
        text = _bytes(content).decode()
        if text.startswith("BROKEN"):
            raise Unreadable("This file is damaged.")
        return Parsed(text=text)


def _bytes(content: Path | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


class KnowledgeBase:
    """Everything there is between a folder and an answer. `restart` leaves and comes back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "docs"
        self.folder.mkdir(exist_ok=True)
        self.data_dir = folder / "data"
        self.reader = TextReader()
        self.clock = ManualClock()
        self._ids = itertools.count(1)
        self._open()

    def _open(self) -> None:
        self.db = Database.open(self.data_dir, self.clock, reserve_bytes=1 << 16)
        store = SqliteKnowledge(self.db)
        self.sources, self.documents, self.index = store.sources, store.documents, store.index
        self.analyser = ScriptAnalyser()
        self.indexer = Indexer(self.index, self.analyser)
        self.search = LexicalSearch(self.index, self.analyser)
        self.ingest = Ingest(
            sources=self.sources,
            documents=self.documents,
            received=FileReceived(self.data_dir / "received"),
            indexer=self.indexer,
            parse=self.reader.parse,
            is_supported=lambda name: name.endswith((".txt", ".md")),
            clock=self.clock,
            entropy=lambda size: next(self._ids).to_bytes(size, "big"),
        )

    async def restart(self) -> None:
        await self.close()
        self._open()

    async def close(self) -> None:
        await self.db.close()

    def write(self, files: Mapping[str, str], folder: Path | None = None) -> Path:
        """Each file gets a time of its own, so that a changed one looks changed."""
        folder = folder or self.folder
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            stamp = 10**18 + next(self._ids) * 10**9
            os.utime(path, ns=(stamp, stamp))
        return folder

    async def read(self, folder: Path | None = None, tenant_id: str = TENANT) -> Outcome:
        """Brings the index up to date with a folder."""
        source = await self.ingest.folder(tenant_id, folder or self.folder)
        return await self.ingest.index(tenant_id, source.id)

    async def send(self, name: str, content: bytes, tenant_id: str = TENANT) -> Source:
        """An upload that is not read yet."""
        return await self.ingest.upload(tenant_id, name, io.BytesIO(content))

    @property
    def unread(self) -> list[bytes]:
        """What was sent and waits to be read."""
        return sorted(path.read_bytes() for path in (self.data_dir / "received").iterdir())

    async def put(self, files: Mapping[str, str], name: str = "more", tenant_id: str = TENANT) -> str:
        """A folder of these files, read; returns the source's id."""
        folder = self.folder.parent / name
        folder.mkdir(exist_ok=True)
        return (await self.read(self.write(files, folder), tenant_id)).source.id

    async def found(self, text: str, tenant_id: str = TENANT, **more: object) -> Found:
        return await self.search.search(Query(tenant_id=tenant_id, text=text, **more))  # type: ignore[arg-type]

    async def names(self, text: str, tenant_id: str = TENANT, **more: object) -> list[str | None]:
        """The files of the hits, best first."""
        return [hit.filename for hit in (await self.found(text, tenant_id, **more)).hits]

    async def listed(self, source_id: str, tenant_id: str = TENANT) -> dict[str, Document]:
        return {each.path: each for each in await self.documents.of(tenant_id, source_id)}

    async def count(self, table: str) -> int:
        return await self.db.read(lambda db: db.execute(f"SELECT count(*) FROM {table}").get)
