"""What a dead process left open: finished as interrupted with its text kept, or run again if it had none."""

import logging
from collections.abc import Callable, Sequence

from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Fold
from rivulet.engine.hub import Hub
from rivulet.engine.runner import LEASE_MS, Runner, whole_log
from rivulet.engine.running import Running
from rivulet.ports.turns import Claim, TurnLog, TurnRecord, Turns

log = logging.getLogger(__name__)

MakeRunner = Callable[[TurnRecord, Claim, Sequence[AnyEvent]], Runner]


class Recovery:
    """`run()` once, at start. `retries` says whether a turn without output is answered again."""

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

    async def run(self) -> int:
        """How many turns were found. One that cannot be recovered never stops the others."""
        records = [each for each in await self._turns.unfinished() if self._running.get(each.id) is None]
        for record in records:
            try:
                await self._recover(record)
            except Exception:
                log.exception("turn %s could not be recovered", record.id)
        return len(records)

    async def _recover(self, record: TurnRecord) -> None:
        claim = await self._log.claim(record.tenant_id, record.id, self._owner, LEASE_MS)
        if claim is None:
            return
        so_far = await whole_log(self._log, record.tenant_id, record.id)
        folded = Fold()
        for event in so_far:
            folded.add(event)
        runner = self._make_runner(record, claim, so_far)
        # Sources that were shown count as output: shown twice they would be twice as many.
        is_retried = self._retries and not folded.has_output and not folded.sources
        if not is_retried:
            runner.interrupt()
        self._hub.opened(record.id, so_far, None)
        self._running.start(runner, claim, record.chat_id)
        if not is_retried:
            await runner.done
