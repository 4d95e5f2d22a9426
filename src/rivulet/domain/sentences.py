"""Text to sentences, as offsets, for prose in any script and for lists, tables and code in between.

The tests go from sure to unsure: a blank line always ends a sentence, a full stop only when what follows can
begin one.
"""

import re

Span = tuple[int, int]

_LONGEST = 400
"""Longer ones are cut at a comma or a space: a quotation of more than five lines is no longer a sentence."""

_THAI_CLAUSE = 60
"""Thai, Lao, Khmer and Burmese put a space where others put a comma or a full stop; after this many
characters it counts as the end."""

_CLOSERS = "\"'”’»›)\\]」』】》"
_WIDE = "。！？｡"
_MARKS = f".!?…؟۔।॥።។။{_WIDE};;"
_END = rf"[\n{_MARKS}][{_MARKS}{_CLOSERS}]*"
_CANDIDATE = re.compile(_END)
_CANDIDATE_WITH_SPACES = re.compile(rf"{_END}|(?<=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])[^\S\n]+")
_SPACED_CLAUSES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

_GREEK_LETTER = re.compile("[\u0370-\u03ff]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*(?=\n)")
_BULLET = re.compile(r"[^\S\n]*(?:[-*+•‣●▪–—#>|]|\d{1,3}[.)]|\(?\w\))\s")
_OPENERS = re.compile(r"[\s\"'“‘«‹(\[]*")
_OPENING = "\"'“‘«‹(["
_LONGEST_ABBREVIATED = 24
_INITIALS = re.compile(r"(?!I$)[^\W\d_](?:\.[A-Z])*")
"""J. K. Rowling, (b. 1965), the U.S. Army: more often inside a sentence than at its end."""

_PAUSE = re.compile(r"[;；,，、،:：]\s*|\s+")
_WORD = re.compile(r"\w")

_ABBREVIATIONS = """
abb al anm approx apr art aug bd bzw ca cap cf ch cit co col corp d.h dec dept dr ed eds e.g esp etc ex feb
fig figs fr gen gov hr i.e inc jan jr jul jun kap lt ltd m mar max messrs mfg min mr mrs ms mt no nos nov nr
oct op p par pg ph.d pp prof pt rep rev sec sen sep sept sgt sr st str tab u.a usw v vgl vol vols vs z.b
г др им н.э напр пр см ст стр т т.е т.д т.п ул гл обл руб св
"""
_ABBREVIATED = frozenset(_ABBREVIATIONS.split())


def sentences(text: str) -> list[Span]:
    """`(start, end)` of every sentence, in order, without the white space around it."""
    spans: list[Span] = []
    start = 0
    has_clauses = not text.isascii() and _SPACED_CLAUSES.search(text)
    candidates = _CANDIDATE_WITH_SPACES if has_clauses else _CANDIDATE
    for candidate in candidates.finditer(text):
        if _is_end(text, start, candidate.start(), candidate.end()):
            _add(spans, text, start, candidate.end())
            start = candidate.end()
    _add(spans, text, start, len(text))
    return spans


def _is_end(text: str, start: int, at: int, after: int) -> bool:
    mark = text[at]
    if mark == "\n":
        return _is_line_end(text, start, at)
    if mark in _WIDE:
        return True
    if after < len(text) and not text[after].isspace():
        return mark.isspace() and at - start >= _THAI_CLAUSE
    if mark in ";;":
        return bool(_GREEK_LETTER.match(text, at - 1))
    return _is_full_stop(text, start, at, after)


def _is_line_end(text: str, start: int, at: int) -> bool:
    """Whether the line break is meant, and not only where prose was wrapped."""
    line = text[max(start, text.rfind("\n", 0, at) + 1) : at].strip()
    if _BLANK_LINE.match(text, at) or _BULLET.match(text, at + 1) or "\t" in line or "|" in line:
        return True
    if line and text[at + 1 : at + 2].islower():
        return False
    return not (50 <= len(line) <= 130) or line[-1] in ".!?:;…"


def _is_full_stop(text: str, start: int, at: int, after: int) -> bool:
    following = _OPENERS.match(text, after)
    next_at = following.end() if following else after
    if text[next_at : next_at + 1].islower():
        return False
    if text[at:after] != ".":
        return True
    words = text[max(start, at - _LONGEST_ABBREVIATED) : at].rsplit(None, 1)
    last = words[-1].lstrip(_OPENING) if words else ""
    if last.isdigit():
        return text[start : at - len(last)].strip() != ""  # "1. First item" is one sentence
    return not _INITIALS.fullmatch(last) and last.lower() not in _ABBREVIATED


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.strip()
    start += len(piece) - len(piece.lstrip())
    end = start + len(bare)
    while end - start > _LONGEST:
        cut = _pause(text, start)
        _add(spans, text, start, cut)
        start = cut
    if _WORD.search(text, start, end):
        spans.append((start, end))


def _pause(text: str, start: int) -> int:
    """The last place in the second half of the longest span where a reader could pause."""
    ends = [found.end() for found in _PAUSE.finditer(text, start + _LONGEST // 2, start + _LONGEST)]
    return ends[-1] if ends else start + _LONGEST
