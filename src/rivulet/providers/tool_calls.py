"""Puts a model's tool calls together from whatever pieces its service cuts them into."""

import json
from collections.abc import Iterable
from itertools import count

from rivulet.domain.errors import UpstreamProtocol
from rivulet.ports.answering import Piece, ToolCallDelta, ToolCallStart
from rivulet.providers.cleaning import CleanText, clean

MOST_CALLS = 128
"""In one answer; the usual services refuse to know more than 128 tools."""

MOST_ARGUMENTS = 1 << 20
"""Characters of all calls of one answer together; as much as an answer may have text."""

_LONGEST_NAME = 256


class ToolCalls:
    """The calls of one answer. Every call gets an id of its own, whatever the service gives; `taken` are the
    ids of the calls before it in the same turn."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._ids = set(taken)
        self._size = 0

    @property
    def has_any(self) -> bool:
        """A call counts as soon as it has a name."""
        return any(call.name for call in self._calls)

    @property
    def count(self) -> int:
        return len(self._calls)

    def feed(self, index: int, id: str | None, name: str | None, arguments: str | None) -> list[Piece]:
        """One delta. Raises `UpstreamProtocol` past the limits."""
        call = self._by_index.get(index)
        if call is None or _opens_another(call, id, name):
            call = self._open(index, id)
        self._size += len(arguments or "")
        if self._size > MOST_ARGUMENTS:
            raise UpstreamProtocol("The model called a tool with more than a mebibyte of arguments.")
        if name and not call.name:
            call.name = clean(name)[:_LONGEST_NAME]
            return [ToolCallStart(call.id, call.name), *call.argue(call.early + (arguments or ""))]
        if not call.name:
            call.early += arguments or ""
            return []
        return call.argue(arguments or "")

    def rest(self) -> list[Piece]:
        """What is missing at the end: a call without arguments has none, as JSON."""
        if any(call.early and not call.name for call in self._calls):
            raise UpstreamProtocol("The model called a tool without saying which.")
        return [ToolCallDelta(call.id, "{}") for call in self._calls if call.name and not call.arguments]

    def _open(self, index: int, id: str | None) -> "_Call":
        if len(self._calls) >= MOST_CALLS:
            raise UpstreamProtocol("The model called more tools than an answer may.")
        own = clean(id or "")[:_LONGEST_NAME] or f"call_{len(self._ids)}"
        if own in self._ids:
            own = next(name for n in count(2) if (name := f"{own}-{n}") not in self._ids)
        self._ids.add(own)
        call = _Call(own, id)
        self._calls.append(call)
        self._by_index[index] = call
        return call


class _Call:
    """`given` is the id as the service spelled it; `early` are arguments that came before the name."""

    def __init__(self, id: str, given: str | None) -> None:
        self.id = id
        self.given = given
        self.name = ""
        self.early = ""
        self.arguments: list[str] = []
        self._clean = CleanText()

    def argue(self, text: str) -> list[Piece]:
        text = self._clean.clean(text)
        if not text:
            return []
        self.arguments.append(text)
        return [ToolCallDelta(self.id, text)]

    def is_whole(self) -> bool:
        try:
            json.loads("".join(self.arguments))
        except (ValueError, RecursionError):
            return False
        return True


def _opens_another(call: _Call, id: str | None, name: str | None) -> bool:
    """Some services give every call index 0, some repeat the name in every delta."""
    if not name or not call.name:
        return False
    if id and call.given:
        return id != call.given
    return call.is_whole()
