"""`rivulet serve`: index the folders, show the address, answer until told to stop."""

import asyncio
import contextlib
import gc
import os
import secrets
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rivulet.cli import logs
from rivulet.config import BadSettings, Settings, api_key, load
from rivulet.http.app import build
from rivulet.http.metrics import Metrics
from rivulet.http.server import Server, listen
from rivulet.wiring import House

console = Console(stderr=True, highlight=False)


def serve(
    *paths: Path,
    host: str | None = None,
    port: int | None = None,
    data: Annotated[Path, Parameter(env_var="RIVULET_DATA")] = Path(".rivulet"),
    model: str | None = None,
) -> None:
    """Answer questions about the documents in PATHS, on a page and over the API.

    Parameters
    ----------
    paths
        Folders and files to index; what has not changed since the last time is left alone.
    host
        Address to listen on. Anything but this machine needs RIVULET_API_KEY.
    port
        Port to listen on; 0 takes a free one.
    data
        Where turns, chats and the index are kept.
    model
        What answers: extractive (no model), openai:NAME, ollama:NAME, callable:MODULE:FUNCTION.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise BadSettings(f"There is no {', '.join(missing)}.")
    settings = load(data, {"host": host, "port": port, "model": model})
    key = api_key()
    check_exposure(settings.host, key)
    listener = listen(settings.host, settings.port)
    logs.start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, key, listener, paths))


def check_exposure(host: str, key: str | None) -> None:
    """Raises BadSettings for an address others can reach when no key is set."""
    if key is None and not is_loopback(host):
        raise BadSettings(
            f"{host} can be reached by others: set RIVULET_API_KEY to a long random key first, "
            "or leave --host away to listen on this machine only."
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return False


async def _serve(
    settings: Settings, key: str | None, listener: socket.socket, paths: tuple[Path, ...]
) -> None:
    metrics = Metrics()
    with listener:
        async with House.open(settings, metrics.observe) as house:
            app = build(house, metrics, key, lambda: secrets.token_hex(8))
            server = Server(app, house.service, settings)
            url = _url(settings.host, listener.getsockname()[1])
            with _address_file(settings.data_dir, url):
                recovering = asyncio.create_task(house.service.recover(), name="recovery")
                indexing = asyncio.create_task(_index(house, paths, url), name="indexing")
                # What is made so far lives as long as the process: the collector need not look at it again.
                gc.collect()
                gc.freeze()
                await server.serve(sockets=[listener])
                for task in (indexing, recovering):
                    task.cancel()
                await asyncio.gather(indexing, recovering, return_exceptions=True)


async def _index(house: House, paths: tuple[Path, ...], url: str) -> None:
    print(url, flush=True)  # noqa: T201
    console.print(f"Rivulet answers at [bold]{url}[/bold]   (Ctrl-C stops it)")
    if not house.settings.model.startswith(("openai:", "ollama:")) and os.environ.get("OPENAI_API_KEY"):
        console.print("OPENAI_API_KEY is set: answers come from a model with --model openai:NAME.")
    if not paths:
        return
    columns = (TextColumn("Indexing {task.fields[name]}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, name="")

        def advanced(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=name)

        report = await house.index(paths, advanced)
    console.print(report)


def _url(host: str, port: int) -> str:
    shown = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


@contextlib.contextmanager
def _address_file(data_dir: Path, url: str) -> Iterator[None]:
    """Lets the other commands find the server that works with their data directory."""
    path = data_dir / "address"
    path.write_text(url, encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)

