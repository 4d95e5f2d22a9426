"""The data directory: one process at a time, nobody else's eyes, and a sentence for everything in the way."""

import contextlib
import errno
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import apsw
import pytest

from rivulet.domain.errors import RivuletError, StorageFailed
from rivulet.stores.sqlite import migration
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.directory import DataDirectoryInUse
from rivulet.stores.sqlite.migration import DatabaseTooNew, ForeignDatabase
from rivulet.testing.clock import ManualClock

from .conftest import RESERVE

pytestmark = pytest.mark.anyio
HOLDER = Path(__file__).with_name("holder.py")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def present(data_dir: Path) -> Path:
    """The directory, made by somebody before."""
    data_dir.mkdir(mode=0o755)
    return data_dir


@pytest.fixture
def holder(data_dir: Path, request: pytest.FixtureRequest) -> Generator[subprocess.Popen[str], None, None]:
    """Another process that has the directory; its parameter is one more argument."""
    command = [sys.executable, str(HOLDER), str(data_dir), *getattr(request, "param", ())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        speaker = int(process.stdout.readline())
        yield process
        for pid in {process.pid, speaker}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def opened(data_dir: Path) -> Database:
    return Database.open(data_dir, ManualClock(), RESERVE)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: mode(path) for path in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_second_process_is_refused(holder: "subprocess.Popen[str]", data_dir: Path) -> None:
    """With a sentence that names the directory and the process that has it; the first one notices nothing."""
    with pytest.raises(DataDirectoryInUse, match=re.escape(str(data_dir))) as refusal:
        opened(data_dir)
    assert f"process {holder.pid}" in refusal.value.message
    assert holder.poll() is None
    with pytest.raises(DataDirectoryInUse):
        opened(data_dir)


async def test_this_process_is_refused_a_second_time_too(data_dir: Path) -> None:
    """Two databases on one directory in one process would not know of each other's turns."""
    db = opened(data_dir)
    with pytest.raises(DataDirectoryInUse, match=f"process {os.getpid()}"):
        opened(data_dir)
    await db.close()
    await opened(data_dir).close()


async def test_a_lock_is_as_good_without_a_name(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the lock is taken though it cannot be signed, and names nobody, not its last owner."""
    await opened(data_dir).close()

    def pwrite(file: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", pwrite)
    db = opened(data_dir)
    with pytest.raises(DataDirectoryInUse, match=r"another Rivulet \(process unknown\)"):
        opened(data_dir)
    await db.close()


async def test_a_killed_process_leaves_no_lock(holder: "subprocess.Popen[str]", data_dir: Path) -> None:
    """What it left can be opened at once."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    await opened(data_dir).close()


@pytest.mark.parametrize("holder", [("fork",)], indirect=True)
async def test_a_child_that_outlives_it_does_not_keep_the_lock(
    holder: "subprocess.Popen[str]", data_dir: Path
) -> None:
    """A forked child inherits no claim on the directory."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    await opened(data_dir).close()


async def test_only_the_owner_may_look(data_dir: Path) -> None:
    """The directory we make is 0700 and every file in it 0600, whatever the umask is."""
    before = os.umask(0)
    try:
        db = opened(data_dir)
        await db.check()
        found = modes(data_dir)
    finally:
        os.umask(before)
    assert mode(data_dir) == 0o700
    assert set(found) >= {"rivulet.db", "rivulet.db-wal", "lock", "reserve"}
    assert set(found.values()) == {0o600}
    await db.close()


async def test_files_that_others_could_read_are_closed_to_them(present: Path) -> None:
    """At every start; the mode of a directory that was there before is its owner's business."""
    data_dir = present
    await opened(data_dir).close()
    os.chmod(data_dir / "rivulet.db", 0o644)
    await opened(data_dir).close()
    assert mode(data_dir / "rivulet.db") == 0o600
    assert mode(data_dir) == 0o755


@pytest.mark.parametrize("where", ["file", "file/below", "/proc/rivulet"])
def test_a_directory_that_cannot_be(tmp_path: Path, where: str) -> None:
    """A path through a file, or where nothing can be made, is a sentence with that path."""
    (tmp_path / "file").write_text("not a directory")
    path = tmp_path / where
    with pytest.raises(StorageFailed, match=re.escape(str(path))):
        opened(path)


def test_a_file_that_is_no_database(present: Path) -> None:
    """It is refused and left as it is."""
    content = b"This is not a database." * 1000
    (present / "rivulet.db").write_bytes(content)
    with pytest.raises(StorageFailed, match="not a database"):
        opened(present)
    assert (present / "rivulet.db").read_bytes() == content


def test_somebody_elses_database(present: Path) -> None:
    """It is refused, and nothing is added to it."""
    other = apsw.Connection(str(present / "rivulet.db"))
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(ForeignDatabase, match=re.escape(str(present))):
        opened(present)
    other = apsw.Connection(str(present / "rivulet.db"))
    assert other.execute("SELECT group_concat(name) FROM sqlite_schema").get == "theirs"
    other.close()


async def test_a_database_from_the_future(data_dir: Path) -> None:
    """A newer version's data is not touched by an older one, which says what to do."""
    db = opened(data_dir)
    await db.write(lambda c: c.execute("INSERT INTO schema_version VALUES (9999, 0)"), durable=True)
    await db.close()
    with pytest.raises(DatabaseTooNew, match="schema 9999") as refusal:
        opened(data_dir)
    assert str(data_dir) in refusal.value.message
    assert isinstance(refusal.value, RivuletError)


async def test_migrations_are_made_once_and_in_order(data_dir: Path) -> None:
    """A second start finds nothing to do."""
    for _ in range(2):
        db = opened(data_dir)
        versions = await db.read(lambda c: c.execute("SELECT version FROM schema_version").fetchall())
        await db.close()
    assert [version for (version,) in versions] == list(range(1, len(versions) + 1))


async def test_a_migration_that_fails_changes_nothing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pending ones are one transaction: the old version can start again, and the mended one goes on."""
    await opened(data_dir).close()
    real = migration._files()
    good = (len(real) + 1, "CREATE TABLE good (x); INSERT INTO good VALUES (1); SELECT * FROM good;")
    bad = (len(real) + 2, "CREATE TABLE bad (x); INSERT INTO nowhere VALUES (1); CREATE TABLE never (x);")
    monkeypatch.setattr(migration, "_files", lambda: [*real, good, bad])
    with pytest.raises(StorageFailed, match="nowhere"):
        opened(data_dir)
    monkeypatch.setattr(migration, "_files", lambda: real)
    await opened(data_dir).close()
    monkeypatch.setattr(migration, "_files", lambda: [*real, good])
    db = opened(data_dir)
    assert await db.read(lambda c: c.execute("SELECT x FROM good").get) == 1
    await db.close()
