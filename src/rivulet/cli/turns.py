"""`rivulet turns`: list, look at, follow, stop and replay what was asked."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclopts import App

from rivulet.cli.ask import Data, Server, following, to_its_end
from rivulet.cli.following import INTERRUPTED, Following
from rivulet.cli.listing import Listing, print_json
from rivulet.cli.reach import reach
from rivulet.cli.remote import Remote
from rivulet.cli.shown import Shown
from rivulet.domain import events as e

PAGE = 200
"""Turns the server gives at once."""

BEGINNING = 60
"""Characters of a question that are shown: with id, time and status a row fits a wide terminal."""

turns = App(name="turns", help="List, look at, follow, stop and replay turns.")


@turns.command
def ls(
    *, server: Server = None, data: Data = Path(".rivulet"), limit: int = 20, chat: str | None = None
) -> None:
    """The latest turns, newest first.

    Parameters
    ----------
    limit
        How many at most.
    chat
        Those of this chat only.
    """

    async def run() -> None:
        async with reach(server, data) as remote:
            shown = Listing("turn", "when", "status", "question")
            for turn in await _latest(remote, limit, chat):
                shown.add(turn["id"], _when(turn["created_at"]), turn["status"], _beginning(turn["question"]))
            shown.print()

    asyncio.run(run())


async def _latest(remote: Remote, limit: int, chat_id: str | None) -> list[dict[str, Any]]:
    """As many as are wanted, page by page."""
    found: list[dict[str, Any]] = []
    before: str | None = None
    while (wanted := limit - len(found)) > 0:
        page = await remote.get("/v1/turns", limit=min(wanted, PAGE), before=before, chat_id=chat_id)
        found += page["turns"]
        before = page["next_before"]
        if before is None:
            break
    return found


def _when(at: int) -> str:
    """In this machine's time."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _beginning(question: str) -> str:
    return question if len(question) <= BEGINNING else question[:BEGINNING].rstrip() + "…"


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
