"""The tools a model may call: what it asks for is checked before it runs, what comes back is bounded.

A tool's name, arguments and result never reach further than this turn. Only what the bot's own settings name
is offered; a request cannot bring tools.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec

from rivulet.answerers.retrieval import find
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.ports.answering import Task, Tool, ToolSpec
from rivulet.ports.knowledge import Found, Search

log = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes of one call's arguments, and of one result as JSON: about 16,000 tokens."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


@runtime_checkable
class Finds(Protocol):
    """A tool whose results are knowledge: they become numbered sources of the turn. An extra ability."""

    async def find(self, task: Task, arguments: Mapping[str, Any]) -> Found: ...


class Outcome(NamedTuple):
    """What a call came to: a JSON-able value, or why there is none; and both as the model reads it."""

    output: Any
    error: str | None
    told: str


class Toolbox:
    """The tools of one turn, by name. A turn that may not search has none that find."""

    def __init__(self, tools: Mapping[str, Tool], names: Iterable[str], may_find: bool) -> None:
        """Raises InvalidRequest for a name the server has no tool for."""
        self._tools: dict[str, Tool] = {}
        for name in names:
            if name not in tools:
                there = ", ".join(sorted(tools)) or "none"
                raise InvalidRequest(f"This bot uses a tool {name!r} that is not there. There are: {there}.")
            if may_find or not isinstance(tools[name], Finds):
                self._tools[name] = tools[name]

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._tools.values())

    @property
    def can_find(self) -> bool:
        return any(isinstance(tool, Finds) for tool in self._tools.values())

    def read(self, name: str, arguments: str) -> tuple[dict[str, Any], str | None]:
        """The arguments, and what is wrong with the call, if anything."""
        tool = self._tools.get(name)
        if tool is None:
            return {}, f"There is no tool {name!r}. There are: {', '.join(self._tools) or 'none'}."
        try:
            read = msgspec.json.decode(arguments or "{}", type=dict[str, Any])
        except msgspec.ValidationError:
            return {}, "The arguments are not a JSON object."
        except (msgspec.DecodeError, ValueError, RecursionError):
            return {}, "The arguments are not JSON."
        return read, misfit(read, tool.spec.parameters)

    async def call(self, task: Task, name: str, arguments: Mapping[str, Any]) -> Found | Outcome:
        """What a tool found, or what another one came to. Never raises: a tool that fails tells the model,
        and the turn goes on."""
        tool = self._tools[name]
        try:
            if isinstance(tool, Finds):
                return await tool.find(task, arguments)
            return succeeded(await tool.call(task, arguments))
        except RivuletError as problem:
            return failed(problem.message)
        except Exception:  # a tool is somebody else's code; its bug must not end the turn
            log.exception("turn %s: tool %s failed", task.turn_id, name)
            return failed("The tool failed.")


def succeeded(value: Any) -> Outcome:
    """The value as JSON; one that is too large becomes the beginning of its text."""
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return failed("The tool's result cannot be written as JSON.")
    if len(encoded) > LARGEST:
        value = encoded[:LARGEST].decode(errors="ignore") + "… (cut)"
        return Outcome(value, None, value)
    return Outcome(msgspec.json.decode(encoded), None, encoded.decode())


def failed(why: str) -> Outcome:
    return Outcome(None, why, msgspec.json.encode({"error": why}).decode())


def misfit(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """What keeps the arguments from fitting the schema's own level: missing, unknown or mistyped names.
    Deeper levels are the tool's to judge."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in arguments:
            return f"The argument {name!r} is missing."
    for name, value in arguments.items():
        if name not in properties:
            if schema.get("additionalProperties") is False:
                return f"There is no argument {name!r}."
            continue
        wanted = properties[name].get("type", ())
        wanted = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        if wanted and not any(_is_a(value, each) for each in wanted):
            return f"The argument {name!r} is not of type {' or '.join(wanted)}."
    return None


def _is_a(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(wanted, object))


class SearchDocuments:
    """Lets the model look into the documents again, with words of its own, where the turn may search."""

    spec = ToolSpec(
        name="search_documents",
        description="Searches the documents and gives the passages that match best, numbered for citing. "
        "Use it when the sources at hand do not answer the question: with other words, or for a part of it.",
        parameters={
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What to look for."}},
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, search: Search) -> None:
        self._search = search

    async def find(self, task: Task, arguments: Mapping[str, Any]) -> Found:
        """Raises RetrievalFailed."""
        return await find(self._search, task, arguments["query"], task.bot.top_k)

    async def call(self, task: Task, arguments: Mapping[str, Any]) -> Any:
        found = await self.find(task, arguments)
        return [{"title": hit.title, "text": hit.text} for hit in found.hits]
