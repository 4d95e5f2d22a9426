"""Where a reader is in a turn: the number of an event, or a frame within it (PROTOCOL.md §4.3)."""

from collections.abc import Sequence

from rivulet.domain.errors import CursorGone
from rivulet.domain.events import AnyEvent, TurnStarted
from rivulet.ports.dialect import Dialect


def parse_cursor(text: str) -> tuple[int, int]:
    """`"12"` → (12, 0): after event 12. `"13.2"` → (12, 2): after the second frame of event 13.
    Raises CursorGone for anything else."""
    seq, dot, part = text.partition(".")
    if not _is_number(seq) or (dot and not _is_number(part)):
        raise CursorGone
    if not dot:
        return int(seq), 0
    if seq == "0" or part == "0":
        raise CursorGone
    return int(seq) - 1, int(part)


def check_cursor(log: Sequence[AnyEvent], dialect: Dialect, cursor: str) -> None:
    """Raises CursorGone for a cursor that none of the dialect's frames has."""
    check_version(log, dialect)
    renderer = dialect.renderer(False)
    if not any(frame.cursor == cursor for event in log for frame in renderer.render(event)):
        raise CursorGone


def check_version(log: Sequence[AnyEvent], dialect: Dialect) -> None:
    """Raises CursorGone for a turn from before an upgrade that changed the dialect's frames: such a turn is
    followed from its start only."""
    started = log[0]
    assert isinstance(started, TurnStarted)
    name = dialect.name
    pinned = next((kept for kind, kept in (started.dialects or {}).items() if name.startswith(kind)), None)
    if pinned is not None and pinned != dialect.version:
        raise CursorGone


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS and (text == "0" or text[0] != "0")


_DIGITS = 15
"""More than any log has events, and exact in every client's numbers."""
