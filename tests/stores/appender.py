"""A process that is there to be killed: answers turns without end and says on stdout what it was told.

    python appender.py DATA_DIR

Lines: `opened TURN`, `told TURN EVENT`, `ended TURN EVENT`, each written after the store has said so.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rivulet.domain import events as e
from rivulet.domain.chat import Message
from rivulet.domain.errors import RivuletError
from rivulet.domain.turn import Life, closers
from rivulet.ports.turns import Claim, Opening
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore


class Clock:
    def now_ms(self) -> int:
        return round(time.time() * 1000)

    def monotonic(self) -> float:
        return time.monotonic()


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def tell(turn: str, is_said: asyncio.Event) -> Callable[[Sequence[e.AnyEvent], RivuletError | None], None]:
    def committed(events: Sequence[e.AnyEvent], error: RivuletError | None) -> None:
        if error is not None:
            raise error
        for event in events:
            say("told", turn, e.encode(event).decode())
        if isinstance(events[-1], e.TextFinished):
            is_said.set()

    return committed


async def end(store: SqliteStore, claim: Claim, status: e.Status) -> None:
    life, now = Life(), 1
    for event in await store.log.read("default", claim.turn_id, 0, 1_000_000):
        life.step(event)
    store.log.append(claim, closers(life.opened, "failed", now), tell(claim.turn_id, asyncio.Event()))
    finished = e.TurnFinished(at=now, status=status, finish_reason="stop")
    answer = Message(
        id=f"a_{claim.turn_id}",
        chat_id=f"c_{claim.turn_id}",
        turn_id=claim.turn_id,
        role="assistant",
        text="",
        created_at=1,
    )
    event = await store.log.finish(claim, finished, answer)
    say("ended", claim.turn_id, e.encode(event).decode())


async def answer(store: SqliteStore, turn: str, chance: random.Random) -> None:
    started = e.TurnStarted(
        at=1, turn_id=turn, chat_id=f"c_{turn}", message_id="m", user_message_id="u", model="x"
    )
    opening = Opening(
        tenant_id="default", user_id=None, started=started, question="?", request=b"{}", new_chat=True
    )
    claim = await store.log.open(opening, f"owner_{os.getpid()}", 5000)
    assert isinstance(claim, Claim)
    say("opened", turn)
    is_said = asyncio.Event()
    committed = tell(turn, is_said)
    store.log.append(claim, [e.TextStarted(part_id="p")], committed)
    for word in range(chance.randrange(60)):
        for _ in range(chance.randrange(1, 4)):
            store.log.append(claim, [e.TextDelta(part_id="p", delta=f"{word} ")], committed)
        await asyncio.sleep(chance.choice((0, 0, 0.001)))
    store.log.append(claim, [e.TextFinished(part_id="p")], committed)
    await is_said.wait()
    await end(store, claim, "completed")


async def main() -> None:
    clock = Clock()
    db = Database.open(Path(sys.argv[1]), clock, 64 * 1024)
    store = SqliteStore(db, clock)
    for record in await store.turns.unfinished():
        claim = await store.log.claim("default", record.id, f"owner_{os.getpid()}", 5000)
        assert claim is not None
        await end(store, claim, "failed")
    say("ready")
    chance = random.Random(os.getpid())

    async def work(worker: int) -> None:
        for count in range(1_000_000):
            await answer(store, f"t_{os.getpid()}_{worker}_{count}", chance)

    await asyncio.gather(*(work(worker) for worker in range(8)))


asyncio.run(main())
