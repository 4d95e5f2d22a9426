"""The bottom of a terminal: what is written goes up for good, the rows below it are replaced.

Only this file moves the cursor. On stdout stands the answer and, below what is settled, its tail; on stderr,
while there is no tail, the stage. Neither is left behind.
"""

import logging
import os
import re
import sys
import termios
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from rivulet.cli.logs import Words
from rivulet.cli.visible import line, visible

_DUMB = frozenset({"", "dumb", "unknown"})
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
"""A terminal may hold a character to be wider than we do: then it cuts the row, and the rows stay counted."""
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_CLEAR_LINE, _CLEAR_BELOW = "\r\x1b[K", "\r\x1b[J"


def is_capable(descriptor: int) -> bool:
    """Whether a terminal is there that can replace what it shows."""
    return os.isatty(descriptor) and os.environ.get("TERM", "") not in _DUMB


def size() -> tuple[int, int]:
    """Columns and rows of the terminal on stdout; what a new pseudo-terminal says of itself is 0 and 0."""
    with suppress(OSError):
        columns, rows = os.get_terminal_size(1)
        if columns > 0 and rows > 0:
            return columns, rows
    return 80, 24


class Screen:
    """`with screen.open():` while an answer is shown: keys are not echoed into it, logs stand beside it."""

    def __init__(self) -> None:
        self._has_stages = is_capable(2)
        self._is_drawn_on = is_capable(1)
        self._stage = ""
        self._tail: list[str] = []
        self._lock = threading.RLock()  # logs come from other threads

    @contextmanager
    def open(self) -> Generator["Screen"]:
        aside = _Aside(self)
        with _unechoed():
            logging.getLogger().addHandler(aside)
            try:
                yield self
            finally:
                logging.getLogger().removeHandler(aside)
                self.clear()

    def write(self, text: str) -> None:
        """Text on stdout that stays."""
        with self._lock:
            erased = self._erased()
            sys.stdout.write(erased + text)
            sys.stdout.flush()
            # Where a pipe leads to is not known: to this terminal, perhaps, and to the middle of a row of it.
            self._has_stages &= self._is_drawn_on

    def draw(self, rows: Sequence[str]) -> None:
        """The tail: rows without line ends, none wider than the terminal."""
        with self._lock:
            shown = _NO_WRAP + "\n".join(rows) + _WRAP if rows else ""
            sys.stdout.write(self._erased() + shown)
            sys.stdout.flush()
            self._tail = list(rows)

    def stage(self, label: str) -> None:
        """What is being done, unless a tail shows it."""
        with self._lock:
            if self._has_stages and not self._tail:
                self._erased()
                self._stage = line(label)
                shown = self._stage[: max(size()[0] - 3, 0)]
                sys.stderr.write(f"{_NO_WRAP}\x1b[2m{shown} …\x1b[0m{_WRAP}")
                sys.stderr.flush()

    def aside(self, text: str) -> None:
        """A line on stderr that stays, whatever is being shown."""
        with self._lock:
            tail, stage = self._tail, self._stage
            self.clear()
            sys.stderr.write(f"{visible(text)}\n")
            sys.stderr.flush()
            if tail:
                self.draw(tail)
            elif stage:
                self.stage(stage)

    def say(self, words: str, detail: str, style: str) -> None:
        """A sentence on stderr that stays; the words in the style where there are colours."""
        with self._lock:
            self.clear()
            sentence = Text.assemble((visible(words), style), visible(detail))
            Console(stderr=True, highlight=False).print(sentence, soft_wrap=True)

    def clear(self) -> None:
        """Takes the tail and the stage away."""
        with self._lock:
            sys.stdout.write(self._erased())
            sys.stdout.flush()

    def _erased(self) -> str:
        """Takes the stage away, and says what takes away the tail."""
        if self._stage:
            self._stage = ""
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
        if not self._tail:
            return ""
        columns = size()[0]
        # After the window became narrower, a row that was wider is two: nearly all terminals set it anew.
        rows = sum(max(1, -(-cell_len(_STYLES.sub("", row)) // columns)) for row in self._tail)
        self._tail = []
        return (f"\x1b[{rows - 1}A" if rows > 1 else "") + _CLEAR_BELOW


class _Aside(logging.Handler):
    """What is logged in this process, by a server that the command has borrowed."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(Words())
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self._screen.aside(self.format(record))


@contextmanager
def _unechoed() -> Generator[None]:
    """Keys typed meanwhile are kept for whoever reads next, and stand nowhere in the answer."""
    if not _has_keyboard():
        yield
        return
    before = termios.tcgetattr(0)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


def _has_keyboard() -> bool:
    """Not in a pipe, whose reader may set the terminal itself; not in the background, where asking would stop
    us; not where the terminal on stdin is another one's."""
    if not is_capable(1):
        return False
    with suppress(OSError):
        return os.tcgetpgrp(0) == os.getpgrp()
    return False
