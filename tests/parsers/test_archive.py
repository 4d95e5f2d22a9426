"""Archives made to hurt are refused before they can."""

import struct
import zipfile
from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.parsers import archive
from rivulet.parsers.archive import Archive
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import docx, paragraph, zipped

Read = Callable[[bytes, str], Parsed]

HUGE = paragraph("a" * 60_000_000)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """60 kB that unpack to 60 MB."""
    return docx(HUGE)


def test_bomb_in_a_document(read: Read, bomb: bytes) -> None:
    """A document that unpacks to a thousand times its size is refused, with the reason."""
    assert len(bomb) < 100_000
    with pytest.raises(Unreadable, match="zip bomb"):
        read(bomb, "a.docx")


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.epub", "a.ods"])
def test_bomb_in_any_name(read: Read, bomb: bytes, name: str) -> None:
    """The name makes no difference."""
    with pytest.raises(Unreadable, match="zip bomb"):
        read(bomb, name)


def test_bomb_that_lies(read: Read, bomb: bytes) -> None:
    """A bomb that states a small size is caught, whatever it states."""
    lying = bytearray(bomb)
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.find(signature)
        while at >= 0:
            (size,) = struct.unpack_from("<I", lying, at + offset)
            if size > 1_000_000:
                struct.pack_into("<I", lying, at + offset, 1000)
            at = lying.find(signature, at + 4)
    with pytest.raises(Unreadable, match=r"zip bomb|damaged"):
        read(bytes(lying), "a.docx")


def test_counted_while_unpacked(bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also an archive whose list passes is counted while it is unpacked."""
    monkeypatch.setattr(archive, "MAX_RATIO", 10**6)
    opened = Archive(bomb)
    monkeypatch.setattr(archive, "MAX_RATIO", 10)
    with pytest.raises(Unreadable, match="zip bomb"):
        sum(map(len, opened.chunks("word/document.xml")))


def test_too_much_altogether(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many harmless parts may not be too much together either."""
    monkeypatch.setattr(archive, "MAX_BYTES", 2_000)
    with pytest.raises(Unreadable, match="zip bomb"):
        Archive(zipped({f"part{at}": "x" * 300 for at in range(10)}, zipfile.ZIP_STORED))


def test_too_many_parts() -> None:
    """So are more parts than any real document has."""
    many = zipped({f"{at}": "" for at in range(archive.MAX_ENTRIES + 1)}, zipfile.ZIP_STORED)
    with pytest.raises(Unreadable, match="10,000 parts"):
        Archive(many)


def test_parts_that_share_their_bytes() -> None:
    """Entries that overlap, so that few bytes count many times, are refused."""
    one = zipped({"a" * 10: "x" * 5_000}, zipfile.ZIP_STORED)
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[start:end]
    count = 20
    overlapping = bytearray(one[:start] + entry * count + one[end:])
    place = len(one[:start]) + len(entry) * count
    struct.pack_into("<HHI", overlapping, place + 8, count, count, len(entry) * count)
    with pytest.raises(Unreadable, match=r"zip bomb|damaged"):
        Archive(bytes(overlapping)).read("a" * 10)


def test_archive_inside(read: Read) -> None:
    """An archive of documents is not opened; it is told what it is."""
    with pytest.raises(Unreadable, match=r"Unsupported file type: \.zip \(a ZIP archive\)"):
        read(zipped({"inner.docx": docx(paragraph("secret"))}), "a.zip")


def test_password(read: Read) -> None:
    """A part that is encrypted is told as password-protected."""
    locked = bytearray(docx(paragraph("x")))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = locked.find(signature)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(signature, at + 4)
    with pytest.raises(Unreadable, match="password-protected"):
        read(bytes(locked), "a.docx")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "C:\\x", "ü" * 200])
def test_names_are_only_names(name: str) -> None:
    """Names that point elsewhere do no harm: nothing is ever written to disk, a name is only looked up."""
    opened = Archive(zipped({name: "found"}))
    assert opened.read(opened.names[0]) == b"found"
