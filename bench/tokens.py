"""CPU per token at three loads, and what a thousand turns at once are like for their readers."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench import load, model, servers
from bench.load import Load
from bench.plan import Plan, medians
from bench.table import Check, Row

EVERY_MS = 50
"""20 tokens a second, about what people read at most and hosted models write."""


@dataclass(frozen=True)
class Shape:
    """So many answers open at once; the ramp opens them one after the other."""

    title: str
    streams: int
    ramp_ms: int
    warm_ms: int
    window_ms: int

    def tokens(self) -> int:
        """Enough for the first answer to last until the window is over."""
        return math.ceil((self.ramp_ms + self.warm_ms + self.window_ms) / EVERY_MS) + 10


K1 = Shape("1,000 turns × 20/s", 1000, 5000, 3000, 6000)
MID = Shape("200 turns × 20/s", 200, 1500, 1500, 6000)
LIGHT = Shape("25 turns × 20/s", 25, 500, 1500, 6000)
FULL = "FastAPI+openai is not asked: its core is full at about 5,000 tokens a second, a quarter of these"
Found = dict[tuple[str, str], list[tuple[Load, int]]]
"""(shape, server) → the loads and the resident kB before each."""


def measure(plan: Plan) -> list[Row]:
    found: Found = defaultdict(list)
    for repeat, server in plan.rounds():
        with model.running() as upstream, servers.running(server, upstream) as running:
            warm_up(running, upstream)
            for shape in (LIGHT, MID, K1):
                if shape is K1 and server is servers.SDK:
                    continue  # see FULL
                plan.settle()
                result = one(plan, shape, running, upstream)
                found[shape.title, server.name].append(result)
                plan.say(_line(shape, server.name, repeat, result[0]))
    return [*_cpu_rows(found), *_crowd_rows(found)]


def warm_up(running: servers.Running, upstream: model.Model) -> None:
    """The first requests import, connect and allocate; nobody wants to know how fast."""
    upstream.pace(tokens=20, every_us=1000)
    load.run(running.port, running.path, running.body, 40, window_ms=1000, ramp_ms=500, tokens=20, once=True)


def one(plan: Plan, shape: Shape, running: servers.Running, upstream: model.Model) -> tuple[Load, int]:
    """The whole of every answer is read, so that a lost token shows."""
    if plan.is_quick:
        shape = Shape(shape.title, shape.streams, shape.ramp_ms // 2, 1000, 2500)
    streams, before = plan.count(shape.streams), running.rss_kb()
    upstream.pace(tokens=shape.tokens(), every_us=EVERY_MS * 1000)
    result = load.run(
        running.port,
        running.path,
        running.body,
        streams,
        ramp_ms=shape.ramp_ms,
        warm_ms=shape.warm_ms,
        window_ms=shape.window_ms,
        drain_ms=30_000,
        tokens=shape.tokens(),
        once=True,
        end_mark=running.server.end_mark,
        pids=running.pids,
        model_pid=upstream.pid,
    )
    result.lost_tokens = streams * shape.tokens() - (result.all_tokens - result.extra_tokens)
    return result, before


def _cpu_rows(found: Found) -> list[Row]:
    checks = {
        K1.title: [Check(2.5, "floor"), Check(1.0, "relay")],
        MID.title: [Check(5.0, "sdk", is_cheaper=True)],
        LIGHT.title: [],
    }
    return [
        _row(
            f"CPU per token, {title}",
            "µs",
            found,
            title,
            checks[title],
            lambda load, _: load.cpu_us_per_token,
            FULL if title == K1.title else "",
        )
        for title in checks
    ]


def _crowd_rows(found: Found) -> list[Row]:
    def row(label: str, unit: str, figure: Callable[[Load, int], float], *checks: Check) -> Row:
        return _row(f"{label}, {K1.title}", unit, found, K1.title, checks, figure)

    return [
        row("p99 between two tokens", "ms", lambda load, _: load.gap_us.p99 / 1000, Check(150)),
        row("p50 of a token's time in the server", "ms", lambda load, _: load.transit_us.p50 / 1000),
        row(
            "p99 of a token's time in the server", "ms", lambda load, _: load.transit_us.p99 / 1000, Check(5)
        ),
        row(
            "tokens lost or doubled", "", lambda load, _: abs(load.lost_tokens) + load.extra_tokens, Check(0)
        ),
        row("turns without their end", "", lambda load, _: load.streams - load.ended, Check(0)),
        row("resident memory", "MB", lambda load, _: load.rss_kb / 1024),
        row(
            "memory per open stream",
            "KiB",
            lambda load, before: (load.rss_kb - before) / load.streams,
            Check(100),
        ),
    ]


def _row(
    label: str,
    unit: str,
    found: Found,
    title: str,
    checks: Sequence[Check],
    figure: Callable[[Load, int], float],
    note: str = "",
) -> Row:
    samples: Mapping[str, list[float]] = {
        name: [figure(*each) for each in loads] for (shape, name), loads in found.items() if shape == title
    }
    return Row(label, unit, medians(samples), checks, note, samples)


def _line(shape: Shape, name: str, repeat: int, result: Load) -> str:
    return (
        f"  {shape.title:20} {name:8} #{repeat + 1}: {result.cpu_us_per_token:6.1f} µs/token, "
        f"core {result.server_cpu_frac:4.0%}, transit p99 {result.transit_us.p99 / 1000:.1f} ms, "
        f"lost {result.lost_tokens}, unended {result.streams - result.ended}"
        + (f", {result.http_errors} errors: {result.first_error}" if result.http_errors else "")
    )
