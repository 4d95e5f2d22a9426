"""Time that stands still until nothing is left to do, then jumps to the next timer.

For tests without threads and sockets: 30 seconds of silence pass in no time, and always exactly.
"""

import asyncio
import selectors
from typing import Any

STARTED_MS = 1_700_000_000_000


class PausedLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` only moves when every task waits."""

    def __init__(self) -> None:
        self._skipped = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds


class _Skipping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def __init__(self, loop: PausedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.skip(timeout)
        return ready


class LoopClock:
    """The running loop's time as the engine's clock."""

    def now_ms(self) -> int:
        return STARTED_MS + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()
