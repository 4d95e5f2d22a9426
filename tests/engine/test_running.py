"""The turns of one process stay its own for as long as it lives."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest

from rivulet.domain import events as e
from rivulet.domain.bot import Limits
from rivulet.domain.errors import StorageFailed
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import check
from rivulet.engine.runner import LEASE_MS
from rivulet.ports.answering import Finished, Task
from rivulet.ports.turns import Claim

from .conftest import Bench

pytestmark = pytest.mark.anyio
PATIENT = Limits(first_event_s=None, idle_s=None)


async def thinking(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    """Nothing for six leases, then a word."""
    await asyncio.sleep(6 * LEASE_MS / 1000)
    yield e.TextStarted(part_id="t")
    yield e.TextDelta(part_id="t", delta="So.")
    yield e.TextFinished(part_id="t")


async def strangers_get_nothing(bench: Bench, turn_ids: Sequence[str]) -> None:
    """Somebody who looks for a turn to take over, until the first one is over, finds none."""
    runner = bench.service.running.get(turn_ids[0])
    assert runner is not None
    while not runner.done.done():
        for turn_id in turn_ids:
            assert await bench.store.log.claim(LOCAL.tenant_id, turn_id, "other", LEASE_MS) is None
        assert await bench.store.turns.unfinished() == []
        await asyncio.sleep(0.3)


async def test_a_turn_that_is_longer_than_its_lease_is_nobody_elses(make_bench: Callable[..., Bench]) -> None:
    """One that thinks in silence and one that waits for it: both are answered here, and once."""
    bench = make_bench(PATIENT)
    bench.says("thinking", thinking)
    started = await bench.ask("thinking")
    queued = await bench.ask(chat_id=started.chat_id, on_busy="queue")
    tending = asyncio.create_task(bench.service.tend())
    await strangers_get_nothing(bench, [started.turn_id, queued.turn_id])
    for each in (started, queued):
        check(log := await bench.ended(each))
        assert isinstance(log[-1], e.TurnFinished)
        assert log[-1].status == "completed"
    tending.cancel()


async def test_a_renewal_that_fails_costs_no_turn(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every second one does, and the turn stays its owner's."""
    bench = make_bench(PATIENT)
    bench.says("thinking", thinking)
    renew, calls = bench.store.turns.renew, 0

    async def unreliable(claims: Sequence[Claim], lease_ms: int) -> None:
        nonlocal calls
        calls += 1
        if calls % 2:
            raise StorageFailed if calls % 4 == 1 else OSError("broken pipe")
        await renew(claims, lease_ms)

    monkeypatch.setattr(bench.store.turns, "renew", unreliable)
    started = await bench.ask("thinking")
    tending = asyncio.create_task(bench.service.tend())
    await strangers_get_nothing(bench, [started.turn_id])
    assert calls > 10
    tending.cancel()
