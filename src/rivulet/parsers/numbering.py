"""The numbers Word shows before paragraphs without storing them in the text: `2.1`, `(a)`, `•`."""

import re

from rivulet.parsers.xml import Attributes, attribute

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_PLACE = re.compile(r"%([1-9])")
_DEPTHS = 9


class Level:
    """One depth of a list: how it counts and how its number is written."""

    def __init__(self) -> None:
        self.form = "decimal"
        self.pattern = ""
        self.first = 1


class Numbering:
    """Collects `numbering.xml`, then counts along the document."""

    def __init__(self) -> None:
        self._abstract: dict[str, dict[int, Level]] = {}
        self._lists: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._restarted: set[tuple[str, int]] = set()
        self._counts: dict[str, list[int]] = {}
        self._at_abstract = self._at_list = ""
        self._at_level: Level | None = None
        self._at_depth = 0

    def label(self, list_id: str, depth: int) -> str | None:
        """The next number of this list at this depth; None when the paragraph is in no list."""
        abstract = self._lists.get(list_id)
        if list_id == "0" or abstract is None:
            return None
        depth = min(max(depth, 0), _DEPTHS - 1)
        levels = self._abstract.get(abstract, {})
        if depth not in levels or levels[depth].form == "bullet":
            return "-"
        if levels[depth].form == "none":
            return ""
        counts = self._counts.setdefault(abstract, [])
        del counts[depth + 1 :]
        while len(counts) <= depth:
            counts.append(levels.get(len(counts), Level()).first - (len(counts) == depth))
        restart = (list_id, depth)
        if restart in self._restarts and restart not in self._restarted:
            self._restarted.add(restart)
            counts[depth] = self._restarts[restart] - 1
        counts[depth] += 1
        return _PLACE.sub(
            lambda place: self._number(levels, counts, int(place[1]) - 1), levels[depth].pattern
        )

    def start(self, name: str, attributes: Attributes) -> None:
        value = attribute(attributes, "val") or ""
        if name == "abstractNum":
            self._at_abstract = attribute(attributes, "abstractNumId") or ""
            self._abstract[self._at_abstract] = {}
        elif name == "num":
            self._at_list = attribute(attributes, "numId") or ""
        elif name == "abstractNumId":
            self._lists[self._at_list] = value
        elif name == "lvlOverride":
            self._at_depth = _depth(attributes)
        elif name == "startOverride" and value.isdecimal():
            self._restarts[self._at_list, self._at_depth] = int(value)
        elif name == "lvl" and not self._at_list:
            self._at_level = self._abstract[self._at_abstract][_depth(attributes)] = Level()
        elif self._at_level is not None:
            self._describe(self._at_level, name, value)

    def end(self, name: str) -> None:
        if name == "lvl":
            self._at_level = None

    def text(self, data: str) -> None: ...

    def _describe(self, level: Level, name: str, value: str) -> None:
        if name == "numFmt":
            level.form = value
        elif name == "lvlText":
            level.pattern = value
        elif name == "start" and value.isdecimal():
            level.first = int(value)

    def _number(self, levels: dict[int, Level], counts: list[int], depth: int) -> str:
        if depth >= len(counts):
            return ""
        return _written(counts[depth], levels.get(depth, Level()).form)


def _depth(attributes: Attributes) -> int:
    value = attribute(attributes, "ilvl") or "0"
    return int(value) if value.isdecimal() and len(value) < 3 else 0


def _written(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letter = (
            chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if 0 < number < 200 else str(number)
        )
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(number)
        return roman.upper() if form == "upperRoman" else roman
    return f"{number:02}" if form == "decimalZero" else str(number)


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    letters = ""
    for value, sign in _ROMAN:
        while number >= value:
            letters += sign
            number -= value
    return letters
