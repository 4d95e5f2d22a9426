"""Reads server-sent events as WHATWG says, from reads cut anywhere; only their data, which is all models use.

Line ends are CR, LF and CRLF and nothing else; a byte order mark at the start is skipped; `event`, `id`,
`retry`, comments and unknown fields are ignored; an event that its blank line has not ended is no event.
"""

from rivulet.providers.lines import LONGEST_LINE, Lines, LineTooLong

__all__ = ["LONGEST_LINE", "LineTooLong", "SseReader"]

_MARK = b"\xef\xbb\xbf"


class SseReader:
    """One stream. Cost is linear in the bytes, however they are cut."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._lines = Lines(longest)
        self._data: list[bytes] = []
        self._size = 0
        self._ended_with_cr = False
        self._start: bytes | None = b""
        self._is_between_events = False

    def feed(self, read: bytes) -> list[bytes]:
        """The data of the events this read completes, undecoded. Raises `LineTooLong`."""
        if self._is_between_events and read[-2:] == b"\n\n" and b"\r" not in read:
            if read[:6] == b"data: " and read.find(b"\n") == len(read) - 2 <= self._longest:
                return [read[6:-2]]
            return self._whole_frames(read)
        if self._start is not None:
            read = self._past_mark(read)
        found = self._events(self._with_lf(read))
        self._is_between_events = (
            self._start is None and not self._data and self._lines.is_empty and not self._ended_with_cr
        )
        return found

    def _whole_frames(self, read: bytes) -> list[bytes]:
        """The ordinary case: frames of one `data:` line, none of them cut."""
        found: list[bytes] = []
        for frame in read.split(b"\n\n"):
            if frame[:6] == b"data: " and b"\n" not in frame:
                if len(frame) > self._longest:
                    raise LineTooLong
                found.append(frame[6:])
            elif frame:
                found += self._events(frame + b"\n\n")
        return found

    def _events(self, read: bytes) -> list[bytes]:
        found: list[bytes] = []
        for line in self._lines.feed(read):
            if not line:
                if self._data:
                    found.append(b"\n".join(self._data))
                    self._data = []
                    self._size = 0
            elif line.startswith(b"data:"):
                self._keep(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                self._keep(b"")
        return found

    def _keep(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._longest:
            raise LineTooLong
        self._data.append(value)

    def _with_lf(self, read: bytes) -> bytes:
        """Every line end as LF. A CR ends its line at once, so the LF of a CRLF may come in a later read."""
        if not read:
            return read
        if self._ended_with_cr and read[0] == 10:
            read = read[1:]
            self._ended_with_cr = False
            if not read:
                return read
        self._ended_with_cr = read[-1] == 13
        return read.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in read else read

    def _past_mark(self, read: bytes) -> bytes:
        start = (self._start or b"") + read
        if len(start) < len(_MARK) and _MARK.startswith(start):
            self._start = start
            return b""
        self._start = None
        return start.removeprefix(_MARK)
