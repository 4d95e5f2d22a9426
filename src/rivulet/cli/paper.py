"""Where the text of an answer goes: set in blocks on a terminal, as it is into anything else.

A pipe gets the answer byte for byte, because what reads it wants what was written. Everything else, lists,
titles and names, has its control characters shown in a pipe too: it is read by line, and must not forge one.
"""

import sys
from collections.abc import Sequence
from typing import Protocol

from rivulet.cli.screen import Screen, is_capable
from rivulet.cli.visible import Lines, line
from rivulet.domain.events import Passage


class Paper(Protocol):
    """`tick` is called some times a second, to show what has not settled; `finish` ends a part of the text,
    `settle` keeps what there is of a part that has no end."""

    def feed(self, delta: str) -> None: ...
    def tick(self) -> None: ...
    def finish(self) -> None: ...
    def settle(self) -> None: ...
    def sources(self, passages: Sequence[Passage]) -> None: ...


def paper(screen: Screen) -> Paper:
    """The one that fits what stdout is."""
    if not is_capable(1):
        return Plain(screen)
    from rivulet.cli.rendered import Rendered  # only here: what sets text takes a tenth of a second to import

    return Rendered(screen)


class Plain:
    """The text as it comes; on a terminal that can do no more, with its control characters shown."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._lines = Lines() if sys.stdout.isatty() else None

    def feed(self, delta: str) -> None:
        self._screen.write(self._lines.feed(delta) if self._lines else delta)

    def tick(self) -> None:
        """Everything is shown already."""

    def finish(self) -> None:
        self._screen.write("\n")

    def settle(self) -> None:
        """Everything is there already."""

    def sources(self, passages: Sequence[Passage]) -> None:
        for each in passages:
            self._screen.write(f"[{each.n}] {line(each.title)} — {line(each.url)}\n")
