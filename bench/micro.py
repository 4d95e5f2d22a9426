"""Single steps of a token's way, each alone in a loop: where to look when the whole has become dearer."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.plan import Plan
from bench.table import Row
from rivulet.dialects.native import Native
from rivulet.domain import events
from rivulet.domain.errors import RivuletError
from rivulet.domain.turn import Fold, Life
from rivulet.ports.turns import Claim, Opening
from rivulet.providers.completion import Completion
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.wiring import SystemClock

_UPSTREAM = (
    b'data: {"id":"chatcmpl-CqX7bM2vQhT0aJ5nYwE0000002a","object":"chat.completion.chunk",'
    b'"created":1763674000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",'
    b'"choices":[{"index":0,"delta":{"content":"~ABCDE"},"logprobs":null,"finish_reason":null}],"usage":null,'
    b'"obfuscation":"q7XbLw2"}\n\n'
)


def measure(plan: Plan) -> list[Row]:
    loops = plan.count(40_000, 10_000)
    return [
        _row("one frame of a model read", loops, _reading()),
        _row("one delta checked, folded", loops, _running()),
        _row("one delta encoded as native bytes", loops, _rendering()),
        _row("one delta decoded from the log", loops, _decoding()),
        _commit_row("one delta committed alone", turns=1, rounds=loops // 40),
        _commit_row("one delta committed with those of 200 turns", turns=200, rounds=loops // 1000),
    ]


def _row(label: str, loops: int, step: Callable[[], object]) -> Row:
    return Row(f"step: {label}", "µs", {"rivulet": _cost_us(step, loops)})


def _cost_us(step: Callable[[], object], loops: int) -> float:
    """CPU time of one step, the median of seven loops."""
    costs: list[float] = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(loops // 7 + 1):
            step()
        costs.append((time.process_time() - begun) / (loops // 7 + 1) * 1e6)
    return statistics.median(costs)


def _reading() -> Callable[[], object]:
    answer = Completion()
    return lambda: answer.feed(_UPSTREAM)


def _running() -> Callable[[], object]:
    life, fold = Life(), Fold()
    for event in (
        _started("a"),
        events.TextStarted(part_id="txt_1"),
    ):
        life.step(event)
        fold.add(event)

    def step() -> None:
        delta = events.TextDelta(part_id="txt_1", delta="~ABCDE")
        life.step(delta)
        fold.add(delta)

    return step


def _rendering() -> Callable[[], object]:
    native = Native()
    delta = events.TextDelta(seq=42, at=1763674000123, part_id="txt_1", delta="~ABCDE")
    return lambda: native.render(delta)


def _decoding() -> Callable[[], object]:
    raw = events.encode(events.TextDelta(seq=42, at=1763674000123, part_id="txt_1", delta="~ABCDE"))
    return lambda: events.decode(raw)


def _started(name: str) -> events.TurnStarted:
    return events.TurnStarted(
        turn_id=f"trn_{name}",
        chat_id=f"cht_{name}",
        message_id=f"msg_{name}",
        user_message_id=f"msq_{name}",
        model="m",
    )


def _commit_row(label: str, turns: int, rounds: int) -> Row:
    folder = Path(tempfile.mkdtemp(prefix="rivulet-micro-"))
    try:
        cost = asyncio.run(_committing(folder / "data", turns, max(2, rounds)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Row(f"step: {label}", "µs", {"rivulet": cost})


async def _committing(data: Path, turns: int, rounds: int) -> float:
    """CPU time of all threads per delta: appended by every turn, then all waited for, again and again."""
    clock = SystemClock()
    db = Database.open(data, clock)
    try:
        log = SqliteStore(db, clock).log
        claims: list[Claim] = []
        for number in range(turns):
            opening = Opening(
                tenant_id="default",
                user_id=None,
                started=_started(str(number)),
                question="?",
                request=b"{}",
                new_chat=True,
            )
            claim = await log.open(opening, "own_bench", 60_000)
            assert isinstance(claim, Claim)
            claims.append(claim)
        waiting = 0
        all_in = asyncio.Event()

        def committed(_: Sequence[events.AnyEvent], error: RivuletError | None) -> None:
            nonlocal waiting
            assert error is None, error
            waiting -= 1
            if waiting == 0:
                all_in.set()

        begun = time.process_time()
        for _ in range(rounds):
            waiting = turns
            all_in.clear()
            for claim in claims:
                log.append(claim, (events.TextDelta(part_id="txt_1", delta="~ABCDE"),), committed)
            await all_in.wait()
        return (time.process_time() - begun) / (rounds * turns) * 1e6
    finally:
        await db.close()
