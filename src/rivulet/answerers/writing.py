"""What a provider streams, as the drafts of a turn: parts opened and closed, calls collected, waits shown."""

from collections.abc import Sequence
from typing import Literal, Protocol

from rivulet.answerers.stages import Stages
from rivulet.answerers.tools import LARGEST
from rivulet.domain.errors import LimitReached, UpstreamProtocol, UpstreamTruncated
from rivulet.domain.events import (
    AnyEvent,
    ReasoningDelta,
    ReasoningFinished,
    ReasoningStarted,
    TextDelta,
    TextFinished,
    TextStarted,
    ToolInputDelta,
    ToolStarted,
)
from rivulet.ports.answering import Ended, Piece, Text, Thought, ToolCallDelta, ToolCallStart, Waiting


class Speech(Protocol):
    """Turns text into drafts: with citations, or as it is."""

    @property
    def length(self) -> int:
        """Characters said in the whole turn."""
        ...

    def open(self, part_id: str) -> None: ...

    def feed(self, piece: str) -> Sequence[AnyEvent]:
        """The drafts for a piece that is not empty."""
        ...

    def close(self) -> Sequence[AnyEvent]:
        """The drafts for what was held back."""
        ...


class Plain:
    """Text as it is, for turns without sources: there `[1]` means nothing to us."""

    def __init__(self) -> None:
        self._part_id = ""
        self.length = 0

    def open(self, part_id: str) -> None:
        self._part_id = part_id

    def feed(self, piece: str) -> Sequence[AnyEvent]:
        self.length += len(piece)
        return (TextDelta(part_id=self._part_id, delta=piece),)

    def close(self) -> Sequence[AnyEvent]:
        return ()


class Call:
    """A tool call as the model makes it. `id` is unique in the turn."""

    def __init__(self, id: str, name: str) -> None:
        self.id = id
        self.name = name
        self._arguments: list[str] = []
        self._size = 0

    @property
    def arguments(self) -> str:
        return "".join(self._arguments)

    def add(self, delta: str) -> None:
        """Raises LimitReached when it grows past what a call may have."""
        self._size += len(delta)
        if self._size > LARGEST:
            raise LimitReached(f"A tool was called with more than {LARGEST // 1024} KiB of arguments.")
        self._arguments.append(delta)


class Writing:
    """One turn's text, thoughts and calls, over as many answers of the provider as its tools make necessary.

    One part is open at a time: it ends where something else begins. `calls` and `ended` are those of the
    provider's last answer; `begin` forgets them.
    """

    def __init__(self, speech: Speech, stages: Stages, tool_steps: int) -> None:
        self._speech = speech
        self._stages = stages
        self._steps_left = tool_steps
        self._open: Literal["text", "reasoning"] | None = None
        self._part_id = ""
        self._parts = {"text": 0, "reasoning": 0}
        self._call_ids: set[str] = set()
        self._calls: dict[str, Call] = {}  # by the provider's own id
        self._wait: Waiting | None = None
        self._ended: Ended | None = None
        self.chars_besides = 0
        """Characters of thoughts and calls."""

    def begin(self) -> None:
        """Another answer of the provider."""
        self._calls = {}
        self._ended = None

    @property
    def calls(self) -> list[Call]:
        return list(self._calls.values())

    @property
    def ended(self) -> Ended:
        """Raises UpstreamTruncated when the provider never said that it was done."""
        if self._ended is None:
            raise UpstreamTruncated
        return self._ended

    def take(self, piece: Piece) -> Sequence[AnyEvent]:
        """The drafts for a piece, in order. Text of an open part goes straight through."""
        if isinstance(piece, Text):
            if not piece.text:
                return ()
            if self._open == "text":
                return self._speech.feed(piece.text)
            return [*self._switch("text"), *self._speech.feed(piece.text)]
        match piece:
            case Thought(text):
                return self._think(text)
            case ToolCallStart(id, name):
                return self._start_call(id, name)
            case ToolCallDelta(id, delta):
                return self._add_to_call(id, delta)
            case Waiting():
                return self._start_waiting(piece)
            case Ended():
                self._ended = piece
                return self._switch(None)

    def rest(self) -> Sequence[AnyEvent]:
        """What was held back of the text, for an answer that breaks off."""
        return self._speech.close() if self._open == "text" else ()

    def _switch(self, to: Literal["text", "reasoning"] | None) -> list[AnyEvent]:
        """Closes what is open, opens `to`."""
        drafts = self._stop_waiting()
        if self._open == "text":
            drafts += [*self._speech.close(), TextFinished(part_id=self._part_id)]
        elif self._open == "reasoning":
            drafts.append(ReasoningFinished(part_id=self._part_id))
        self._open = to
        if to is not None:
            self._parts[to] += 1
            self._part_id = f"{to}_{self._parts[to]}"
        if to == "text":
            self._speech.open(self._part_id)
            drafts.append(TextStarted(part_id=self._part_id))
        elif to == "reasoning":
            drafts.append(ReasoningStarted(part_id=self._part_id))
        return drafts

    def _think(self, text: str) -> list[AnyEvent]:
        if not text:
            return []
        self.chars_besides += len(text)
        drafts = [] if self._open == "reasoning" else self._switch("reasoning")
        return [*drafts, ReasoningDelta(part_id=self._part_id, delta=text)]

    def _start_call(self, id: str, name: str) -> list[AnyEvent]:
        if self._steps_left < 1:
            raise LimitReached("The model called more tools than this bot lets it.")
        if id in self._calls:
            raise UpstreamProtocol("The model made two tool calls under one id.")
        self._steps_left -= 1
        own = id if id not in self._call_ids else f"{id}_{len(self._call_ids) + 1}"
        self._call_ids.add(own)
        self._calls[id] = Call(own, name)
        return [*self._switch(None), ToolStarted(tool_call_id=own, name=name)]

    def _add_to_call(self, id: str, delta: str) -> list[AnyEvent]:
        call = self._calls.get(id)
        if call is None:
            raise UpstreamProtocol("The model sent arguments for a tool call that it had not made.")
        call.add(delta)
        self.chars_besides += len(delta)
        return [ToolInputDelta(tool_call_id=call.id, delta=delta)] if delta else []

    def _start_waiting(self, wait: Waiting) -> list[AnyEvent]:
        drafts = self._switch(None)
        self._wait = wait
        return [*drafts, self._stages.start("waiting", "Waiting for the model")]

    def _stop_waiting(self) -> list[AnyEvent]:
        if self._wait is None:
            return []
        detail = {"reason": self._wait.reason, "seconds": self._wait.seconds}
        self._wait = None
        return [self._stages.finish("waiting", detail=detail)]
