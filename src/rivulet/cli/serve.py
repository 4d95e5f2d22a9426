"""`rivulet serve`: index the folders, show the address, answer until told to stop."""

import asyncio
import contextlib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import Parameter

from rivulet.cli import logs
from rivulet.cli.local import running
from rivulet.config import BadSettings, Settings, api_key, load


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
        print(f"{here.url}/", flush=True)  # noqa: T201
        from rivulet.cli.indexing import index  # rich: a second's tenth that a server need not wait for

        indexing = asyncio.create_task(index(here.house, paths, here.url), name="indexing")
        await here.ended
        indexing.cancel()
        await asyncio.gather(indexing, return_exceptions=True)
