"""Headings found by how large they are written, for documents that do not say which lines are headings."""

from collections import Counter
from collections.abc import Iterable, Sequence

_LARGER = 1.12
"""Times the text's size; the smallest step typographers use for a heading."""
BOLD = 1.13
"""Bold letters in the text's own size count as this much larger."""
_HEADING_CHARS = 150
_LEVELS = 4
_SAME_SIZE = 0.95


def headings_by_size(lines: Sequence[tuple[int, float, str]]) -> Iterable[tuple[int, int, str]]:
    """(offset, level, text) of those (offset, size, text) lines; nothing when they would be too many."""
    by_size: Counter[float] = Counter()
    for _, size, text in lines:
        by_size[round(size * 2) / 2] += len(text)
    if len(by_size) < 2:
        return []
    body = by_size.most_common(1)[0][0]
    found = [
        (start, size, text)
        for start, size, text in lines
        if size >= body * _LARGER and len(text) <= _HEADING_CHARS and any(map(str.isalpha, text))
    ]
    if len(found) > len(lines) / 2:
        return []
    levels: dict[float, int] = {}
    level, largest = 0, float("inf")
    for size in sorted({size for _, size, _ in found}, reverse=True):
        if size < largest * _SAME_SIZE:
            level, largest = level + 1, size
        levels[size] = min(level, _LEVELS)
    return [(start, levels[size], text) for start, size, text in found]
