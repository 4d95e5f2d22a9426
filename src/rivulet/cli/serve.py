"""`rivulet serve`: index the folders, show the address, answer until told to stop."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from rivulet.cli import logs
from rivulet.cli.local import running
from rivulet.cli.visible import line
from rivulet.config import BadSettings, Settings, api_key, load
from rivulet.domain.errors import RivuletError
from rivulet.knowledge.ingest import Outcome
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
    logs.start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, key, paths))


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


async def _serve(settings: Settings, key: str | None, paths: tuple[Path, ...]) -> None:
    async with running(settings, key, handles_signals=True) as here:
        indexing = asyncio.create_task(_index(here.house, paths, here.url), name="indexing")
        await here.ended
        indexing.cancel()
        await asyncio.gather(indexing, return_exceptions=True)


async def _index(house: House, paths: tuple[Path, ...], url: str) -> None:
    print(f"{url}/", flush=True)  # noqa: T201
    console.print(f"Rivulet answers at [bold]{url}/[/bold]   (Ctrl-C stops it)")
    if not house.settings.model.startswith(("openai:", "ollama:")) and os.environ.get("OPENAI_API_KEY"):
        console.print("OPENAI_API_KEY is set: answers come from a model with --model openai:NAME.")
    columns = (TextColumn("Indexing {task.fields[name]}", markup=False), BarColumn(), MofNCompleteColumn())
    for path in paths:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None, name=line(str(path)))
            try:
                outcome = await house.index(path, _advancing(bar, task))
            except RivuletError as problem:
                words = f"{path} was not indexed: {problem.message}"
                console.print(line(words), style="red", markup=False)
                continue
        _tell(path, outcome)


def _advancing(bar: Progress, task: TaskID) -> Callable[[int, int, str], None]:
    return lambda done, total, _: bar.update(task, completed=done, total=total)


def _tell(path: Path, outcome: Outcome) -> None:
    """What a run over a folder did."""
    source, tally = outcome.source, outcome.tally
    console.print(
        f"{line(str(path))}: {source.document_count} documents, {source.chunk_count} chunks "
        f"({tally.indexed} indexed now, {tally.unchanged} unchanged, {tally.removed} removed)",
        markup=False,
    )
    if source.failed_count:
        words = f"{line(source.error_message or '')} `rivulet docs status` has the reasons."
        console.print(words, style="yellow", markup=False)
