"""Word documents: headings, paragraphs, lists with their numbers, tables and footnotes, in order."""

from rivulet.domain.errors import Unreadable
from rivulet.parsers import table
from rivulet.parsers.lettering import BOLD, headings_by_size
from rivulet.parsers.manuscript import Manuscript
from rivulet.parsers.numbering import Numbering
from rivulet.parsers.office import Package, Styles, on
from rivulet.parsers.xml import Attributes, attribute
from rivulet.ports.knowledge import Parsed

_SKIPPED = frozenset(("Fallback", "moveFrom", "del", "pPrChange", "rPrChange", "sectPr"))
"""The second form of a drawing, text moved away or deleted with changes tracked, properties of before."""
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_MAX_SPAN = 100
_USUAL_SIZE = 22


class Word:
    suffixes = (".docx", ".docm", ".dotx", ".dotm")
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def parse(self, data: bytes, filename: str) -> Parsed:
        package = Package(data)
        related = package.related(package.main)
        styles, numbering = Styles(), Numbering()
        for sort, handler in (("styles", styles), ("numbering", numbering)):
            for _, part in related.get(sort, [])[:1]:
                if part in package.archive:
                    package.read(part, handler)
        manuscript = Manuscript()
        notes: dict[str, str] = {}
        for sort in ("footnotes", "endnotes"):
            for _, part in related.get(sort, [])[:1]:
                if part in package.archive:
                    package.read(part, _Notes(notes, sort[:-1]))
        body = _Body(manuscript, styles, numbering, notes)
        package.read(package.main, body)
        body.finish()
        return manuscript.parsed(self.media_type, package.title() or body.title)


class _Paragraph:
    """What is known of a paragraph until it ends."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.notes: list[str] = []
        self.style = ""
        self.level: int | None = None
        self.list_id: str | None = None
        self.depth: int | None = None
        self.size = 0
        self.letters = 0
        self.bold = 0

    @property
    def lettering(self) -> float:
        """Half points; bold counts as a size larger."""
        size = self.size or _USUAL_SIZE
        return size * BOLD if self.bold and self.bold >= self.letters else size


class _Table:
    """What is known of a table until it ends; `cell` collects the paragraphs of the open one."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.has_header: bool | None = None
        self.grids = 0
        self.cell: list[str] = []
        self.span = 1
        self.continues = False

    def close_cell(self) -> None:
        row = self.rows[-1] if self.rows else []
        text = " ".join(self.cell)
        if self.continues and len(self.rows) > 1 and len(row) < len(self.rows[-2]):
            text = text or self.rows[-2][len(row)]  # a cell over several rows counts in each
        row += [text, *[""] * (self.span - 1)]


class _Body:
    """The main part as a stream of elements; paragraphs nest through text boxes, tables through cells."""

    def __init__(
        self, manuscript: Manuscript, styles: Styles, numbering: Numbering, notes: dict[str, str]
    ) -> None:
        self.title: str | None = None
        self._out = manuscript
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._skipping = 0
        self._in_text = False
        self._in_properties = 0
        self._is_bold = False
        self._hidden = 0
        self._plain: list[tuple[int, float, str]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name == "t":
            self._in_text = True
        elif name in ("pPr", "rPr"):
            self._in_properties += 1
        elif self._in_properties:
            self._property(name, attributes)
        elif name == "r":
            self._is_bold = False
        elif name == "p":
            self._paragraphs.append(_Paragraph())
        elif name in _SIGNS and self._paragraphs:
            self._paragraphs[-1].words.append(_SIGNS[name])
        elif name in ("footnoteReference", "endnoteReference") and self._paragraphs:
            key = name.removesuffix("Reference") + (attribute(attributes, "id") or "")
            self._paragraphs[-1].notes.append(self._notes.get(key, ""))
        else:
            self._table_start(name, attributes)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name == "t":
            self._in_text = False
        elif name in ("pPr", "rPr"):
            self._in_properties -= 1
        elif name == "p" and self._paragraphs:
            self._write(self._paragraphs.pop())
        elif name == "tc" and self._tables:
            self._tables[-1].close_cell()
        elif name == "tbl" and self._tables:
            self._write_table(self._tables.pop())

    def text(self, data: str) -> None:
        if self._in_text and self._paragraphs and not self._skipping:
            paragraph = self._paragraphs[-1]
            paragraph.words.append(data)
            paragraph.letters += len(data)
            paragraph.bold += len(data) * self._is_bold

    def finish(self) -> None:
        """Without heading styles, short paragraphs in larger letters than the text are the headings."""
        if not self._out.headings:
            for start, level, text in headings_by_size(self._plain):
                self._out.mark(level, text, start)
        if self._hidden:
            self._out.warn(
                f"Contains {self._hidden} hidden part{'s' if self._hidden > 1 else ''}; kept in the text."
            )

    def _property(self, name: str, attributes: Attributes) -> None:
        if name == "vanish" and on(attributes) and self._in_properties == 1:
            self._hidden += 1
        elif name == "b" and self._in_properties == 1:
            self._is_bold = on(attributes)
        if not self._paragraphs:
            return
        paragraph, value = self._paragraphs[-1], attribute(attributes, "val") or ""
        if name == "pStyle":
            paragraph.style = value
        elif name == "outlineLvl" and value.isdecimal():
            paragraph.level = int(value) + 1
        elif name == "numId":
            paragraph.list_id = value
        elif name == "sz" and self._in_properties == 1 and value.isdecimal() and len(value) < 5:
            paragraph.size = max(paragraph.size, int(value))
        elif name == "ilvl" and value.isdecimal() and len(value) < 3:
            paragraph.depth = int(value)

    def _table_start(self, name: str, attributes: Attributes) -> None:
        if name == "tbl":
            self._tables.append(_Table())
            return
        if not self._tables:
            return
        open_table, value = self._tables[-1], attribute(attributes, "val") or ""
        if name == "tr":
            open_table.rows.append([])
        elif name == "tc":
            open_table.cell, open_table.span, open_table.continues = [], 1, False
        elif name == "gridSpan" and value.isdecimal() and len(value) < 6:
            open_table.span = min(max(int(value), 1), _MAX_SPAN)
        elif name == "vMerge":
            open_table.continues = value != "restart"
        elif name == "tblHeader" and len(open_table.rows) == 1 and on(attributes):
            open_table.has_header = True
        elif name == "tblGrid":
            open_table.grids += 1
            if open_table.grids > 1:  # Word refuses it too: it is no longer certain which cell stands where
                raise Unreadable("This file is damaged: one of its tables has two sets of columns.")

    def _write(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.words).strip()
        notes = "".join(f" ({note})" for note in paragraph.notes if note)
        if not text and not notes:
            return
        level = paragraph.level or self._styles.level(paragraph.style)
        style = self._styles.names.get(paragraph.style, "")
        label = self._label(paragraph)
        if self._tables:
            self._tables[-1].cell.append(" ".join(filter(None, (label, text))) + notes)
        elif self._paragraphs:  # a text box: its words stand before the paragraph it hangs on
            self._out.paragraph(text + notes)
        elif style.startswith("toc ") and style != "toc heading":
            return
        elif level is not None and level <= 6:
            self._out.heading(level, " ".join(filter(None, (label, text))) + notes)
        elif label:
            self._out.line("  " * (paragraph.depth or 0) + f"{label} {text}{notes}")
        else:
            if style == "title" and self.title is None:
                self.title = " ".join(text.split())
            self._plain.append((self._out.paragraph(text + notes), paragraph.lettering, text))

    def _label(self, paragraph: _Paragraph) -> str | None:
        by_style = self._styles.numbered(paragraph.style) or ("", 0)
        list_id = paragraph.list_id if paragraph.list_id is not None else by_style[0]
        if not list_id:
            return None
        return self._numbering.label(list_id, paragraph.depth if paragraph.depth is not None else by_style[1])

    def _write_table(self, done: _Table) -> None:
        if self._tables:  # inside another table's cell
            self._tables[-1].cell += table.lines(done.rows, done.has_header)
            return
        self._out.space()
        for line in table.lines(done.rows, done.has_header):
            self._out.line(line)
        self._out.space()


class _Notes:
    """The texts of footnotes or endnotes by their id."""

    def __init__(self, notes: dict[str, str], sort: str) -> None:
        self._notes = notes
        self._sort = sort
        self._id = ""
        self._words: list[str] = []
        self._in_text = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == self._sort:
            self._id = attribute(attributes, "id") or ""
            self._words.clear()
        self._in_text = name == "t"
        if name in ("p", "tab", "br"):
            self._words.append(" ")

    def end(self, name: str) -> None:
        self._in_text = False
        if name == self._sort:
            self._notes[self._sort + self._id] = " ".join("".join(self._words).split())

    def text(self, data: str) -> None:
        if self._in_text:
            self._words.append(data)


parser = Word()
