"""Group commit: what waits while one transaction is written goes into the next one together.

The event loop appends, one writer takes. A lone draft is handed over in the same round of the loop and
written at once; under load the drafts of all turns gather while the writer works, or for the millisecond
after a commit, neighbouring deltas of one turn become one event, and the cost of a token falls. Nothing is
ever refused: a writer that falls behind is owed the text itself and little more.
"""

import asyncio
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent, merged
from rivulet.ports.turns import Claim, Committed

_MERGE = 256
"""Drafts of one claim that may wait as they are. Then they are merged where they wait, each draft once, so
that a stalled disk costs a few bytes a token (a delta of its own costs 200)."""

_SPACING_S = 0.001
"""From one commit to the next. A commit and the wake-up for it cost about as much as all else a token needs:
at 4,000 tokens a second sharing them saves a third of the CPU, and no token waits longer than two ticks of
the loop's clock, where a reader needs thirty to notice."""


class Lane:
    """One claim's way into its log. `seq` is the last number given, set by the writer; `shown` the last one
    whose commit was told, set by the loop; `error`, set by whoever finds it, voids the claim for ever."""

    __slots__ = ("claim", "committed", "error", "merged_up_to", "seq", "shown")

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.seq = self.shown = claim.last_seq
        self.error: RivuletError | None = None
        self.committed: Committed | None = None
        self.merged_up_to = 0


L = TypeVar("L", bound=Lane)


class Entry(Generic[L]):
    """What one claim adds in one commit: drafts until the writer numbers them. `error` says why they were
    not written."""

    __slots__ = ("error", "events", "lane")

    def __init__(self, lane: L, drafts: list[AnyEvent]) -> None:
        self.lane = lane
        self.events = drafts
        self.error: RivuletError | None = None

    def fail(self, error: RivuletError) -> None:
        """Nothing of this entry, and nothing more of its claim, is written."""
        self.error = self.lane.error = error


class GroupCommit(Generic[L]):
    """`hand_over` is called on the loop when there is something to take; the writer then calls `take` from
    wherever it works and the loop `deliver` with what came of it."""

    def __init__(self, hand_over: Callable[[], None]) -> None:
        self._hand_over = hand_over
        self._lock = Lock()
        self._waiting: dict[L, list[AnyEvent]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handed_over_at = -_SPACING_S
        self._is_announced = False  # the writer will take what waits without being told again
        self._is_scheduled = False  # … because this round of the loop will end in `flush`

    def append(self, lane: L, drafts: Sequence[AnyEvent], committed: Committed) -> None:
        """Returns at once. What this round of the loop appends is handed over together at its end."""
        if lane.error is not None or not drafts:
            return
        lane.committed = committed
        with self._lock:
            waiting = self._waiting.get(lane)
            if waiting is None:
                self._waiting[lane] = list(drafts)
                lane.merged_up_to = 0
            else:
                waiting.extend(drafts)
                if len(waiting) - lane.merged_up_to >= _MERGE:
                    waiting[lane.merged_up_to :] = merged(waiting[lane.merged_up_to :])
                    lane.merged_up_to = len(waiting)
            if self._is_announced:
                return
            self._is_announced = True
        self._is_scheduled = True
        loop = self._loop
        if loop is None:  # asked once: it costs a system call on Python 3.11
            loop = self._loop = asyncio.get_running_loop()
        if loop.time() - self._handed_over_at < _SPACING_S:
            loop.call_later(_SPACING_S, self.flush)
        else:
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Hands over now, for those who need to be behind what waits."""
        if self._is_scheduled:
            self._is_scheduled = False
            if self._loop is not None:
                self._handed_over_at = self._loop.time()
            self._hand_over()

    def take(self) -> list[Entry[L]]:
        """Everything waiting, merged, in the order in which the claims first came. From any thread."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._is_announced = False
        return [
            Entry(lane, drafts if len(drafts) == 1 else merged(drafts))
            for lane, drafts in waiting.items()
            if lane.error is None
        ]


def deliver(entries: Sequence[Entry[L]]) -> None:
    """Tells each claim what became of its drafts. On the loop."""
    for entry in entries:
        lane = entry.lane
        assert lane.committed is not None
        if entry.error is not None:
            tell(lane.committed, (), entry.error)
        else:
            lane.shown = entry.events[-1].seq
            tell(lane.committed, entry.events, None)


def tell(committed: Committed, events: Sequence[AnyEvent], error: RivuletError | None) -> None:
    """A listener that fails is reported and harms nobody else."""
    try:
        committed(events, error)
    except Exception as problem:
        context = {"message": "a listener to a turn log failed", "exception": problem}
        asyncio.get_running_loop().call_exception_handler(context)
