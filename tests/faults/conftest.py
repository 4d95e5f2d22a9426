"""Real server processes that are killed, stopped, starved and cut off."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest

from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import ServerProcess

MakeServer = Callable[..., ServerProcess]
RunScript = Callable[[str, Path], AbstractAsyncContextManager[tuple[str, Process]]]


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
def run_script(model: ScriptedModel) -> RunScript:
    """A server on that data directory started by a script of this folder, and where it listens."""

    @contextlib.asynccontextmanager
    async def run(script: str, data: Path) -> AsyncIterator[tuple[str, Process]]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, Path(__file__).with_name(script), "serve"),
            *("--port", "0", "--data", str(data), "--model", "openai:scripted"),
            stdout=PIPE,
            stderr=PIPE,
            env=os.environ | {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none"},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = (await process.stdout.readline()).decode().strip().rstrip("/")
            assert url, (await process.stderr.read()).decode()
            yield url, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()

    return run


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session
