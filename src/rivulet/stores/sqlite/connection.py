"""The database of a data directory: one writer, a few readers, opened and closed together."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from rivulet.domain.errors import StorageFailed
from rivulet.ports.turns import Clock
from rivulet.stores.sqlite.directory import RESERVE_BYTES, DataDirectory
from rivulet.stores.sqlite.errors import DISK_ERRORS, is_full, told
from rivulet.stores.sqlite.mending import mend
from rivulet.stores.sqlite.migration import migrate
from rivulet.stores.sqlite.writer import Job, Writer

T = TypeVar("T")

_READERS = 3
"""Threads that read. One long read (a big export) must not hold up a page of a log; more than a few only
compete for the interpreter."""


class Database:
    """Used from one event loop. Owns the data directory until `close`."""

    def __init__(self, directory: DataDirectory, connection: apsw.Connection, clock: Clock) -> None:
        self._is_closed = False
        self._directory = directory
        is_mended = _mended(directory, connection)
        self._writer = Writer(
            connection, _connect(connection.filename, connection.open_vfs), directory, clock, is_mended
        )
        self._readers = _Readers(connection.filename, connection.open_vfs)

    @classmethod
    def open(
        cls, data_dir: Path, clock: Clock, reserve_bytes: int = RESERVE_BYTES, vfs: str | None = None
    ) -> "Database":
        """Makes the directory and the file when they are missing and brings the schema up to date. `vfs` is
        one of SQLite's file systems by name. Raises `DataDirectoryInUse`, `DatabaseTooNew`,
        `ForeignDatabase`, `StorageFailed`."""
        try:
            directory = DataDirectory(data_dir, reserve_bytes)
        except OSError as problem:
            raise StorageFailed(f"The data directory {data_dir} cannot be used: {problem.strerror}") from None
        try:
            return cls(directory, _ready(directory, clock, vfs), clock)
        except (OSError, apsw.Error) as problem:
            directory.close()
            raise StorageFailed(f"The database {directory.database} cannot be opened: {problem}") from None
        except BaseException:
            directory.close()
            raise

    async def write(
        self,
        change: Callable[[apsw.Connection], T],
        durable: bool,
        uses_reserve: bool = False,
        then: Callable[[T], None] | None = None,
    ) -> T:
        """What `change` returns, once its transaction is committed; all changes are done in the order of
        these calls. Durable ones survive power loss, the others `kill -9`.

        `change` runs on the writer's thread together with whatever else waits, so it takes milliseconds at
        most, works on nothing but the connection (it may run twice), and does not commit. When it raises,
        its part is undone and the exception arrives here. `uses_reserve` lets it write when the disk is
        full: for what ends or removes something. `then` is called with the result when the change is
        committed, also when the caller has been cancelled meanwhile. Raises StorageFull, StorageFailed.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: Exception | None) -> None:
            if error is None and then is not None:
                then(result)
            if answer.done():
                return
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)

        self.submit(Job(change, done, durable, uses_reserve))
        return await answer

    def submit(self, job: Job) -> None:
        """A change without an await, from the event loop: for those who write often."""
        self._writer.submit(job)

    async def read(self, look: Callable[[apsw.Connection], T]) -> T:
        """What `look` returns; it runs in a reader's thread and sees one state of the database throughout.
        Raises StorageFailed."""
        if self._is_closed:
            raise StorageFailed("The database has been closed.")
        return await asyncio.get_running_loop().run_in_executor(self._readers.pool, self._readers.look, look)

    @property
    def is_full(self) -> bool:
        """Whether the disk is full: only what uses the reserve is written."""
        return self._writer.is_full

    async def check(self) -> None:
        """Writes, durably, and reads back. Raises StorageFull, StorageFailed."""

        def count(connection: apsw.Connection) -> int:
            return connection.execute("UPDATE health SET checks = checks + 1 RETURNING checks").get

        written = await self.write(count, durable=True)
        if await self.read(lambda connection: connection.execute("SELECT checks FROM health").get) < written:
            raise StorageFailed("The database does not keep what is written to it.")

    async def close(self) -> None:
        """Commits what waits, then lets go of the file and the directory."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self._readers.close()
        self._writer.close()
        self._directory.close()


class _Readers:
    """Threads with a connection each, made when the first read needs it."""

    def __init__(self, filename: str, vfs: str) -> None:
        self.pool = ThreadPoolExecutor(_READERS, "rivulet-reader", initializer=self._open)
        self._filename = filename
        self._vfs = vfs
        self._mine = threading.local()
        self._all: list[apsw.Connection] = []

    def _open(self) -> None:
        self._mine.connection = _connect(self._filename, self._vfs, apsw.SQLITE_OPEN_READONLY)
        self._all.append(self._mine.connection)

    def look(self, look: Callable[[apsw.Connection], Any]) -> Any:
        connection: apsw.Connection = self._mine.connection
        connection.execute("BEGIN")
        try:
            return look(connection)
        except DISK_ERRORS as problem:
            raise told(problem, connection) from problem
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")

    def close(self) -> None:
        self.pool.shutdown()
        for connection in self._all:
            connection.close()


def _ready(directory: DataDirectory, clock: Clock, vfs: str | None) -> apsw.Connection:
    """A connection to write with, over the present schema."""

    def ready() -> apsw.Connection:
        connection = _connect(str(directory.database), vfs)
        try:
            migrate(connection, clock.now_ms())
        except BaseException:
            connection.close()
            raise
        return connection

    try:
        return ready()
    except (apsw.FullError, apsw.IOError):
        # Perhaps the disk is full: with the reserve's room what is there can at least be read and ended.
        directory.release()
        return ready()


def _mended(directory: DataDirectory, connection: apsw.Connection) -> bool:
    """False when not even the reserve has room for it: there can be reading still, and the writer mends
    before it writes anything else."""
    for _ in range(2):
        try:
            mend(connection)
        except (apsw.FullError, apsw.IOError) as problem:
            if not is_full(problem, connection):
                connection.close()
                raise
            directory.release()
        else:
            return True
    return False


def _connect(filename: str, vfs: str | None, flags: int = apsw.SQLITE_OPEN_READWRITE) -> apsw.Connection:
    connection = apsw.Connection(filename, flags=flags, vfs=vfs)
    connection.set_busy_timeout(5000)
    connection.pragma("trusted_schema", False)
    if flags & apsw.SQLITE_OPEN_READWRITE:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
    return connection
