"""Names for things: unguessable, recognisable by their prefix, safe in a URL and in an SSE `id`."""

import base64
import re

_FORM = re.compile(r"[a-z]{2,5}_[a-z2-7]{26}")


def make_id(prefix: str, entropy: bytes) -> str:
    """`prefix` and 128 bits of `entropy` as 26 lower-case letters and digits."""
    if len(entropy) != 16:
        raise ValueError("an id needs exactly 16 random bytes")
    return f"{prefix}_{base64.b32encode(entropy).decode('ascii').rstrip('=').lower()}"


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` has the form `make_id` gives; says nothing about whether it exists."""
    return bool(_FORM.fullmatch(text)) and text.startswith(prefix + "_")
