"""Reading a long finished turn again from its first event."""

import time

from bench import client, model, servers
from bench.plan import Plan, medians
from bench.table import Check, Row

EVENTS = 10_000


def measure(plan: Plan) -> list[Row]:
    if servers.RIVULET not in plan.servers:
        return []
    wanted = plan.count(EVENTS)
    with model.running() as upstream, servers.running(servers.RIVULET, upstream) as running:
        turn, events = _long_turn(running, upstream, wanted)
        plan.settle()
        first: list[float] = []
        whole: list[float] = []
        for _ in range(plan.count(15, 5)):
            reading = client.get(running.port, f"/v1/turns/{turn}/events")
            first.append(reading.first_s * 1000)
            whole.append(reading.all_s * 1000)
            assert reading.body.count(b"\nevent: ") >= events - 1, "the replay is not whole"
    label = f"replay of {events:,} events"
    note = "the peers keep no log"
    return [
        Row(f"{label}, first byte", "ms", medians({"rivulet": first}), [Check(50)], note, {"rivulet": first}),
        Row(f"{label}, all", "ms", medians({"rivulet": whole}), [Check(500)], "", {"rivulet": whole}),
    ]


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
