import sys
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rivulet.answerers.callable import Callable, load
from rivulet.config import BadSettings
from rivulet.domain import events as e
from rivulet.ports.answering import Exchange, Finished, Task
from rivulet.testing.pulled import pulled

from .bridge import answered, task

pytestmark = pytest.mark.anyio
Said = AsyncGenerator[Any, None]
EXAMPLES = Path(__file__).parents[2]


async def test_the_example_answers() -> None:
    """Loaded by its name, as `--model` would; its text is streamed as one part."""
    answerer = load("callable:examples.callable_answerer:answer", EXAMPLES)
    result = await answered(answerer, task("Is it old?", history=[("user", "Hello"), ("assistant", "Hi")]))
    assert result.text == "Your question has 3 words: Is, it, old?.\n\nYou asked 1 before."
    assert result.types == ["text.started", "text.delta", "data", "text.finished"]
    assert result.of(e.Data)[0].data == {"words": 3}


async def test_a_function_of_one_argument_gets_the_task() -> None:
    """Everything there is to know."""

    async def answer(task: Task) -> Said:
        yield f"{task.chat_id} {task.bot.top_k}"

    assert (await answered(Callable(answer))).text == "chat 6"


async def test_history_comes_as_plain_dictionaries() -> None:
    async def answer(question: str, history: list[dict[str, str]]) -> Said:
        yield repr(history)

    result = await answered(Callable(answer), task(history=[("user", "Hello")]))
    assert result.text == "[{'role': 'user', 'text': 'Hello'}]"


async def test_events_may_stand_between_text() -> None:
    """Data and stages leave the part open; a tool, thoughts, a part of its own end it."""

    async def answer(task: Task) -> Said:
        yield "one"
        yield e.StageStarted(stage="lookup", stage_id="x")
        yield " two"
        yield e.StageFinished(stage="lookup", stage_id="x")
        yield e.ToolStarted(tool_call_id="c", name="t")
        yield e.ToolFinished(tool_call_id="c")
        yield "three"

    result = await answered(Callable(answer))
    assert [part.part_id for part in result.of(e.TextStarted)] == ["text_1", "text_2"]
    assert [delta.part_id for delta in result.of(e.TextDelta)] == ["text_1", "text_1", "text_2"]


async def test_a_function_may_cite() -> None:
    """Its own sources, its own marks: an event is an event."""

    async def answer(task: Task) -> Said:
        yield e.SourcesAdded(
            sources=[
                e.Passage(
                    id="a",
                    n=1,
                    source_id="s",
                    document_id="d",
                    chunk_id="c",
                    title="",
                    url="/",
                    text="",
                    score=0,
                )
            ]
        )
        yield "It opened [1]"
        yield e.CitationAdded(part_id="text_1", source_id="a", n=1, start=10, end=13)

    assert len((await answered(Callable(answer))).of(e.CitationAdded)) == 1


async def test_the_reason_of_the_end_is_passed_on() -> None:
    async def answer(task: Task) -> Said:
        yield "cut"
        yield Finished(finish_reason="length", usage=e.Usage(total_tokens=3))

    result = await answered(Callable(answer))
    assert ("length", e.Usage(total_tokens=3)) == (result.finished.finish_reason, result.finished.usage)


async def test_an_answer_of_nothing_is_an_answer() -> None:
    async def answer(task: Task) -> Said:
        yield ""

    assert (await answered(Callable(answer))).text == ""


async def test_text_that_nobody_could_store_is_mended() -> None:
    """Half characters become U+FFFD, NUL goes."""

    async def answer(task: Task) -> Said:
        yield "a\0b\ud83c"

    assert (await answered(Callable(answer))).text == "ab�"


async def test_anything_but_text_and_events_is_a_bug() -> None:
    async def answer(task: Task) -> Said:
        yield 3

    with pytest.raises(TypeError, match="not int"):
        await answered(Callable(answer))


async def test_leaving_the_answer_closes_the_function_first() -> None:
    """Its `finally` has run when the answer is left, also by a function that never waits."""
    released: list[str] = []

    async def answer(task: Task) -> Said:
        try:
            while True:
                yield "more "
        finally:
            released.append("upstream")

    async with pulled(partial(Callable(answer).answer, task())) as drafts:
        async for draft in drafts:
            if isinstance(draft, e.TextDelta):
                break
    assert released == ["upstream"]


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("callable:", "not of the form"),
        ("callable:module", "not of the form"),
        ("openai:gpt", "not of the form"),
        ("callable:no_such_module_anywhere:answer", "there is no module no_such_module_anywhere"),
        ("callable:examples.no_such:answer", "there is no module examples.no_such"),
        ("callable:examples.callable_answerer:nothing", "has no 'nothing'"),
        ("callable:json:dumps", "is not an async generator function"),
        ("callable:json:JSONDecoder", "is not an async generator function"),
        ("callable:broken_answerers:answer", "importing broken_answerers failed: ZeroDivisionError"),
        ("callable:needy_answerers:answer", "needs no_such_package, which is not installed"),
        ("callable:odd_answerers:none", "must take"),
        ("callable:odd_answerers:three", "must take"),
        ("callable:odd_answerers:coroutine", "is not an async generator function"),
    ],
)
def test_a_name_that_cannot_be_loaded_says_why(
    spec: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Form, module, what the module needs, attribute, kind and arguments: each its own sentence."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(EXAMPLES)])
    (tmp_path / "broken_answerers.py").write_text("1 / 0\n")
    (tmp_path / "needy_answerers.py").write_text("import no_such_package\n")
    (tmp_path / "odd_answerers.py").write_text(
        "async def none():\n    yield ''\n"
        "async def three(a, b, c):\n    yield ''\n"
        "async def coroutine(task):\n    return ''\n"
    )
    with pytest.raises(BadSettings, match=complaint):
        load(spec, tmp_path)


def test_what_needs_no_more_than_two_arguments_fits(tmp_path: Path) -> None:
    """Further ones with a default are the function's own affair."""

    async def answer(question: str, history: list[Exchange], style: str = "short") -> Said:
        yield style

    assert Callable(answer)
