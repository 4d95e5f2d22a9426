"""A turn as Anthropic's content blocks, between `message_start` and `message_stop`."""

from collections.abc import Mapping
from typing import Any

from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames, line
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.ports.dialect import Frame

TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""HTTP status → error type; other client errors are `invalid_request_error`, all else `api_error`."""

_STOPS = {"length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}

Events = list[dict[str, Any]]


class Rendering:
    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._flow = Flow()
        self._blocks: list[_Block] = []
        self._texts: dict[str, _Block] = {}
        self._thoughts: dict[str, _Block] = {}
        self._calls: dict[str, _Block] = {}
        self._sources: list[e.Passage] = []

    @property
    def message(self) -> dict[str, Any]:
        """What the blocks so far make."""
        return self._message | {"content": [block.whole() for block in self._blocks]}

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(value["type"], value) for value in self.say(event)]
        return frames(event.seq, said)

    def say(self, event: AnyEvent) -> Events:
        match event:
            case e.TextDelta():
                return self._texts[event.part_id].said("text_delta", "text", self._flow.add(event))
            case e.TextStarted():
                block = self._texts[event.part_id] = self._block(type="text", text="", citations=[])
                return block.opened()
            case e.TextFinished():
                return self._texts[event.part_id].closed()
            case e.ReasoningDelta():
                return self._thoughts[event.part_id].said("thinking_delta", "thinking", event.delta)
            case e.ReasoningStarted():
                block = self._thoughts[event.part_id] = self._block(
                    type="thinking", thinking="", signature=""
                )
                return block.opened()
            case e.ReasoningFinished():
                return self._thoughts[event.part_id].closed()
            case e.CitationAdded():
                return self._texts[event.part_id].cited(self._citation(event))
            case e.SourcesAdded():
                self._sources += event.sources
                return []
            case e.TurnStarted():
                self._message = _message(event)
                return [{"type": "message_start", "message": self.message}]
            case e.TurnFinished():
                return self._end(event)
            case _:
                return self._tool(event)

    def _block(self, **value: Any) -> "_Block":
        self._blocks.append(block := _Block(len(self._blocks), value))
        return block

    def _tool(self, event: AnyEvent) -> Events:
        match event:
            case e.ToolStarted():
                is_ours = event.runs_on == "server"
                kind, prefix = ("server_tool_use", "srvtoolu_") if is_ours else ("tool_use", "toolu_")
                block = self._block(type=kind, id=prefix + event.tool_call_id, name=event.name, input={})
                self._calls[event.tool_call_id] = block
                return block.opened()
            case e.ToolInputDelta():
                return self._calls[event.tool_call_id].said("input_json_delta", "partial_json", event.delta)
            case e.ToolCalled():
                block = self._calls[event.tool_call_id]
                block.input = event.input
                whole = line(event.input).decode("utf-8")
                missing = [] if block.has_pieces else block.said("input_json_delta", "partial_json", whole)
                return [*missing, *block.closed()]
            case e.ToolFinished():
                return self._calls[event.tool_call_id].closed()
            case _:
                return []

    def _citation(self, event: e.CitationAdded) -> dict[str, Any]:
        place = next(i for i, source in enumerate(self._sources) if source.id == event.source_id)
        source = self._sources[place]
        return {
            "type": "search_result_location",
            "source": source.url,
            "title": source.title,
            "cited_text": event.quote or source.text,
            "search_result_index": place,
            "start_block_index": 0,
            "end_block_index": 1,
        }

    def _end(self, event: e.TurnFinished) -> Events:
        if event.status == "failed" and event.error is not None:
            problem = problem_of(event.error)
            return [failure(problem, problem.status)]
        ended = {"stop_reason": _STOPS.get(event.finish_reason, "end_turn"), "stop_sequence": None}
        usage = _usage(event.usage)
        self._message |= ended | {"usage": usage}
        return [{"type": "message_delta", "delta": ended, "usage": usage}, {"type": "message_stop"}]


class _Block:
    """One content block; its pieces of text or thinking are put together when the whole is asked for."""

    def __init__(self, index: int, value: dict[str, Any]) -> None:
        self.index = index
        self._value = value
        self._pieces: list[str] = []
        self._citations: list[dict[str, Any]] = []
        self.input: object = {}
        self.is_open = True

    def opened(self) -> Events:
        return [{"type": "content_block_start", "index": self.index, "content_block": self._value}]

    def said(self, type: str, field: str, text: str) -> Events:
        self._pieces.append(text)
        return self._delta({"type": type, field: text})

    def cited(self, citation: dict[str, Any]) -> Events:
        self._citations.append(citation)
        return self._delta({"type": "citations_delta", "citation": citation})

    def closed(self) -> Events:
        if not self.is_open:
            return []
        self.is_open = False
        return [{"type": "content_block_stop", "index": self.index}]

    @property
    def has_pieces(self) -> bool:
        return bool(self._pieces)

    def whole(self) -> dict[str, Any]:
        text = "".join(self._pieces)
        match self._value["type"]:
            case "text":
                return self._value | {"text": text, "citations": self._citations}
            case "thinking":
                return self._value | {"thinking": text}
            case _:
                return self._value | {"input": self.input}

    def _delta(self, delta: dict[str, Any]) -> Events:
        return [{"type": "content_block_delta", "index": self.index, "delta": delta}]


def _message(event: e.TurnStarted) -> dict[str, Any]:
    return {
        "id": event.turn_id,
        "type": "message",
        "role": "assistant",
        "model": event.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(e.Usage()),
    }


def _usage(usage: e.Usage) -> dict[str, Any]:
    """Anthropic counts cached tokens beside the input, not in it."""
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_input_tokens or 0
    return {
        "input_tokens": max(0, usage.input_tokens - cached - written),
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
    }


def failure(problem: RivuletError, status: int) -> dict[str, Any]:
    """What went wrong, as the protocol's error."""
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": problem.message}}
