"""Reads one answer in the Chat Completions wire format: bytes in, pieces out, no I/O.

Services differ, so it is lenient where meaning is clear: usage may come anywhere, the last one counts; only
the first choice is read; `[DONE]` or a finish reason is an end, one of them is enough. A frame that makes no
sense is skipped, five times. Silence after half an answer is never taken for its end.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from rivulet.domain.errors import (
    ContentFiltered,
    ProviderError,
    UpstreamFailed,
    UpstreamProtocol,
    UpstreamTruncated,
)
from rivulet.domain.events import FinishReason, Usage
from rivulet.ports.answering import Ended, Piece
from rivulet.providers.pieces import Pieces
from rivulet.providers.refusals import failure, record, refusal
from rivulet.providers.sse_reader import LineTooLong, SseReader
from rivulet.providers.tool_calls import ToolCalls

log = logging.getLogger("rivulet.providers")

MOST_BROKEN = 5
"""Frames skipped in one answer; a proxy's hiccup is one or two, a wrong protocol is all of them."""

_LONGEST_ANSWER = 8 << 20
"""Bytes of an answer that comes whole."""

_FINISHES: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "error": "error",
}
"""Everything else a service says is some way of `stop`."""


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | list[_Part] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct, gc=False):
    """`delta` in a stream, `message` in an answer that came whole."""

    index: int | None = None
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Frame(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Frame)


class Completion:
    """One answer. `has_ended` when the service said so, `may_have_ended` when only usage can still come."""

    def __init__(self, secrets: tuple[str, ...] = (), taken: Iterable[str] = ()) -> None:
        """`secrets` stay out of the log; `taken` are ids that tool calls of the same turn already have."""
        self.has_ended = False
        self.may_have_ended = False
        self._secrets = secrets
        self._frames = SseReader()
        self._pieces = Pieces()
        self._calls = ToolCalls(taken)
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._failure: ProviderError | None = None
        self._broken = 0
        self._mends = 0

    def feed(self, read: bytes) -> list[Piece]:
        """The pieces one read brought; what goes wrong is raised by `end`, after them."""
        try:
            for data in self._frames.feed(read):
                if data == b"[DONE]":
                    self.has_ended = True
                    break
                if (frame := self._decoded(data)) is not None:
                    self._take(frame, data)
        except LineTooLong:
            self._fail(UpstreamProtocol("The model's service sent a line without end."))
        except ProviderError as problem:
            self._fail(problem)
        return self._pieces.take()

    def end(self) -> list[Piece]:
        """The last pieces; raises a `ProviderError` when what came is no whole answer."""
        if self._failure is not None:
            raise self._failure
        if not self.has_ended and self._finish is None:
            raise UpstreamTruncated
        if self._finish == "error":
            raise UpstreamFailed
        if self._finish == "content_filter" and not self._pieces.has_words:
            raise ContentFiltered
        finish = self._finish or "stop"
        if finish in ("stop", "tool_calls"):
            self._pieces.add(self._calls.rest())
            finish = "tool_calls" if self._calls.has_any else "stop"
        return [*self._pieces.rest(), Ended(finish_reason=finish, usage=self._usage)]

    def _fail(self, problem: ProviderError) -> None:
        self._failure = problem
        self.has_ended = True

    def _take(self, frame: _Frame, data: bytes) -> None:
        if frame.error or (frame.choices is None and frame.usage is None):
            self._look_for_error(frame.error or data)
        if frame.usage is not None:
            self._usage = usage(frame.usage) or self._usage
        for choice in frame.choices or ():
            if not choice.index:
                delta = choice.delta or choice.message
                if delta is not None:
                    self._say(delta)
                if choice.finish_reason:
                    self._finish = self._finish_of(choice.finish_reason)
                    self.may_have_ended = True

    def _look_for_error(self, said: object) -> None:
        """Some services put it under `error`, some spread it over the whole frame."""
        found = refusal(0, said)
        if (found.message and found.code) or not isinstance(said, bytes):
            record(0, said, self._secrets)
            raise failure(found)

    def _say(self, delta: _Delta) -> None:
        content = delta.content
        if thought := delta.reasoning_content or delta.reasoning:
            self._pieces.thought(thought)
        if content:
            if isinstance(content, str):
                self._pieces.text(content)
            else:
                self._pieces.text("".join(part.text for part in content if part.type == "text"))
        if delta.refusal:
            self._pieces.text(delta.refusal)
            self._finish = "content_filter"
            self.may_have_ended = True
        if delta.tool_calls:
            for position, call in enumerate(delta.tool_calls):
                function = call.function or _Function()
                index = position if call.index is None else call.index
                self._pieces.add(self._calls.feed(index, call.id, function.name, function.arguments))

    def _finish_of(self, reason: str) -> FinishReason:
        """A refusal stays one, although services end it with `stop`."""
        return _FINISHES.get(reason, "content_filter" if self._finish == "content_filter" else "stop")

    def _decoded(self, data: bytes) -> _Frame | None:
        try:
            return _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._mended(data)

    def _mended(self, data: bytes) -> _Frame | None:
        """For bytes that are no UTF-8, half characters and NaN; what then makes no sense is skipped."""
        text = data.decode("utf-8", "replace")
        try:
            frame = msgspec.convert(json.loads(text), _Frame)
        except (ValueError, RecursionError):
            self._broken += 1
            if self._broken > MOST_BROKEN:
                raise UpstreamProtocol from None
            log.warning("skipped a frame of a model's answer that makes no sense (%d bytes)", len(data))
            return None
        self._mends += 1
        if self._mends == 1:
            log.warning(
                "mended a frame of a model's answer (%d bytes); more of them pass silently", len(data)
            )
        return frame


class WholeCompletion(Completion):
    """The same answer as one JSON object, from a service that was asked for a stream and sends none."""

    def __init__(self, secrets: tuple[str, ...] = (), taken: Iterable[str] = ()) -> None:
        super().__init__(secrets, taken)
        self._body = bytearray()

    def feed(self, read: bytes) -> list[Piece]:
        self._body += read
        if len(self._body) > _LONGEST_ANSWER:
            self._fail(UpstreamProtocol("The model's service sent more than an answer can be."))
        return []

    def end(self) -> list[Piece]:
        if self._failure is None:
            frame = self._decoded(bytes(self._body))
            if frame is not None:
                self._take(frame, bytes(self._body))
            if frame is None or not frame.choices:
                raise UpstreamProtocol
            self.has_ended = True
        return super().end()


def usage(found: object) -> Usage | None:
    """A service's counts, never negative; None when they are not counts."""
    if not isinstance(found, dict):
        return None
    counts = cast("dict[str, Any]", found)
    asked, said = _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))
    if asked is None and said is None:
        return None
    total = _count(counts.get("total_tokens"))
    return Usage(
        input_tokens=asked or 0,
        output_tokens=said or 0,
        total_tokens=max(total or 0, (asked or 0) + (said or 0)),
        reasoning_tokens=_detail(counts, "completion_tokens_details", "reasoning_tokens"),
        cached_input_tokens=_detail(counts, "prompt_tokens_details", "cached_tokens"),
    )


def _detail(counts: dict[str, Any], group: str, name: str) -> int | None:
    found = counts.get(group)
    return _count(cast("dict[str, Any]", found).get(name)) if isinstance(found, dict) else None


def _count(value: object) -> int | None:
    """At most 2**53: more is no count, and not every reader of JSON could keep it."""
    return min(max(value, 0), 1 << 53) if type(value) is int else None
