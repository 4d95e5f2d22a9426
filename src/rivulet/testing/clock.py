"""A clock that a test moves by hand."""


class ManualClock:
    """Wall time and the steady count move together with `advance`; `set_wall` moves wall time alone, as an
    administrator or a time server does."""

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 1000.0

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        self._monotonic += seconds

    def set_wall(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._monotonic
