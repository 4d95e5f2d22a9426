"""The database: changes in order, each by itself, reads beside them, a write-ahead log that stays short."""

import asyncio
import threading
from pathlib import Path

import apsw
import pytest

from rivulet.domain.errors import NotFound, StorageFailed
from rivulet.stores.sqlite import checkpoint
from rivulet.stores.sqlite.connection import Database
from rivulet.testing.asker import refused
from rivulet.testing.clock import ManualClock

from .conftest import RESERVE, SqliteWorld, busy_writer

pytestmark = pytest.mark.anyio


def put(value: int):
    def change(db: apsw.Connection) -> int:
        db.execute("UPDATE health SET checks = ?", (value,))
        return value

    return change


def fail(db: apsw.Connection) -> None:
    db.execute("UPDATE health SET checks = -1")
    raise NotFound


def checks(db: apsw.Connection) -> int:
    return db.execute("SELECT checks FROM health").get


async def test_changes_are_made_in_order(sqlite_world: SqliteWorld) -> None:
    """A hundred that are asked for at once: each gets its own result, the last one stays."""
    db = sqlite_world.db
    results = await asyncio.gather(*(db.write(put(n), durable=n % 10 == 0) for n in range(100)))
    assert results == list(range(100))
    assert await db.read(checks) == 99


async def test_a_change_that_fails_is_undone_alone(sqlite_world: SqliteWorld) -> None:
    """Its exception reaches the one who asked; its neighbours in the same transaction stand."""
    db = sqlite_world.db
    async with busy_writer(db):
        changes = [db.write(put(1), False), db.write(fail, True), db.write(fail, True)]
        together = asyncio.gather(*changes, return_exceptions=True)
        await asyncio.sleep(0)
    results = await together
    assert [type(result) for result in results] == [int, NotFound, NotFound]
    assert await db.read(checks) == 1
    await refused(NotFound, db.write(fail, durable=False))
    assert await db.read(checks) == 1


async def test_a_mistake_in_a_change_is_the_callers(sqlite_world: SqliteWorld) -> None:
    """Bad SQL or a broken constraint is raised as it is, and the next change works."""
    db = sqlite_world.db
    with pytest.raises(apsw.SQLError):
        await db.write(lambda c: c.execute("SELECT nonsense"), durable=False)
    with pytest.raises(apsw.ConstraintError):
        await db.write(lambda c: c.execute("UPDATE health SET checks = NULL"), durable=True)
    assert await db.write(put(5), durable=True) == 5


async def test_a_caller_that_goes_away_does_not_undo_its_change(sqlite_world: SqliteWorld) -> None:
    """The change is made and `then` is called, though nobody waits any more."""
    db = sqlite_world.db
    seen: list[int] = []
    writing = asyncio.create_task(db.write(put(7), durable=True, then=seen.append))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    assert writing.cancelled()
    await db.write(lambda _: None, durable=False)
    assert seen == [7]
    assert await db.read(checks) == 7


async def test_a_read_sees_one_state(sqlite_world: SqliteWorld) -> None:
    """What is committed while it looks is not there for it, and it does not keep the writer waiting."""
    db = sqlite_world.db
    looked, changed = threading.Event(), threading.Event()

    def look(connection: apsw.Connection) -> tuple[int, int]:
        first = checks(connection)
        looked.set()
        changed.wait(10)
        return first, checks(connection)

    reading = asyncio.create_task(db.read(look))
    await asyncio.to_thread(looked.wait)
    await db.write(put(3), durable=True)
    changed.set()
    assert await reading == (0, 0)
    assert await db.read(checks) == 3


async def test_a_reader_cannot_write(sqlite_world: SqliteWorld) -> None:
    """Not even by mistake."""
    await refused(StorageFailed, sqlite_world.db.read(put(9)))
    assert await sqlite_world.db.read(checks) == 0


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    """Everything asked for before is done; what comes after is refused, also from those who do not wait."""
    db = Database.open(tmp_path / "data", ManualClock(), RESERVE)
    writing = [asyncio.create_task(db.write(put(n), durable=True)) for n in range(20)]
    await asyncio.sleep(0)
    await db.close()
    assert await asyncio.gather(*writing) == list(range(20))
    await refused(StorageFailed, db.write(put(1), durable=True))
    await refused(StorageFailed, db.read(checks))
    await db.close()


async def test_the_log_is_started_again_under_load(
    sqlite_world: SqliteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though commits never pause, what the write-ahead log takes on disk stays bounded."""
    monkeypatch.setattr(checkpoint, "_STEP_PAGES", 50)
    monkeypatch.setattr(checkpoint, "_LONG_PAGES", 200)
    monkeypatch.setattr(checkpoint, "_LONGEST_PAGES", 800)
    db = sqlite_world.db
    wal = sqlite_world.data_dir / "rivulet.db-wal"
    await db.write(lambda c: c.execute("CREATE TABLE load (content)"), durable=False)
    add = "INSERT INTO load VALUES (zeroblob(16384))"
    for _ in range(40):
        await asyncio.gather(*(db.write(lambda c: c.execute(add), durable=False) for _ in range(25)))
    await db.check()
    assert await db.read(lambda c: c.execute("SELECT count(*) FROM load").get) == 1000
    assert wal.stat().st_size < 1200 * 4096  # of more than 4,000 pages written


async def test_a_thread_moves_the_log_into_the_database(
    sqlite_world: SqliteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the writer, long before the log is so long that the writer has to help."""
    monkeypatch.setattr(checkpoint, "_STEP_PAGES", 50)
    db, file = sqlite_world.db, sqlite_world.data_dir / "rivulet.db"
    await db.write(lambda c: c.execute("CREATE TABLE load (content)"), durable=False)
    add = "INSERT INTO load VALUES (zeroblob(409600))"
    await db.write(lambda c: c.execute(add), durable=False)
    for _ in range(1000):
        if file.stat().st_size > 409600:
            break
        await asyncio.sleep(0.01)
    assert file.stat().st_size > 409600
