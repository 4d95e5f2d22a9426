"""What was sent and has not been read: in files, which outlive the process, and in memory."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Collection
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from rivulet.domain.errors import RivuletError, StorageFailed, StorageFull
from rivulet.stores.sqlite.directory import NO_ROOM

log = logging.getLogger(__name__)

_PIECE = 1 << 20
"""Bytes copied at a time: what keeping a file costs of memory, however large it is."""


class FileReceived:
    """A file each, in a folder that only its owner may enter, made with the first. A file has its name when
    it is whole and on the disk; until then it ends in `.part`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._earlier = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()

    async def keep(self, tenant_id: str, location: str, content: BinaryIO) -> bool:
        path = self._path(tenant_id, location)
        self._earlier.discard(path.name)
        return await asyncio.to_thread(self._keep, path, content)

    async def find(self, tenant_id: str, location: str) -> Path | bytes | None:
        path = self._path(tenant_id, location)
        return path if await asyncio.to_thread(path.is_file) else None

    async def drop(self, tenant_id: str, location: str) -> None:
        await asyncio.to_thread(_remove, self._path(tenant_id, location))

    async def tidy(self, tenant_id: str, locations: Collection[str]) -> None:
        wanted = {self._path(tenant_id, location).name for location in locations}
        mine = {name for name in self._earlier if name.startswith(_short(tenant_id))}
        self._earlier -= mine
        for name in mine - wanted:
            await asyncio.to_thread(_remove, self._folder / name)

    def _path(self, tenant_id: str, location: str) -> Path:
        """Made of digests, because a location has the name that somebody gave their file."""
        return self._folder / f"{_short(tenant_id)}-{_short(location)}"

    def _keep(self, path: Path, content: BinaryIO) -> bool:
        if path.exists():  # and whole, of the same content: the location says what it is
            return False
        part: Path | None = None
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                _sync(self._folder.parent)
            file, name = tempfile.mkstemp(".part", path.name, self._folder)  # readable by its owner only
            part = Path(name)
            with open(file, "wb") as kept:
                content.seek(0)
                shutil.copyfileobj(content, kept, _PIECE)
                kept.flush()
                os.fsync(file)
            part = part.replace(path)
            _sync(self._folder)
        except BaseException as problem:
            if part is not None:
                _remove(part)
            if isinstance(problem, OSError):
                raise _told(problem) from problem
            raise
        return True


class MemoryReceived:
    """The same without a disk: gone with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    async def keep(self, tenant_id: str, location: str, content: BinaryIO) -> bool:
        if (tenant_id, location) in self._kept:
            return False
        content.seek(0)
        self._kept[tenant_id, location] = content.read()
        return True

    async def find(self, tenant_id: str, location: str) -> Path | bytes | None:
        return self._kept.get((tenant_id, location))

    async def drop(self, tenant_id: str, location: str) -> None:
        self._kept.pop((tenant_id, location), None)

    async def tidy(self, tenant_id: str, locations: Collection[str]) -> None:
        """There is no earlier process here."""


def _short(name: str) -> str:
    return blake2b(name.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _sync(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        log.warning("%s cannot be removed; the next start tries it again: %s", path, problem.strerror)


def _told(problem: OSError) -> RivuletError:
    if problem.errno in NO_ROOM:
        return StorageFull("The disk is full: there is no room for what was sent.")
    return StorageFailed(f"What was sent cannot be kept: {problem.strerror or problem}.")
