"""Worlds in which a store lives, dies and is started again."""

import asyncio
import shutil
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rivulet.stores.memory import MemoryStore
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.clock import ManualClock

RESERVE = 64 * 1024
"""A small one: hundreds of databases are opened here."""


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.stores = MemoryStore(self.clock)

    async def restart(self) -> None:
        self.stores = MemoryStore(self.clock, self.stores.tables)

    async def settle(self) -> None:
        """Everything appended has been committed and told."""
        await asyncio.sleep(0)

    async def close(self) -> None:
        pass


class SqliteWorld:
    """A restart copies the files as they are, which is what `kill -9` leaves, and opens the copy: the killed
    process may even go on writing into what it had."""

    def __init__(self, folder: Path, vfs: str | None = None) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.count = 0
        self.vfs = vfs
        self.dead: list[Database] = []
        self._open()

    @property
    def data_dir(self) -> Path:
        return self.folder / f"life_{self.count}"

    def _open(self) -> None:
        self.db = Database.open(self.data_dir, self.clock, RESERVE, self.vfs)
        self.stores = SqliteStore(self.db, self.clock)

    async def restart(self) -> None:
        self.dead.append(self.db)
        left = self.data_dir
        self.count += 1
        shutil.copytree(left, self.data_dir, ignore=shutil.ignore_patterns("*-shm"))
        self._open()

    async def settle(self) -> None:
        """Everything appended has been committed and told."""
        await asyncio.sleep(0)
        await self.db.write(lambda _: None, durable=False)

    async def close(self) -> None:
        for db in (*self.dead, self.db):
            await db.close()


@asynccontextmanager
async def busy_writer(db: Database) -> AsyncGenerator[None, None]:
    """What is asked for inside, one round of the loop later, is all in one transaction."""
    begun, gate = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        begun.set()
        gate.wait(10)

    holding = asyncio.create_task(db.write(hold, durable=False, uses_reserve=True))
    await asyncio.to_thread(begun.wait)
    yield
    gate.set()
    await holding


@pytest.fixture
async def sqlite_world(tmp_path: Path) -> AsyncGenerator[SqliteWorld, None]:
    world = SqliteWorld(tmp_path)
    yield world
    await world.close()
