"""kill -9 at random moments and connections that keep breaking; what is counted must be nothing."""

import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from bench import machine
from bench.plan import Plan
from bench.table import Check, Row
from rivulet.testing.chaos import Report, kill_loop
from rivulet.testing.reconnects import storm
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import ServerProcess

KILLS = 1000
RECONNECTS = 10_000
LANES = 2
"""Servers killed side by side; each has its own data directory. A start costs a second of one core."""


def measure(plan: Plan) -> list[Row]:
    """All of it when it is asked for by name; a twentieth among the other measurements."""
    kills = plan.count(KILLS if plan.is_named else KILLS // 20, 20)
    reconnects = plan.count(RECONNECTS if plan.is_named else RECONNECTS // 10, 1000)
    folder = Path(tempfile.mkdtemp(prefix="rivulet-faults-"))
    machine.use_all_cores()
    try:
        killed = asyncio.run(_kills(plan, folder, kills))
        stormed = asyncio.run(_reconnects(plan, folder, reconnects))
    finally:
        machine.use_load_core()
        shutil.rmtree(folder, ignore_errors=True)
    return [*_kill_rows(killed), *_storm_rows(stormed)]


async def _kills(plan: Plan, folder: Path, kills: int) -> Report:
    reports = [Report(seed=seed) for seed in range(LANES)]
    begun = time.monotonic()

    def progress(lane: int, report: Report) -> None:
        reports[lane] = report
        done = sum(each.kills for each in reports)
        if done % 10 < LANES:
            took = time.monotonic() - begun
            plan.say(
                f"  {done} of {kills} kills in {took:.0f} s, {sum(each.turns for each in reports)} turns"
            )

    seed = int(time.time())
    found = await asyncio.gather(
        *(
            kill_loop(
                -(-kills // LANES),
                folder / f"lane{lane}",
                seed=seed + lane,
                progress=lambda report, lane=lane: progress(lane, report),
            )
            for lane in range(LANES)
        )
    )
    total = Report(seed=seed)
    for each in found:
        total.add(each)
    return total


async def _reconnects(plan: Plan, folder: Path, reconnects: int) -> Report:
    async with ScriptedModel() as upstream:
        server = ServerProcess(
            folder / "storm",
            arguments=["--model", "openai:counting"],
            environment={"OPENAI_BASE_URL": f"{upstream.url}/v1", "OPENAI_API_KEY": "none"},
        )
        async with server:
            return await storm(
                reconnects,
                server.url,
                upstream,
                seed=int(time.time()),
                progress=lambda report: plan.say(f"  {report.returns} of {reconnects} reconnects"),
            )


def _kill_rows(report: Report) -> list[Row]:
    what = f"kill -9 × {report.kills:,}"
    outcomes = ", ".join(f"{count} {status}" for status, count in sorted(report.statuses.items()))
    note = (
        f"{report.turns:,} turns ({outcomes}), {report.unknown} of them asked without getting an answer, "
        f"{report.events:,} events, {report.returns:,} returns of followers, {report.stops} stops, "
        f"{report.kills_during_start} kills during the start; first seed {report.seed}"
    )
    orphans = sorted(report.orphan_s)
    rows = [
        Row(
            f"{what}: lost, doubled, not ended once",
            "",
            {"rivulet": len(report.violations)},
            [Check(0)],
            note,
        )
    ]
    if orphans:
        rows.append(
            Row(
                f"{what}: orphan closed after the server is ready, worst",
                "s",
                {"rivulet": orphans[-1]},
                [Check(1)],
                note=f"{len(orphans)} orphans, median {statistics.median(orphans) * 1000:.0f} ms",
            )
        )
    return rows + [Row("violation", "", {}, note=each) for each in report.violations[:20]]


def _storm_rows(report: Report) -> list[Row]:
    note = f"{report.turns} turns, {report.events:,} events shown; seed {report.seed}"
    label = f"{report.returns:,} reconnects: lost or doubled"
    rows = [Row(label, "", {"rivulet": len(report.violations)}, [Check(0)], note)]
    return rows + [Row("violation", "", {}, note=each) for each in report.violations[:20]]
