"""Lines on a page back into paragraphs, by where they stand. Pure geometry: y grows upwards, as in PDF."""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

BROKEN = "\ufffe"
"""Where a word was cut at the end of a line; what PDFium writes there too."""
_MAX_LINES = 400
"""Beyond this a page is a drawing or a table; comparing every line with every other takes 0.1 s here."""
_STRIP = 60.0
_NEW_PARAGRAPH = 1.25
"""Times the usual distance between lines; the tightest paragraph spacing seen is 1.31."""
_OTHER_SIZE = 0.12
_CELL = " | "
_NARROW = 0.3
_SPREAD_OUT = 1.25
"""Times the usual width per letter: a row of table cells, not a sentence."""
_PROSE = 0.7
_BULLET = re.compile(r"([•●▪■◦‣∙·○–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\d+\])\s")
HYPHENS = ("-", "\u2010", "\u2011")
_SENTENCE_END = (".", "!", "?", ":", ";", "。", "！", "？", "”", '"')
_LETTER = re.compile(r"[^\W\d_]")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|p)\W*)?\d{1,5}(?:\s*(?:of|von|de|di|sur|/)\s*\d{1,5})?\W*", re.I
)
LEADERS = re.compile(r"(?:\s?[.·…]){5,}\s?")
"""Dots from a title to its page in a table of contents."""
_RUNNING_LINES = 2
_RUNNING_PAGES = 3
_RUNNING_SHARE = 0.3


class Line(msgspec.Struct):
    """Measured at its first letter (`end_size`: its last, since one may be a bracket of another font).
    A `size` of 0 says that nothing is known of where it stands.
    A text that ends in BROKEN goes on in the next line without a space."""

    text: str
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    size: float = 0.0
    end_size: float = 0.0
    is_bold: bool = False

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def letter_width(self) -> float:
        return (self.right - self.left) / max(len(self.text), 1)


class Block(msgspec.Struct):
    """A paragraph, a heading, or one line of a list or table; `is_close` follows without a blank line."""

    text: str
    lines: list[Line]
    is_close: bool = False

    def add(self, line: Line) -> None:
        """A word cut by a plain hyphen is marked as well: whether the hyphen stays is decided later."""
        if self.text.endswith(HYPHENS) and self.text[-2:-1].isalpha() and line.text[:1].islower():
            self.text = self.text[:-1] + BROKEN
        self.text += line.text if self.text.endswith(BROKEN) else " " + line.text
        self.lines.append(line)

    def goes_on_in(self, after: "Block") -> bool:
        """Over the end of a column or page: the sentence is open and the same letters follow."""
        before, line = self.lines[-1], after.lines[0]
        if (
            _CELL in before.text
            or self.text.endswith(_SENTENCE_END)
            or _BULLET.match(after.text)
            or _other_lettering(before, line)
        ):
            return False
        return line.text[:1].islower() or (
            len(self.lines) > 2 and before.right >= _right(self.lines) - 2 * line.size
        )


def reordered(lines: Sequence[Line]) -> list[Line]:
    """As the file has them, but each line after what stands above it in its own column: some programs draw a
    page's headings last, or its captions first."""
    if len(lines) > _MAX_LINES or _is_in_order(lines):
        return list(lines)
    placed: list[Line] = []
    waiting = dict(enumerate(lines))

    def place(at: int) -> None:
        line = waiting.pop(at)
        for earlier in [other for other, above in waiting.items() if _is_above(above, line)]:
            if earlier in waiting:
                place(earlier)
        placed.append(line)
        following = waiting.get(at + 1)
        if following is not None and _is_next(line, following):  # a paragraph is not torn apart
            place(at + 1)

    for at in range(len(lines)):
        if at in waiting:
            place(at)
    return placed


def rows(lines: Sequence[Line]) -> list[Line]:
    """Pieces of one visible line (around a superscript, a link) joined."""
    result: list[Line] = []
    for line in lines:
        before = result[-1] if result else None
        if before is None or not _continues(before, line):
            result.append(line)
            continue
        between = "" if line.left - before.right < 0.12 * before.height else " "
        if len(line.text) > len(before.text):  # the sign before was a footnote's number
            before.top, before.bottom, before.size = line.top, line.bottom, line.size
            before.is_bold = line.is_bold
        before.text += between + line.text
        before.right = line.right
    return result


def without_running(pages: Sequence[list[Line]]) -> None:
    """Takes away what every page repeats word by word at its top or bottom, but for its first time, and the
    page numbers. A number inside other words ("Lesson 3") may be what the page is about and stays."""
    if len(pages) < _RUNNING_PAGES:
        return
    counts = Counter(text for page in pages for text in {line.text for line in _edges(page)})
    numbered = sum(1 for page in pages if any(map(_is_page_number, _outermost(page))))
    enough = max(3, _RUNNING_SHARE * len(pages))
    repeated = {text for text, count in counts.items() if count >= enough}
    seen: set[str] = set()
    for page in pages:
        gone = [line for line in _outermost(page) if numbered >= enough and _is_page_number(line)]
        gone += [line for line in _edges(page) if line.text in repeated & seen and _LETTER.search(line.text)]
        seen.update(line.text for line in _edges(page))
        page[:] = [line for line in page if not any(line is other for other in gone)]


def usual_width(lines: Iterable[Line]) -> float:
    """Of a letter, per point of its size, over the longer lines; 0 when there are none."""
    widths = [line.letter_width / line.size for line in lines if line.size and len(line.text) > 40]
    return statistics.median(widths) if widths else 0.0


def blocks(lines: Sequence[Line], width: float) -> list[Block]:
    """Paragraphs set again as one line each; lists and tables keep their lines. `width` is `usual_width`."""
    if not lines:
        return []
    usual = _usual_distance(lines)
    run: list[Line] = [lines[0]]
    result: list[Block] = []
    for before, line in itertools.pairwise(lines):
        if _is_beside(line, run):
            run[-1].text += _CELL + line.text
            continue
        if _starts_paragraph(before, line, usual):
            _append(result, _set(run, width))
            run = []
        run.append(line)
    _append(result, _set(run, width))
    return result


def _append(result: list[Block], found: list[Block]) -> None:
    if result and result[-1].lines[-1].bottom < found[0].lines[0].bottom and result[-1].goes_on_in(found[0]):
        first = found.pop(0)
        for line in first.lines:
            result[-1].add(line)
    result += found


def _set(run: list[Line], width: float) -> list[Block]:
    """One paragraph, or several lines that belong together but do not flow."""
    left, right = min(line.left for line in run), _right(run)
    full = [right - line.right < _first_word(after) for line, after in itertools.pairwise(run)]
    is_prose = sum(full) >= _PROSE * len(full)
    widest = _SPREAD_OUT * width if len(run) > 2 else 0.0
    result = [Block(text=run[0].text, lines=[run[0]])]
    for at, line in enumerate(run[1:], 1):
        before = run[at - 1]
        flows = is_prose and (full[at - 1] or _is_flush(run, at - 1)) and not _BULLET.match(line.text)
        if widest and max(before.letter_width, line.letter_width) > widest * line.size:
            flows = False
        if LEADERS.search(before.text):
            flows = False
        if line.left > max(before.left, left) + 0.6 * line.height and result[-1].text.endswith(_SENTENCE_END):
            flows = False  # the indented first line of the next paragraph
        if flows or before.text.endswith(BROKEN):
            result[-1].add(line)
        else:
            result.append(Block(text=line.text, lines=[line], is_close=True))
    return result


def _is_flush(run: Sequence[Line], at: int) -> bool:
    """Ends exactly where a neighbour ends: justified text, narrower for a while beside a picture."""
    line = run[at]
    neighbours = (*run[max(at - 1, 0) : at], *run[at + 1 : at + 2])
    return any(abs(line.right - other.right) < 0.5 * line.letter_width for other in neighbours)


def _right(lines: Sequence[Line]) -> float:
    return max(line.right for line in lines)


def _first_word(line: Line) -> float:
    """If it had fitted on the line before, the line would not have ended there."""
    return (len(line.text.split(" ", 1)[0]) + 0.5) * line.letter_width


def _is_beside(line: Line, run: Sequence[Line]) -> bool:
    """A narrow cell right of everything since the paragraph began, at its height; no second column."""
    right = _right(run)
    return (
        line.size > 0
        and line.left > right
        and line.right - line.left < _NARROW * (right - min(before.left for before in run))
        and run[-1].bottom - 0.2 * line.height <= line.bottom
        and line.top <= run[0].top + 0.2 * line.height
    )


def _starts_paragraph(before: Line, line: Line, usual: float) -> bool:
    if not (before.size and line.size):
        return False
    distance = before.top - line.top
    return _other_lettering(before, line) or distance < 0 or distance > _NEW_PARAGRAPH * usual * line.size


def _other_lettering(before: Line, line: Line) -> bool:
    apart = min(abs(before.size - line.size), abs(before.end_size - line.end_size))
    return apart > _OTHER_SIZE * max(before.size, line.size) or before.is_bold != line.is_bold


def _usual_distance(lines: Sequence[Line]) -> float:
    """Between one line and the next, per point of size."""
    distances = [
        distance / line.size
        for before, line in itertools.pairwise(lines)
        if line.size and 0 < (distance := before.top - line.top) < 3 * line.size
    ]
    return statistics.median_low(distances) if distances else float("inf")


def _is_next(line: Line, following: Line) -> bool:
    distance = line.top - following.top
    return 0 < distance < 1.6 * line.height and abs(line.left - following.left) < line.height


def _is_above(other: Line, line: Line) -> bool:
    if (other.top + other.bottom) / 2 <= line.top:
        return False
    overlap = min(line.right, other.right) - max(line.left, other.left)
    return overlap > 0.1 * min(line.right - line.left, other.right - other.left)


def _is_in_order(lines: Sequence[Line]) -> bool:
    """Whether no line is above an earlier one, strip by strip; quicker than comparing all with all."""
    lowest: dict[int, float] = {}
    for line in lines:
        middle = (line.top + line.bottom) / 2
        for strip in range(int(line.left // _STRIP), int(line.right // _STRIP) + 1):
            if middle > lowest.get(strip, middle):
                return False
            lowest[strip] = line.top
    return True


def _continues(before: Line, line: Line) -> bool:
    if not (before.size and line.size) or line.left < before.right - 0.1 * before.height:
        return False
    overlap = min(before.top, line.top) - max(before.bottom, line.bottom)
    return overlap > 0.5 * min(before.height, line.height)


def _edges(page: list[Line]) -> list[Line]:
    return page[:_RUNNING_LINES] + page[-_RUNNING_LINES:]


def _outermost(page: list[Line]) -> list[Line]:
    return page[:1] + page[-1:]


def _is_page_number(line: Line) -> bool:
    return bool(_PAGE_NUMBER.fullmatch(line.text))
