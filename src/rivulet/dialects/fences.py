"""Finds fenced code blocks in a text that is still being written (CommonMark §4.5)."""

import re
from typing import NamedTuple

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,}) *(?P<language>[^\s`]*)")


class Code(NamedTuple):
    """A whole block: what stands between its fences, and the word after the first of them."""

    language: str
    code: str


class Fences:
    """Reads one part of text, in pieces of any size."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._fence = ""
        self._language = ""
        self._code: list[str] = []

    def feed(self, text: str) -> list[Code]:
        """The blocks this piece closes."""
        first, *lines = text.split("\n")
        self._line.append(first)
        if not lines:
            return []
        whole = ["".join(self._line), *lines[:-1]]
        self._line = [lines[-1]]
        return [block for line in whole if (block := self._read(line))]

    def end(self) -> list[Code]:
        """The block whose closing fence is the last line; one never closed is none."""
        line, self._line = self._line, []
        block = self._read("".join(line))
        self._fence = ""
        return [block] if block else []

    def _read(self, line: str) -> Code | None:
        if not self._fence:
            if found := _OPENING.match(line):
                self._fence, self._language, self._code = found["fence"], found["language"], []
            return None
        closing = line.strip()
        if closing.startswith(self._fence) and not closing.strip(self._fence[0]):
            self._fence = ""
            return Code(self._language, "\n".join(self._code))
        self._code.append(line)
        return None
