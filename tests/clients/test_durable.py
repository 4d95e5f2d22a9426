"""Durable Streams' own client reads turns, and the part of its conformance suite that is about reading."""

import contextlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from .conftest import WORDS, Place
from .nodes import FOLDER, Node

HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


def asked(place: Place) -> str:
    return place.json("POST", "/v1/turns", {"input": "Why?"})["turn_id"]


def log_of(place: Place, node: Node, turn_id: str) -> list[dict[str, Any]]:
    """The whole log, once the turn has ended."""
    return node.call("durable.read", {"base": place.url, "turnId": turn_id, "live": "sse"})["items"]


@pytest.mark.parametrize("live", ["sse", True])
def test_a_running_turn_is_followed_to_its_end(place: Place, node: Node, live: object) -> None:
    """Every event once, in order; the end of the turn closes the stream."""
    place.says(*WORDS, pace=100)
    turn_id = asked(place)
    seen = node.call("durable.read", {"base": place.proxy.url, "turnId": turn_id, "live": live})
    assert [item["seq"] for item in seen["items"]] == list(range(1, len(seen["items"]) + 1))
    assert seen["items"][-1]["type"] == "turn.finished"
    assert seen["closed"] is True


@pytest.mark.parametrize("how", ["reset", "close", "finish"])
def test_a_cut_reader_goes_on_where_it_was(place: Place, node: Node, how: str) -> None:
    """Behind every tenth frame: nothing lost, nothing doubled."""
    place.says(*WORDS, pace=100)
    turn_id = asked(place)
    place.cut(10, how, once=False)
    seen = node.call("durable.read", {"base": place.proxy.url, "turnId": turn_id, "live": "sse"})
    assert [item["seq"] for item in seen["items"]] == list(range(1, len(seen["items"]) + 1))
    assert seen["items"] == log_of(place, node, turn_id)
    assert place.proxy.streams > 1


def test_what_there_is_is_read_from_any_offset(place: Place, node: Node) -> None:
    """At once, and nothing after the end."""
    turn_id = asked(place)
    log = log_of(place, node, turn_id)
    read = {"base": place.url, "turnId": turn_id, "live": False}
    whole = node.call("durable.read", read)
    assert (whole["items"], whole["closed"]) == (log, True)
    rest = node.call("durable.read", {**read, "offset": f"{log[3]['seq']:016d}"})
    assert rest["items"] == log[4:]
    assert node.call("durable.read", {**read, "offset": whole["offset"]})["items"] == []


CLAIMED = (
    "should return correct tail offset for offset=now",
    "should return empty JSON array for offset=now on JSON streams",
    "should support offset=now with SSE mode",
    "should support offset=now with SSE on empty stream",
    "should return 404 for offset=now on non-existent stream",
    "should return 404 for offset=now with long-poll on non-existent stream",
    "should return 404 for offset=now with SSE on non-existent stream",
    "should reject malformed offset (contains comma)",
    "should reject offset with spaces",
    "should reject empty offset parameter",
    "should reject multiple offset parameters",
    "should reject offsets with invalid characters",
    "should require offset parameter for long-poll",
    "should generate Stream-Cursor header on long-poll responses",
    "should include X-Content-Type-Options: nosniff on long-poll responses",
    "should require offset parameter for SSE mode",
    "should send control events with offset",
    "should generate unique, monotonically increasing offsets in SSE mode",
    "read-closed-stream-partial-no-closed: Partial read of closed stream does NOT include Stream-Closed",
)
"""Of the suite's 338 tests those about reading what somebody else writes. The others create, append to,
close, fork or expire streams, or compare what is read with what they have appended: nobody but the server
writes a turn, and its events are not theirs to choose. Left out of the reading ones: ETags and HEAD, because
a turn is no cached file; the pause of a long poll, which is ours to choose; and `upToDate` within a stream,
which depends on the moment and so stands in no frame."""


def test_the_conformance_suite_accepts_how_we_are_read(place: Place, node: Node, tmp_path: Path) -> None:
    """Each test that is claimed has run, and passed."""
    place.says("a ", "b ", pace=0.2)
    shelf = Shelf(place.url)
    place.backstage.run(shelf.__aenter__())
    report = tmp_path / "report.json"
    vitest = FOLDER / "node_modules/@durable-streams/server-conformance-tests/node_modules/vitest/vitest.mjs"
    pattern = "|".join(re.escape(title) for title in CLAIMED)
    said = subprocess.run(
        [node.command, str(vitest), "run", "--root", str(FOLDER), "--testTimeout", "20000", "-t", pattern,
         "--reporter", "json", "--outputFile", str(report), "durable.test.mjs"],
        env=os.environ | {"CONFORMANCE_TEST_URL": f"http://127.0.0.1:{shelf.port}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )  # fmt: skip
    place.backstage.run(shelf.__aexit__())
    found = {
        test["title"]: test["status"]
        for file in json.loads(report.read_text())["testResults"]
        for test in file["assertionResults"]
    }
    assert {title: found.get(title) for title in CLAIMED} == dict.fromkeys(CLAIMED, "passed"), said.stderr


class Shelf:
    """What the suite takes for a server that it can create streams on: every stream is a turn that has a
    beginning and waits for its model, and only reading goes to the server as it is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turns: dict[str, str] = {}
        self.port = 0

    async def __aenter__(self) -> "Shelf":
        application = web.Application()
        application.router.add_put("/{path:.*}", self._create)
        application.router.add_get("/{path:.*}", self._read)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _create(self, request: web.Request) -> web.Response:
        async with self._session.post("/v1/turns", json={"input": "Why?"}) as answer:
            turn = self._turns[request.path] = (await answer.json())["turn_id"]
        async with self._session.get(f"/v1/turns/{turn}/events") as answer:
            async for line in answer.content:
                if b"text.delta" in line:
                    break
        return web.Response(status=201)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        turn = self._turns.get(request.path, "trn_" + "a" * 26)
        async with self._session.get(f"/v1/turns/{turn}/durable", params=request.query) as answer:
            response = web.StreamResponse(status=answer.status)
            response.headers.update(
                {name: value for name, value in answer.headers.items() if name.lower() not in HOPS}
            )
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for data in answer.content.iter_any():
                    await response.write(data)
            return response
