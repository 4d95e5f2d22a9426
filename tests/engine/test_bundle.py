"""Several turns over one connection: what is committed never overtakes what is on its way."""

import asyncio
import re
from collections.abc import AsyncGenerator

import pytest

from rivulet.dialects.native import NativeOf
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.tenant import LOCAL
from rivulet.engine.bundle import Bundle
from rivulet.ports.answering import Finished, Task

from .conftest import Bench

pytestmark = pytest.mark.anyio
WORDS = 200


async def quick(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    yield e.TextStarted(part_id="t")
    for word in range(WORDS):
        await asyncio.sleep(0.001)
        yield e.TextDelta(part_id="t", delta=f"{word} ")


def farewell(turn_id: str, problem: RivuletError) -> bytes:
    return b""


async def test_a_slow_connection_gets_every_turn_in_order(bench: Bench) -> None:
    """Pieces wait to be taken while more is committed, which goes into the sink: per turn the order on the
    wire is that of the log, without a gap."""
    bench.says("quick", quick)
    turns = [(await bench.ask("quick")).turn_id for _ in range(3)]
    followers = [await bench.service.follow(LOCAL, turn, NativeOf(turn), "0") for turn in turns]
    bundle = Bundle([each for each in followers if each], b":\n", farewell)
    wire = bytearray()

    def sink(data: bytes) -> bool:
        wire.extend(data)
        return True

    bundle.sink = sink
    while (data := await bundle.next()) is not None:
        # What the loop does between taking a piece and asking for it: others run first.
        wire.extend(data)
        await asyncio.sleep(0.003)
    bundle.close()
    for turn in turns:
        seen = [int(each) for each in re.findall(rf"^id: {turn}/(\d+)$".encode(), wire, re.MULTILINE)]
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) > 3
    assert bundle.is_complete
