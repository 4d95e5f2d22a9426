"""Stopping at random moments: when the caller has the receipt, and when the model's socket is closed."""

import asyncio
import random
import time
from collections import defaultdict

import aiohttp

from bench import model, servers
from bench.plan import Plan, medians
from bench.table import Check, Row
from bench.tokens import warm_up

AT_ONCE = 4
"""Stops under way together: a few people's worth, so that the figure is the server's and not a queue's."""


def measure(plan: Plan) -> list[Row]:
    acknowledged: dict[str, list[float]] = defaultdict(list)
    closed: dict[str, list[float]] = defaultdict(list)
    stops = plan.count(400, 60)
    for repeat, server in plan.rounds():
        with model.running() as upstream, servers.running(server, upstream) as running:
            warm_up(running, upstream)
            upstream.pace(tokens=10_000, every_us=20_000, first_us=60_000)
            plan.settle()
            acks, closes = asyncio.run(_stop_many(running, upstream, stops, seed=repeat))
            closed[server.name].append(_p99(closes))
            if acks:
                acknowledged[server.name].append(_p99(acks))
            plan.say(f"  stop {server.name:8} #{repeat + 1}: {stops} stops, p99 closed {_p99(closes):.1f} ms")
    return [
        Row(
            f"stop acknowledged, p99 of {stops}",
            "ms",
            medians(acknowledged),
            [Check(100)],
            samples=acknowledged,
        ),
        Row(
            f"stop until the model's socket is closed, p99 of {stops}",
            "ms",
            medians(closed),
            [Check(250)],
            note="the peers have no stop: theirs is the time after the client hung up",
            samples=closed,
        ),
    ]


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.99 * (len(values) - 1)))]


async def _stop_many(
    running: servers.Running, upstream: model.Model, stops: int, seed: int
) -> tuple[list[float], list[float]]:
    """Milliseconds to the receipt, and to the close the model saw; both from the moment of asking."""
    draw = random.Random(seed)
    asked: dict[int, int] = {}
    acks: list[float] = []
    tags = iter(range(stops))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}", connector=connector) as session:

        async def worker() -> None:
            for tag in tags:
                at, ack_ms = await _stop_one(session, running, tag, draw.uniform(0.0, 0.4))
                asked[tag] = at
                if ack_ms is not None:
                    acks.append(ack_ms)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    await asyncio.sleep(0.5)
    saw = await asyncio.to_thread(upstream.closes)
    still_open = await asyncio.to_thread(upstream.open_streams)
    if still_open:
        raise RuntimeError(f"{still_open} streams are still open at the model after they were stopped")
    # A turn that is stopped before it asked the model has nothing to close.
    return acks, [(saw[tag] - at) / 1000 for tag, at in asked.items() if tag in saw]


async def _stop_one(
    session: aiohttp.ClientSession, running: servers.Running, tag: int, after_s: float
) -> tuple[int, float | None]:
    if running.server is servers.RIVULET:
        body: dict[str, object] = {"input": f"A long story, please. #tag-{tag}.", "search_mode": "none"}
    else:
        body = dict(running.body) | {"messages": [{"role": "user", "content": f"#tag-{tag}."}]}
    asking = asyncio.create_task(_follow(session, running.path, body))
    await asyncio.sleep(after_s)
    if running.server is not servers.RIVULET:
        at = _now_us()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        return at, None
    location = await asyncio.wait_for(asking, 10)
    at = _now_us()
    async with session.post(f"{location}/stop") as answer:
        receipt = await answer.json()
        assert receipt["status"] == "cancelled", receipt
        return at, (_now_us() - at) / 1000


async def _follow(session: aiohttp.ClientSession, path: str, body: dict[str, object]) -> str:
    """Rivulet's turn goes on by itself; a peer's answer only lives as long as somebody reads it."""
    if path == servers.RIVULET.path:
        async with session.post(path, json=body) as answer:
            answer.raise_for_status()
            return answer.headers["location"]
    async with session.post(path, json=body) as answer:
        async for _ in answer.content.iter_any():
            pass
    return ""


def _now_us() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
