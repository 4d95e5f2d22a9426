"""`rivulet doctor`: looks at everything an answer needs, and says what to do about what is missing."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console
from rich.markup import escape

from rivulet.cli.ask import Data, Server
from rivulet.cli.reach import running_at
from rivulet.cli.remote import Remote
from rivulet.cli.visible import line
from rivulet.config import api_key, load
from rivulet.domain.errors import RivuletError
from rivulet.http.page import Page
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.upstream import Upstream

console = Console(highlight=False)

LITTLE_ROOM = 1 << 30
SLOW_SYNC_MS = 50.0
"""A turn's start waits for two of these; above this the first token is visibly late."""

Verdict = Literal["good", "note", "bad"]
_MARKS: dict[Verdict, str] = {
    "good": "[green]good[/green]",
    "note": "[yellow]note[/yellow]",
    "bad": "[red]bad [/red]",
}


class Finding(NamedTuple):
    verdict: Verdict
    about: str
    words: str


def doctor(*, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """Check the data directory, the port, the page, the server, the models. Exit status 1 if one is bad."""

    async def run() -> bool:
        is_well = True
        async for finding in examine(server, data):
            words = escape(line(finding.words))
            console.print(f"{_MARKS[finding.verdict]}  {finding.about:<15} {words}")
            is_well &= finding.verdict != "bad"
        return is_well

    sys.exit(0 if asyncio.run(run()) else 1)


async def examine(server: str | None, data: Path) -> AsyncGenerator[Finding]:
    """One finding after the other; each is independent of the others."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("good", "Python", version)
    yield _directory(data)
    yield await asyncio.to_thread(_disk, data)
    yield (
        Finding("good", "page", "built in")
        if Page().is_built
        else Finding("note", "page", "not built into this installation: only the API answers")
    )
    url = server or running_at(data)
    if url is None:
        yield _port(load(data, {}).port)
    else:
        yield await _server(url)
    upstream = Upstream()
    try:
        yield await _openai(upstream)
        yield await _ollama(upstream)
    finally:
        await upstream.close()


def _directory(data: Path) -> Finding:
    place = data if data.exists() else data.absolute().parent
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("bad", "data directory", f"{place} cannot be written; choose another with --data")
    return Finding("good", "data directory", str(data.absolute()))


def _disk(data: Path) -> Finding:
    place = data if data.exists() else data.absolute().parent
    free = shutil.disk_usage(place).free
    try:
        took = _sync_ms(place)
    except OSError as problem:
        return Finding("bad", "disk", f"cannot be written: {problem.strerror}")
    words = f"{free / (1 << 30):.1f} GiB free, a durable write takes {took:.1f} ms"
    return Finding("note" if free < LITTLE_ROOM or took > SLOW_SYNC_MS else "good", "disk", words)


def _sync_ms(place: Path) -> float:
    """The median of nine small durable writes."""
    took: list[float] = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(9):
            began = time.perf_counter()
            file.write(b"x" * 512)
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[4]


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            return Finding(
                "bad", "port", f"{port} cannot be used ({problem.strerror}); choose another with --port"
            )
    return Finding("good", "port", f"{port} is free")


async def _server(url: str) -> Finding:
    try:
        async with Remote(url, api_key()) as remote:
            began = time.perf_counter()
            await remote.get("/readyz")
            took = (time.perf_counter() - began) * 1000
            await remote.get("/v1/chats", limit=1)
    except RivuletError as problem:
        return Finding("bad", "server", f"{url}: {problem.message} ({problem.code})")
    return Finding("good", "server", f"{url} is ready, its disk answered in {took:.0f} ms")


async def _openai(upstream: Upstream) -> Finding:
    if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
        return Finding("note", "openai", "not set up: OPENAI_API_KEY and OPENAI_BASE_URL are not set")
    try:
        found = await OpenAI.from_environment(upstream).models()
    except RivuletError as problem:
        return Finding("bad", "openai", f"{problem.message} ({problem.code})")
    return Finding("good", "openai", f"{len(found)} models")


async def _ollama(upstream: Upstream) -> Finding:
    is_wanted = bool(os.environ.get("OLLAMA_HOST"))
    try:
        found = await Ollama.from_environment(upstream).models()
    except RivuletError as problem:
        return Finding("bad" if is_wanted else "note", "ollama", f"{problem.message} ({problem.code})")
    return Finding("good", "ollama", f"{len(found)} models")
