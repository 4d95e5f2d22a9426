"""Lists and JSON on stdout: nothing in a name or a title leaves its cell or commands a terminal."""

import sys
from typing import Any

import msgspec
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from rivulet.cli.visible import as_json, line

PIPE_WIDTH = 10_000
"""Columns of what is not a terminal: a row is a line there, whatever it holds, for `grep` and `cut`."""


def console() -> Console:
    """stdout, in the terminal's width or in none."""
    is_terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if is_terminal else PIPE_WIDTH)


class Listing:
    """Rows under a head; `print` them when they are all there."""

    def __init__(self, *head: str) -> None:
        self._table = Table(*head, box=None)

    def add(self, *cells: str) -> None:
        self._table.add_row(*(Text(line(cell)) for cell in cells))

    def print(self) -> None:
        console().print(self._table)


def print_line(text: str) -> None:
    console().print(Text(line(text)), soft_wrap=True)


def print_json(value: Any) -> None:
    text = Text(as_json(msgspec.json.format(msgspec.json.encode(value), indent=2)))
    JSONHighlighter().highlight(text)
    console().print(text, soft_wrap=True)
