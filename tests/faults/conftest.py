"""Real server processes that are killed, stopped, starved and cut off."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import ServerProcess

MakeServer = Callable[..., ServerProcess]


@pytest.fixture
async def model(anyio_backend: str) -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
def make_server(model: ScriptedModel, tmp_path: Path) -> MakeServer:
    """A server process on `data`, not yet started, whose models are scripted."""

    def make(data: Path | None = None, **environment: str) -> ServerProcess:
        return ServerProcess(
            data or tmp_path / "data",
            arguments=["--model", "openai:scripted"],
            environment={"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none", **environment},
        )

    return make


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session
