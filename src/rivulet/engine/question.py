"""What is asked: the text as it can be kept, and what tells one request from another."""

import hashlib

from rivulet.domain.errors import InvalidRequest
from rivulet.engine.branches import Place

INPUT_CHARS = 32_000
"""The longest question: what the most generous of the replaced systems takes."""

NEXT = Place()
"""Where a question is asked that names no place: it continues the chosen path."""


def clean(text: str) -> str:
    """The question without NUL and lone surrogates, which no store and no wire can carry. Raises
    InvalidRequest when nothing is left or it is too long."""
    cleaned = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    if not cleaned.strip():
        raise InvalidRequest("The question is empty.")
    if len(cleaned) > INPUT_CHARS:
        raise InvalidRequest(f"The question has {len(cleaned)} characters; at most {INPUT_CHARS} are taken.")
    return cleaned


def digest(request: bytes, place: Place, retry_of: str | None) -> bytes:
    """What an Idempotency-Key stands for: the question, and its place or the turn it repeats when it names
    one."""
    named = (place.parent_id or "", place.edit_of or "") if place != NEXT else ()
    if retry_of is not None:
        named = ("retry", retry_of)
    return hashlib.sha256(b"\0".join((request, *(each.encode() for each in named)))).digest()
