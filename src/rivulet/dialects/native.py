"""Our own dialect: every event is one frame, as the log has it (PROTOCOL.md §4)."""

from rivulet import sse
from rivulet.domain.events import AnyEvent, encode, type_of
from rivulet.ports.dialect import Frame, Renderer

LOSSES: dict[str, str] = {}
"""Nothing is lost: the frames are the log."""


class Native:
    """Stateless: a follower that returns is fed from its cursor on."""

    name = "native"
    version = 1
    is_stateless = True
    has_cursor = True
    heartbeat = sse.HEARTBEAT

    def renderer(self, is_resumed: bool) -> Renderer:
        return self

    def render(self, event: AnyEvent) -> list[Frame]:
        cursor = str(event.seq)
        return [Frame(cursor, sse.frame(encode(event), type_of(event), cursor))]


class NativeOf:
    """The same frames where several turns share a connection: each `id` begins with the turn's own
    (PROTOCOL.md §4.5)."""

    name = "native_of"
    version = 1
    is_stateless = True
    has_cursor = True
    heartbeat = sse.HEARTBEAT

    def __init__(self, turn_id: str) -> None:
        self._turn_id = turn_id

    def renderer(self, is_resumed: bool) -> Renderer:
        return self

    def render(self, event: AnyEvent) -> list[Frame]:
        cursor = str(event.seq)
        return [Frame(cursor, sse.frame(encode(event), type_of(event), f"{self._turn_id}/{cursor}"))]
