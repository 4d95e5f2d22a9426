"""A stop reaches a turn wherever it is: one end, a receipt that is true, and no model left at work.

Choosing passages is no stage that can be stopped in: nothing is waited for there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rivulet.domain import events as e
from rivulet.domain.turn import check, fold
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import calling
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import MakeServer, RunScript

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

Json = dict[str, Any]
Ask = Callable[..., Awaitable[Json]]
Stop = Callable[[str, Json], Awaitable[Json]]


@pytest.fixture
def ask(http: aiohttp.ClientSession) -> Ask:
    """Asks, and comes back when the turn's events have had all the `signs`."""

    async def ask(url: str, *signs: bytes, **body: str) -> Json:
        async with http.post(f"{url}/v1/turns", json={"input": "Why?", **body}) as response:
            assert response.status == 202, await response.text()
            started = await response.json()
        seen = b""
        async with http.get(f"{url}{started['events_url']}") as response:
            while not all(sign in seen for sign in signs):
                seen += await response.content.readany()
        return started

    return ask


@pytest.fixture
def stop(http: aiohttp.ClientSession) -> Stop:
    """Stops the turn twice and holds both receipts against its log, which has one end."""

    async def stop(url: str, started: Json) -> Json:
        receipts: list[Json] = []
        for _ in range(2):
            async with http.post(f"{url}/v1/turns/{started['turn_id']}/stop") as response:
                assert response.status == 200, await response.text()
                receipts.append(await response.json())
        async with http.get(f"{url}{started['events_url']}") as response:
            lines = (await response.read()).splitlines()
        log = [e.decode(line[6:]) for line in lines if line.startswith(b"data: ")]
        check(log)
        turn = fold(log)
        for receipt in receipts:
            assert receipt == receipts[0]
            assert (receipt["status"], turn.status) == ("cancelled", "cancelled")
            assert (receipt["final_seq"], receipt["kept_chars"]) == (len(log), len(turn.text))
        return receipts[0]

    return stop


async def of(model: ScriptedModel, name: str) -> Call:
    """The call that was made for this model."""
    count = 1
    while (call := await model.called(count)).model != name:
        count += 1
    return call


WRITING = b'"stage":"generation"'


@pytest.mark.parametrize(
    ("script", "sign", "kept"),
    [
        ("fault:hang-before-headers", WRITING, ""),
        ("fault:hang-after-headers", WRITING, ""),
        ("fault:hang-mid-stream", b"Half a tho", "Half a tho"),
        ("pace:20:1000", b"text.delta", None),
        ("fault:hang-after-finish", b"All said.", "All said."),
    ],
)
async def test_stop_reaches_the_model(
    make_server: MakeServer,
    model: ScriptedModel,
    ask: Ask,
    stop: Stop,
    script: str,
    sign: bytes,
    kept: str | None,
) -> None:
    """Before the head, before the first word, in silence, in full flow, behind the last word: the text so far
    is kept, and the socket is closed."""
    async with make_server() as server:
        started = await ask(server.url, sign, model=f"openai:{script}", search_mode="none")
        call = await of(model, script)
        receipt = await stop(server.url, started)
        assert receipt["upstream_closed"] is True
        assert kept is None or receipt["kept_chars"] == len(kept)
        async with asyncio.timeout(60):
            await call.left()


async def test_stop_works_between_two_attempts(
    make_server: MakeServer, model: ScriptedModel, ask: Ask, stop: Stop
) -> None:
    """While the provider waits before it tries again there is nothing to close, and the turn still ends."""
    async with make_server() as server:
        started = await ask(server.url, WRITING, model="openai:fault:reset-on-request", search_mode="none")
        await model.called()
        await asyncio.sleep(0.1)
        await stop(server.url, started)
        calls = len(model.calls)
        await asyncio.sleep(1.5)
        assert len(model.calls) == calls


async def test_stop_works_where_no_model_is_at_work(
    run_script: RunScript, model: ScriptedModel, tmp_path: Path, ask: Ask, stop: Stop
) -> None:
    """While the turn waits for the one before it, while it searches, and while a tool does: there is nothing
    to close, and the receipt says that nothing was."""
    (data := tmp_path / "data").mkdir()
    (data / "rivulet.toml").write_text('tools = ["search_documents"]\n')
    model.then(calling(("search_documents", {"query": "what is held"})))
    async with run_script("held.py", data) as (url, _):
        calls = await ask(url, b"tool.called", model="openai:tooled")
        searches = await ask(url, b'"stage":"retrieval"', input="Where is it held?")
        writes = await ask(url, b"text.delta", model="openai:pace:20:1000", search_mode="none")
        waits = await ask(url, b'"stage":"queued"', chat_id=writes["chat_id"], on_busy="queue")
        for started in (calls, searches, waits):
            receipt = await stop(url, started)
            assert (receipt["upstream_closed"], receipt["upstream_close_ms"]) == (None, None)
            assert receipt["kept_chars"] == 0
        assert (await stop(url, writes))["upstream_closed"] is True
    assert [call.model for call in model.calls] == ["tooled", "pace:20:1000"]
