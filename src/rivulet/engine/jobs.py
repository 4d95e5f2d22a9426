"""Work that goes on after the request that asked for it was answered: indexing what was sent."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from rivulet.domain.errors import RivuletError

log = logging.getLogger(__name__)


class Jobs:
    """What a job did stands in the store, so nobody waits for one; a job that is cut short by the end of the
    process is found unfinished there at the next start."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Runs it in a task of its own; a failure is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancels what still runs and waits for it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (problem := task.exception()) is None:
            return
        if isinstance(problem, RivuletError):
            log.warning("%s: %s", task.get_name(), problem.message)
        else:
            log.error("%s failed", task.get_name(), exc_info=problem)
