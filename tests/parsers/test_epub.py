"""Books are read chapter by chapter in reading order."""

from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import epub

Read = Callable[[bytes, str], Parsed]


def test_reading_order(read: Read) -> None:
    """The spine gives the order, not the archive; the table of contents is left out."""
    book = epub(
        {"two": "<h1>Two</h1><p>The end.", "nav": "<ol><li>One<li>Two</ol>", "one": "<h1>One</h1><p>It was…"},
        ["nav", "one", "two"],
    )
    parsed = read(book, "a.epub")
    assert (parsed.title, parsed.text) == ("The Book", "One\n\nIt was…\n\nTwo\n\nThe end.")
    assert parsed.headings == ((0, 1, "One"), (14, 1, "Two"))


def test_missing_chapter(read: Read) -> None:
    """A chapter that is not there is told; the others are read."""
    whole = epub({"one": "<p>One", "two": "<p>Two"}, ["one", "two"])
    damaged = whole.replace(b"OEBPS/two.xhtml", b"OEBPS/xxx.xhtml")
    parsed = read(damaged, "a.epub")
    assert (parsed.text, parsed.warnings) == ("One", ("A chapter is missing in the file.",))


def test_protected(read: Read) -> None:
    """Copy protection is told as what it is; scrambled fonts are none."""

    def book(method: str) -> bytes:
        encryption = f'<encryption xmlns="urn:e"><EncryptionMethod Algorithm="{method}"/></encryption>'
        return epub({"one": "<p>One"}, ["one"], {"META-INF/encryption.xml": encryption})

    with pytest.raises(Unreadable, match="password-protected"):
        read(book("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), "a.epub")
    assert read(book("http://www.idpf.org/2008/embedding"), "a.epub").text == "One"
