"""How much later the first token comes than from the model itself: alone, in a crowd, and with retrieval."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bench import client, load, machine, model, servers
from bench.plan import Plan, medians
from bench.table import Check, Row
from bench.tokens import warm_up

CROWD = 100
ROOT = Path(__file__).parents[1]


def measure(plan: Plan) -> list[Row]:
    alone: dict[str, list[float]] = defaultdict(list)
    crowd: dict[str, list[float]] = defaultdict(list)
    for repeat, server in plan.rounds():
        with model.running() as upstream, servers.running(server, upstream) as running:
            warm_up(running, upstream)
            plan.settle()
            alone[server.name].append(_alone(plan, running.port, running.path, running.body, upstream))
            crowd[server.name].append(_crowd(plan, running, upstream))
            plan.say(
                f"  first token {server.name:8} #{repeat + 1}: alone +{alone[server.name][-1]:.2f} ms, "
                f"{CROWD} at once p95 +{crowd[server.name][-1]:.1f} ms"
            )
    return [
        Row("added to the first token, alone, p50", "ms", medians(alone), [Check(5)], samples=alone),
        Row(
            f"added to the first token, {CROWD} at once, p95",
            "ms",
            medians(crowd),
            [Check(100)],
            samples=crowd,
        ),
    ]


def _alone(plan: Plan, port: int, path: str, body: Mapping[str, object], upstream: model.Model) -> float:
    """One question after the other on one connection; milliseconds beyond the model's own."""
    upstream.pace(tokens=4, every_us=1000)
    window_ms = plan.count(4000, 1500)
    through = load.run(port, path, body, 1, window_ms=window_ms, tokens=4)
    direct = load.run(
        upstream.port, servers.FLOOR.path, servers.FLOOR.body, 1, window_ms=window_ms // 2, tokens=4
    )
    return (through.ttft_us.p50 - direct.ttft_us.p50) / 1000


def _crowd(plan: Plan, running: servers.Running, upstream: model.Model) -> float:
    upstream.pace(tokens=20, every_us=50_000)
    streams = plan.count(CROWD)
    late: list[float] = []
    for _ in range(plan.count(5, 2)):
        through = load.run(
            running.port, running.path, running.body, streams, window_ms=2500, tokens=20, once=True
        )
        direct = load.run(
            upstream.port,
            servers.FLOOR.path,
            servers.FLOOR.body,
            streams,
            window_ms=2500,
            tokens=20,
            once=True,
        )
        late.append((through.ttft_us.p95 - direct.ttft_us.p95) / 1000)
    return medians({"": late})[""] or 0.0


def measure_retrieval(plan: Plan) -> list[Row]:
    """The same alone with the project's own pages as documents, found and put into the prompt."""
    if servers.RIVULET not in plan.servers:
        return []
    folder = Path(tempfile.mkdtemp(prefix="rivulet-bench-docs-"))
    try:
        for page in sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")}):
            shutil.copy(page, folder / f"{page.parent.name}-{page.name}")
        with model.running() as upstream, servers.running(servers.RIVULET, upstream, folder) as running:
            machine.wait_until(lambda: _is_indexed(running.port), running.child, limit_s=60)
            body = {"input": "How does a client resume a turn with its cursor?", "on_disconnect": "cancel"}
            upstream.pace(tokens=20, every_us=1000)
            load.run(running.port, running.path, body, 1, window_ms=500)
            plan.settle()
            late = _alone(plan, running.port, running.path, body, upstream)
            pages = len(list(folder.iterdir()))
            return [
                Row(
                    "added to the first token with retrieval, alone, p50",
                    "ms",
                    {"rivulet": late},
                    note=f"documents: {pages} pages of this project",
                )
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_indexed(port: int) -> bool:
    sources = client.get_json(port, "/v1/sources").get("sources")
    return bool(sources) and all(source["status"] == "ready" for source in sources)
