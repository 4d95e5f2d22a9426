"""The numbers a text names, whatever way they are written."""

import re
import unicodedata

_NUMBER = re.compile(r"\d+(?:[.,'’٫٬\u00a0\u202f]\d+)*")
_LIST_MARKER = re.compile(r"^[ \t>]*\d{1,3}[.)][ \t]", re.MULTILINE)


def numbers(text: str) -> dict[str, frozenset[str]]:
    """Every number as it is written, with its readings: 1.500 may be 1500 and 1.5, and 1,500 is the same.

    The numbers of a numbered list are no statements and are left out.
    """
    if not _NUMBER.search(text):
        return {}
    return {written: _readings(written) for written in _NUMBER.findall(_LIST_MARKER.sub("", text))}


def readings(text: str) -> set[str]:
    """All readings of all numbers in the text."""
    return {reading for all_of_one in numbers(text).values() for reading in all_of_one}


def _readings(written: str) -> frozenset[str]:
    digits = written if written.isascii() else "".join(map(_ascii, written))
    groups = re.split(r"\D", digits)
    if len(groups) == 1:
        return frozenset((_integer(digits),))
    found: set[str] = set()
    if all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3:
        found.add(_integer("".join(groups)))
    if len(groups) == 2 or len(set(re.findall(r"\D", digits))) == 2:
        fraction = groups[-1].rstrip("0")
        whole = _integer("".join(groups[:-1]))
        found.add(f"{whole}.{fraction}" if fraction else whole)
    return frozenset(found or {".".join(groups)})


def _integer(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _ascii(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)
