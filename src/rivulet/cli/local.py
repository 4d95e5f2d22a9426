"""A whole server inside this process: what `serve` runs, and what a command without a server borrows."""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rivulet.config import Settings
from rivulet.http.app import build
from rivulet.http.metrics import Metrics
from rivulet.http.server import Server, listen
from rivulet.wiring import House

log = logging.getLogger(__name__)

SWITCH_S = 0.001
"""How long the event loop may keep the interpreter from the writer's thread: Python's own 5 ms would be in
every commit of a busy server."""

COLLECT = (10_000, 20, 20)
"""How many objects more until the collector looks at the young, the middle-aged, the old: at Python's own 700
a busy server spends 4 % of its CPU there and stops for milliseconds; what it leaves is rarely a cycle."""

DOORS = 16
"""The event loop takes one new connection a round from each listening socket. A thousand readers that come
back at once took 22 s through one, 7 s through sixteen duplicates of it."""


@dataclass(frozen=True)
class Running:
    """`ended` is done when the server has shut down, by a signal or by `server.drain_and_exit()`."""

    house: House
    server: Server
    url: str
    ended: "asyncio.Task[None]"


@asynccontextmanager
async def borrowed(settings: Settings, key: str) -> AsyncGenerator[str]:
    """The URL of a server that lives as long as the block and leaves Ctrl-C to the command."""
    async with running(settings, key, handles_signals=False) as here:
        yield here.url
        await here.server.drain_and_exit()


@asynccontextmanager
async def running(settings: Settings, key: str | None, handles_signals: bool) -> AsyncGenerator[Running]:
    """A server that listens; ended at the end of the block at the latest."""
    metrics = Metrics()
    with listen(settings.host, settings.port) as listener:
        async with House.open(settings, metrics.observe) as house:
            app = build(house, metrics, key, lambda: secrets.token_hex(8))
            server = Server(app, house.service, settings, handles_signals)
            url = _url(settings.host, listener.getsockname()[1])
            # What is made so far lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT)
            sys.setswitchinterval(SWITCH_S)
            with _address_file(settings.data_dir, url):
                recovering = asyncio.create_task(house.recover(), name="recovery")
                beside = [asyncio.create_task(house.service.tend(), name="recovery again")]
                doors = [listener, *(listener.dup() for _ in range(DOORS - 1))]
                ended = asyncio.create_task(server.serve(sockets=doors), name="server")
                try:
                    await _listening(server, ended)
                    beside.append(asyncio.create_task(house.warm(), name="warming"))
                    yield Running(house, server, url, ended)
                finally:
                    server.should_exit = True
                    await asyncio.gather(ended, recovering, return_exceptions=True)
                    for task in beside:
                        task.cancel()
                    await asyncio.gather(*beside, return_exceptions=True)


async def _listening(server: Server, ended: "asyncio.Task[None]") -> None:
    """Returns when the door is open, or when it never will be."""
    opened = asyncio.create_task(server.listening.wait(), name="listening")
    await asyncio.wait({opened, ended}, return_when=asyncio.FIRST_COMPLETED)
    opened.cancel()


def _url(host: str, port: int) -> str:
    shown = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


@contextlib.contextmanager
def _address_file(data_dir: Path, url: str) -> Generator[None]:
    """Lets the other commands find the server that works with their data directory. Without room for it the
    server is there all the same, for whoever names it."""
    path = data_dir / "address"
    try:
        path.write_text(f"{url} {os.getpid()}", encoding="utf-8")
    except OSError as problem:
        _forget(path)
        log.warning(
            "%s: %s; other commands reach this server by --server %s only", path, problem.strerror, url
        )
    try:
        yield
    finally:
        _forget(path)


def _forget(path: Path) -> None:
    """A file that stays behind does no harm: its reader asks whether the process lives."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
