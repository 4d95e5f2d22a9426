"""Where a client that counts frames goes on: its count as a cursor of the log, or a plain refusal."""

from collections.abc import Sequence

from rivulet.domain.errors import CursorGone
from rivulet.domain.events import AnyEvent
from rivulet.engine.cursor import check_version
from rivulet.ports.dialect import Dialect


def frame_count(log: Sequence[AnyEvent], dialect: Dialect) -> int:
    """How many frames the log has in that dialect so far."""
    renderer = dialect.renderer(False)
    return sum(len(renderer.render(event)) for event in log)


def after_frames(log: Sequence[AnyEvent], dialect: Dialect, count: int) -> str:
    """The cursor behind the first `count` frames. Raises `CursorGone` when there are not so many yet."""
    if count == 0:
        return "0"
    check_version(log, dialect)
    renderer = dialect.renderer(False)
    left = count
    for event in log:
        frames = renderer.render(event)
        if left <= len(frames):
            return frames[left - 1].cursor
        left -= len(frames)
    raise CursorGone
