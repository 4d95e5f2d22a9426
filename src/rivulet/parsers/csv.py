"""Comma-, semicolon- and tab-separated rows, each as a line with its columns' names."""

import csv
import io
import itertools
from collections.abc import Iterator

from rivulet.domain.errors import Unreadable
from rivulet.parsers import table
from rivulet.parsers.encoding import decode
from rivulet.parsers.manuscript import Manuscript
from rivulet.ports.knowledge import Parsed

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_FIELD_CHARS = 10_000_000


class Csv:
    suffixes = (".csv", ".tsv", ".tab")
    media_type = "text/csv"

    def parse(self, data: bytes, filename: str) -> Parsed:
        text, warnings = decode(data)
        manuscript = Manuscript()
        manuscript.warnings += warnings
        rows = _rows(text.replace("\0", ""), filename)
        head = list(itertools.islice(rows, 2))
        if not head:
            raise Unreadable("This file contains no text.")
        if len(head) == 2 and len(head[0]) > 1 and table.looks_like_header(head[0]):
            names, rest = head[0], itertools.chain(head[1:], rows)
        else:
            names, rest = [], itertools.chain(head, rows)
        for cells in rest:
            manuscript.line(table.row_line(names, cells))
            if manuscript.is_full:
                break
        return manuscript.parsed(self.media_type, None)


def _rows(text: str, filename: str) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_CHARS)
    is_tabbed = filename.lower().endswith((".tsv", ".tab"))
    delimiter = "\t" if is_tabbed else _delimiter(list(itertools.islice(_lines(text), _SAMPLE_ROWS)))
    reader = csv.reader(_lines(text), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a field of ten million characters
            raise Unreadable("This file is damaged: its rows cannot be told apart.") from None
        cells = [" ".join(cell.split()) for cell in row[: table.MAX_COLUMNS]]
        if any(cells):
            yield cells


def _lines(text: str) -> Iterator[str]:
    return io.StringIO(text, newline="")


def _delimiter(lines: list[str]) -> str:
    """The sign that cuts the most lines into the same number of fields."""
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (widths.count(widths[0]) * 100 // len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


parser = Csv()
