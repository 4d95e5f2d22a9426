"""How long to bear with a model's service that fails before its first word: a few tries, then the error.

After the first word nothing is tried again: a reader would get the beginning twice.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime

import msgspec

from rivulet.domain.errors import (
    ProviderError,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamTruncated,
    UpstreamUnreachable,
)

_PASSING = (UpstreamFailed, UpstreamRateLimited, UpstreamTruncated, UpstreamUnreachable)
"""What may be over in a moment. A wrong key, a wrong model or a broken protocol will not be."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Two more tries, after about half a second and a second, never all servers at the same instant.

    A service may ask for more time, up to `longest_s`; who asks for longer gets no second try, since a person
    is waiting. When failing has taken `tries_s` there is no further try: a connection may need 10 s to fail,
    the first word has 30 s, and "cannot be reached" says more than "took too long". After the finish reason
    usage has `after_finish_s` to come: the text is complete, and nobody should wait long for a number.
    `random` gives 0 to 1, `now` seconds since 1970.
    """

    retries: int = 2
    first_s: float = 0.5
    longest_s: float = 30.0
    tries_s: float = 15.0
    after_finish_s: float = 2.0
    random: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.time

    def pause(self, failures: int, problem: ProviderError, spent_s: float = 0.0) -> float | None:
        """Seconds until the next try after the `failures`th one, when they took `spent_s` together; None when
        there is none."""
        if failures > self.retries or spent_s >= self.tries_s or not isinstance(problem, _PASSING):
            return None
        own = self.first_s * 2 ** (failures - 1) * (0.75 + self.random() / 2)
        seconds = max(own, problem.retry_after or 0)
        return seconds if seconds <= self.longest_s else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the service asks to be left alone; None when it does not say, or says nonsense."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return until - now if until > now else None


def _number(text: str) -> float | None:
    """A plain number of seconds, not negative."""
    digits = text.strip()
    if not (digits.isascii() and digits.replace(".", "", 1).isdigit() and len(digits) < 16):
        return None
    return float(digits)
