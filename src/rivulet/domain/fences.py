"""Where the fenced blocks of a Markdown text are, when it is finished or a piece of one that is."""

import re
from collections.abc import Iterator

BEFORE_FENCE = " \t>*+-.)0123456789"
"""What may stand before a fence in its line: indentation, quotation, the marker of a list item."""

_FENCE = re.compile(rf"^[{re.escape(BEFORE_FENCE)}]*(?P<fence>```+|~~~+)(?P<info>.*)$", re.MULTILINE)


def fenced(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every fenced block; one that was never closed reaches to its end."""
    start, fence = 0, ""
    for match in _FENCE.finditer(text):
        run = match["fence"]
        if not fence:
            if run[0] == "~" or "`" not in match["info"]:
                start, fence = match.start(), run
        elif run[0] == fence[0] and len(run) >= len(fence) and not match["info"].strip():
            yield start, match.end()
            fence = ""
    if fence:
        yield start, len(text)


def fenced_in_piece(text: str) -> Iterator[tuple[int, int]]:
    """The same of a text that may begin within a block: the first fence then has none to pair with, and says
    nothing of a language."""
    fences = list(_FENCE.finditer(text))
    at = 0
    if len(fences) % 2 and not fences[0]["info"].strip():
        at = fences[0].end()
        yield 0, at
    for start, end in fenced(text[at:]):
        yield at + start, at + end
