"""Any async generator function as an answerer, and the loader that finds one by name.

The whole contract:

    async def answer(question, history):      # or answer(task), for everything there is to know
        yield "some text"                     # as often as you like; it is streamed as it comes
        yield Data(name="weather", data=…)    # any event of a turn may stand between

`history` is a list of {"role", "text"}, oldest first. Raise a `RivuletError` to fail with its message; yield
`Finished` last to say why the answer ended and what it cost. When a reader stops the answer, the generator is
closed at the `yield` or `await` where it stands: `finally` is the place to let go of things. Strings make up
a part of text named `text_1`, which ends where another part, thoughts or a tool begin; then comes `text_2`.
"""

import asyncio
import importlib
import inspect
import sys
from collections import abc
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import msgspec

from rivulet.config import BadSettings
from rivulet.domain.events import (
    AnyEvent,
    Event,
    ReasoningStarted,
    TextDelta,
    TextFinished,
    TextStarted,
    ToolStarted,
)
from rivulet.ports.answering import Answerer, Finished, Say, Task

PREFIX = "callable:"

BREATH = 32
"""Things after which a function that never waits must let the others run."""

_ENDS_TEXT = (TextStarted, ReasoningStarted, ToolStarted)

Function = abc.Callable[..., abc.AsyncGenerator[Any, None]]


class Callable:
    """An answerer made of a function. Raises BadSettings for one that is not of the contract."""

    def __init__(self, function: Function) -> None:
        name = getattr(function, "__qualname__", repr(function))
        if not inspect.isasyncgenfunction(function):
            raise BadSettings(f"{name} is not an async generator function: `async def` with a `yield` in it.")
        self._takes_task = _arity(function, name) == 1
        self._function = function

    async def answer(self, task: Task, say: Say) -> Finished:
        history = [msgspec.structs.asdict(exchange) for exchange in task.history]
        said = self._function(task) if self._takes_task else self._function(task.question, history)
        speech, count = _Speech(say), 0
        async with aclosing(said) as things:
            async for thing in things:
                if isinstance(thing, Finished):
                    speech.end_text()
                    return thing
                speech.take(thing)
                count += 1
                if count % BREATH == 0:
                    await asyncio.sleep(0)
        speech.end_text()
        return Finished()


class _Speech:
    """What a function yields, as drafts."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._parts = 0
        self._part_id: str | None = None

    def take(self, thing: Any) -> None:
        if isinstance(thing, str):
            self._speak(thing)
        elif isinstance(thing, Event):
            if isinstance(thing, _ENDS_TEXT):
                self.end_text()
            self._say(cast("AnyEvent", thing))
        else:
            raise TypeError(f"an answerer may yield text and events, not {type(thing).__name__}")

    def end_text(self) -> None:
        if self._part_id is not None:
            self._say(TextFinished(part_id=self._part_id))
            self._part_id = None

    def _speak(self, text: str) -> None:
        if self._part_id is None:
            self._parts += 1
            self._part_id = f"text_{self._parts}"
            self._say(TextStarted(part_id=self._part_id))
        if text:
            self._say(TextDelta(part_id=self._part_id, delta=_storable(text)))


def load(spec: str, folder: Path | None = None) -> Answerer:
    """`callable:package.module:function`. A module may also be in `folder`, the present one unless named; it
    comes last, so that it hides nothing that is installed. Raises BadSettings."""
    module_name, _, path = spec.removeprefix(PREFIX).partition(":")
    if not spec.startswith(PREFIX) or not module_name or not path:
        raise BadSettings(f"{spec!r} is not of the form callable:package.module:function.")
    target: Any = _module(module_name, spec, folder)
    for name in path.split("."):
        if not hasattr(target, name):
            raise BadSettings(f"{spec}: module {module_name} has no {path!r}.")
        target = getattr(target, name)
    try:
        return Callable(target)
    except BadSettings as problem:
        raise BadSettings(f"{spec}: {problem.message}") from None


def _module(name: str, spec: str, folder: Path | None) -> Any:
    place = str(folder or Path.cwd())
    if place not in sys.path:
        sys.path.append(place)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        missing = problem.name or name
        if name == missing or name.startswith(f"{missing}."):
            raise BadSettings(f"{spec}: there is no module {missing}.") from None
        raise BadSettings(f"{spec}: module {name} needs {missing}, which is not installed.") from None
    except Exception as problem:  # whatever a stranger's module does while it is imported
        raise BadSettings(
            f"{spec}: importing {name} failed: {type(problem).__name__}: {problem}"
        ) from problem


def _arity(function: Function, name: str) -> int:
    """One for `answer(task)`, two for `answer(question, history)`."""
    parameters = list(inspect.signature(function).parameters.values())
    needed = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    keyword_only = [p for p in parameters if p.default is p.empty and p.kind is p.KEYWORD_ONLY]
    if len(needed) not in (1, 2) or keyword_only:
        raise BadSettings(f"{name} must take (question, history) or (task).")
    return len(needed)


def _storable(text: str) -> str:
    """Half characters cannot be stored or sent, NUL not everywhere."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
