"""A table as lines that stand alone: every cell with its column's name, so that a passage cut out of the
middle can still be found by the column's words and understood by its reader."""

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[\s\d.,:;/%€$£+\-−()]*\d[\s\d.,:;/%€$£+\-−()]*")
_YEAR = re.compile(r"(19|20)\d\d(\.0)?|(19|20)?\d\d[/-]\d\d")
_NAME_CHARS = 80
MAX_COLUMNS = 16_384
"""What a spreadsheet can have; wider rows only come from files made to hurt."""


def lines(rows: Iterable[Sequence[str]], has_header: bool | None = None) -> list[str]:
    """`has_header` None means: look. Two columns without one are read as `name: value`."""
    kept = [cells for row in rows if any(cells := [" ".join(cell.split()) for cell in row[:MAX_COLUMNS]])]
    if not kept:
        return []
    width = max(map(len, kept))
    if has_header is None:
        has_header = width > 2 and looks_like_header(kept[0]) and len(kept) > 1
    if has_header and len(kept) > 1:
        return with_header(kept[0], kept[1:])
    between = ": " if width == 2 else " | "
    return [between.join(filter(None, cells)) for cells in kept]


def with_header(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """`Name: Ann | Age: 30`, without the empty cells."""
    return [line for cells in rows if (line := row_line(names, cells))]


def row_line(names: Sequence[str], cells: Sequence[str]) -> str:
    parts: list[str] = []
    for position, cell in enumerate(cells):
        if not cell:
            continue
        name = names[position].rstrip(":") if position < len(names) else ""
        parts.append(f"{name}: {cell}" if name else cell)
    return " | ".join(parts)


def looks_like_header(cells: Sequence[str]) -> bool:
    """Names are there, short, different and not numbers; years may name columns beside a word."""
    named = [cell for cell in cells if cell]
    return (
        len(named) >= 2
        and len(named) >= 0.7 * len(cells)
        and len(set(named)) == len(named)
        and all(
            len(cell) <= _NAME_CHARS and (not _NUMBER.fullmatch(cell) or _YEAR.fullmatch(cell))
            for cell in named
        )
        and any(not _NUMBER.fullmatch(cell) for cell in named)
    )
