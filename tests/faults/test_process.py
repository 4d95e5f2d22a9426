"""One process a data directory, whatever state that process is in, and how it leaves."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import NotReady, ServerProcess

from .conftest import MakeServer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


async def ask(http: aiohttp.ClientSession, server: ServerProcess, model: str) -> dict[str, Any]:
    body = {"input": "Why?", "model": f"openai:{model}", "search_mode": "none"}
    async with http.post(f"{server.url}/v1/turns", json=body) as response:
        assert response.status == 202, await response.text()
        return await response.json()


async def turn(http: aiohttp.ClientSession, server: ServerProcess, turn_id: str) -> dict[str, Any]:
    async with http.get(f"{server.url}/v1/turns/{turn_id}") as response:
        return await response.json()


async def test_a_second_process_is_refused(make_server: MakeServer, http: aiohttp.ClientSession) -> None:
    """Also while the first one is frozen: it still owns the directory, and goes on when it thaws."""
    async with make_server() as first:
        started = await ask(http, first, "pace:20:40")
        os.kill(first.pid, signal.SIGSTOP)
        second = make_server(first.data_dir)
        with pytest.raises(NotReady, match=r"is in use by another Rivulet"):
            await second.start(60)
        os.kill(first.pid, signal.SIGCONT)
        async with http.get(f"{first.url}/v1/turns/{started['turn_id']}/events") as response:
            assert b'"status":"completed"' in await response.read()


async def test_an_answer_survives_the_server(
    make_server: MakeServer, http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    """kill -9 in mid-answer, start again: the text that was shown is there, with exactly one end."""
    server = make_server()
    await server.start()
    started = await ask(http, server, "pace:50:1000")
    seen = b""
    async with http.get(f"{server.url}/v1/turns/{started['turn_id']}/events") as response:
        while seen.count(b"text.delta") < 20:
            seen += await response.content.readany()
        await server.kill()
    await server.start()
    async with http.get(f"{server.url}/v1/turns/{started['turn_id']}/events") as response:
        whole = await response.read()
    await server.stop()
    complete = seen[: seen.rindex(b"\n\n") + 2]
    assert whole.startswith(complete)
    assert whole.count(b"event: turn.finished") == 1
    assert whole.rstrip().endswith(b"}")
    assert b'"code":"interrupted"' in whole


async def test_a_terminated_server_says_goodbye(make_server: MakeServer, http: aiohttp.ClientSession) -> None:
    """SIGTERM: a running answer gets its time, the reader its end, and the process leaves by itself."""
    server = make_server()
    await server.start()
    started = await ask(http, server, "pace:50:50")
    async with http.get(f"{server.url}/v1/turns/{started['turn_id']}/events") as response:
        await response.content.readany()
        stopping = asyncio.create_task(server.stop())
        assert b'"status":"completed"' in await response.read()
    assert await stopping < 10


async def test_a_port_in_use_is_said(make_server: MakeServer) -> None:
    """Exit status 2 and a sentence with what to do."""
    async with make_server() as server:
        process = await asyncio.create_subprocess_exec(
            *(
                "rivulet",
                "serve",
                "--port",
                str(server.port),
                "--data",
                str(server.data_dir.parent / "other"),
            ),
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )
        _, words = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert b"choose another with --port" in words
