"""The AI SDK's UI message stream, as its versions 5, 6 and 7 all read it.

A part type that a version does not know is fatal to it, so stages are `data-stage` and nothing that only 7
has is used. `finish` always comes, because the workflow transport asks again until it has seen it. A page
that resumes without being loaded again needs version 7: 5 and 6 put the replay behind what they have.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.flow import BETWEEN
from rivulet.dialects.frames import DONE, Said, frames
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn, fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /api/chat": "asks and streams",
    "GET /api/chat/{chat_id}/stream": "the chat's running turn from its start, or 204; `?startIndex=N` skips",
    "POST /api/chat/{chat_id}/stop": "stops the chat's running turn",
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown",
    "turn.started (user_message_id, bot_id)": "not shown",
    "sources.added (sources.metadata, sources.rerank_score)": "not shown",
    "citation.added": "in the message's metadata, when its part of the text is finished",
    "tool.finished (status)": "`cancelled` is an error with that word; not shown for the client's",
    "data (name)": "one named `stage` looks like a stage",
    "turn.finished (usage.cost)": "not shown",
    "turn.finished (error.code, error.retryable)": "in the message's metadata; `error` is a sentence",
    "turn.finished (status)": "`cancelled` is `abort`, which `useChat` hides; the metadata has the word",
}

_REASONS = {"content_filter": "content-filter", "tool_calls": "tool-calls", "cancelled": "other"}

Parts = list[object]


class _Part(msgspec.Struct, frozen=True):
    type: str
    text: str | None = None


class _Message(msgspec.Struct, frozen=True):
    role: Literal["system", "user", "assistant"]
    parts: list[_Part]
    id: str | None = None


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    id: str | None = None
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)] | None = None
    message: _Message | None = None
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    message_id: str | None = None
    model: str | None = None
    source_ids: list[str] | None = None
    search_mode: Literal["all", "hybrid", "selected_only", "none"] = "all"


class AiSdk:
    """The client names its chats, except for the workflow transport, which only knows its runs. The others
    cannot be told where to resume, so a follower gets the whole turn."""

    name = "ai_sdk"
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
        messages = body.messages or ([body.message] if body.message else [])
        if not messages:
            raise InvalidRequest("messages: this field is required", param="messages")
        talk = requests.conversation([(one.role, _text(one)) for one in messages], "messages")
        ask = Ask(
            input=talk.input,
            chat_id=None if body.id is None else requests.chat_id(body.id, "id"),
            names_chat=True,
            model=requests.model(body.model),
            source_ids=tuple(body.source_ids) if body.source_ids else None,
            search_mode=body.search_mode,
            history=talk.history,
            instructions=talk.instructions,
        )
        return Asked(ask, "stream", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The message as the client would have put it together."""
        turn = fold(log)
        parts: list[Any] = [_source(source) for source in turn.sources]
        if turn.reasoning:
            parts.append({"type": "reasoning", "text": turn.reasoning, "state": "done"})
        parts.append({"type": "text", "text": turn.text, "state": "done"})
        metadata: dict[str, Any] = {
            "turnId": turn.turn_id,
            "status": turn.status,
            "citations": turn.citations,
        }
        message = {"id": turn.message_id, "role": "assistant", "parts": parts, "metadata": metadata}
        return Reply(200, message)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        """The transport throws the body as the error's message."""
        body = {"error": problem.message, "code": problem.code, "request_id": request_id}
        return Reply(problem.status, body)


def _text(message: _Message) -> str:
    """Of what the user sends only text is taken; of our own earlier messages only the text matters."""
    texts = [part.text or "" for part in message.parts if part.type == "text"]
    if message.role == "user":
        for part in message.parts:
            if part.type != "text" and not part.type.startswith("data-"):
                raise InvalidRequest(f"messages: parts of type {part.type!r} are not taken", param="messages")
    return BETWEEN.join(texts)


class _Rendering:
    def __init__(self) -> None:
        self._turn = Turn()
        self._stages: dict[str, e.StageStarted] = {}
        self._on_client: set[str] = set()
        self._sources: set[str] = set()
        self._citations: list[dict[str, Any]] = []
        self._told = 0

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(None, value) for value in self._say(event)]
        return frames(event.seq, said)

    def _say(self, event: AnyEvent) -> Parts:
        match event:
            case e.TextDelta():
                return [{"type": "text-delta", "id": event.part_id, "delta": event.delta}]
            case e.TextStarted():
                return [{"type": "text-start", "id": event.part_id}]
            case e.TextFinished():
                return [*self._tell_citations(), {"type": "text-end", "id": event.part_id}]
            case e.ReasoningDelta():
                return [{"type": "reasoning-delta", "id": event.part_id, "delta": event.delta}]
            case e.ReasoningStarted():
                return [{"type": "reasoning-start", "id": event.part_id}]
            case e.ReasoningFinished():
                return [{"type": "reasoning-end", "id": event.part_id}]
            case e.CitationAdded():
                self._citations.append(_citation(event))
                return []
            case e.Data():
                return [_data(event)]
            case e.TurnStarted():
                return self._start(event)
            case e.TurnFinished():
                return self._end(event)
            case e.StageStarted() | e.StageFinished():
                return [self._stage(event)]
            case e.SourcesAdded():
                new = [source for source in event.sources if source.id not in self._sources]
                self._sources |= {source.id for source in new}
                return [_source(source) for source in new]
            case _:
                return self._tool(event)

    def _start(self, event: e.TurnStarted) -> Parts:
        metadata = {"turnId": event.turn_id, "chatId": event.chat_id, "model": event.model}
        if event.retry_of is not None:
            metadata["retryOf"] = event.retry_of
        start = {"type": "start", "messageId": event.message_id, "messageMetadata": metadata}
        return [start, {"type": "start-step"}]

    def _stage(self, event: e.StageStarted | e.StageFinished) -> dict[str, Any]:
        """Both events of a stage have one id, so that the client keeps one part and updates it."""
        if isinstance(event, e.StageStarted):
            self._stages[event.stage_id] = event
            data: dict[str, Any] = {"status": "started"}
        else:
            data = {"status": event.status, "durationMs": event.duration_ms}
            data |= {"detail": event.detail} if event.detail else {}
        data = {"stage": event.stage, "label": self._stages[event.stage_id].label, **data}
        return {"type": "data-stage", "id": event.stage_id, "data": data}

    def _tool(self, event: AnyEvent) -> Parts:
        match event:
            case e.ToolStarted():
                if event.runs_on == "client":
                    self._on_client.add(event.tool_call_id)
                return [
                    {"type": "tool-input-start", "toolName": event.name, **self._call(event.tool_call_id)}
                ]
            case e.ToolInputDelta():
                delta = {"toolCallId": event.tool_call_id, "inputTextDelta": event.delta}
                return [{"type": "tool-input-delta", **delta}]
            case e.ToolCalled():
                call = {"toolName": event.name, "input": event.input, **self._call(event.tool_call_id)}
                return [{"type": "tool-input-available", **call}]
            case e.ToolFinished():
                return self._tool_result(event)
            case _:
                return []

    def _call(self, id: str) -> dict[str, Any]:
        """Tools are dynamic: the client's code has no types for them. Ours have run when it hears of them."""
        call = {"toolCallId": id, "dynamic": True}
        return call if id in self._on_client else call | {"providerExecuted": True}

    def _tool_result(self, event: e.ToolFinished) -> Parts:
        if event.tool_call_id in self._on_client:
            return []
        call = self._call(event.tool_call_id)
        if event.status == "completed":
            return [{"type": "tool-output-available", "output": event.output, **call}]
        return [{"type": "tool-output-error", "errorText": event.error or event.status, **call}]

    def _tell_citations(self) -> Parts:
        if len(self._citations) == self._told:
            return []
        self._told = len(self._citations)
        return [{"type": "message-metadata", "messageMetadata": {"citations": list(self._citations)}}]

    def _end(self, event: e.TurnFinished) -> Parts:
        metadata: dict[str, Any] = {"status": event.status, "usage": _usage(event.usage)}
        if event.timing is not None:
            ttft = event.timing.time_to_first_token_ms
            metadata["timing"] = {"durationMs": event.timing.duration_ms, "timeToFirstTokenMs": ttft}
        if event.error is not None:
            metadata["error"] = {"code": event.error.code, "retryable": event.error.retryable}
        said: Parts = [{"type": "message-metadata", "messageMetadata": metadata}]
        if event.status == "failed" and event.error is not None:
            said.append({"type": "error", "errorText": event.error.message})
        elif event.status == "cancelled":
            said.append({"type": "abort", "reason": "cancelled"})
        else:
            said.append({"type": "finish-step"})
        reason = _REASONS.get(event.finish_reason, event.finish_reason)
        return [*said, {"type": "finish", "finishReason": reason}, DONE]


def _citation(event: e.CitationAdded) -> dict[str, Any]:
    place = {"partId": event.part_id, "start": event.start, "end": event.end}
    says = {"claimStart": event.claim_start, "quote": event.quote, "support": event.support}
    return {"sourceId": event.source_id, "n": event.n, **place, **says}


def _data(event: e.Data) -> dict[str, Any]:
    part: dict[str, Any] = {"type": f"data-{event.name}", "data": event.data}
    part |= {"id": event.id} if event.id is not None else {}
    return part | ({"transient": True} if event.transient else {})


def _source(source: e.Passage) -> dict[str, Any]:
    """A document, unless it has an address of its own on the web."""
    ours: dict[str, Any] = {"n": source.n, "text": source.text, "score": source.score, "url": source.url}
    ours |= {"sourceId": source.source_id, "documentId": source.document_id, "chunkId": source.chunk_id}
    where = {"start": source.start, "end": source.end, "page": source.page}
    ours |= {name: value for name, value in where.items() if value is not None}
    part: dict[str, Any] = {
        "sourceId": source.id,
        "title": source.title,
        "providerMetadata": {"rivulet": ours},
    }
    if source.media_type is None or source.url.startswith(("http://", "https://")):
        return {"type": "source-url", "url": source.url, **part}
    part |= {"filename": source.filename} if source.filename is not None else {}
    return {"type": "source-document", "mediaType": source.media_type, **part}


def _usage(usage: e.Usage) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
        "reasoningTokens": usage.reasoning_tokens,
        "cachedInputTokens": usage.cached_input_tokens,
        "cacheWriteInputTokens": usage.cache_write_input_tokens,
    }
    known = {name: count for name, count in counts.items() if count is not None}
    return known | ({"estimated": True} if usage.estimated else {})
