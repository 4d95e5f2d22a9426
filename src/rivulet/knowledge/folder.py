"""What a folder holds, without leaving it: the files worth reading, how many are not, what may not be looked
at."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from rivulet.ports.knowledge import Parsed

_NEVER = frozenset({"node_modules", "__pycache__"})
"""Folders that tools fill. Whoever wants one of them indexed names it."""


class FoundFile(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is the path within the source, with slashes, as it is shown and kept; the content is where to
    read it, or what was sent, or what needs no reading."""

    content: Path | bytes | Parsed
    name: str
    size: int
    modified_ns: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """`closed` are folders that may not be read, with the reason."""

    files: list[FoundFile]
    unsupported_count: int
    closed: list[tuple[str, str]]


def listing(root: Path, is_supported: Callable[[str], bool]) -> Listing:
    """Hidden names are passed over, and so are links to folders and links out of this one. Raises OSError
    when the folder itself cannot be read."""
    return _Walk(root, is_supported).listing()


def found_file(path: Path, name: str) -> FoundFile:
    """Raises OSError."""
    status = path.stat()
    return FoundFile(content=path, name=shown(name), size=status.st_size, modified_ns=status.st_mtime_ns)


def shown(name: str) -> str:
    """A name as text that can be kept: what is no character is written as `\\udcff`."""
    return name.encode("utf-8", "backslashreplace").decode()


class _Walk:
    def __init__(self, root: Path, is_supported: Callable[[str], bool]) -> None:
        self._root = root.resolve()
        self._is_supported = is_supported
        self._unsupported = 0
        self._closed: list[tuple[str, str]] = []
        self._seen: set[tuple[int, int]] = set()

    def listing(self) -> Listing:
        with os.scandir(self._root) as entries:
            files = list(self._inside(sorted(entries, key=lambda entry: entry.name), ""))
        return Listing(files=files, unsupported_count=self._unsupported, closed=self._closed)

    def _inside(self, entries: list[os.DirEntry[str]], prefix: str) -> Iterator[FoundFile]:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NEVER:
                        yield from self._folder(entry, name)
                elif file := self._file(entry, name):
                    yield file
            except OSError:
                continue  # gone, or a link to nowhere

    def _folder(self, entry: os.DirEntry[str], name: str) -> Iterator[FoundFile]:
        try:
            with os.scandir(entry.path) as opened:
                entries = sorted(opened, key=lambda each: each.name)
        except OSError as problem:
            self._closed.append((shown(name), problem.strerror or "it cannot be opened"))
            return
        yield from self._inside(entries, name + "/")

    def _file(self, entry: os.DirEntry[str], name: str) -> FoundFile | None:
        path = Path(entry.path)
        if entry.is_symlink() and not path.resolve().is_relative_to(self._root):
            return None
        status = entry.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        if not self._is_supported(entry.name):
            self._unsupported += 1
            return None
        if entry.is_symlink() and (status.st_dev, status.st_ino) in self._seen:
            return None
        self._seen.add((status.st_dev, status.st_ino))
        return FoundFile(content=path, name=shown(name), size=status.st_size, modified_ns=status.st_mtime_ns)
