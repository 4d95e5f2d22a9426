"""PowerPoint files: one page per slide, its title as a heading, tables as rows, the speaker's notes below."""

from rivulet.parsers import table
from rivulet.parsers.manuscript import Manuscript
from rivulet.parsers.office import Package
from rivulet.parsers.xml import Attributes, attribute
from rivulet.ports.knowledge import Parsed

_TITLES = ("title", "ctrTitle")
_NOT_CONTENT = ("sldNum", "dt", "ftr", "hdr", "sldImg")
_SKIPPED = frozenset(("Fallback", "extLst"))


class Slides:
    suffixes = (".pptx", ".pptm", ".ppsx", ".potx")
    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    def parse(self, data: bytes, filename: str) -> Parsed:
        package = Package(data)
        manuscript = Manuscript()
        order = _Order()
        package.read(package.main, order)
        parts = dict(package.related(package.main).get("slide", []))
        hidden = 0
        title = None
        for number, slide_id in enumerate(order.ids, 1):
            part = parts.get(slide_id)
            if part is None or part not in package.archive:
                manuscript.warn(f"Slide {number} is missing in the file.")
                continue
            slide = _Slide()
            package.read(part, slide)
            hidden += slide.is_hidden
            title = title or slide.title
            _write(package, part, slide, number, manuscript)
        if hidden:
            manuscript.warn(f"Contains {hidden} hidden slide{'s' if hidden > 1 else ''}; kept in the text.")
        return manuscript.parsed(self.media_type, _useful(package.title()) or title)


def _write(package: Package, part: str, slide: "_Slide", number: int, manuscript: Manuscript) -> None:
    manuscript.page(number)
    if slide.title:
        manuscript.heading(1, slide.title)
    for block in slide.blocks:
        manuscript.line(block)
    for _, notes_part in package.related(part).get("notesSlide", [])[:1]:
        if notes_part in package.archive:
            notes = _Slide()
            package.read(notes_part, notes)
            if notes.blocks:
                manuscript.paragraph("Notes: " + "\n".join(notes.blocks))


def _useful(title: str | None) -> str | None:
    """Not the name every new file starts with."""
    return None if title in ("PowerPoint Presentation", "PowerPoint-Präsentation", "Presentation") else title


class _Order:
    """The slides' relationship ids as they are shown."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "sldId":  # it also has an `id` of its own, without a namespace
            self.ids += [value for key, value in attributes.items() if key.endswith(" id")]

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Slide:
    """A slide as a stream of elements: shapes, in them paragraphs or a table."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.blocks: list[str] = []
        self.is_hidden = False
        self._placeholder = ""
        self._words: list[str] = []
        self._depth = 0
        self._in_text = False
        self._in_field = False
        self._skipping = 0
        self._rows: list[list[str]] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name == "t":
            self._in_text = True
        elif name == "br":
            self._words.append(" ")
        elif name == "ph":
            self._placeholder = attribute(attributes, "type") or "body"
        elif name == "sld":
            self.is_hidden = attributes.get("show") in ("0", "false")
        elif name == "sp":
            self._placeholder = ""
        elif name == "pPr":
            level = attributes.get("lvl", "0")
            self._depth = int(level) if level.isdecimal() and len(level) < 3 else 0
        elif name == "tbl":
            self._rows = []
        elif name == "tr" and self._rows is not None:
            self._rows.append([])
        elif name == "tc" and self._rows:
            self._rows[-1].append("")

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name == "t":
            self._in_text = False
        elif name == "p":
            self._paragraph(" ".join("".join(self._words).split()))
            self._words.clear()
            self._depth = 0
        elif name == "tbl" and self._rows is not None:
            self.blocks += table.lines(self._rows)
            self._rows = None

    def text(self, data: str) -> None:
        if self._in_text and not self._skipping:
            self._words.append(data)

    def _paragraph(self, text: str) -> None:
        if not text or self._placeholder in _NOT_CONTENT:
            return
        if self._rows:
            if self._rows[-1]:
                self._rows[-1][-1] = f"{self._rows[-1][-1]} {text}".strip()
        elif self._placeholder in _TITLES:
            self.title = f"{self.title} {text}" if self.title else text
        else:
            self.blocks.append("  " * (self._depth - 1) + f"- {text}" if self._depth else text)


parser = Slides()
