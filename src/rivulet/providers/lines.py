"""Cuts a byte stream into lines, whatever the reads; a line may not grow without end."""

LONGEST_LINE = 1 << 20
"""Bytes. A thousand times an ordinary frame; what is longer is a broken or hostile service."""


class LineTooLong(Exception):
    """A line, or the data of one event, is longer than `LONGEST_LINE`."""


class Lines:
    """Lines end with LF only; what ends with something else is turned into LF before it comes here."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()

    @property
    def is_empty(self) -> bool:
        """Nothing of an unfinished line is held."""
        return not self._rest

    def feed(self, data: bytes) -> list[bytes]:
        """The lines this read completes, without their ends. Raises `LineTooLong`."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if self._rest and lines:
            self._rest += lines[0]
            lines[0] = bytes(self._rest)
            self._rest = bytearray()
        self._rest += rest
        if len(self._rest) > self._longest or (len(data) > self._longest and any(map(self._is_long, lines))):
            raise LineTooLong
        if lines and len(lines[0]) > self._longest:
            raise LineTooLong
        return lines

    def _is_long(self, line: bytes) -> bool:
        return len(line) > self._longest
