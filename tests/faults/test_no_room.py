"""A server that is started where there is no room at all: it answers whoever reads, and refuses who asks."""

import asyncio
import resource

import aiohttp
import pytest

from rivulet.domain.errors import StorageFull

from .conftest import MakeServer, RunScript

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
CRAMPED = "cramped.py"


async def ask(http: aiohttp.ClientSession, url: str, model: str, **place: str) -> tuple[int, dict[str, str]]:
    body = {"input": "Why?", "model": f"openai:{model}", "search_mode": "none", **place}
    async with http.post(f"{url}/v1/turns", json=body) as response:
        return response.status, await response.json()


async def test_a_start_without_room_serves_readers(
    make_server: MakeServer, http: aiohttp.ClientSession, run_script: RunScript
) -> None:
    """Its address cannot be written, and one line of the log says so: what was answered before is read, and
    no question is taken."""
    server = make_server()
    await server.start()
    _, started = await ask(http, server.url, "pace:20:5")
    async with http.get(f"{server.url}{started['events_url']}") as response:
        before = await response.read()
    await server.kill()
    async with run_script(CRAMPED, server.data_dir) as (url, process):
        async with http.get(f"{url}{started['events_url']}") as response:
            assert await response.read() == before
        status, refusal = await ask(http, url, "pace:20:5")
        assert (status, refusal["error"]["code"]) == (507, StorageFull.code)  # type: ignore[index]
        assert not (server.data_dir / "address").exists()
        process.terminate()
        _, words = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, words.decode()
    (line,) = (each for each in words.decode().splitlines() if "address" in each)
    assert f"--server {url}" in line
    assert "Traceback" not in words.decode()


async def test_an_answer_gets_its_end_when_there_is_room(
    make_server: MakeServer, http: aiohttp.ClientSession, run_script: RunScript
) -> None:
    """What a killed server left cannot be ended at the start; it is later, without another start, and once.
    Until then its reader waits, with the text."""
    server = make_server()
    await server.start()
    _, started = await ask(http, server.url, "pace:50:1000")
    seen = b""
    async with http.get(f"{server.url}{started['events_url']}") as response:
        while seen.count(b"text.delta") < 20:
            seen += await response.content.readany()
        await server.kill()
    shown = seen[: seen.rindex(b"\n\n") + 2]
    async with run_script(CRAMPED, server.data_dir) as (url, process):
        async with http.get(f"{url}{started['events_url']}") as response:
            whole = await response.content.readexactly(len(shown))
            # Waits until recovery at start has been tried, and failed.
            async with http.post(f"{url}/v1/turns/{started['turn_id']}/stop") as refusal:
                assert (refusal.status, refusal.headers["Retry-After"]) == (507, "5")
                assert (await refusal.json())["error"]["code"] == StorageFull.code
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            whole += await response.read()
        assert whole.startswith(shown)
        assert whole.count(b"event: turn.finished") == 1
        assert b'"code":"interrupted"' in whole
        status, _ = await ask(http, url, "pace:20:5", chat_id=started["chat_id"])
        assert status == 202
