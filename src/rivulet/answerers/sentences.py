"""Where sentences end, in any language, without a model."""

import re
from collections.abc import Iterator
from itertools import chain

LONGEST = 400
"""Characters. A longer run without an end (a table row, a list of names) is cut at a space, so that a quote
stays something a person reads at a glance; the sentences of encyclopaedias are 50 to 250 long."""

WRAPPED = 60
"""A line at least this long is taken to be wrapped when the next one is ordinary text: people and tools wrap
at 65 to 100 columns, and the items of a list are mostly shorter."""

_MARKS = r"(?:[ \t]?\[\d{1,3}\])*+"
_END = re.compile(  # every quantifier is possessive: ten thousand full stops in a row cost one pass
    rf"(?<![.!?…؟।])(?P<stop>[.!?…؟।])[.!?…؟।]*+[\"'”’»)\]*_]*+{_MARKS}(?=\s|\Z)"
    rf"|[。！？｡][”’」』）]*+{_MARKS}"
    r"|(?P<line>\n)\s*+"
)
_ABBREVIATED = re.compile(
    r"(?:\b[^\W\d_]|^\s*\d{1,3}|\n\s*\d{1,3}|\b(?:[Dd]r|[Mm]rs?|[Mm]s|[Pp]rof|[Ss]t|[Nn]r|[Ff]ig|[Vv]ol|pp"
    r"|cf|vs|e\.g|i\.e|ca|approx|bzw|z\.B|d\.h|usw|[Ss]r|[Ss]ra|т\.е|см))\Z"
)
_NEW_BLOCK = re.compile(r"[-*+•#>|`~]|\d{1,3}[.)]\s")


def ends(text: str) -> Iterator[int]:
    """The offsets after each sentence; `[n]` marks after the full stop belong to the sentence before them."""
    for match in _END.finditer(text):
        if match["line"]:
            if not _is_wrapped(text, match):
                yield match.end()
        elif match["stop"] is None or not _is_inside(text, match):
            yield match.end()


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every sentence that is not blank, without the white space around it."""
    begin = 0
    for end in chain(ends(text), (len(text),)):
        start, stop = trimmed(text, begin, end)
        while stop - start > LONGEST:
            cut = text.rfind(" ", start + 1, start + LONGEST)
            cut = cut if cut > 0 else start + LONGEST
            yield trimmed(text, start, cut)
            start = trimmed(text, cut, stop)[0]
        if start < stop:
            yield start, stop
        begin = end


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same range without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _is_inside(text: str, match: re.Match[str]) -> bool:
    """Whether this stop belongs to an abbreviation, an initial, a list number or an aside, and no sentence
    ends here."""
    stop = match.start()
    if match["stop"] == "." and _ABBREVIATED.search(text, max(0, stop - 8), stop):
        return True
    return text[match.end() : match.end() + 3].lstrip(" \t")[:1].islower()


def _is_wrapped(text: str, match: re.Match[str]) -> bool:
    """Whether the sentence goes on in the next line, as in text that was wrapped by hand."""
    newline, after = match.start(), match.end()
    if text.count("\n", newline, after) > 1 or after == len(text) or _NEW_BLOCK.match(text, after):
        return False
    line_start = text.rfind("\n", 0, newline) + 1
    return newline - line_start >= WRAPPED or text[after].islower()
