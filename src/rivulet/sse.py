"""Server-sent events: the only place that knows `text/event-stream`.

The safe subset every known client reads: LF only, no BOM, one `data:` line, ids of digits and dots, and a
heartbeat that is a comment line without a blank line after it.
"""

MEDIA_TYPE = "text/event-stream; charset=utf-8"

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
"""On every stream. nginx holds back everything without `x-accel-buffering: no`."""

HEARTBEAT = b":\n"


def frame(data: bytes, event: str | None = None, id: str | None = None) -> bytes:
    """One event. `data` is one line of JSON; `event` and `id` are ours and contain no line ends."""
    head = "" if id is None else f"id: {id}\n"
    if event is not None:
        head = f"{head}event: {event}\n"
    return b"%bdata: %b\n\n" % (head.encode("ascii"), data)


class Frames:
    """Reads back what `frame` writes, cut anywhere. A frame counts once its blank line is there."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The `data:` of every frame that is complete now."""
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        found: list[bytes] = []
        for each in whole:
            found += [line[6:] for line in each.split(b"\n") if line.startswith(b"data: ")]
        return found
