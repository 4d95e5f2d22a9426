"""The `[n]` marks in an answer, read while it is written.

Two laws. Nothing is held back but the beginning of a possible mark, with the one space before it, because a
mark that names no source leaves together with that space. And what comes out does not depend on how the text
was cut into pieces.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from rivulet.answerers.code import Code

_NUMBER = r"[1-9]\d{0,2}"
_NUMBERS = rf"{_NUMBER}(?:[ ]?[,，][ ]?{_NUMBER}){{0,7}}"
_MARK = re.compile(rf"(?P<space>[ ]?)(?P<mark>[\[【][ ]?(?P<numbers>{_NUMBERS})[ ]?[\]】])")
_BEGUN = re.compile(rf"[ ]?(?:[\[【](?:[ ]?(?:{_NUMBERS}[ ]?(?:[,，][ ]?)?)?)?)?\Z")

TAIL = 2_000
"""Characters kept to look back for the beginning of a claim; five long sentences."""


class Mark(NamedTuple):
    """A number that was cited: where its `[n]` stands in the text of the part, and the text before it as far
    as it is kept, which begins at `tail_start`."""

    n: int
    start: int
    end: int
    tail: str
    tail_start: int


class Marks:
    """Reads one part of text, piece by piece.

    A mark is `[3]`, `[1, 2]` (up to eight numbers of up to three digits) or either in full-width brackets. It
    comes out as `[1][2]`, so that every number has a place of its own. Numbers that `is_known` denies are
    left out; a mark of none but those leaves nothing. In code, where `[1]` is an index, marks are just text.
    """

    __slots__ = ("_code", "_is_known", "_said", "_seen", "_tail", "_tail_start", "dropped", "held", "said")

    def __init__(self, is_known: Callable[[int], bool]) -> None:
        self._is_known = is_known
        self._code = Code()
        self._said: list[str] = []
        self._seen = 0  # how many of `_said` the tail and `_code` know
        self._tail = ""
        self._tail_start = 0
        self.said = self._said.append
        """Tells it of text that came out unread, because it has no bracket and nothing was held."""
        self.held = ""
        """The beginning of a possible mark that waits for its end."""
        self.dropped = 0
        """How many numbers named no source."""

    @property
    def text(self) -> str:
        """Everything that came out."""
        return "".join(self._said)

    def read(self, piece: str) -> tuple[str, list[Mark]]:
        """What may be shown now, and the marks in it."""
        text = self.held + piece
        if "[" not in text and "【" not in text:
            text, self.held = (text[:-1], " ") if text.endswith(" ") else (text, "")
            self.said(text)
            return text, []
        begun = _BEGUN.search(text)
        stop = begun.start() if begun else len(text)
        text, self.held = text[:stop], text[stop:]
        return self._read(text)

    def rest(self) -> str:
        """What is still held when the part ends: a mark that was never closed is text."""
        held, self.held = self.held, ""
        self.said(held)
        return held

    def _read(self, text: str) -> tuple[str, list[Mark]]:
        first, at = len(self._said), 0
        marks: list[Mark] = []
        for match in _MARK.finditer(text):
            self.said(text[at : match.start()])
            at = match.end()
            self._catch_up()
            if self._code.is_open:
                self.said(match[0])
            elif known := self._known(match["numbers"]):
                start = self._tail_start + len(self._tail) + len(match["space"])
                self.said(match["space"])
                for n in known:
                    self.said(mark := f"[{n}]")
                    marks.append(Mark(n, start, start + len(mark), self._tail, self._tail_start))
                    start += len(mark)
        self.said(text[at:])
        return "".join(self._said[first:]), marks

    def _known(self, numbers: str) -> list[int]:
        asked = dict.fromkeys(int(n) for n in re.findall(r"\d+", numbers))
        known = [n for n in asked if self._is_known(n)]
        self.dropped += len(asked) - len(known)
        return known

    def _catch_up(self) -> None:
        unseen = "".join(self._said[self._seen :])
        self._seen = len(self._said)
        self._code.read(unseen)
        self._tail += unseen
        if len(self._tail) > 2 * TAIL:
            self._tail_start += len(self._tail) - TAIL
            self._tail = self._tail[-TAIL:]


def unmarked(text: str) -> str:
    """The text without its marks, which mean nothing outside the turn that numbered its sources."""
    marks = Marks(lambda n: False)
    return marks.read(text)[0] + marks.rest()
