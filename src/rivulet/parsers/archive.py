"""A ZIP that a stranger sent: counted before it is opened, counted again while it is read.

Nothing is ever written to disk and no archive inside an archive is opened.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from rivulet.domain.errors import Unreadable

MAX_ENTRIES = 10_000
"""A book of a thousand chapters with as many pictures stays far below."""
MAX_BYTES = 512 << 20
"""Unpacked, all parts together: ten times a workbook of 900,000 cells."""
MAX_RATIO = 200
"""Unpacked over packed: real office files reach 7, a single part of theirs 32, a bomb 1,000."""
FREE_BYTES = 16 << 20
"""Below this size no ratio hurts."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)
_CHUNK = 256 << 10


class Archive:
    """Names are compared without case, as Office does."""

    def __init__(self, data: bytes) -> None:
        """Raises `Unreadable` for what is no archive, is damaged, or is a bomb."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_BROKEN, UnicodeDecodeError):
            raise Unreadable("This file is damaged: its contents cannot be unpacked.") from None
        entries = self._zip.infolist()
        _refuse_bomb(entries, len(data))
        self._entries = {entry.filename.lstrip("/").lower(): entry for entry in entries}
        self._left = MAX_BYTES

    @property
    def names(self) -> list[str]:
        """In the order of the archive, lower-case."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def chunks(self, name: str) -> Iterator[bytes]:
        """The part's bytes, piece by piece."""
        entry = self._entries.get(name.lower())
        if entry is None:
            raise Unreadable("This file is damaged: a part of it is missing.")
        if entry.flag_bits & 1:
            raise Unreadable("This file is password-protected. Remove the password and add it again.")
        allowed = min(self._left, max(FREE_BYTES, MAX_RATIO * entry.compress_size))
        try:
            with self._zip.open(entry) as part:
                while chunk := part.read(_CHUNK):
                    allowed -= len(chunk)
                    self._left -= len(chunk)
                    if allowed < 0:
                        raise _bomb()
                    yield chunk
        except _BROKEN:
            raise Unreadable("This file is damaged: its contents cannot be unpacked.") from None

    def read(self, name: str) -> bytes:
        return b"".join(self.chunks(name))


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES:
        raise Unreadable(f"This file unpacks to more than {MAX_ENTRIES:,} parts and is not read.")
    if packed > size:  # entries that share their bytes
        raise _bomb()
    if unpacked > MAX_BYTES or unpacked > max(FREE_BYTES, MAX_RATIO * max(packed, 1)):
        raise _bomb()


def _bomb() -> Unreadable:
    return Unreadable("This file unpacks to far more than its size (a zip bomb?) and is not read.")
