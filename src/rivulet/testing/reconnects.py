"""Followers whose connections keep breaking: whatever happens on the way, each must see exactly the log.

Both runs drive a server over HTTP through a `FaultProxy`; its model must be a scripted one (`witness`).
"""

import asyncio
import random
from collections.abc import Callable
from itertools import repeat

import aiohttp

from rivulet.testing.chaos import Report
from rivulet.testing.fault_proxy import Fault, FaultProxy
from rivulet.testing.follower import Follower
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.witness import counting, examine, question

WORDS = 300
GAP_MS = 3
"""A turn of about a second and 30 kB: long enough to be cut a dozen times while it is written."""

ROUND_LIMIT_S = 120.0
"""A round takes about ten seconds; a follower that has not come to the end by now never will."""

STALL_S = 0.2
"""After this long a client gives a silent connection up."""


async def storm(
    reconnects: int,
    url: str,
    model: ScriptedModel,
    *,
    seed: int = 0,
    turns: int = 10,
    followers: int = 10,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Rounds of `turns` × `followers` until there were that many reconnects: about 1,500 a round."""
    report, draw = Report(seed=seed), random.Random(seed)  # noqa: S311 (repeatable, not secret)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        while report.returns < reconnects and not report.violations:
            await _round(report, session, url, model, draw, turns, followers)
            progress(report)
    return report


async def cut_at_every_byte(url: str, model: ScriptedModel, *, words: int = 12, step: int = 1) -> Report:
    """One finished turn, followed once per byte of its stream, the first connection cut exactly there by
    RST and by FIN in turn. Every follower must put the same log together."""
    report = Report(seed=0)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        asked = question(words, 0, "every byte")
        model.then(counting)
        turn_id = await ask(session, url, asked)
        whole = Follower(session, lambda: url, turn_id)
        await whole.follow()
        size = await _wire_bytes(url, turn_id)
        for cut in range(1, size, step):
            follower = await _cut_once(session, url, turn_id, cut)
            report.returns += follower.returns
            report.violations += follower.violations
            if follower.events != whole.events:
                report.violations.append(f"cut after {cut} bytes: {len(follower.events)} events came")
        account = await examine(session, url, turn_id, asked, words, [whole])
        report.violations += account.violations
        report.turns, report.events = 1, len(account.log)
    return report


async def ask(session: aiohttp.ClientSession, url: str, asked: str) -> str:
    """Starts a turn and returns its id."""
    body = {"input": asked, "search_mode": "none"}
    async with session.post(f"{url}/v1/turns", json=body) as answer:
        answer.raise_for_status()
        return str((await answer.json())["turn_id"])


async def _round(
    report: Report,
    session: aiohttp.ClientSession,
    url: str,
    model: ScriptedModel,
    draw: random.Random,
    turns: int,
    followers: int,
) -> None:
    model.then(*repeat(counting, turns))
    questions = [question(WORDS, GAP_MS, f"turn {report.turns + n}") for n in range(turns)]
    async with FaultProxy(_port(url), lambda _: _any_fault(draw)) as proxy:
        turn_ids = await asyncio.gather(*(ask(session, url, asked) for asked in questions))
        readers = [
            [Follower(session, lambda: proxy.url, turn_id, stall_s=STALL_S) for _ in range(followers)]
            for turn_id in turn_ids
        ]
        following = [asyncio.create_task(reader.follow()) for group in readers for reader in group]
        _, late = await asyncio.wait(following, timeout=ROUND_LIMIT_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    for turn_id, asked, group in zip(turn_ids, questions, readers, strict=True):
        account = await examine(session, url, turn_id, asked, WORDS, group)
        report.violations += account.violations
        report.turns += 1
        report.events += len(account.log) * len(group)
        report.returns += sum(reader.returns for reader in group)
        status = account.turn.status
        report.statuses[status] = report.statuses.get(status, 0) + 1


def _any_fault(draw: random.Random) -> Fault:
    """Mostly cuts, at any byte of the head or the first 4 kB; now and then a refusal or a slow line."""
    kind = draw.random()
    if kind < 0.05:
        return Fault(refuse=True)
    how = draw.choice(("rst", "fin", "rst", "fin", "stall"))
    if kind < 0.15:
        return Fault(end=how, after_bytes=draw.randint(1, 4000), slice_bytes=draw.choice((1, 7, 100)))
    if kind < 0.2:
        return Fault(end=how, after_bytes=draw.randint(1, 4000), delay_s=0.01)
    return Fault(end=how, after_bytes=draw.randint(1, 4000))


async def _cut_once(session: aiohttp.ClientSession, url: str, turn_id: str, cut: int) -> Follower:
    faults = [Fault(end="rst" if cut % 2 else "fin", after_bytes=cut)]
    async with FaultProxy(_port(url), lambda _: faults.pop() if faults else Fault()) as proxy:
        follower = Follower(session, lambda: proxy.url, turn_id, pause_s=0)
        await follower.follow()
        return follower


async def _wire_bytes(url: str, turn_id: str) -> int:
    """How many bytes the whole answer has, head and framing included."""
    reader, writer = await asyncio.open_connection("127.0.0.1", _port(url))
    try:
        writer.write(
            b"GET /v1/turns/%s/events HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
            % turn_id.encode()
        )
        return len(await reader.read(-1))
    finally:
        writer.close()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
