"""Which server a command talks to: the one it names, the one at work on the data directory, or its own."""

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from rivulet.cli.remote import Remote
from rivulet.config import api_key, load


@asynccontextmanager
async def reach(server: str | None, data: Path, model: str | None = None) -> AsyncGenerator[Remote]:
    """`server` is a URL. Without one, and with no server at work on `data`, one is started inside this
    process for as long as the command takes, on a free loopback port and with a key of its own."""
    if server is not None:
        async with Remote(server, api_key()) as remote:
            yield remote
        return
    if (url := running_at(data)) is not None:
        async with Remote(url, api_key()) as remote:
            yield remote
        return
    # Only here, because it imports the whole house.
    from rivulet.cli.local import borrowed

    key = secrets.token_urlsafe(32)
    settings = load(data, {"host": "127.0.0.1", "port": 0, "model": model})
    async with borrowed(settings, key) as url, Remote(url, key) as remote:
        yield remote


def running_at(data: Path) -> str | None:
    """The address of the server that works with this data directory, if one does."""
    try:
        url, pid = (data / "address").read_text(encoding="utf-8").split()
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return None
    return url
