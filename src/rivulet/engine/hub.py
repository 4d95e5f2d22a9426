"""The only reader of turns: history from the log, then what is committed while it happens.

A follower is a cursor. What it has not had yet comes from the live window when it is recent, and from the
log when it is not, so a slow follower costs no memory of its own and the hand-over cannot lose or double an
event: both sides are addressed by the same `seq`. Bytes are made once per turn and dialect.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from rivulet.domain.errors import CursorGone
from rivulet.domain.events import AnyEvent, TurnFinished
from rivulet.engine.cursor import parse_cursor
from rivulet.ports.dialect import Dialect, Frame, Renderer
from rivulet.ports.turns import TurnLog

WINDOW = 64
"""Events of a running turn kept in memory, half a kilobyte each with their bytes. At 20 tokens/s: a reader
3 s behind; the log has the rest."""

PAGE = 250
"""Events read from the log at once: about 30 kB of native frames, so one page is about one send."""

PIECE = 32 * 1024
"""Bytes handed to a connection at once: with the 64 KiB that uvicorn buffers, a stalled follower holds at
most 96 KiB."""

ORPHAN_POLL_S = 0.25
"""How often the log is asked about a turn that is unfinished but not running here (recovery is under way)."""


class Hub:
    """Knows the turns that run in this process and wakes their followers."""

    def __init__(self, log: TurnLog) -> None:
        self._log = log
        self._live: dict[str, _LiveTurn] = {}
        self.followers: set[Follower] = set()
        self.is_closing = False

    def opened(self, turn_id: str, events: Sequence[AnyEvent], deserted: Callable[[], None] | None) -> None:
        """A turn runs here from now on; `events` is its log so far. `deserted` is called whenever its last
        follower has left."""
        self._live[turn_id] = _LiveTurn(events, deserted)

    def publish(self, turn_id: str, events: Sequence[AnyEvent]) -> None:
        """The events have been committed, in order. The terminal one closes the turn here."""
        live = self._live.get(turn_id)
        if live is None:
            return
        live.add(events)
        if live.is_finished:
            del self._live[turn_id]

    def abandoned(self, turn_id: str) -> None:
        """Nobody writes this turn here any more, though it has no terminal event: readers go to the log."""
        live = self._live.pop(turn_id, None)
        if live is not None:
            live.is_abandoned = True
            live.wake()

    def follow(self, tenant_id: str, turn_id: str, dialect: Dialect, after: str) -> "Follower":
        """A new reader after cursor `after` ("0" is the start). The caller has authorised it."""
        follower = Follower(self, self._log, tenant_id, turn_id, dialect, after)
        self.followers.add(follower)
        if (live := self._live.get(turn_id)) is not None:
            live.followers += 1
        return follower

    def live(self, turn_id: str) -> "_LiveTurn | None":
        return self._live.get(turn_id)

    def left(self, follower: "Follower") -> None:
        """Called by a follower that closes; calling it again does nothing."""
        if follower not in self.followers:
            return
        self.followers.discard(follower)
        live = self._live.get(follower.turn_id)
        if live is not None:
            live.followers -= 1
            if live.followers == 0 and live.deserted is not None:
                live.deserted()

    def has_followers(self, turn_id: str) -> bool:
        live = self._live.get(turn_id)
        return live is not None and live.followers > 0

    def close(self) -> None:
        """Ends every follower's stream without a terminal event, so that it comes back with its cursor."""
        self.is_closing = True
        for follower in self.followers:
            follower.end()


class _LiveTurn:
    """The recent events of a running turn, and their bytes in each dialect somebody follows it in."""

    __slots__ = (
        "_events",
        "_renderings",
        "_waiting",
        "deserted",
        "first",
        "followers",
        "is_abandoned",
        "is_finished",
        "last",
    )

    def __init__(self, events: Sequence[AnyEvent], deserted: Callable[[], None] | None) -> None:
        self._events: deque[AnyEvent] = deque(events, WINDOW)
        self.first = self._events[0].seq
        self.last = self._events[-1].seq
        self._renderings: dict[str, _Rendering] = {}
        self._waiting: list[Follower] = []
        self.followers = 0
        self.deserted = deserted
        self.is_finished = False
        self.is_abandoned = False

    def add(self, events: Sequence[AnyEvent]) -> None:
        self._events.extend(events)
        self.first, self.last = self._events[0].seq, self._events[-1].seq
        for rendering in self._renderings.values():
            rendering.add(events)
        self.is_finished = isinstance(events[-1], TurnFinished)
        self.wake()

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for follower in waiting:
            try:
                follower.offer(self)
            except Exception as problem:  # its own: the others and the writer have nothing to do with it
                follower.fail(problem)

    def wait(self, follower: "Follower") -> None:
        self._waiting.append(follower)

    def floor(self, dialect: Dialect) -> int:
        """The first event whose frames can be had here."""
        shared = self._renderings.get(dialect.name)
        return self.first if shared is None else max(self.first, shared.first)

    def rendering(self, dialect: Dialect, renderer: Renderer, rendered: int) -> "_Rendering":
        """The shared one. The first follower to arrive brings the renderer, fed up to event `rendered`."""
        shared = self._renderings.get(dialect.name)
        if shared is None:
            begin = 0 if dialect.is_stateless else rendered + 1 - self.first
            shared = _Rendering(renderer, self.first + begin, list(self._events)[begin:])
            self._renderings[dialect.name] = shared
        return shared


class _Rendering:
    """The window's frames in one dialect. `frames[i]` are those of event `first + i`."""

    __slots__ = ("_render", "first", "frames")

    def __init__(self, renderer: Renderer, first: int, events: Sequence[AnyEvent]) -> None:
        self._render = renderer.render
        self.first = first
        self.frames: deque[list[Frame]] = deque(map(self._render, events), WINDOW)

    def add(self, events: Sequence[AnyEvent]) -> None:
        frames, render = self.frames, self._render
        for event in events:
            if len(frames) == WINDOW:
                self.first += 1
            frames.append(render(event))


Sink = Callable[[bytes], bool]
"""Takes bytes at once; False says that it wants no more until it has been waited for."""


class Follower:
    """One reader of one turn. `await next()` until it gives None, then `close()`.

    With a `sink`, what is committed while `next` waits goes straight into it, without waking the task that
    waits: that is half of a token's cost. `_skip` counts the frames of event `seq + 1` that the reader has
    already had (cursor `seq.k`).
    """

    __slots__ = (
        "_dialect",
        "_hub",
        "_is_ending",
        "_is_resumed",
        "_live",
        "_log",
        "_rendered",
        "_renderer",
        "_skip",
        "_tenant_id",
        "_waiter",
        "is_complete",
        "seq",
        "sink",
        "turn_id",
    )

    def __init__(
        self, hub: Hub, log: TurnLog, tenant_id: str, turn_id: str, dialect: Dialect, after: str
    ) -> None:
        self._hub = hub
        self._log = log
        self._tenant_id = tenant_id
        self.turn_id = turn_id
        self._dialect = dialect
        self.seq, self._skip = parse_cursor(after)
        self._is_resumed = after != "0"
        self._live: _LiveTurn | None = None
        self._begin_rendering()
        self._waiter: asyncio.Future[bool] | None = None
        self.sink: Sink | None = None
        self._is_ending = hub.is_closing
        self.is_complete = False

    async def next(self) -> bytes | None:
        """More bytes; b"" when woken without any (send a heartbeat, or wait for the sink); or None at the
        end: `is_complete` says whether the terminal event was among what came before."""
        while not self.is_complete and not self._is_ending:
            live = self._hub.live(self.turn_id) or self._live
            if live is None or live.is_abandoned:
                live = self._live = None
            if live is None or self._rendered + 1 < live.floor(self._dialect):
                data = await self._from_log()
                if data:
                    return data
                if self.is_complete or self._is_ending:
                    break
                if live is None:
                    await self._sleep()
                    continue
            elif self.seq < live.last:
                if data := self._from_window(live):
                    return data
            else:
                live.wait(self)
                if not await self._woken():
                    return b""
        return None

    @property
    def is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def wake(self, has_more: bool = True) -> None:
        """`has_more=False` makes `next` give b"", for a heartbeat."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(has_more)

    def offer(self, live: "_LiveTurn") -> None:
        """There is more in the window: into the sink, or awake the one who waits."""
        if self.sink is None or not self.is_waiting or live.is_abandoned or self.seq + 1 < live.first:
            self.wake()
            return
        wants_more = True
        while wants_more and self.seq < live.last:
            if data := self._from_window(live):
                wants_more = self.sink(data)
        if self.is_complete:
            self.wake()
        elif not wants_more:
            self.wake(has_more=False)
        else:
            live.wait(self)

    def fail(self, problem: Exception) -> None:
        """`next` raises it."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(problem)

    def end(self) -> None:
        """The stream is to end without its terminal event."""
        self._is_ending = True
        self.wake()

    def close(self) -> None:
        self._is_ending = True
        self._hub.left(self)

    async def _woken(self) -> bool:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            return await self._waiter
        finally:
            self._waiter = None

    async def _sleep(self) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(ORPHAN_POLL_S, self.wake)
        try:
            await self._woken()
        finally:
            timer.cancel()

    def _begin_rendering(self) -> None:
        """A renderer of our own, for what is read from the log; a counting dialect begins at event 1."""
        self._renderer = self._dialect.renderer(self._is_resumed)
        self._rendered = self.seq if self._dialect.is_stateless else 0

    def _from_window(self, live: _LiveTurn) -> bytes:
        shared = live.rendering(self._dialect, self._renderer, self._rendered)
        self._live = live
        pieces: list[bytes] = []
        size = 0
        frames = shared.frames
        for index in range(self.seq + 1 - shared.first, len(frames)):
            for frame in self._unskipped(frames[index]):
                pieces.append(frame.data)
                size += len(frame.data)
            self.seq = shared.first + index
            if size >= PIECE:
                break
        self._rendered = self.seq
        self.is_complete = live.is_finished and self.seq == live.last
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _from_log(self) -> bytes:
        """One page; for a dialect whose frames count from the start, also those the reader has had."""
        if self._live is not None:
            # Our renderer was left behind, or given away, when the shared frames took over.
            self._live = None
            self._begin_rendering()
        pieces: list[bytes] = []
        size = 0
        for event in await self._log.read(self._tenant_id, self.turn_id, self._rendered, PAGE):
            frames = self._renderer.render(event)
            self._rendered = event.seq
            if event.seq <= self.seq:
                continue
            for frame in self._unskipped(frames):
                pieces.append(frame.data)
                size += len(frame.data)
            self.seq = event.seq
            self.is_complete = isinstance(event, TurnFinished)
            if size >= PIECE:
                break  # the rest of a page of long events is read again
        return b"".join(pieces)

    def _unskipped(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        if not self._skip:
            return frames
        skip, self._skip = self._skip, 0
        if skip >= len(frames):
            raise CursorGone
        return frames[skip:]
