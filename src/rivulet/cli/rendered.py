"""An answer set on a terminal while it is written: what has settled for good, and below it the tail."""

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from rivulet.cli.screen import Screen, size
from rivulet.cli.settled import Blocks, Piece
from rivulet.cli.typeset import THEME, Line, Typesetter
from rivulet.cli.visible import line
from rivulet.domain.events import Passage

REDRAW_S = 0.07
"""Seconds from one drawing of the tail to the next: as fluent as reading, and little to send."""

SHARE = 5
"""A drawing that took long is followed by a pause this many times as long."""

LONGEST_TAIL = 4_000
"""Characters of a tail that are set; of a longer one the end is shown as it was written."""


class Rendered:
    """Blocks in their form as they settle, and below them the tail in the form it would have."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._console = Console(theme=THEME, highlight=False)
        self._typesetter = Typesetter(self._console)
        self._blocks = Blocks()
        self._is_stale = False
        self._next_draw = 0.0

    def feed(self, delta: str) -> None:
        self._is_stale = True
        if self._print(self._blocks.feed(delta)):
            self._draw()

    def tick(self) -> None:
        if self._is_stale and time.monotonic() >= self._next_draw:
            self._draw()

    def finish(self) -> None:
        self.settle()

    def settle(self) -> None:
        self._is_stale = False
        self._print(self._blocks.finish())
        self._screen.clear()

    def sources(self, passages: Sequence[Passage]) -> None:
        rows = [
            Text.assemble(
                (f"[{each.n}]", "markdown.citation"), f" {line(each.title)} ", (f"— {line(each.url)}", "dim")
            )
            for each in passages
        ]
        if rows:
            self._screen.write(self._typesetter.text([[], *map(self._typesetter.row, rows)]))

    def _print(self, pieces: Iterable[Piece]) -> bool:
        columns = size()[0]
        lines = [each for piece in pieces for each in self._typesetter.lines(piece, columns)]
        if lines:
            self._screen.write(self._typesetter.text(lines))
        return bool(lines)

    def _draw(self) -> None:
        begun = time.monotonic()
        self._is_stale = False
        columns, rows = size()
        tail = self._blocks.tail()
        lines = self._tail(tail, columns, max(rows // 2, 1)) if tail else []
        text = self._typesetter.text(lines)
        self._screen.draw(text.split("\n")[:-1])
        took = time.monotonic() - begun
        self._next_draw = begun + max(REDRAW_S, took * SHARE)

    def _tail(self, tail: Piece, columns: int, rows: int) -> list[Line]:
        """Its last rows: half of the terminal at most, so that what has settled stays in sight."""
        if len(tail.text) > LONGEST_TAIL:
            return self._end(tail.text, columns, rows)
        lines = self._typesetter.lines(tail, columns)[-rows:]
        return [Segment.adjust_line_length(each, columns, pad=False) for each in lines]

    def _end(self, text: str, columns: int, rows: int) -> list[Line]:
        rest = Text(text[-columns * rows :], "dim")
        wrapped = rest.wrap(self._console, columns, no_wrap=False)
        return [self._typesetter.row(each) for each in wrapped][-rows:]
