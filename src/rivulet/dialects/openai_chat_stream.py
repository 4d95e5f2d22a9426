"""A turn as Chat Completions' chunks, and what of it stands in a whole completion."""

from collections.abc import Sequence
from typing import Any

from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import DONE, Said, frames, line
from rivulet.dialects.openai_errors import error_value
from rivulet.domain import events as e
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn
from rivulet.ports.dialect import Frame

_FINISHED = {"error": "stop", "cancelled": "stop"}


class Rendering:
    def __init__(self, has_usage: bool) -> None:
        self._has_usage = has_usage
        self._head: dict[str, Any] = {}
        self._flow = Flow()
        self._calls: dict[str, _Call] = {}
        self._notes = _Notes()

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(None, value) for value in self._say(event)]
        return frames(event.seq, said)

    def _say(self, event: AnyEvent) -> list[object]:
        match event:
            case e.TextDelta():
                return [self._chunk({"content": self._flow.add(event)})]
            case e.ReasoningDelta():
                return [self._chunk({"reasoning_content": event.delta})]
            case e.TurnStarted():
                self._head = _head(event.turn_id, event.at, event.model, "chat.completion.chunk")
                return [self._chunk({"role": "assistant", "content": ""})]
            case e.CitationAdded():
                notes = self._notes.cited(event.source_id, self._flow.place(event))
                return [self._chunk({"annotations": notes})] if notes else []
            case e.SourcesAdded():
                self._notes.found(event.sources)
                return [self._chunk({}) | {"sources": event.sources}]
            case e.StageStarted():
                return [self._status(event.label or event.stage, is_done=False)]
            case e.StageFinished():
                return [self._status(event.stage, is_done=True)]
            case e.TurnFinished():
                return self._end(event)
            case _:
                return self._client_call(event)

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return self._head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}

    def _status(self, description: str, is_done: bool) -> dict[str, Any]:
        data = {"description": description, "done": is_done}
        return self._chunk({}) | {"event": {"type": "status", "data": data}}

    def _client_call(self, event: AnyEvent) -> list[object]:
        match event:
            case e.ToolStarted(runs_on="client"):
                call = self._calls[event.tool_call_id] = _Call(len(self._calls))
                function = {"name": event.name, "arguments": ""}
                head = {"index": call.index, "id": event.tool_call_id, "type": "function"}
                return [self._chunk({"tool_calls": [head | {"function": function}]})]
            case e.ToolInputDelta() if call := self._calls.get(event.tool_call_id):
                call.has_arguments = True
                return [self._arguments(call, event.delta)]
            case e.ToolCalled() if call := self._calls.get(event.tool_call_id):
                return (
                    [] if call.has_arguments else [self._arguments(call, line(event.input).decode("utf-8"))]
                )
            case _:
                return []

    def _arguments(self, call: "_Call", text: str) -> dict[str, Any]:
        return self._chunk({"tool_calls": [{"index": call.index, "function": {"arguments": text}}]})

    def _end(self, event: e.TurnFinished) -> list[object]:
        if event.status == "failed" and event.error is not None:
            status = problem_of(event.error).status
            return [{"error": error_value(event.error.code, event.error.message, status)}]
        last = self._chunk({}, _FINISHED.get(event.finish_reason, event.finish_reason))
        said: list[object] = [last | {"turn": {"status": event.status, "timing": event.timing}}]
        if self._has_usage:
            usage: dict[str, Any] = {"choices": [], "usage": _usage(event.usage)}
            said.append(self._head | usage)
        return [*said, DONE]


def completion(turn: Turn, log: Sequence[AnyEvent]) -> dict[str, Any]:
    """The whole answer for who waited."""
    message: dict[str, Any] = {"role": "assistant", "content": turn.text, "refusal": None}
    if turn.reasoning:
        message["reasoning_content"] = turn.reasoning
    if annotations := _annotations(log):
        message["annotations"] = annotations
    if calls := _client_calls(log):
        message["tool_calls"] = calls
    reason = turn.finish_reason or "stop"
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": _FINISHED.get(reason, reason),
        "logprobs": None,
    }
    body: dict[str, Any] = _head(turn.turn_id, turn.started_at, turn.model, "chat.completion")
    usage = _usage(turn.usage or e.Usage())
    status: dict[str, Any] = {"status": turn.status, "timing": turn.timing, "chat_id": turn.chat_id}
    return body | {"choices": [choice], "usage": usage, "turn": status}


class _Notes:
    """One annotation a source, in the order of their numbers: clients take the n-th for what `[n]` means.
    So the first citation of [3] brings [1] and [2] along, at the same place and without a length."""

    def __init__(self) -> None:
        self._sources: dict[str, e.Passage] = {}
        self._told: list[str] = []

    def found(self, sources: Sequence[e.Passage]) -> None:
        self._sources |= {source.id: source for source in sources}

    def cited(self, source_id: str, place: tuple[int, int]) -> list[dict[str, Any]]:
        if source_id in self._told:
            return []
        cited = self._sources[source_id]
        before = [one for one in self._sources.values() if one.n < cited.n and one.id not in self._told]
        before.sort(key=lambda one: one.n)
        start, _ = place
        return [*(self._note(one, (start, start)) for one in before), self._note(cited, place)]

    def _note(self, source: e.Passage, place: tuple[int, int]) -> dict[str, Any]:
        """The `index` is for OpenAI's accumulator, which cannot add to a list without."""
        index = len(self._told)
        self._told.append(source.id)
        start, end = place
        citation = {"url": source.url, "title": source.title, "start_index": start, "end_index": end}
        return {"index": index, "type": "url_citation", "url_citation": citation}


class _Call:
    """A tool the client is asked to run."""

    __slots__ = ("has_arguments", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self.has_arguments = False


def _head(turn_id: str, at: int, model: str, kind: str) -> dict[str, Any]:
    return {"id": turn_id, "object": kind, "created": at // 1000, "model": model}


def _annotations(log: Sequence[AnyEvent]) -> list[dict[str, Any]]:
    flow, notes, told = Flow(), _Notes(), list[dict[str, Any]]()
    for event in log:
        if isinstance(event, e.TextDelta):
            flow.add(event)
        elif isinstance(event, e.SourcesAdded):
            notes.found(event.sources)
        elif isinstance(event, e.CitationAdded):
            told += notes.cited(event.source_id, flow.place(event))
    for note in told:
        del note["index"]
    return told


def _client_calls(log: Sequence[AnyEvent]) -> list[dict[str, Any]]:
    on_client = {
        one.tool_call_id for one in log if isinstance(one, e.ToolStarted) and one.runs_on == "client"
    }
    return [
        {
            "id": event.tool_call_id,
            "type": "function",
            "function": {"name": event.name, "arguments": line(event.input).decode("utf-8")},
        }
        for event in log
        if isinstance(event, e.ToolCalled) and event.tool_call_id in on_client
    ]


def _usage(usage: e.Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
    }
