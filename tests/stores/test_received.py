"""What was sent and not read: whole or not there, on the disk before anybody is told, and nobody else's."""

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rivulet.domain.errors import StorageFailed, StorageFull
from rivulet.ports.knowledge import Received
from rivulet.stores.received import FileReceived, MemoryReceived
from tests.room import room_for

pytestmark = pytest.mark.anyio
KILLED = """
import asyncio, io, os, pathlib, signal, sys
from rivulet.stores.received import FileReceived

class Slow(io.BytesIO):
    def read(self, size=-1):
        if self.tell():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(size)

asyncio.run(FileReceived(pathlib.Path(sys.argv[1])).keep("acme", "there", Slow(bytes(3 << 20))))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "received"


@pytest.fixture(params=["files", "memory"])
def received(request: pytest.FixtureRequest, folder: Path) -> Received:
    return FileReceived(folder) if request.param == "files" else MemoryReceived()


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def content(received: Received, tenant_id: str, location: str) -> bytes | None:
    found = await received.find(tenant_id, location)
    return found.read_bytes() if isinstance(found, Path) else found


async def test_what_is_kept_is_found_until_it_is_dropped(received: Received) -> None:
    """From its first byte, wherever its reader stood; once, however often it is sent; by its tenant only."""
    sent = io.BytesIO(b"apples" * 100_000)
    sent.read()
    assert await received.keep("acme", "../a/\ud800.txt", sent)
    assert not await received.keep("acme", "../a/\ud800.txt", sent)
    assert await content(received, "acme", "../a/\ud800.txt") == b"apples" * 100_000
    assert await content(received, "other", "../a/\ud800.txt") is None
    for _ in range(2):
        await received.drop("acme", "../a/\ud800.txt")
        assert await content(received, "acme", "../a/\ud800.txt") is None


async def test_what_this_process_keeps_is_never_tidied(received: Received) -> None:
    """Its source's row may be written a moment later."""
    await received.keep("acme", "new", io.BytesIO(b"new"))
    await received.tidy("acme", [])
    assert await content(received, "acme", "new") == b"new"


async def test_another_process_finds_what_was_kept(folder: Path) -> None:
    """And removes what no source of that tenant asks for, when it is told to."""
    first = FileReceived(folder)
    for tenant_id, location in (("acme", "wanted"), ("acme", "left"), ("acme", "again"), ("other", "theirs")):
        await first.keep(tenant_id, location, io.BytesIO(location.encode()))
    second = FileReceived(folder)
    assert not await second.keep("acme", "again", io.BytesIO(b"again"))
    await second.tidy("acme", ["wanted"])
    assert sorted(path.read_bytes() for path in files(folder)) == [b"again", b"theirs", b"wanted"]


async def test_only_its_owner_may_read_it(folder: Path) -> None:
    """Neither the folder nor a file of it is for anybody else, and no name tells what is in it."""
    await FileReceived(folder).keep("acme", "digest/dismissals.txt", io.BytesIO(b"x"))
    (path,) = files(folder)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, path)] == [0o700, 0o600]
    assert "dismissals" not in path.name


async def test_it_is_on_the_disk_before_anybody_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, then its name, then the folder's own."""
    synced: list[str] = []
    sync = os.fsync

    def watched(file: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{file}")).suffix or "folder")
        sync(file)

    monkeypatch.setattr(os, "fsync", watched)
    await FileReceived(folder).keep("acme", "there", io.BytesIO(b"x"))
    assert synced == ["folder", ".part", "folder"]


async def test_without_room_nothing_is_left(folder: Path) -> None:
    """The sender is told that the disk is full, and what it took so far is given back."""
    with room_for(1 << 16), pytest.raises(StorageFull):
        await FileReceived(folder).keep("acme", "large", io.BytesIO(bytes(1 << 20)))
    assert files(folder) == []
    assert await FileReceived(folder).find("acme", "large") is None


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """As a failure of the storage, not of the sender."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="cannot be kept"):
        await FileReceived(tmp_path / "file" / "received").keep("acme", "there", io.BytesIO(b"x"))


@pytest.fixture
def half(folder: Path) -> Path:
    """What a process left that was killed while it copied."""
    command = [sys.executable, "-c", KILLED, str(folder)]
    assert subprocess.run(command, check=False).returncode == -9
    (half,) = files(folder)
    return half


async def test_half_a_file_is_nothing(half: Path, folder: Path) -> None:
    """It is not found, and the next process removes it."""
    assert half.suffix == ".part"
    received = FileReceived(folder)
    assert await received.find("acme", "there") is None
    await received.tidy("acme", ["there"])
    assert files(folder) == []
