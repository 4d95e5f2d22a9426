"""A document's text while it is being written, with its headings and pages marked where they stand."""

from rivulet.ports.knowledge import Parsed

MAX_CHARS = 20_000_000
"""Twice the longest novel; 80 MB at four bytes a character. What follows is left out, with a warning."""


class Manuscript:
    """Blocks are separated by one line end (`line`) or a blank line (`paragraph`, `heading`)."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.headings: list[tuple[int, int, str]] = []
        self._pages: list[tuple[int, int]] = []
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._next_page: int | None = None

    @property
    def is_full(self) -> bool:
        return self._length >= MAX_CHARS

    @property
    def here(self) -> int:
        """Where the text ends for now."""
        return self._length

    def page(self, number: int) -> None:
        """What is written next stands on this page."""
        self._next_page = number
        self.space()

    def heading(self, level: int, text: str) -> None:
        text = " ".join(text.split())
        if text:
            self.space()
            start = self._write(text)
            self.headings.append((start, min(max(level, 1), 6), text))
            self.space()

    def mark(self, level: int, text: str, start: int) -> None:
        """A heading whose words are already in the text at `start`."""
        self.headings.append((start, min(max(level, 1), 6), " ".join(text.split())))

    def paragraph(self, text: str) -> int:
        """Where its text starts."""
        self.space()
        start = self._write(text.strip())
        self.space()
        return start

    def line(self, text: str) -> int:
        """Where its text starts."""
        self._gap = max(self._gap, 1)
        start = self._write(text.rstrip())
        self._gap = max(self._gap, 1)
        return start

    def next_line(self, text: str) -> int:
        """As `line`, without a blank line even after a paragraph."""
        self._gap = min(self._gap, 1)
        return self.line(text)

    def space(self) -> None:
        """A blank line before whatever is written next."""
        self._gap = 2

    def flow(self, text: str, between: str = " ", drop: int = 0) -> int:
        """Continues the text before without its last `drop` characters, with `between` for a line end."""
        if self._parts:
            self._parts[-1] = self._parts[-1][: len(self._parts[-1]) - drop] + between
            self._length += len(between) - drop
        self._gap = 0
        return self._write(text)

    def warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)

    def parsed(self, media_type: str, title: str | None) -> Parsed:
        return Parsed(
            text="".join(self._parts),
            title=title,
            media_type=media_type,
            pages=tuple(self._pages),
            headings=tuple(sorted(self.headings)),
            warnings=tuple(self.warnings),
        )

    def _write(self, text: str) -> int:
        if self.is_full:
            self.warn(f"Only the first {MAX_CHARS:,} characters were read.")
            return self._length
        if not text:
            return self._length
        if self._length and self._gap:
            self._parts.append("\n" * self._gap)
            self._length += self._gap
        self._gap = 0
        start = self._length
        if self._next_page is not None:
            self._pages.append((start, self._next_page))
            self._next_page = None
        self._parts.append(text)
        self._length += len(text)
        return start
