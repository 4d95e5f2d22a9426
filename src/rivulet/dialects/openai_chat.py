"""OpenAI's Chat Completions: chunks of one choice, closed by `[DONE]`; leaving is its only way to stop."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import DONE, Said, frames, line
from rivulet.dialects.openai_errors import error_value, openai_error
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/chat/completions": "asks; streams with `stream: true`, else waits for the whole answer",
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "only when the turn began, in seconds",
    "turn.started (chat_id, message_id, user_message_id, bot_id, retry_of)": (
        "not shown; the chunks' `id` is the turn's"
    ),
    "stage.started (stage_id)": "extension: an `event` of type `status` beside `choices`",
    "stage.finished (stage_id, status, duration_ms, detail)": "the same, as `done`",
    "sources.added": "extension: `sources` beside `choices`",
    "reasoning.started, reasoning.finished": "not shown; extension: `delta.reasoning_content` has the text",
    "text.started, text.finished": "not shown",
    "reasoning.delta, text.delta (part_id)": "parts are joined by a blank line into one text",
    "tool.started, tool.input.delta, tool.called": (
        "only for the client to run: `tool_calls` of ours would ask it to run them"
    ),
    "tool.finished": "not shown",
    "citation.added (part_id, source_id, n, claim_start, quote, support)": (
        "`delta.annotations` has the source's address, title and place"
    ),
    "data": "not shown",
    "turn.finished (status)": "`cancelled` is `finish_reason: stop`; extension: `turn.status`",
    "turn.finished (error.retryable)": "not shown",
    "turn.finished (timing)": "extension: `turn.timing` in the last chunk",
    "turn.finished (usage.cache_write_input_tokens, usage.estimated)": "not shown",
}

_FINISHED = {"error": "stop", "cancelled": "stop"}


class _StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool = False


class _Format(msgspec.Struct, frozen=True):
    type: str = "text"


class _Message(msgspec.Struct, frozen=True):
    role: str
    content: requests.Content = None
    tool_calls: list[Any] | None = None


class _Body(msgspec.Struct, frozen=True):
    model: str
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    n: int | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    logprobs: bool | None = None
    response_format: _Format | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None


class OpenAiChat:
    """`has_usage` is the client's `include_usage`: one more chunk, without a choice, at the end."""

    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def __init__(self, has_usage: bool = True) -> None:
        self.name = "openai_chat" if has_usage else "openai_chat_plain"
        self._has_usage = has_usage

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering(self._has_usage)

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        _refuse_what_is_not_taken(body)
        spoken = [
            (one.role, requests.said(one.content, f"messages[{place}].content"))
            for place, one in enumerate(body.messages)
        ]
        talk = requests.conversation(spoken, "messages")
        ask = Ask(
            input=talk.input,
            chat_id=(body.metadata or {}).get("chat_id"),
            model=requests.model(body.model),
            on_disconnect="cancel",
            history=talk.history,
            instructions=talk.instructions,
            temperature=body.temperature,
            max_output_tokens=body.max_completion_tokens or body.max_tokens,
        )
        if not body.stream:
            return Asked(ask, "wait", self)
        has_usage = body.stream_options is not None and body.stream_options.include_usage
        return Asked(ask, "stream", OpenAiChat(has_usage))

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        turn = fold(log)
        if turn.error is not None and turn.status == "failed":
            return self.error(problem_of(turn.error), request_id)
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
        return Reply(200, body | {"choices": [choice], "usage": usage, "turn": status})

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        return openai_error(problem, request_id)


def _refuse_what_is_not_taken(body: _Body) -> None:
    requests.refuse("n", body.n, (None, 1))
    requests.refuse("tools", body.tools)
    requests.refuse("functions", body.functions)
    requests.refuse("logprobs", body.logprobs)
    requests.refuse("audio", body.audio)
    requests.refuse("modalities", body.modalities, (None, ["text"]))
    requests.refuse("response_format", body.response_format and body.response_format.type, (None, "text"))
    for place, message in enumerate(body.messages):
        requests.refuse(f"messages[{place}].tool_calls", message.tool_calls)


class _Rendering:
    def __init__(self, has_usage: bool) -> None:
        self._has_usage = has_usage
        self._head: dict[str, Any] = {}
        self._flow = Flow()
        self._sources: dict[str, e.Passage] = {}
        self._calls: dict[str, _Call] = {}
        self._annotations = 0

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
                return [self._chunk({"annotations": [self._cite(event)]})]
            case e.SourcesAdded():
                self._sources |= {source.id: source for source in event.sources}
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

    def _cite(self, event: e.CitationAdded) -> dict[str, Any]:
        """The `index` is for OpenAI's accumulator, which cannot add to a list without."""
        index, self._annotations = self._annotations, self._annotations + 1
        return {"index": index, **_annotation(self._sources[event.source_id], self._flow.place(event))}

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


class _Call:
    """A tool the client is asked to run."""

    __slots__ = ("has_arguments", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self.has_arguments = False


def _head(turn_id: str, at: int, model: str, kind: str) -> dict[str, Any]:
    return {"id": turn_id, "object": kind, "created": at // 1000, "model": model}


def _annotation(source: e.Passage, place: tuple[int, int]) -> dict[str, Any]:
    start, end = place
    citation = {"url": source.url, "title": source.title, "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": citation}


def _annotations(log: Sequence[AnyEvent]) -> list[dict[str, Any]]:
    flow, sources, found = Flow(), dict[str, e.Passage](), list[dict[str, Any]]()
    for event in log:
        if isinstance(event, e.TextDelta):
            flow.add(event)
        elif isinstance(event, e.SourcesAdded):
            sources |= {source.id: source for source in event.sources}
        elif isinstance(event, e.CitationAdded):
            found.append(_annotation(sources[event.source_id], flow.place(event)))
    return found


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
