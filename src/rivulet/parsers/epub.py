"""EPUB books: the chapters in reading order, without the table of contents."""

import posixpath
import re
from urllib.parse import unquote

from rivulet.domain.errors import Unreadable
from rivulet.parsers import html, xml
from rivulet.parsers.archive import Archive
from rivulet.parsers.encoding import decode
from rivulet.parsers.manuscript import Manuscript
from rivulet.parsers.xml import Attributes
from rivulet.ports.knowledge import Parsed

_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.I)


class Epub:
    suffixes = (".epub",)
    media_type = "application/epub+zip"

    def parse(self, data: bytes, filename: str) -> Parsed:
        archive = Archive(data)
        _refuse_protected(archive)
        container = _Container()
        xml.read(archive.chunks("META-INF/container.xml"), container)
        book = _Book()
        xml.read(archive.chunks(container.package), book)
        manuscript = Manuscript()
        folder = posixpath.dirname(container.package)
        for item in book.spine:
            target, kind, properties = book.items.get(item, ("", "", ""))
            part = posixpath.normpath(posixpath.join(folder, unquote(target)))
            if kind not in _CHAPTERS or "nav" in properties.split():
                continue
            if part not in archive:
                manuscript.warn("A chapter is missing in the file.")
                continue
            _chapter(archive.read(part), manuscript)
        return manuscript.parsed(self.media_type, " ".join("".join(book.title).split()) or None)


def _chapter(data: bytes, manuscript: Manuscript) -> None:
    declared = _DECLARED.search(data[:200])
    text, warnings = decode(data, declared[1].decode("ascii") if declared else None)
    for warning in warnings:
        manuscript.warn(warning)
    manuscript.space()
    html.write(text, manuscript)


def _refuse_protected(archive: Archive) -> None:
    if "META-INF/encryption.xml" not in archive:
        return
    methods = _Methods()
    xml.read(archive.chunks("META-INF/encryption.xml"), methods)
    if methods.found - set(_FONT_SCRAMBLING):
        raise Unreadable("This book is password-protected (its seller's copy protection) and cannot be read.")


class _Methods:
    def __init__(self) -> None:
        self.found: set[str] = set()

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "EncryptionMethod":
            self.found.add(attributes.get("Algorithm", ""))

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Container:
    def __init__(self) -> None:
        self.package = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "rootfile" and not self.package:
            self.package = attributes.get("full-path", "")

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Book:
    """The package file: every part with its type, and the order in which they are read."""

    def __init__(self) -> None:
        self.title: list[str] = []
        self.items: dict[str, tuple[str, str, str]] = {}
        self.spine: list[str] = []
        self._in_title = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "item":
            self.items[attributes.get("id", "")] = (
                attributes.get("href", ""),
                attributes.get("media-type", ""),
                attributes.get("properties", ""),
            )
        elif name == "itemref" and attributes.get("idref"):
            self.spine.append(attributes["idref"])
        self._in_title = name == "title" and not self.title

    def end(self, name: str) -> None:
        self._in_title = False

    def text(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)


parser = Epub()
