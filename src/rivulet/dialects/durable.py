"""The read side of Durable Streams: a turn is a closed-once stream of JSON events, read from an offset.

Every event is a `data` frame and the `control` frame that says where to go on. The last one says that the
stream is closed. What a reader has caught up with in between only the server knows, so no frame says it.
"""

from collections.abc import Mapping

from rivulet import sse
from rivulet.dialects.frames import frames
from rivulet.domain.errors import CursorGone
from rivulet.domain.events import AnyEvent, TurnFinished
from rivulet.ports.dialect import Frame, Renderer

PATHS: Mapping[str, str] = {
    "GET /v1/turns/{turn_id}/durable": (
        "what there is after `?offset=`; follows with `&live=sse`, waits for more with `&live=long-poll`"
    ),
}

LOSSES: Mapping[str, str] = {}
"""Nothing is lost: the messages are the log."""

_DIGITS = 16
"""Offsets sort as text; the largest `seq` SQLite keeps has 19 digits and no turn has 10**16 events."""


class Durable:
    """Stateless, like the native dialect."""

    name = "durable"
    version = 1
    is_stateless = True
    has_cursor = True
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return self

    def render(self, event: AnyEvent) -> list[Frame]:
        control: dict[str, object] = {"streamNextOffset": offset_of(event.seq)}
        if isinstance(event, TurnFinished):
            control |= {"upToDate": True, "streamClosed": True}
        else:
            control |= {"streamCursor": str(event.seq)}
        return frames(event.seq, [("data", [event]), ("control", control)])


def offset_of(seq: int) -> str:
    """Where a reader goes on that has had event `seq`."""
    return f"{seq:0{_DIGITS}d}"


def cursor_of(offset: str) -> str:
    """The cursor to follow after. `-1` is the start; raises `CursorGone` for what we never gave out."""
    if offset == "-1":
        return "0"
    if len(offset) != _DIGITS or not (offset.isascii() and offset.isdigit()):
        raise CursorGone
    return str(int(offset))
