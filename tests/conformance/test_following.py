"""The engine's only reader follows the same turn in every dialect: from anywhere, finished or running."""

import asyncio

import pytest

from conformance.dialects import DIALECTS
from conformance.stories import STORIES
from rivulet.domain.events import AnyEvent, TurnFinished, TurnStarted
from rivulet.domain.turn import fold, message_of
from rivulet.engine.hub import Follower, Hub
from rivulet.ports.dialect import Dialect
from rivulet.ports.turns import Opening
from rivulet.stores.memory import MemoryStore
from rivulet.testing.paused import LoopClock
from tests.conformance.readers import TEXT
from tests.conformance.test_renderings import frames_of

pytestmark = pytest.mark.anyio
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
LOG = STORIES["several-citations"]()
TURN = fold(LOG)


async def store_of(log: list[AnyEvent]) -> MemoryStore:
    """A store in which the story has happened, event by event."""
    store = MemoryStore(LoopClock())
    started, *inner, finished = log
    assert isinstance(started, TurnStarted)
    assert isinstance(finished, TurnFinished)
    opening = Opening(
        tenant_id="t", user_id=None, started=started, question="Why?", request=b"{}", new_chat=True
    )
    claim = await store.log.open(opening, "me", 5_000)
    for event in inner:
        store.log.append(claim, [event], lambda events, problem: None)
        await asyncio.sleep(0)
    await store.log.finish(claim, finished, message_of(fold(log)))
    assert await store.log.read("t", TURN.turn_id, 0, 1_000) == log
    return store


async def rest_of(follower: Follower) -> bytes:
    pieces = []
    while (piece := await follower.next()) is not None:
        pieces.append(piece)
    follower.close()
    return b"".join(pieces)


@every_dialect
async def test_a_finished_turn_is_resumed_from_any_cursor(dialect: Dialect) -> None:
    """After any frame it has had, a reader gets exactly the frames it has not had."""
    hub = Hub((await store_of(LOG)).log)
    frames = frames_of(dialect, LOG)
    for known, frame in enumerate(frames[:-1], start=1):
        follower = hub.follow("t", TURN.turn_id, dialect, frame.cursor)
        assert await rest_of(follower) == b"".join(one.data for one in frames[known:]), frame.cursor


@every_dialect
@pytest.mark.parametrize("committed", [2, 7, len(LOG) - 1])
async def test_a_running_turn_is_joined_anywhere(dialect: Dialect, committed: int) -> None:
    """Two readers, one from the start and one returning, get the same bytes while the turn goes on."""
    hub = Hub((await store_of(LOG)).log)
    hub.opened(TURN.turn_id, LOG[:1], None)
    hub.publish(TURN.turn_id, LOG[1:committed])
    whole = frames_of(dialect, LOG)
    known = [frame for frame in whole if int(frame.cursor.partition(".")[0]) <= committed]
    first = asyncio.create_task(rest_of(hub.follow("t", TURN.turn_id, dialect, "0")))
    cursor = known[-1].cursor if known else "0"
    second = asyncio.create_task(rest_of(hub.follow("t", TURN.turn_id, dialect, cursor)))
    for event in LOG[committed:]:
        await asyncio.sleep(0)
        hub.publish(TURN.turn_id, [event])
    assert await first == b"".join(frame.data for frame in whole)
    assert await second == b"".join(frame.data for frame in whole[len(known) :])


async def test_all_dialects_at_once_end_with_the_same_text() -> None:
    """One turn, followed in every dialect at the same time, is the same answer in all of them."""
    hub = Hub((await store_of(LOG)).log)
    hub.opened(TURN.turn_id, LOG[:1], None)
    readers = {
        dialect.name: asyncio.create_task(rest_of(hub.follow("t", TURN.turn_id, dialect, "0")))
        for dialect in DIALECTS
    }
    for event in LOG[1:]:
        await asyncio.sleep(0)
        hub.publish(TURN.turn_id, [event])
    for name, reader in readers.items():
        assert TEXT[name](await reader) == TURN.text
