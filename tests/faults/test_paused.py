"""A server that is frozen past its leases: nobody gets its turns meanwhile, and what somebody got all the
same is not written by two."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from rivulet.domain import events as e
from rivulet.domain.turn import check, fold
from rivulet.engine.runner import LEASE_MS
from rivulet.testing.model_call import Call
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import NotReady, ServerProcess

from .conftest import MakeServer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

Frozen = Callable[..., AbstractAsyncContextManager[str]]
Log = Callable[[ServerProcess, str], Awaitable[list[e.AnyEvent]]]
WORDS = "One two."


@pytest.fixture
def frozen(model: ScriptedModel, http: aiohttp.ClientSession) -> Frozen:
    """The server's process, stopped in mid-answer, and the turn's id. The model's next words come while it is
    stopped, so that they are the first thing it finds when it goes on."""

    @asynccontextmanager
    async def freeze(server: ServerProcess, finishes: bool = True) -> AsyncIterator[str]:
        gate = asyncio.Event()

        async def hesitating(call: Call) -> None:
            await call.head()
            await call.say("One ")
            await gate.wait()
            await call.say("two.")
            if finishes:
                await call.finish("stop")
            await call.left()

        model.then(hesitating)
        body = {"input": "Why?", "search_mode": "none", "stream": True}
        async with http.post(f"{server.url}/v1/turns", json=body) as response:
            seen = b""
            while b"One " not in seen:
                seen += await response.content.readany()
            os.kill(server.pid, signal.SIGSTOP)
            gate.set()
            try:
                yield response.headers["Location"].rpartition("/")[2]
            finally:
                os.kill(server.pid, signal.SIGCONT)

    return freeze


@pytest.fixture
def log(http: aiohttp.ClientSession) -> Log:
    """The whole log of a turn, as a server tells it until it ends."""

    async def read(server: ServerProcess, turn_id: str) -> list[e.AnyEvent]:
        async with http.get(f"{server.url}/v1/turns/{turn_id}/events") as response:
            lines = (await response.read()).decode().splitlines()
        return [e.decode(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    return read


async def test_a_server_that_was_frozen_past_its_leases_goes_on(
    make_server: MakeServer, frozen: Frozen, log: Log
) -> None:
    """Another process is refused all the while; then the answer is written to its end, the only one."""
    async with make_server() as first:
        async with frozen(first) as turn_id:
            thaws_at = time.monotonic() + LEASE_MS / 1000 + 0.5
            with pytest.raises(NotReady, match="is in use by another Rivulet"):
                await make_server(first.data_dir).start(30)
            await asyncio.sleep(thaws_at - time.monotonic())
        events = await log(first, turn_id)
    check(events)
    assert (fold(events).status, fold(events).text) == ("completed", WORDS)


async def test_a_frozen_server_cannot_write_what_another_one_has_ended(
    make_server: MakeServer, model: ScriptedModel, frozen: Frozen, log: Log
) -> None:
    """Somebody took its lock away and started a second one on the same directory: that one ends the turn with
    the text so far. The first one, thawed, adds nothing to the log and lets go of the model, and its own
    readers get the same end."""
    async with make_server() as first:
        async with frozen(first, finishes=False) as turn_id:
            (first.data_dir / "lock").unlink()
            async with make_server(first.data_dir) as second:
                ended = await log(second, turn_id)
        assert (fold(ended).status, fold(ended).text) == ("failed", "One ")
        check(ended)
        async with asyncio.timeout(60):
            await model.calls[0].left()
            assert await log(first, turn_id) == ended
