"""Content decides which parser reads a file; its name only where the content leaves it open."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.parsers import is_supported, suffixes
from rivulet.parsers.registry import Registry, default, installed
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import column, docx, epub, paragraph, pdf, pptx, row, shape, xlsx, zipped

Read = Callable[[bytes, str], Parsed]


class Stranger:
    """A plug-in that reads one suffix of its own and one of ours."""

    suffixes = (".ODT", ".csv", ".png", ".kmz")
    media_type = "application/x-strange"

    def parse(self, data: bytes, filename: str) -> Parsed:
        return Parsed(text=f"strange {filename}", media_type=self.media_type)


@pytest.fixture(scope="module")
def with_stranger() -> Registry:
    return Registry([*installed(), Stranger()])


def test_what_is_supported() -> None:
    """Suffixes count without case; files such as README and Makefile need none."""
    assert all(
        map(is_supported, ["a.PDF", "b.Docx", "c.md", "src/main.rs", "README", "docs/LICENSE", "Makefile"])
    )
    assert not any(map(is_supported, ["a.png", "b.zip", "c.exe", "data", ".env", "x.pdf.gz", ""]))
    assert {
        ".pdf",
        ".docx",
        ".pptx",
        ".xlsx",
        ".csv",
        ".html",
        ".md",
        ".txt",
        ".json",
        ".eml",
        ".epub",
    } <= suffixes()


def test_installed_by_entry_points() -> None:
    """Every parser of ours comes through the door that strangers use, and has the port's shape."""
    assert len(installed()) == 12
    for parser in installed():
        assert all(suffix.startswith(".") and suffix.islower() for suffix in parser.suffixes)
        assert "/" in parser.media_type


FILES = {
    ".pdf": pdf([column(["Words."])]),
    ".docx": docx(paragraph("Words.")),
    ".pptx": pptx({"1": shape("Words.")}, ["1"]),
    ".xlsx": xlsx({"S": row(1, "Words.")}),
    ".epub": epub({"one": "<p>Words."}, ["one"]),
}


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("name", ["file.txt", "file", "file.docx", "file.unknown"])
def test_content_beats_name(read: Read, suffix: str, name: str) -> None:
    """A known format is read as what it is under any name; a name that says otherwise is told."""
    right, other = read(FILES[suffix], "file" + suffix), read(FILES[suffix], name)
    assert (right.text, right.media_type) == (other.text, other.media_type)
    is_contradicted = name in ("file.txt", "file.docx") and not name.endswith(suffix)
    assert is_contradicted == any("The name ends in" in warning for warning in other.warnings)


@pytest.mark.parametrize("name", ["page.txt", "page", "page.xls", "page.pdf"])
def test_html_by_any_name(read: Read, name: str) -> None:
    """A page saved or exported under another name is read as the page it is."""
    assert read(b"\n<!DOCTYPE html><p>Words<script>x()</script>", name).text == "Words"


SIGNATURES = {
    "image": b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    "photo": b"\xff\xd8\xff\xe0" + b"\0" * 40,
    "program": b"\x7fELF\x02\x01" + b"\0" * 40,
    "video": b"\0\0\0 ftypisom" + b"\0" * 40,
    "archive": b"\x1f\x8b\x08" + b"\0" * 40,
    "database": b"SQLite format 3\0" + b"\0" * 40,
    "old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40 + "WordDocument".encode("utf-16-le"),
    "noise": bytes(range(256)) * 8,
    "rtf": b"{\\rtf1 words}",
}


@pytest.mark.parametrize("data", SIGNATURES.values(), ids=SIGNATURES)
@pytest.mark.parametrize("name", ["file.txt", "file.md", "file.py", "file", "file.png"])
def test_not_text(read: Read, data: bytes, name: str) -> None:
    """What is no text is refused under a name that promises text, and told what it is."""
    with pytest.raises(Unreadable, match="Unsupported file type") as refusal:
        read(data, name)
    assert len(refusal.value.message) > len("Unsupported file type: .")


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.epub"])
def test_text_by_the_name_of_a_document(read: Read, name: str) -> None:
    """Plain text that claims to be a document is told as damaged."""
    with pytest.raises(Unreadable, match="damaged"):
        read(b"These are only words.", name)


def test_unknown_suffix(read: Read) -> None:
    """A text of unknown kind is refused by its suffix; without one it is plain text."""
    with pytest.raises(Unreadable, match=r"Unsupported file type: \.xyz"):
        read(b"words", "a.xyz")
    assert read(b"words", "NOTES").text == "words"


def test_polyglot(read: Read) -> None:
    """A file that is two formats at once is read as its beginning says; its other half is only text."""
    page = b"<!doctype html><p>Words</p>" + FILES[".pdf"]
    assert read(page, "a.html").text.startswith("Words")


def test_text_about_formats(read: Read) -> None:
    """A text that mentions a signature further on is still a text."""
    source = b'SIGNATURE = b"%PDF-1.7"\nZIP = b"PK\\x03\\x04"\n'
    assert read(source, "sniff.py").text == source.decode()


def test_strangers(with_stranger: Registry) -> None:
    """A plug-in adds suffixes, takes over ours, and gets files that we only know to refuse."""
    assert with_stranger.is_supported("a.odt")
    odt = zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, 0)
    for data, name in (
        (odt, "a.odt"),
        (b"a,b", "a.csv"),
        (SIGNATURES["image"], "a.png"),
        (zipped({"x": "y"}), "a.kmz"),
    ):
        assert with_stranger.read(data, name).text == f"strange {name}"


def test_broken_plug_in(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A plug-in that cannot be loaded is told in the log and takes nothing else down."""
    broken = importlib.metadata.EntryPoint("broken", "no.such.module:parser", "rivulet.parsers")
    found = importlib.metadata.entry_points(group="rivulet.parsers")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [broken, *found])
    installed.cache_clear()
    try:
        assert len(installed()) == 12
    finally:
        installed.cache_clear()
    assert "no.such.module" in caplog.text


def test_cheap_to_import() -> None:
    """A server that only asks what is supported loads no library that reads files."""
    script = "import sys, rivulet.parsers as p; p.is_supported('a.pdf'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert not {"pypdfium2", "selectolax", "python_calamine", "numpy"} & set(loaded.split())


def test_default_is_made_once() -> None:
    """Asking for every file of a folder whether it is supported costs no search for plug-ins."""
    assert default() is default()
