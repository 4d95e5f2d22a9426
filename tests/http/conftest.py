"""The whole server in this process, over real SQLite, with a scripted model as its upstream."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rivulet.config import Settings
from rivulet.http.app import build
from rivulet.http.metrics import Metrics
from rivulet.http.server import Server, listen
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.wiring import House

KEY_CANARY = "sk-canary-7f3a"


@dataclass
class Site:
    """A running server, a client for it, and the model behind it."""

    url: str
    http: aiohttp.ClientSession
    model: ScriptedModel
    house: House
    server: Server

    async def ask(self, question: str = "What is it?", **fields: Any) -> dict[str, Any]:
        """Starts a turn; the scripted model answers it unless `model` says otherwise."""
        body = {"input": question, "model": "openai:scripted", "search_mode": "none", **fields}
        async with self.http.post("/v1/turns", json=body) as response:
            assert response.status == 202, await response.text()
            return await response.json()

    async def stream(self, turn_id: str, after: str | None = None) -> bytes:
        """The event stream from the cursor to its end."""
        headers = {} if after is None else {"last-event-id": after}
        async with self.http.get(f"/v1/turns/{turn_id}/events", headers=headers) as response:
            assert response.status in (200, 204)
            return await response.read()

    async def begun(self, turn_id: str) -> None:
        """Returns when some of the answer's text has come."""
        async with self.http.get(f"/v1/turns/{turn_id}/events") as response:
            received = b""
            while b"text.delta" not in received:
                received += await response.content.readany()
            response.close()

    async def events(self, turn_id: str) -> list[dict[str, Any]]:
        return parsed(await self.stream(turn_id))

    async def json(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        async with self.http.request(method, path, **request) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None


async def until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns as soon as `is_so`; for what other sockets notice a moment later."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Ends a bare connection, whatever the other side has done to it."""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def parsed(stream: bytes) -> list[dict[str, Any]]:
    return [
        json.loads(line.removeprefix(b"data: ")) for line in stream.splitlines() if line.startswith(b"data: ")
    ]


@asynccontextmanager
async def serving(
    data: Path, model: ScriptedModel, /, key: str | None = None, **settings: Any
) -> AsyncIterator[Site]:
    """One run of the server on a data directory."""
    metrics = Metrics()
    chosen = Settings(data_dir=data, port=0, drain_s=settings.pop("drain_s", 0.0), **settings)
    environment = {
        "OPENAI_BASE_URL": model.url + "/v1",
        "OPENAI_API_KEY": KEY_CANARY,
        "OLLAMA_HOST": model.url,
    }
    async with House.open(chosen, metrics.observe, environment) as house:
        numbers = count(1)
        server = Server(build(house, metrics, key, lambda: f"req-{next(numbers)}"), house.service, chosen)
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await house.service.recover()
        try:
            async with aiohttp.ClientSession(url) as http:
                yield Site(url, http, model, house, server)
        finally:
            await server.drain_and_exit()
            await running


@pytest.fixture
async def model(anyio_backend: str) -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    async with serving(tmp_path / "data", model) as site:
        yield site
