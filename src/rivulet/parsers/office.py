"""The parts of an Office Open XML package: which is the main one, what belongs to it, what it is called."""

import posixpath

from rivulet.domain.errors import Unreadable
from rivulet.parsers import xml
from rivulet.parsers.archive import Archive
from rivulet.parsers.xml import Attributes, attribute


class Package:
    """Parts are found by their relationships: the usual names are only usual."""

    def __init__(self, data: bytes) -> None:
        """Raises `Unreadable` when it is no such package."""
        self.archive = Archive(data)
        found = self.related("").get("officeDocument", [])
        if not found or found[0][1] not in self.archive:
            raise Unreadable("This file is damaged: its main part is missing.")
        self.main = found[0][1]

    def related(self, part: str) -> dict[str, list[tuple[str, str]]]:
        """(id, part) of everything the part refers to inside the package, by the last word of its type."""
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        collected = _Relationships(folder)
        if source in self.archive:
            xml.read(self.archive.chunks(source), collected)
        return collected.found

    def read(self, part: str, handler: xml.Handler) -> None:
        xml.read(self.archive.chunks(part), handler)

    def title(self) -> str | None:
        """What the author wrote into the document's properties."""
        for _, part in self.related("").get("core-properties", []):
            if part in self.archive:
                properties = _Title()
                self.read(part, properties)
                return " ".join("".join(properties.words).split()) or None
        return None


class _Relationships:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: dict[str, list[tuple[str, str]]] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        target = attributes.get("Target")
        if name != "Relationship" or not target or attributes.get("TargetMode") == "External":
            return
        sort = attributes.get("Type", "").rpartition("/")[2]
        part = posixpath.normpath(posixpath.join("/" + self._folder, target)).lstrip("/")
        self.found.setdefault(sort, []).append((attributes.get("Id", ""), part))

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Title:
    def __init__(self) -> None:
        self.words: list[str] = []
        self._inside = False

    def start(self, name: str, attributes: Attributes) -> None:
        self._inside = name == "title"

    def end(self, name: str) -> None:
        self._inside = False

    def text(self, data: str) -> None:
        if self._inside:
            self.words.append(data)


class Styles:
    """Paragraph styles by id, from `styles.xml`."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._levels: dict[str, int] = {}
        self._parents: dict[str, str] = {}
        self.numbering: dict[str, tuple[str, int]] = {}
        self._style = ""

    def level(self, style: str) -> int | None:
        """1 to 6 for a heading, by the style or what it is based on."""
        for _ in range(10):  # styles that are based on each other in a ring exist
            name = self.names.get(style, "")
            if style in self._levels:
                level = self._levels[style]
                return level + 1 if level < 9 else None
            if name.startswith("heading ") and name[8:].isdecimal():
                return min(int(name[8:]), 6)
            if style not in self._parents:
                return None
            style = self._parents[style]
        return None

    def numbered(self, style: str) -> tuple[str, int] | None:
        """The list a style numbers its paragraphs by, and at which depth."""
        for _ in range(10):
            if style in self.numbering:
                return self.numbering[style]
            if style not in self._parents:
                return None
            style = self._parents[style]
        return None

    def start(self, name: str, attributes: Attributes) -> None:
        value = attribute(attributes, "val") or ""
        if name == "style":
            self._style = attribute(attributes, "styleId") or ""
        elif name == "name":
            self.names.setdefault(self._style, value.lower())
        elif name == "basedOn":
            self._parents[self._style] = value
        elif name == "outlineLvl" and value.isdecimal():
            self._levels[self._style] = int(value)
        elif name == "numId":
            self.numbering[self._style] = (value, self.numbering.get(self._style, ("", 0))[1])
        elif name == "ilvl" and value.isdecimal():
            self.numbering[self._style] = (self.numbering.get(self._style, ("", 0))[0], int(value))

    def end(self, name: str) -> None:
        if name == "style":
            self._style = ""

    def text(self, data: str) -> None: ...


def on(attributes: Attributes) -> bool:
    """A switch such as `<w:vanish/>` is on unless it says otherwise."""
    return attribute(attributes, "val") not in ("0", "false", "off", "none")
