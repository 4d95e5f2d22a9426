"""A disk that can be watched, filled, broken and cut off, as one of SQLite's file systems.

Only the files SQLite opens through it are concerned; everything else about them is the real file system.
"""

import itertools
import os
from pathlib import Path

import apsw

_NAMES = itertools.count(1)


class Disk(apsw.VFS):
    """`syncs` are the names of the files that were synced, in order. `is_broken` makes every sync fail.
    With a `quota` the files under `folder` may have so many bytes together."""

    def __init__(self, folder: Path) -> None:
        self.name = f"disk_{next(_NAMES)}"
        self.folder = folder
        self.syncs: list[str] = []
        self.is_broken = False
        self.quota: int | None = None
        self.safe: dict[Path, bytes] = {}
        super().__init__(self.name, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "DiskFile":  # noqa: N802
        return DiskFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.safe.pop(Path(filename), None)

    def has_room(self, more: int) -> bool:
        if self.quota is None:
            return True
        used = sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
        return used + more <= self.quota

    def survivors(self, folder: Path) -> None:
        """Writes into `folder` what is left after the power went: of each file its state at its last sync."""
        folder.mkdir()
        for path, content in self.safe.items():
            (folder / path.name).write_bytes(content)


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        filename = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.path = Path(filename) if filename else None
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        growth = offset + len(data) - self.xFileSize()
        if growth > 0 and not self.disk.has_room(growth):
            raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self.disk.is_broken:
            problem = apsw.IOError("disk I/O error")
            problem.extendedresult = apsw.SQLITE_IOERR_FSYNC
            raise problem
        super().xSync(flags)
        if self.path is not None:
            self.disk.syncs.append(self.path.name)
            self.disk.safe[self.path] = self.path.read_bytes()


def limited(disk: Disk):
    """`os.pwrite` as it is on that disk, for what is written past SQLite."""
    real = os.pwrite

    def pwrite(file: int, data: bytes, offset: int) -> int:
        if not disk.has_room(len(data)):
            raise OSError(28, "No space left on device")
        return real(file, data, offset)

    return pwrite
