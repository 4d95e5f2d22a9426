"""Text to sentences, as offsets, for prose in any script and for lists, tables and code in between.

The order of the tests is from sure to unsure: a blank line always ends a sentence, a full stop only when what
follows can begin one.
"""

import re

Span = tuple[int, int]

_LONGEST = 400
"""Longer ones are cut at a comma or a space: a quotation of more than five lines is no longer a sentence."""

_THAI_CLAUSE = 60
"""Thai, Lao, Khmer and Burmese put a space where others put a comma or a full stop; after this many characters
it counts as the end."""

_CLOSERS = "\"'”’»›)\\]」』）】》"
_CANDIDATE = re.compile(
    rf"(?P<blank>\n[^\S\n]*\n\s*)|(?P<line>\n)|(?P<wide>[。！？｡]+[{_CLOSERS}]*)"
    rf"|(?P<stop>[.!?…؟۔।॥։።។။]+[{_CLOSERS}]*)(?=\s)|(?P<greek>(?<=[\u0370-\u03ff])[;;](?=\s))"
    r"|(?P<space>(?<=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])[^\S\n]+)"
)
_BULLET = re.compile(r"[^\S\n]*(?:[-*+•‣●▪–—#>|]|\d{1,3}[.)]|\(?\w\))\s")
_NEXT = re.compile(r"[\s\"'“‘«‹(\[]*")
_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_INITIALS = re.compile(r"(?!I$)[^\W\d_](?:\.[A-Z])*")
"""J. K. Rowling, (b. 1965), the U.S. Army: more often inside a sentence than at its end."""

_WEAK_END = re.compile(r"[;；,，、،:：]\s*|\s+")
_WORD = re.compile(r"\w")

_ABBREVIATIONS = frozenset(
    """
    al approx apr art aug bd bzw ca cap cf ch cit co col corp d.h dec dept dr ed eds e.g esp etc ex feb fig figs
    fr gen gov hr i.e inc jan jr jul jun lt ltd m mar max messrs mfg min mr mrs ms mt no nos nov nr oct op p par
    pg ph.d pp prof pt rep rev sec sen sep sept sgt sr st str u.a usw v vgl vol vols vs z.b
    г др им н.э напр пр см ст стр т т.е т.д т.п ул гл обл руб св
    """.split()
)


def sentences(text: str) -> list[Span]:
    """`(start, end)` of every sentence, in order, without the white space around it."""
    spans: list[Span] = []
    start = 0
    for candidate in _CANDIDATE.finditer(text):
        if _is_end(text, start, candidate):
            _add(spans, text, start, candidate.end())
            start = candidate.end()
    _add(spans, text, start, len(text))
    return spans


def _is_end(text: str, start: int, candidate: re.Match[str]) -> bool:
    kind = candidate.lastgroup
    if kind == "line":
        return _is_line_end(text, start, candidate.start())
    if kind == "space":
        return candidate.start() - start >= _THAI_CLAUSE
    if kind == "stop":
        return _is_full_stop(text, start, candidate)
    return True


def _is_line_end(text: str, start: int, at: int) -> bool:
    """Whether the line break is meant, and not only where prose was wrapped."""
    line_start = max(start, text.rfind("\n", 0, at) + 1)
    line = text[line_start:at].strip()
    if _BULLET.match(text, at + 1) or "\t" in line or "|" in line:
        return True
    if text[at + 1 : at + 2].islower() and line:
        return False
    return not (50 <= len(line) <= 130) or line[-1] in ".!?:;…"


def _is_full_stop(text: str, start: int, candidate: re.Match[str]) -> bool:
    following = _NEXT.match(text, candidate.end())
    after = text[following.end() : following.end() + 1] if following else ""
    if after.islower():
        return False
    if candidate.group() != ".":
        return True
    word = _LAST_WORD.search(text, max(start, candidate.start() - 24), candidate.start())
    if word is None:
        return True
    last = word.group()
    if last.isdigit():
        return text[start : word.start()].strip() != ""  # "1. First item" is one sentence
    return not _INITIALS.fullmatch(last) and last.lower() not in _ABBREVIATIONS


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > _LONGEST:
        cut = _weak_end(text, start)
        _add(spans, text, start, cut)
        start = cut
    if _WORD.search(text, start, end):
        spans.append((start, end))


def _weak_end(text: str, start: int) -> int:
    """The last place in the second half of the longest span where a reader could pause."""
    ends = [found.end() for found in _WEAK_END.finditer(text, start + _LONGEST // 2, start + _LONGEST)]
    return ends[-1] if ends else start + _LONGEST
