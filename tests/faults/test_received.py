"""What was accepted is read, whatever happens to the server; and it costs no memory to accept it."""

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rivulet.testing.server_process import ServerProcess

from .conftest import MakeServer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
MIB = 1 << 20


async def send(http: aiohttp.ClientSession, server: ServerProcess, *files: tuple[str, bytes]) -> list[str]:
    """The sources' ids, as soon as they are accepted."""
    form = aiohttp.FormData()
    for name, content in files:
        form.add_field("file", io.BytesIO(content), filename=name)
    async with http.post(f"{server.url}/v1/sources/upload", data=form) as response:
        assert response.status == 202, await response.text()
        return [each["id"] for each in (await response.json())["sources"]]


async def settled(http: aiohttp.ClientSession, server: ServerProcess, source_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            async with http.get(f"{server.url}/v1/sources/{source_id}") as response:
                source = await response.json()
            if source["status"] in ("ready", "error"):
                return source
            await asyncio.sleep(0.05)


def kept(data: Path) -> list[Path]:
    return list((data / "received").iterdir())


def peak_kib(pid: int) -> int:
    """The most memory the process ever had."""
    (line,) = (each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in each)
    return int(line.split()[1])


async def test_what_was_accepted_survives_the_server(
    make_server: MakeServer, http: aiohttp.ClientSession
) -> None:
    """kill -9 right after the 202, start again: uploads and a text are read without being sent again, and
    nothing of them is left waiting."""
    server = make_server()
    await server.start()
    async with http.post(f"{server.url}/v1/sources", json={"title": "Tea", "text": "At four."}) as response:
        accepted = [(await response.json())["id"]]
    # They are read one after the other, which takes seconds.
    rivers = "\n\n".join(f"River number {n} has its source in the mountains." for n in range(30_000))
    accepted += await send(http, server, *((f"{n}.txt", f"{n}: {rivers}".encode()) for n in range(4)))
    await server.kill()
    assert kept(server.data_dir)
    await server.start()
    found = [await settled(http, server, each) for each in accepted]
    assert [(each["status"], each["document_count"]) for each in found] == [("ready", 1)] * 5
    await server.stop()
    assert kept(server.data_dir) == []


async def test_large_uploads_are_not_held_in_memory(
    make_server: MakeServer, http: aiohttp.ClientSession
) -> None:
    """Three of 64 MiB in one form cost the server less than half of one."""
    async with make_server() as server:
        (small,) = await send(http, server, ("small.bin", os.urandom(100)))
        await settled(http, server, small)
        before = peak_kib(server.pid)
        large = await send(http, server, *((f"{n}.bin", os.urandom(64 * MIB)) for n in range(3)))
        for each in large:
            await settled(http, server, each)
        assert peak_kib(server.pid) - before < 32 * 1024
