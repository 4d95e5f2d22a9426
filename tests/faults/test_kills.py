"""kill -9 at random moments: nothing shown is lost or doubled, and every turn ends exactly once."""

import asyncio
from pathlib import Path

import pytest

from rivulet.testing.chaos import Report, kill_loop

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

KILLS = 50
LANES = 2


async def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    """After each the log has every event a reader saw, and soon one terminal event for every turn."""
    reports = await asyncio.gather(
        *(kill_loop(KILLS // LANES, tmp_path / f"lane{lane}", seed=lane) for lane in range(LANES))
    )
    total = Report(seed=0)
    for report in reports:
        total.add(report)
    assert total.violations == []
    assert total.kills >= KILLS
    assert total.turns > KILLS
    assert {"failed", "completed"} <= set(total.statuses)
    assert max(total.orphan_s) <= 5.0, "an orphan is closed soon after the start, on a busy machine too"
