"""`rivulet turns`: list, look at, follow, stop and replay what was asked."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from cyclopts import App

from rivulet.cli.ask import Data, Server, following, to_its_end
from rivulet.cli.following import INTERRUPTED, Following
from rivulet.cli.listing import Listing, print_json
from rivulet.cli.reach import reach
from rivulet.cli.shown import Shown
from rivulet.domain import events as e

turns = App(name="turns", help="List, look at, follow, stop and replay turns.")


@turns.command
def ls(*, server: Server = None, data: Data = Path(".rivulet"), limit: int = 20) -> None:
    """The latest chats, and the turn each is waiting for."""

    async def run() -> None:
        async with reach(server, data) as remote:
            found = await remote.get("/v1/chats", limit=limit)
            chats = Listing("chat", "title", "running turn")
            for chat in found["chats"]:
                chats.add(chat["id"], chat["title"], chat.get("running_turn_id") or "")
            chats.print()

    asyncio.run(run())


@turns.command
def show(turn_id: str, *, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """The turn as JSON, as far as it has come."""

    async def run() -> Any:
        async with reach(server, data) as remote:
            return await remote.get(f"/v1/turns/{turn_id}")

    print_json(asyncio.run(run()))


@turns.command(name="follow")
def follow_turn(
    turn_id: str,
    *,
    server: Server = None,
    data: Data = Path(".rivulet"),
    after: int = 0,
    json: bool = False,
) -> None:
    """Follow a turn to its end, from event AFTER on. Ctrl-C stops the turn."""

    async def run() -> int:
        async with reach(server, data) as remote:
            shown = Shown(as_json=json, at_once=True, with_sources=True)
            return await to_its_end(following(remote, turn_id, shown, after))

    sys.exit(asyncio.run(run()))


@turns.command
def stop(turn_id: str, *, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """Stop a turn and print the receipt."""

    async def run() -> Any:
        async with reach(server, data) as remote:
            return await remote.post(f"/v1/turns/{turn_id}/stop")

    print_json(asyncio.run(run()))


@turns.command
def replay(
    turn_id: str,
    *,
    server: Server = None,
    data: Data = Path(".rivulet"),
    speed: float = 1.0,
    json: bool = False,
) -> None:
    """Show a finished turn again as it was written.

    Parameters
    ----------
    turn_id
        The turn.
    speed
        1 is as it was, 10 ten times as fast, 0 at once.
    json
        Print every event as a line of JSON.
    """

    async def run() -> int:
        async with reach(server, data) as remote:
            shown = Shown(as_json=json, at_once=True, with_sources=True)
            replay = Following(_paced(remote.follow(turn_id), speed), shown)
            await to_its_end(replay)
            return INTERRUPTED if replay.is_left else 0

    sys.exit(asyncio.run(run()))


async def _paced(events: AsyncGenerator[e.AnyEvent], speed: float) -> AsyncGenerator[e.AnyEvent]:
    """With the pauses that were between them."""
    before: e.AnyEvent | None = None
    async for event in events:
        if before is not None and speed > 0:
            await asyncio.sleep(max(0, event.at - before.at) / 1000 / speed)
        yield event
        before = event
