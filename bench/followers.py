"""What readers cost who only wait, and what one costs who never reads until it is cut."""

import contextlib
import socket
import time
from pathlib import Path

from bench import client, model, servers
from bench.plan import Plan
from bench.table import Check, Row

IDLE = 1000
STALLED = 50
PATIENCE_S = 30.0


def measure(plan: Plan) -> list[Row]:
    idle: dict[str, float | None] = {}
    count = plan.count(IDLE, 300)
    for server in plan.servers:
        with model.running() as upstream, servers.running(server, upstream) as running:
            idle[server.name] = _idle(running, upstream, count)
            plan.say(f"  {count} idle followers, {server.name}: {idle[server.name]:.1f} KiB each")
    rows = [
        Row(
            f"memory per idle follower, {count} of one turn",
            "KiB",
            idle,
            [Check(100)],
            note="a peer's reader needs an answer of its own",
        )
    ]
    return [*rows, *_stalled(plan)] if servers.RIVULET in plan.servers else rows


def _idle(running: servers.Running, upstream: model.Model, count: int) -> float:
    upstream.pace(tokens=1000, every_us=2_000_000)
    path, body = running.path, running.body
    with contextlib.ExitStack() as stack:
        # The first ones make the server allocate what is there once.
        for _ in range(5):
            _read_some(stack.enter_context(client.open_stream(running.port, path, body)))
        if running.server is servers.RIVULET:
            started = client.post_json(running.port, path, body)
            path, body = f"/v1/turns/{started['turn_id']}/events", None
        before = running.rss_kb()
        for _ in range(count):
            _read_some(stack.enter_context(client.open_stream(running.port, path, body)))
        time.sleep(3)
        return (running.rss_kb() - before) / count


def _read_some(connection: socket.socket) -> None:
    if not connection.recv(1 << 16):
        raise RuntimeError("the server closed a stream at once")


def _stalled(plan: Plan) -> list[Row]:
    """Followers of a finished turn of about a megabyte who ask and then never read."""
    count = plan.count(STALLED, 20)
    with model.running() as upstream, servers.running(servers.RIVULET, upstream) as running:
        upstream.pace(tokens=150_000, every_us=0)
        started = client.post_json(running.port, running.path, {**running.body, "on_disconnect": "continue"})
        path = f"/v1/turns/{started['turn_id']}"
        while client.get_json(running.port, path)["status"] == "in_progress":
            time.sleep(0.1)
        size = len(client.get(running.port, f"{path}/events").body)

        def more(number: int) -> list[socket.socket]:
            opened = [
                client.open_stream(running.port, f"{path}/events", receive_buffer=4096) for _ in range(number)
            ]
            time.sleep(1.5)
            return opened

        begun = time.monotonic()
        # The first ones make the server allocate what is there once: threads, their connections and caches.
        readers, before = more(count), running.rss_kb()
        readers += more(2 * count)
        user_kb = (running.rss_kb() - before) / (2 * count)
        kernel_kb = _unsent_bytes(running.port) / len(readers) / 1024
        while _unsent_bytes(running.port) and time.monotonic() - begun < PATIENCE_S:
            time.sleep(0.1)
        cut_s = time.monotonic() - begun
        for reader in readers:
            reader.close()
    note = f"{len(readers)} readers of {size / 1e6:.1f} MB that never read"
    return [
        Row("a stalled follower, memory in the server", "KiB", {"rivulet": user_kb}, [Check(256)], note),
        Row("a stalled follower, unsent in the kernel", "KiB", {"rivulet": kernel_kb}, [Check(128)]),
        Row(
            "a stalled follower, until it is cut",
            "s",
            {"rivulet": cut_s},
            [Check(12)],
            note=("10 s after its budget is full, looked at once a second"),
        ),
    ]


def _unsent_bytes(port: int) -> int:
    """What the kernel holds for the peers of connections this port accepted."""
    total = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port:
            total += int(fields[4].partition(":")[0], 16)
    return total
