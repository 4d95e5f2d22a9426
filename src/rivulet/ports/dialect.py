"""A wire protocol: how a request asks for a turn and how a turn's events become bytes. No I/O, no clock."""

from typing import NamedTuple, Protocol

from rivulet.domain.events import AnyEvent


class Frame(NamedTuple):
    """Complete wire bytes and the cursor they carry: `seq` for the last frame of an event, `seq.k`
    (k = 1, 2…) for the earlier ones."""

    cursor: str
    data: bytes


class Renderer(Protocol):
    """A pure function of the log, fed event by event from the first one; may keep what it was fed."""

    def render(self, event: AnyEvent) -> list[Frame]: ...


class Dialect(Protocol):
    """`is_stateless` says that a renderer may be fed from the middle of a log. `heartbeat` is sent as it
    is when nothing happens. `version` goes into `turn.started` and changes when frame counts do."""

    name: str
    version: int
    is_stateless: bool
    heartbeat: bytes

    def renderer(self, is_resumed: bool) -> Renderer: ...
