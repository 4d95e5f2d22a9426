"""The turns that are being answered in this process: found by id and by chat, waited for at the end."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rivulet.domain.errors import RivuletError
from rivulet.domain.events import TurnFinished
from rivulet.engine.runner import LEASE_MS, Receipt, Runner
from rivulet.ports.turns import Claim, Turns

log = logging.getLogger(__name__)

RENEW_S = LEASE_MS / 3000
"""How often the leases are renewed: one that is late, or lost on its way, costs no turn."""

OUTCOMES = 1_000
"""Receipts kept so that a second stop of the same turn gets the same answer; until there is one, errors."""


class Running:
    """Starts runners and remembers them until they are done; `observe` is told of every end."""

    def __init__(self, observe: Callable[[TurnFinished], None]) -> None:
        self._observe = observe
        self._opening: set[str] = set()
        self._runners: dict[str, Runner] = {}
        self._by_chat: dict[tuple[str, str], list[Runner]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes: OrderedDict[str, Receipt | RivuletError] = OrderedDict()

    def __len__(self) -> int:
        return len(self._runners)

    def get(self, turn_id: str) -> Runner | None:
        return self._runners.get(turn_id)

    def has(self, turn_id: str) -> bool:
        """Whether somebody here answers it, or is about to: then it is nobody else's to end."""
        return turn_id in self._runners or turn_id in self._opening

    @contextmanager
    def opening(self, turn_id: str) -> Generator[None]:
        """Around what puts a new turn on disk, where others may see it before it can be started."""
        self._opening.add(turn_id)
        try:
            yield
        finally:
            self._opening.discard(turn_id)

    def outcome(self, turn_id: str) -> Receipt | RivuletError | None:
        """How a turn ended that ran here lately, or why it could not be ended."""
        return self._outcomes.get(turn_id)

    def not_ended(self, turn_id: str, why: RivuletError) -> None:
        """Nobody could be found to end it here, for now."""
        self._remember(turn_id, why)

    def in_chat(self, tenant_id: str, chat_id: str) -> list[Runner]:
        """Oldest first."""
        return list(self._by_chat.get((tenant_id, chat_id), ()))

    def start(self, runner: Runner, claim: Claim, chat_id: str) -> None:
        """Runs the turn in a task of its own."""
        neighbours = self._by_chat.setdefault((claim.tenant_id, chat_id), [])
        neighbours.append(runner)
        self._runners[claim.turn_id] = runner
        task = asyncio.create_task(runner.run(), name=f"turn {claim.turn_id}")
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            del self._runners[claim.turn_id]
            neighbours.remove(runner)
            if not neighbours:
                self._by_chat.pop((claim.tenant_id, chat_id), None)
            if runner.finished is not None:
                self._observe(runner.finished)
            if runner.outcome is not None:
                self._remember(claim.turn_id, runner.outcome)

        task.add_done_callback(ended)

    def _remember(self, turn_id: str, outcome: Receipt | RivuletError) -> None:
        self._outcomes[turn_id] = outcome
        if len(self._outcomes) > OUTCOMES:
            self._outcomes.popitem(last=False)

    async def renew(self, turns: Turns) -> None:
        """All that is answered here stays ours for another lease, however long it takes. Never raises."""
        try:
            await turns.renew([each.claim for each in self._runners.values()], LEASE_MS)
        except RivuletError as problem:
            log.warning("leases cannot be renewed: %s", problem.code)
        except Exception:
            log.exception("leases could not be renewed")

    async def drain(self, seconds: float) -> None:
        """Lets the turns end for `seconds`, then marks the rest as interrupted and waits for their ends."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for runner in self._runners.values():
            runner.interrupt()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
