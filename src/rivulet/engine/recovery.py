"""What was left open: finished as interrupted with its text kept, or, when a dead process left it without
any, run again.

A process leaves a turn open when it dies. It also does when the end could not be written, or when whoever
asked was gone before the turn could be started; such turns are found when recovery looks again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from rivulet.domain.errors import Interrupted, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Fold
from rivulet.engine.hub import Hub
from rivulet.engine.runner import LEASE_MS, Runner, whole_log
from rivulet.engine.running import Running
from rivulet.ports.turns import Claim, TurnLog, TurnRecord, Turns

log = logging.getLogger(__name__)

AGAIN_S = LEASE_MS / 1000
"""How long until recovery looks again. A turn that is left has lost its lease by the second look at the
latest, so its readers wait ten seconds at most once it can be ended; a look costs 6 ms of CPU while a
thousand turns run."""

TOGETHER = 32
"""Turns that are ended at the same time, so that one commit has the ends of many, because each end waits for
the disk: 0.4 s for 300 turns, where one after the other took 12. Each has its log in memory until then."""

_LEFT_HERE = "The server could not bring this answer to its end; the text up to there is kept."

MakeRunner = Callable[[TurnRecord, Claim, Sequence[AnyEvent]], Runner]


class Recovery:
    """`run()` at start and from time to time. `retries` says whether a turn without output that another
    process left is answered again."""

    def __init__(
        self,
        turn_log: TurnLog,
        turns: Turns,
        hub: Hub,
        running: Running,
        owner: str,
        make_runner: MakeRunner,
        retries: bool,
    ) -> None:
        self._log = turn_log
        self._turns = turns
        self._hub = hub
        self._running = running
        self._owner = owner
        self._make_runner = make_runner
        self._retries = retries
        self._one_at_a_time = asyncio.Lock()
        self._places = asyncio.Semaphore(TOGETHER)
        self._trouble = ""

    async def run(self) -> int:
        """How many turns were found. Never raises; one that cannot be recovered never stops the others, and
        is found again the next time."""
        async with self._one_at_a_time:
            try:
                found = await self._turns.unfinished()
            except RivuletError as problem:
                self._tell(f"unfinished turns cannot be looked for: {problem.code}")
                return 0
            except Exception:
                log.exception("unfinished turns could not be looked for")
                return 0
            left = [each for each in found if not self._running.has(each.id)]
            troubles = await asyncio.gather(*(self._attempt(each) for each in left))
            self._tell(", ".join(sorted({*troubles} - {""})))
            return len(left)

    async def _attempt(self, record: TurnRecord) -> str:
        """What was in the way, if anything."""
        try:
            async with self._places:
                await self._recover(record)
        except RivuletError as problem:
            self._running.not_ended(record.id, problem)
            return f"turns cannot be recovered yet: {problem.code}"
        except Exception:
            log.exception("turn %s could not be recovered", record.id)
        return ""

    def _tell(self, trouble: str) -> None:
        """Once, not at every look: a full disk may stay full for days."""
        if trouble and trouble != self._trouble:
            log.warning("%s", trouble)
        self._trouble = trouble

    async def _recover(self, record: TurnRecord) -> None:
        if self._running.has(record.id):  # opened since, or not yet started when it was found
            return
        claim = await self._log.claim(record.tenant_id, record.id, self._owner, LEASE_MS)
        if claim is None:
            return
        so_far = await whole_log(self._log, record.tenant_id, record.id)
        folded = Fold()
        for event in so_far:
            folded.add(event)
        runner = self._make_runner(record, claim, so_far)
        # What was asked of this process may have been stopped here: it is ended, not answered after all.
        is_ours = record.owner == self._owner
        # Sources that were shown count as output: shown twice they would be twice as many.
        is_retried = self._retries and not is_ours and not folded.has_output and not folded.sources
        if not is_retried:
            runner.interrupt(Interrupted(_LEFT_HERE) if is_ours else None)
        self._hub.opened(record.id, so_far, None)
        self._running.start(runner, claim, record.chat_id)
        if not is_retried:
            await runner.done
