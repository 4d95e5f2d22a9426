"""The one place where a parsed text is made fit for everything behind it: stored, indexed, shown, sent.

Line ends become `\\n`. NUL and other control characters, lone surrogates and soft hyphens go. Invisible
characters that can carry hidden instructions stay, because they are data, and are told in the warnings.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import PurePath

from rivulet.domain.errors import Unreadable
from rivulet.parsers.manuscript import MAX_CHARS
from rivulet.ports.knowledge import Parsed

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_GONE = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\ud800-\udfff\ufffe\uffff"
_UNFIT = re.compile(f"\r\n|[\r\x0b\x0c\x85\u2028\u2029]|[{_GONE}]+")
_UNFIT_IN_LINE = re.compile(f"[\\s{_GONE}]+")

# Flags of England, Scotland and Wales are spelt with tag characters after a black flag: those are no secret.
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f")
_TAGS = re.compile("[\U000e0000-\U000e007f]")
_ZERO_WIDTH = re.compile("[\u200b\u2060-\u2064\u180e\ufeff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TITLE_CHARS = 300


def admitted(parsed: Parsed, filename: str, warnings: Sequence[str] = ()) -> Parsed:
    """The same document, fit for use, with a title. Raises `Unreadable` when it has no text."""
    text, removed = parsed.text[:MAX_CHARS], _Removed([])
    is_plain = _is_plain(text)
    if not is_plain:
        text, removed = _fit(text)
    if not text.strip():
        raise Unreadable("This file contains no text.")
    warnings = [*warnings, *parsed.warnings]
    if len(parsed.text) > MAX_CHARS:
        warnings.append(f"Only the first {MAX_CHARS:,} characters were read.")
    if not is_plain:
        warnings += _invisible(text)
    return Parsed(
        text=text,
        title=_line(parsed.title or "")[:_TITLE_CHARS] or _line(_from_name(filename)) or None,
        media_type=parsed.media_type,
        pages=tuple((removed.shift(start), number) for start, number in parsed.pages if start < MAX_CHARS),
        headings=tuple(
            (removed.shift(start), level, words)
            for start, level, heading in parsed.headings
            if start < MAX_CHARS and (words := _line(heading)[:_TITLE_CHARS])
        ),
        warnings=tuple(dict.fromkeys(map(_line, warnings))),
    )


def _is_plain(text: str) -> bool:
    """Nothing to remove or to tell of: what Python calls unprintable includes all of it. Quick."""
    return text.replace("\n", "").replace("\t", "").isprintable()


class _Removed:
    """How far each offset moved to the left."""

    def __init__(self, cuts: list[tuple[int, int]]) -> None:
        self._cuts = cuts
        self._ends = [end for _, end in cuts]
        self._totals = [0, *accumulate(end - start for start, end in cuts)]

    def shift(self, offset: int) -> int:
        passed = bisect_right(self._ends, offset)
        inside = 0
        if passed < len(self._cuts):
            inside = max(offset - self._cuts[passed][0], 0)
        return offset - self._totals[passed] - inside


def _fit(text: str) -> tuple[str, _Removed]:
    parts: list[str] = []
    cuts: list[tuple[int, int]] = []
    done = 0
    for unfit in _UNFIT.finditer(text):
        start, end = unfit.span()
        instead = "\n" if _LINE_ENDS.match(text, start) else ""
        parts += (text[done:start], instead)
        if end - start > len(instead):
            cuts.append((start + len(instead), end))
        done = end
    parts.append(text[done:])
    return "".join(parts), _Removed(cuts)


def _line(text: str) -> str:
    return _UNFIT_IN_LINE.sub(" ", text).strip()


def _from_name(filename: str) -> str:
    return PurePath(filename.replace("\\", "/")).stem.replace("_", " ")


def _invisible(text: str) -> list[str]:
    counts = (
        (len(_TAGS.findall(_FLAG.sub("", text))), "invisible tag character"),
        (len(_ZERO_WIDTH.findall(text)), "zero-width character"),
        (len(_DIRECTION.findall(text)), "character that changes the writing direction"),
    )
    return [f"Contains {count} {_many(what, count)}; kept as they are." for count, what in counts if count]


def _many(what: str, count: int) -> str:
    if count == 1:
        return what
    return what.replace("character", "characters").replace("changes", "change")
