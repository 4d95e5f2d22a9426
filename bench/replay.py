"""Reading a long finished turn again from its first event."""

import time
from collections.abc import Callable

from bench import client, model, servers
from bench.plan import Plan, medians
from bench.table import Check, Row

EVENTS = 10_000


Readings = dict[str, list[client.Reading]]


def measure(plan: Plan) -> list[Row]:
    if servers.RIVULET not in plan.servers:
        return []
    found: Readings = {}
    with model.running() as upstream:
        with servers.running(servers.RIVULET, upstream) as running:
            turn, events = _long_turn(running, upstream, plan.count(EVENTS))
            found["rivulet"] = _read(plan, running, f"/v1/turns/{turn}/events", events)
        if servers.PASSING in plan.servers:
            with servers.running(servers.PASSING, upstream) as running:
                client.put(running.port, "/replay", client.unchunked(found["rivulet"][0].body))
                found["passing"] = _read(plan, running, "/replay", events)
    label = f"replay of {plan.count(EVENTS):,} events"
    note = "the peer sends the same frames from a list in memory; the others keep nothing to send"
    return [
        _row(f"{label}, first byte", found, lambda reading: reading.first_s, 50, note),
        _row(f"{label}, all", found, lambda reading: reading.all_s, 500),
    ]


def _read(plan: Plan, running: servers.Running, path: str, events: int) -> list[client.Reading]:
    plan.settle()
    readings = [client.get(running.port, path) for _ in range(plan.count(15, 5))]
    for reading in readings:
        assert reading.body.count(b"event: ") >= events, "the replay is not whole"
    return readings


def _row(
    label: str, found: Readings, seconds: Callable[[client.Reading], float], limit_ms: float, note: str = ""
) -> Row:
    samples = {name: [seconds(each) * 1000 for each in readings] for name, readings in found.items()}
    return Row(label, "ms", medians(samples), [Check(limit_ms)], note, samples)


def _long_turn(running: servers.Running, upstream: model.Model, wanted: int) -> tuple[str, int]:
    """A turn of at least that many events. Tokens that wait together become one event, so on a busy machine
    it takes more of them."""
    tokens, most = round(wanted * 1.1), 0
    for _ in range(4):
        upstream.pace(tokens=tokens, every_us=1000)
        started = client.post_json(running.port, running.path, {**running.body, "on_disconnect": "continue"})
        path = f"/v1/turns/{started['turn_id']}"
        time.sleep(tokens / 1000)
        while (turn := client.get_json(running.port, path))["status"] == "in_progress":
            time.sleep(0.25)
        if turn["seq"] >= wanted:
            return started["turn_id"], turn["seq"]
        most = max(most, turn["seq"])
        tokens = round(tokens * min(3.0, wanted / turn["seq"] * 1.2))
    raise RuntimeError(f"the longest turn has {most} events instead of {wanted}")
