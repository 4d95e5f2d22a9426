"""Many turns over one connection: what a browser with many tabs follows (PROTOCOL.md §4.5)."""

import asyncio
import json
from collections import defaultdict
from typing import Any

import pytest

from .conftest import Site, until

pytestmark = pytest.mark.anyio


def frames(stream: bytes) -> list[tuple[str, dict[str, Any]]]:
    """`(id, data)` of every frame."""
    found: list[tuple[str, dict[str, Any]]] = []
    for frame in stream.split(b"\n\n")[:-1]:
        lines = dict(line.split(b": ", 1) for line in frame.lstrip(b":\n").split(b"\n"))
        found.append((lines.get(b"id", b"").decode(), json.loads(lines[b"data"])))
    return found


def by_turn(stream: bytes) -> dict[str, list[dict[str, Any]]]:
    """Events by the turn their `id` names."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for cursor, event in frames(stream):
        turn_id, _, seq = cursor.partition("/")
        if turn_id:
            assert seq == str(event["seq"])
            found[turn_id].append(event)
    return found


async def follow(site: Site, *wanted: str) -> bytes:
    async with site.http.get("/v1/events", params=[("turn", each) for each in wanted]) as response:
        assert response.status == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        return await response.read()


async def test_ten_running_turns_share_a_connection(site: Site) -> None:
    """Every turn's events are those of its own stream, in order, and the connection ends with the last."""
    turns = [(await site.ask(model=f"openai:pace:{50 + 10 * n}:20"))["turn_id"] for n in range(10)]
    found = by_turn(await follow(site, *turns))
    assert found == {turn: await site.events(turn) for turn in turns}


async def test_each_turn_goes_on_after_its_own_cursor(site: Site) -> None:
    """A cursor behind the id counts for that turn only; what is finished and read is said to be."""
    one, two, three = [(await site.ask())["turn_id"] for _ in range(3)]
    logs = [await site.events(turn) for turn in (one, two, three)]
    stream = await follow(site, f"{one}/3", two, f"{three}/{len(logs[2])}")
    assert by_turn(stream) == {one: logs[0][3:], two: logs[1]}
    assert {"type": "follow.ended", "turn_id": three} in [data for _, data in frames(stream)]


async def test_a_cut_connection_is_taken_up_where_each_turn_was(site: Site) -> None:
    """Left after any number of frames and resumed by the ids seen: nothing lost, nothing doubled."""
    turns = [(await site.ask(model="openai:pace:100:40"))["turn_id"] for _ in range(3)]
    seen = dict.fromkeys(turns, 0)
    got: dict[str, list[int]] = {turn: [] for turn in turns}
    for cut in (1, 5, 9, 2, None):
        wanted = [("turn", f"{turn}/{seq}" if seq else turn) for turn, seq in seen.items()]
        async with site.http.get("/v1/events", params=wanted) as response:
            left = cut
            while left != 0 and (frame := await _frame(response.content)):
                for cursor, _ in frames(frame):
                    turn_id, _, seq = cursor.partition("/")
                    if turn_id:
                        seen[turn_id] = int(seq)
                        got[turn_id].append(int(seq))
                left = None if left is None else left - 1
            response.close()
    assert got == {turn: list(range(1, len(await site.events(turn)) + 1)) for turn in turns}


async def _frame(content: Any) -> bytes:
    try:
        return await content.readuntil(b"\n\n")
    except asyncio.IncompleteReadError:
        return b""


async def test_a_refused_turn_does_not_keep_the_others_waiting(site: Site) -> None:
    """Unknown ids and bad cursors are refused one by one, like ids of somebody else."""
    turn = (await site.ask())["turn_id"]
    log = await site.events(turn)
    unknown = "trn_" + "a" * 26
    stream = await follow(site, unknown, turn, "nonsense", f"trn_{'b' * 26}/12")
    refused = {data["turn_id"]: data["error"] for _, data in frames(stream) if data["type"] == "follow.ended"}
    assert {each["code"] for each in refused.values()} == {"not_found"}
    assert set(refused) == {unknown, "nonsense", f"trn_{'b' * 26}"}
    assert by_turn(stream) == {turn: log}
    bad = await follow(site, f"{turn}/999", f"{unknown}/x")
    assert [data["error"]["code"] for _, data in frames(bad)] == ["cursor_invalid", "not_found"]


@pytest.mark.parametrize("turns", [[], ["trn_a", "trn_a/3"], [f"trn_{n}" for n in range(101)]])
async def test_none_too_many_and_doubled_turns_are_refused(site: Site, turns: list[str]) -> None:
    """400 with a sentence; no work is begun."""
    status, found = await site.json("GET", "/v1/events", params=[("turn", each) for each in turns])
    assert (status, found["error"]["code"]) == (400, "invalid_request")


async def test_leaving_leaves_nothing_behind(site: Site) -> None:
    """The followers of a connection that went away are gone, and the turns go on."""
    turns = [(await site.ask(model="openai:pace:20:200"))["turn_id"] for _ in range(3)]
    async with site.http.get("/v1/events", params=[("turn", each) for each in turns]) as response:
        await response.content.readuntil(b"\n\n")
        assert len(site.house.service.hub.followers) == 3
        response.close()
    await until(lambda: not site.house.service.hub.followers)
    for turn in turns:
        assert (await site.json("POST", f"/v1/turns/{turn}/stop"))[1]["status"] == "cancelled"
