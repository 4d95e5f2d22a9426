"""Anthropic's Messages: content blocks between `message_start` and `message_stop`; leaving is how to stop."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames, line
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/messages": "asks; streams with `stream: true`, else waits for the whole answer",
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown",
    "turn.started (chat_id, message_id, user_message_id, bot_id, retry_of)": (
        "not shown; the message's `id` is the turn's"
    ),
    "stage.*": "not shown",
    "sources.added": "only through citations",
    "reasoning.started, reasoning.delta, reasoning.finished (part_id)": "a block each",
    "text.started, text.delta, text.finished (part_id)": (
        "a block each; a later one begins with the blank line that parts them"
    ),
    "tool.started (runs_on)": "`server_tool_use` for ours; strict readers know only Anthropic's own tools",
    "tool.called (name)": "not shown; the block's start has it",
    "tool.finished": "not shown",
    "citation.added (part_id, source_id, n, start, end, claim_start, support)": (
        "`search_result_location` has the source's place and the quote"
    ),
    "data": "not shown",
    "turn.finished (status)": "`cancelled` is `end_turn`",
    "turn.finished (error.code, error.retryable)": "one of Anthropic's types",
    "turn.finished (usage.reasoning_tokens, usage.total_tokens, usage.estimated)": "not shown",
    "turn.finished (timing)": "not shown",
}

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


class _Message(msgspec.Struct, frozen=True):
    role: Literal["user", "assistant"]
    content: str | list[requests.Part]


class _Body(msgspec.Struct, frozen=True):
    model: str
    max_tokens: Annotated[int, msgspec.Meta(ge=1)]
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    system: str | list[requests.Part] | None = None
    stream: bool = False
    temperature: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    tools: list[Any] | None = None


class Anthropic:
    """Every frame has its `event:` line: the clients skip those without."""

    name = "anthropic"
    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering()

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        requests.refuse("tools", body.tools)
        spoken = [(one.role, _text(one, place)) for place, one in enumerate(body.messages)]
        talk = requests.conversation(spoken, "messages")
        ask = Ask(
            input=talk.input,
            model=requests.model(body.model),
            on_disconnect="cancel",
            history=talk.history,
            instructions=requests.said(body.system, "system") or None,
            temperature=body.temperature,
            max_output_tokens=body.max_tokens,
        )
        return Asked(ask, "stream" if body.stream else "wait", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The message as its own stream builds it."""
        rendering = _Rendering()
        for event in log:
            rendering.say(event)
            if isinstance(event, e.TurnFinished) and event.status == "failed" and event.error is not None:
                return self.error(problem_of(event.error), request_id)
        return Reply(200, rendering.message)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        return Reply(problem.status, _failure(problem) | {"request_id": request_id})


def _text(message: _Message, place: int) -> str:
    """Of our own earlier blocks only the text matters."""
    content = message.content
    if message.role == "assistant" and not isinstance(content, str):
        content = [part for part in content if part.type == "text"]
    return requests.said(content, f"messages[{place}].content")


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


class _Rendering:
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

    def _block(self, **value: Any) -> _Block:
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
            return [_failure(problem_of(event.error))]
        ended = {"stop_reason": _STOPS.get(event.finish_reason, "end_turn"), "stop_sequence": None}
        usage = _usage(event.usage)
        self._message |= ended | {"usage": usage}
        return [{"type": "message_delta", "delta": ended, "usage": usage}, {"type": "message_stop"}]


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


def _failure(problem: RivuletError) -> dict[str, Any]:
    kind = TYPES.get(problem.status, "invalid_request_error" if problem.status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": problem.message}}


def _usage(usage: e.Usage) -> dict[str, Any]:
    """Anthropic counts cached tokens beside the input, not in it."""
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_input_tokens or 0
    return {
        "input_tokens": max(0, usage.input_tokens - cached - written),
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
    }
