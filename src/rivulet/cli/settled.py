"""Where a Markdown text that is still being written can be cut, so that what stands before never changes.

It reads whole lines only, so how the text was cut on its way here makes no difference. A paragraph, a quote
and a table settle at a blank line or where the next block begins, a heading at once, a list item when the
next one begins, the code of a fence in parts. When in doubt it waits: a piece may hold more than one block.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rivulet.cli import marks
from rivulet.cli.visible import Lines

PART = 24
"""Lines of code that are printed together: about what a terminal shows, so that nobody waits long for them,
and enough for the colours to find where most strings and comments begin."""

COLOURED = 1_000
"""Lines of one fence that get colours: finding them costs a second of work, and who reads on reads data."""

_Open = Literal["nothing", "text", "quote", "item", "indented", "tags", "until"]
"""`tags` is HTML that ends at a blank line, `until` HTML that has an end of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`gap`: a blank line stands before it. A fence is one or more pieces of code; `is_first` and `is_last`
    say where it begins and ends, `context` is the code above, for the colours of this part."""

    text: str
    gap: bool = False
    is_code: bool = False
    language: str = ""
    context: str = ""
    is_first: bool = False
    is_last: bool = False


class Blocks:
    """`feed` and `finish` give each piece once, when it has settled; `tail` is what has not."""

    def __init__(self) -> None:
        self._ends = Lines()
        self._rest: list[str] = []
        self._lines: list[str] = []
        self._open: _Open = "nothing"
        self._last: _Open = "nothing"
        self._fence: marks.Fence | None = None
        self._until = re.compile("")
        self._inside = 0
        self._gap = False
        self._is_after_blank = False
        self._is_taking = False

    def feed(self, delta: str) -> Iterator[Piece]:
        yield from self._read(self._ends.feed(delta))

    def finish(self) -> Iterator[Piece]:
        """The text ends here, whether it was meant to or not."""
        yield from self._read(self._ends.finish())
        if rest := "".join(self._rest):
            self._rest.clear()
            yield from self._take(rest)
        if self._fence is not None:
            yield self._part(self._fence, is_last=True)
        yield from self._close()

    def tail(self) -> Piece | None:
        """As if the text ended here, but without a last line of marks alone: it may become anything."""
        self._rest[:] = ["".join(self._rest)]
        rest = "" if marks.HALF.fullmatch(self._rest[0]) else self._rest[0]
        if self._fence is not None:
            return _code(self._fence, [*self._lines, self._fence.inner(rest)] if rest else self._lines)
        gap = self._gap if self._lines else self._has_gap(rest)
        text = marks.closed("\n".join((*self._lines, rest) if rest else self._lines))
        return _markdown([text], gap) if text else None

    def _read(self, text: str) -> Iterator[Piece]:
        *lines, rest = text.split("\n")
        for each in lines:
            line = "".join((*self._rest, each))
            self._rest.clear()
            yield from self._take(line)
        if rest:
            self._rest.append(rest)

    def _take(self, line: str) -> Iterator[Piece]:
        if self._fence is not None:
            yield from self._take_code(self._fence, line)
        elif not line.strip(" \t"):
            yield from self._take_blank(line)
        elif self._goes_on(line):
            yield from self._add(line)
        else:
            yield from self._close()
            yield from self._begin(line)

    def _take_code(self, fence: marks.Fence, line: str) -> Iterator[Piece]:
        if fence.is_ended_by(line):
            yield self._part(fence, is_last=True)
            return
        self._lines.append(fence.inner(line))
        if len(self._lines) == PART:
            yield self._part(fence)

    def _take_blank(self, line: str) -> Iterator[Piece]:
        if self._open in ("item", "indented", "until"):
            self._lines.append(line)
        else:
            yield from self._close()
        self._is_after_blank = True

    def _goes_on(self, line: str) -> bool:
        """Whether the line belongs to the block that is open."""
        match self._open:
            case "nothing":
                return False
            case "tags" | "until":
                return True
            case "indented":
                return marks.indent(line) >= 4
            case "item":
                is_next = self._is_after_blank or bool(marks.ITEM.match(line))
                return self._holds(line) or (not is_next and self._takes(line))
            case "quote":
                return self._holds(line) or self._takes(line)
            case "text":
                is_columns = len(self._lines) == 1 and marks.COLUMNS.match(line)
                return bool(is_columns or marks.UNDERLINE.match(line)) or not marks.interrupts(line)

    def _holds(self, line: str) -> bool:
        """Whether the line is marked as part of the open item or quote."""
        if self._open == "item":
            return marks.indent(line) >= self._inside
        return self._open == "quote" and bool(marks.QUOTE.match(line))

    def _takes(self, line: str) -> bool:
        """Whether the open item or quote takes a line that lacks its mark; after one, it takes the next."""
        if marks.interrupts(line):
            return False
        is_sure = self._is_taking and not marks.ITEM.match(line)
        self._is_taking = is_sure or marks.takes(self._lines, line)
        return self._is_taking

    def _add(self, line: str) -> Iterator[Piece]:
        self._lines.append(line)
        self._is_after_blank = False
        self._is_taking &= not self._holds(line)
        is_heading = self._open == "text" and marks.UNDERLINE.match(line)
        if is_heading or (self._open == "until" and self._until.search(line)):
            yield from self._close()

    def _begin(self, line: str) -> Iterator[Piece]:
        self._gap = self._has_gap(line)
        self._is_after_blank = False
        if fence := marks.fence(line):
            fence.gap = self._gap
            self._fence = fence
            return
        self._open = self._kind(line)
        self._is_taking = False
        self._lines.append(line)
        is_whole = marks.HEADING.match(line) or marks.RULE.match(line)
        if is_whole or (self._open == "until" and self._until.search(line)):
            yield from self._close()

    def _kind(self, line: str) -> _Open:
        if marks.indent(line) >= 4:
            return "indented"
        if marks.HEADING.match(line) or marks.RULE.match(line):
            return "text"
        if item := marks.ITEM.match(line):
            self._inside = marks.inside(item)
            return "item"
        if marks.QUOTE.match(line):
            return "quote"
        if end := marks.until(line):
            self._until = end
            return "until"
        return "tags" if marks.is_tags(line) else "text"

    def _has_gap(self, line: str) -> bool:
        """Items of a list stand as close as they were written, other blocks stand apart."""
        if self._last == "item" and marks.ITEM.match(line) and not marks.RULE.match(line):
            return self._is_after_blank
        return self._last != "nothing"

    def _close(self) -> Iterator[Piece]:
        if self._lines:
            piece = _markdown(self._lines, self._gap)
            self._last, self._open, self._lines = self._open, "nothing", []
            yield piece

    def _part(self, fence: marks.Fence, is_last: bool = False) -> Piece:
        """What has come of a fence since its last part."""
        piece = _code(fence, self._lines, is_last)
        fence.context, fence.gap, fence.is_begun = piece.text, False, True
        fence.count += len(self._lines)
        self._last, self._lines = "text", []
        if is_last:
            self._fence = None
        return piece


def _markdown(lines: Sequence[str], gap: bool) -> Piece:
    return Piece("\n".join(lines).rstrip("\n"), gap)


def _code(fence: marks.Fence, lines: Sequence[str], is_last: bool = False) -> Piece:
    text = "".join(f"{line}\n" for line in lines)
    language = fence.language if fence.count < COLOURED else ""
    return Piece(text, fence.gap, True, language, fence.context, not fence.is_begun, is_last)
