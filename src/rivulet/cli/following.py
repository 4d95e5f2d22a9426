"""One turn followed to its end: shown as it comes, stopped by Ctrl-C."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from rivulet.cli.shown import Shown
from rivulet.domain.events import AnyEvent, TurnFinished

FAILED = 1
INTERRUPTED = 130
TICK_S = 0.035
"""Twice as often as the tail is drawn again, so that it is drawn in time."""

_STATUS = {"completed": 0, "incomplete": 0, "cancelled": INTERRUPTED}


class Following:
    """`run` shows the events; `interrupt` asks for `stop` and goes on to the end that follows. A second
    `interrupt`, or one where there is nothing to stop, leaves."""

    def __init__(
        self,
        events: AsyncIterator[AnyEvent],
        shown: Shown,
        stop: Callable[[], Coroutine[Any, Any, object]] | None = None,
    ) -> None:
        self._events = events
        self._shown = shown
        self._stop = stop
        self._stopping: asyncio.Task[object] | None = None
        self._running: asyncio.Task[Any] | None = None
        self.is_left = False

    async def run(self) -> int:
        """The exit status that the turn's end deserves."""
        self._running = asyncio.current_task()
        try:
            status = await self._follow()
            if self._stopping is not None:
                await self._stopping
        except asyncio.CancelledError:
            if not self.is_left:
                raise
            return INTERRUPTED
        return status

    def interrupt(self) -> None:
        if self._stop is not None and self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        elif self._running is not None:
            self.is_left = True
            self._running.cancel()

    async def _follow(self) -> int:
        status = FAILED
        with self._shown.open():
            ticking = asyncio.create_task(self._tick())
            try:
                async for event in self._events:
                    self._shown.show(event)
                    if isinstance(event, TurnFinished):
                        status = _STATUS.get(event.status, FAILED)
            finally:
                ticking.cancel()
        return status

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._shown.tick()
