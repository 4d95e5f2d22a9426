"""HTML as a reader sees it: blocks, headings, lists and tables in order, without menus and scripts."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rivulet.domain.errors import Unreadable
from rivulet.parsers import table
from rivulet.parsers.encoding import decode
from rivulet.parsers.manuscript import Manuscript
from rivulet.ports.knowledge import Parsed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_NOT_SHOWN = """
head script style noscript template svg canvas iframe object embed audio video select button nav
datalist map -comment
"""
_SKIPPED = frozenset(_NOT_SHOWN.split())
_BLOCK = """
address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure
footer form header hgroup hr html legend li main menu ol p pre section summary table tbody td tfoot th
thead tr ul caption h1 h2 h3 h4 h5 h6
"""
_BLOCKS = frozenset(_BLOCK.split())
_SPACED = frozenset(["p", "blockquote", "ul", "ol", "dl", "pre", "table", "figure", "section", "article"])
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.I)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all", re.I
)
_MAIN_SHARE = 0.4
"""A <main> with less of the page's text than this is a shell whose content stands elsewhere."""
_MAX_SPAN = 100


class Html:
    suffixes = (".html", ".htm", ".xhtml", ".shtml")
    media_type = "text/html"

    def parse(self, data: bytes, filename: str) -> Parsed:
        declared = _CHARSET.search(data[:8192]) or _XML_ENCODING.search(data[:200])
        text, warnings = decode(data, declared[1].decode("ascii") if declared else None)
        manuscript = Manuscript()
        title = write(text, manuscript)
        manuscript.warnings[:0] = warnings
        return manuscript.parsed(self.media_type, title)


def write(markup: str, manuscript: Manuscript, level: int = 0) -> str | None:
    """Adds the page's text, its headings `level` steps deeper; the page's own title, if it has one."""
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # 8 MB that a folder of text never needs

    try:
        page = LexborHTMLParser(markup.replace("\r\n", "\n").replace("\r", "\n"))
    except (SelectolaxError, ValueError) as problem:
        raise Unreadable("This file is damaged: it cannot be read as HTML.") from problem
    first = len(manuscript.headings)
    if page.body is not None:
        _Writer(manuscript, level).write(_content(page.body))
    title = page.css_first("head > title")
    stated = " ".join(title.text().split()) if title is not None else ""
    if not stated and len(manuscript.headings) > first:
        stated = min(manuscript.headings[first : first + 10], key=lambda heading: heading[1])[2]
    return stated or None


def _content(body: "LexborNode") -> "LexborNode":
    """The one main part of the page when it holds a good share of the text, else all of it."""
    for selector in ("main, [role=main]", "article"):
        found = body.css(selector)
        if len(found) == 1 and _length(found[0]) >= _MAIN_SHARE * _length(body):
            return found[0]
    return body


def _length(node: "LexborNode") -> int:
    return sum(len(words.strip()) for words in _words(node))


def _walk(root: "LexborNode") -> Iterator[tuple["LexborNode", str, bool]]:
    """Every kept node twice, entering and leaving; without recursion, since pages may nest 100,000 deep."""
    node, end = root, root.mem_id  # `==` would compare what two nodes look like as HTML
    while True:
        tag = node.tag or ""
        child = None
        if tag not in _SKIPPED:
            yield node, tag, True
            child = node.first_child
            if child is None:
                yield node, tag, False
        while child is None:
            if node.mem_id == end:
                return
            child = node.next
            if child is None:
                parent = node.parent
                if parent is None:
                    return
                node = parent
                yield node, node.tag or "", False
        node = child


def _words(root: "LexborNode") -> Iterator[str]:
    """The text below a node, with a space where a block or a line ends."""
    for node, tag, entering in _walk(root):
        if tag == "-text":
            if entering:
                yield node.text_content or ""
        elif tag in _BLOCKS or tag == "br":
            yield " "
        elif tag == "img" and entering:
            yield node.attributes.get("alt") or ""


class _Writer:
    """Collects the words of one block at a time."""

    def __init__(self, manuscript: Manuscript, level: int) -> None:
        self._out = manuscript
        self._level = level
        self._words: list[str] = []
        self._bullet = ""
        self._numbers: list[int | None] = []
        self._preformatted = 0
        self._hidden = 0
        self._inside_table: int | None = None

    def write(self, root: "LexborNode") -> None:
        for node, tag, entering in _walk(root):
            if self._inside_table is not None:
                if not entering and node.mem_id == self._inside_table:
                    self._inside_table = None
            elif entering:
                self._enter(node, tag)
            else:
                self._leave(node, tag)
        self._flush()
        if self._hidden:
            self._out.warn(
                f"Contains {self._hidden} hidden part{'s' if self._hidden > 1 else ''}; kept in the text."
            )

    def _enter(self, node: "LexborNode", tag: str) -> None:
        if tag == "-text":
            self._words.append(node.text_content or "")
            return
        if tag == "img":
            self._words.append(f" {node.attributes.get('alt') or ''} ")
        elif tag == "br":
            self._words.append("\n" if self._preformatted else "\r")
        elif tag in _BLOCKS:
            self._enter_block(node, tag)
        attributes = node.attributes
        if attributes and ("hidden" in attributes or _HIDDEN.search(attributes.get("style") or "")):
            self._hidden += 1

    def _enter_block(self, node: "LexborNode", tag: str) -> None:
        self._flush()
        if tag in _SPACED and not (self._numbers and tag in ("ul", "ol", "p")):
            self._out.space()
        if tag == "pre":
            self._preformatted += 1
        elif tag in ("ul", "menu"):
            self._numbers.append(None)
        elif tag == "ol":
            start = node.attributes.get("start") or ""
            self._numbers.append(int(start) if start.isdecimal() and len(start) < 6 else 1)
        elif tag == "li":
            self._bullet = self._next_bullet()
        elif tag == "table":
            rows = _rows(node)
            if rows is not None:
                self._inside_table = node.mem_id
                for caption in node.css("caption"):
                    self._out.line(" ".join("".join(_words(caption)).split()))
                for line in table.lines(*rows):
                    self._out.line(line)
                self._out.space()

    def _leave(self, node: "LexborNode", tag: str) -> None:
        if tag in _HEADINGS:
            words = "".join(self._words)
            self._words.clear()
            self._out.heading(_HEADINGS[tag] + self._level, words)
        elif tag in _BLOCKS:
            self._flush()
            if tag == "pre":
                self._preformatted = max(self._preformatted - 1, 0)
            elif tag in ("ul", "ol", "menu") and self._numbers:
                self._numbers.pop()
            if tag in _SPACED and not self._numbers:
                self._out.space()

    def _next_bullet(self) -> str:
        if not self._numbers:
            return "- "
        indent = "  " * (len(self._numbers) - 1)
        number = self._numbers[-1]
        if number is None:
            return f"{indent}- "
        self._numbers[-1] = number + 1
        return f"{indent}{number}. "

    def _flush(self) -> None:
        """The block's words as a line; `\\r` stands for a forced line end."""
        text = "".join(self._words)
        self._words.clear()
        if self._preformatted:
            for line in text.strip("\r\n").replace("\r", "\n").split("\n"):
                self._out.line(line)
            return
        for part in text.split("\r"):
            words = " ".join(part.split())
            if words:
                self._out.line(self._bullet + words)
                self._bullet = ""


def _rows(node: "LexborNode") -> tuple[list[list[str]], bool | None] | None:
    """The cells of a table of data and whether its first row names the columns; None for one that only
    lays out a page: with headings, lists or tables inside, or a single column."""
    if node.css_first("table table, td h1, td h2, td h3, td ul, td ol, td pre, td form") is not None:
        return None
    rows: list[list[str]] = []
    has_header: bool | None = None
    below: dict[int, tuple[int, str]] = {}
    for row in node.css("tr"):
        cells: list[str] = []
        headers = 0
        for cell in row.css("td, th"):
            _fill_down(cells, below)
            text = " ".join("".join(_words(cell)).split())
            headers += cell.tag == "th"
            cells.append(text)
            rows_down = _span(cell, "rowspan") - 1
            if rows_down:
                below[len(cells) - 1] = (rows_down, text)
            cells += [""] * (_span(cell, "colspan") - 1)
        _fill_down(cells, below)
        if not rows and headers:
            has_header = headers == len(row.css("td, th"))
        rows.append(cells)
    if max(map(len, rows), default=0) < 2:
        return None
    return rows, has_header or None


def _fill_down(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    """A cell over several rows counts in each of them."""
    while (spanning := below.get(len(cells))) is not None:
        rows_down, text = spanning
        if rows_down == 1:
            del below[len(cells)]
        else:
            below[len(cells)] = (rows_down - 1, text)
        cells.append(text)


def _span(cell: "LexborNode", name: str) -> int:
    value = cell.attributes.get(name) or ""
    return min(int(value), _MAX_SPAN) if value.isdecimal() and len(value) < 6 and int(value) else 1


parser = Html()
