"""Answers played to the page, each by the name of its question: what a scripted model cannot bring about."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from rivulet.domain.events import (
    ReasoningDelta,
    ReasoningFinished,
    ReasoningStarted,
    StageFinished,
    StageStarted,
    ToolCalled,
    ToolFinished,
    ToolInputDelta,
    ToolStarted,
)
from rivulet.ports.answering import Task

BEAT = 0.4
"""Long enough to be seen, short enough for a test."""

CUE = "RIVULET_TEST_CUE"
"""Names the variable with the file by which a test lets a play go on."""

LONG = 100_000
"""Tokens of an answer nobody should have to wait for."""


async def answer(task: Task) -> AsyncGenerator[Any, None]:
    async for thing in PLAYS[task.question]():
        yield thing


async def _cued() -> None:
    """However long somebody looks at what there is so far."""
    for _ in iter(_is_cue_given, True):
        await asyncio.sleep(0.02)


def _is_cue_given() -> bool:
    """Each is given once."""
    cue = Path(os.environ[CUE])
    is_given = cue.exists()
    cue.unlink(missing_ok=True)
    return is_given


async def _stages() -> AsyncGenerator[Any, None]:
    for name in ("retrieval", "reranking", "generation"):
        yield StageStarted(stage=name, stage_id=name)
        await asyncio.sleep(BEAT)
        if name == "generation":
            yield "Here it is."
            await asyncio.sleep(BEAT)
        yield StageFinished(stage=name, stage_id=name, status="completed", duration_ms=400)


async def _tool() -> AsyncGenerator[Any, None]:
    yield ToolStarted(tool_call_id="call_1", name="look_up", runs_on="server")
    await asyncio.sleep(BEAT)
    yield ToolCalled(tool_call_id="call_1", name="look_up", input={"word": "gearbox"})
    await _cued()
    yield ToolFinished(tool_call_id="call_1", status="completed", output="A box of gears.")
    yield "I looked it up."


async def _half() -> AsyncGenerator[Any, None]:
    """Goes no further by itself than to the middle of a call, in a stage with a name of its own."""
    yield StageStarted(stage="look", stage_id="look", label="Looking into the shed")
    yield ReasoningStarted(part_id="r")
    yield ReasoningDelta(part_id="r", delta="Where may it be?")
    yield ReasoningFinished(part_id="r")
    yield "I look for it."
    yield ToolStarted(tool_call_id="call_1", name="open_door", runs_on="server")
    yield ToolInputDelta(tool_call_id="call_1", delta='{"door": "the gr')
    await asyncio.Event().wait()


async def _arguments() -> AsyncGenerator[Any, None]:
    yield ToolStarted(tool_call_id="call_1", name="write_file", runs_on="server")
    for n in range(2000):
        yield ToolInputDelta(tool_call_id="call_1", delta=f'"line {n} of a long file",\n')
        if n % 20 == 0:
            await asyncio.sleep(0.01)
    yield ToolCalled(tool_call_id="call_1", name="write_file", input={"lines": 2000})
    yield ToolFinished(tool_call_id="call_1", status="completed", output="written")
    yield "Written."


async def _thoughts() -> AsyncGenerator[Any, None]:
    yield ReasoningStarted(part_id="r")
    for n in range(600):
        yield ReasoningDelta(part_id="r", delta=f"Thought number {n} is this. ")
        if n % 30 == 0:
            await asyncio.sleep(0.02)
    await _cued()
    yield ReasoningFinished(part_id="r")
    yield "I thought about it."


async def _quick() -> AsyncGenerator[Any, None]:
    """200 tokens a second, for five seconds."""
    for n in range(1000):
        yield f"word{n} " if n % 12 else f"word{n}\n\n"
        await asyncio.sleep(0.005)


async def _steady() -> AsyncGenerator[Any, None]:
    """60 tokens a second, for three seconds."""
    for n in range(180):
        yield f"word{n} "
        await asyncio.sleep(1 / 60)


async def _endless() -> AsyncGenerator[Any, None]:
    """As fast as it can be taken, once the first words are there to be read."""
    for n in range(LONG // 20):
        if n == 1:
            await asyncio.sleep(BEAT)
        yield " ".join(f"w{n * 20 + i}" for i in range(20)) + ("\n\n" if n % 5 == 4 else " ")
        if n % 100 == 0:
            await asyncio.sleep(0)


PLAYS = {
    "stages": _stages,
    "tool": _tool,
    "half": _half,
    "arguments": _arguments,
    "thoughts": _thoughts,
    "quick": _quick,
    "steady": _steady,
    "endless": _endless,
}
