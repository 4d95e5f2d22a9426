"""Where a client that counts frames goes on: its count as a cursor of the log, or a plain refusal."""

from collections.abc import Sequence

from rivulet.domain.errors import CursorGone
from rivulet.domain.events import AnyEvent, TurnStarted
from rivulet.ports.dialect import Dialect


def frame_count(log: Sequence[AnyEvent], dialect: Dialect) -> int:
    """How many frames the log has in that dialect so far."""
    renderer = dialect.renderer(False)
    return sum(len(renderer.render(event)) for event in log)


def after_frames(log: Sequence[AnyEvent], dialect: Dialect, count: int) -> str:
    """The cursor behind the first `count` frames. Raises `CursorGone` when there are not so many yet."""
    if count == 0:
        return "0"
    _check_version(log, dialect)
    renderer = dialect.renderer(False)
    left = count
    for event in log:
        frames = renderer.render(event)
        if left <= len(frames):
            return frames[left - 1].cursor
        left -= len(frames)
    raise CursorGone


def check_cursor(log: Sequence[AnyEvent], dialect: Dialect, cursor: str) -> None:
    """Raises `CursorGone` for a cursor that none of the dialect's frames has; a plain `seq` is looked at by
    whoever follows."""
    if "." not in cursor:
        return
    _check_version(log, dialect)
    renderer = dialect.renderer(False)
    if not any(frame.cursor == cursor for event in log for frame in renderer.render(event)):
        raise CursorGone


def _check_version(log: Sequence[AnyEvent], dialect: Dialect) -> None:
    """A turn from before an upgrade that changed the frames is followed from its start only."""
    started = log[0]
    assert isinstance(started, TurnStarted)
    name = dialect.name
    pinned = next((kept for kind, kept in (started.dialects or {}).items() if name.startswith(kind)), None)
    if pinned is not None and pinned != dialect.version:
        raise CursorGone
