"""Ids as the integers that an older protocol's clients insist on.

A number is the first 50 bits of an id's randomness, which JavaScript keeps exactly; read back, it is the
beginning of the id, so that a store finds the row by a range. Among a million ids of one kind the chance
that any two share a number is 1 in 2,000.
"""

import base64
import hashlib
import re

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_CHARACTERS = 10
_BITS = 5 * _CHARACTERS
_FORM = re.compile(r"[a-z]{2,5}_(?P<start>[a-z2-7]{10})[a-z2-7]{16}")


def number_of(id: str) -> int:
    """Ids not made by us get a number above 2**50 from their digest; `prefix_of` knows no way back."""
    found = _FORM.fullmatch(id)
    if found is None:
        digest = hashlib.sha256(id.encode("utf-8")).digest()
        return (1 << _BITS) | (int.from_bytes(digest[:8], "big") >> (64 - _BITS))
    padded = found["start"].upper() + "A" * 6
    return int.from_bytes(base64.b32decode(padded), "big") >> (80 - _BITS)


def prefix_of(kind: str, number: int) -> str | None:
    """How an id of that kind with that number begins, such as `cht_abcdefghij`; None for a foreign one."""
    if not 0 <= number < 1 << _BITS:
        return None
    letters = (_LETTERS[number >> (5 * place) & 31] for place in reversed(range(_CHARACTERS)))
    return f"{kind}_{''.join(letters)}"
