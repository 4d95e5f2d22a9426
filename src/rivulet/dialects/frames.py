"""Frames with their cursors, and JSON that no client cuts apart (PROTOCOL.md §4.2)."""

from collections.abc import Sequence

import msgspec

from rivulet import sse
from rivulet.ports.dialect import Frame

Said = tuple[str | None, object]
"""The name on the `event:` line, if the dialect has one, and what stands on the `data:` line."""

DONE = b"[DONE]"
"""The last frame of OpenAI's streams; bytes are sent as they are."""

_encoder = msgspec.json.Encoder()


def line(value: object) -> bytes:
    """One line of JSON in which the separators that some readers split at are escaped."""
    raw = _encoder.encode(value)
    if b"\xc2\x85" in raw or b"\xe2\x80" in raw:
        raw = raw.replace(b"\xc2\x85", b"\\u0085")
        raw = raw.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return raw


def frames(seq: int, said: Sequence[Said], has_ids: bool = False) -> list[Frame]:
    """What event `seq` says in a dialect; `has_ids` writes the cursors on `id:` lines."""
    last = len(said)
    result: list[Frame] = []
    for k, (name, value) in enumerate(said, start=1):
        cursor = str(seq) if k == last else f"{seq}.{k}"
        data = value if isinstance(value, bytes) else line(value)
        result.append(Frame(cursor, sse.frame(data, name, cursor if has_ids else None)))
    return result
