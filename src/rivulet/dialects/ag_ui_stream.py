"""A turn as the events of an AG-UI run, complete from RUN_STARTED to RUN_FINISHED or RUN_ERROR."""

from typing import Any

from rivulet.dialects.frames import Said, frames, line
from rivulet.domain import events as e
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn, fold
from rivulet.ports.dialect import Frame

Events = list[dict[str, Any]]


class Rendering:
    def __init__(self) -> None:
        self._turn = Turn()
        self._parts: dict[str, str] = {}
        self._sources: list[e.Passage] = []
        self._calls: dict[str, _Call] = {}

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(None, value | {"timestamp": event.at}) for value in self._say(event)]
        return frames(event.seq, said)

    def _say(self, event: AnyEvent) -> Events:
        match event:
            case e.TextDelta():
                return _content_of("TEXT_MESSAGE_CONTENT", self._parts[event.part_id], event.delta)
            case e.TextStarted():
                id = self._parts[event.part_id] = self._message_id(event.part_id)
                return [{"type": "TEXT_MESSAGE_START", "messageId": id, "role": "assistant"}]
            case e.TextFinished():
                return [{"type": "TEXT_MESSAGE_END", "messageId": self._parts[event.part_id]}]
            case e.CitationAdded():
                value = _fields(event) | {"messageId": self._parts[event.part_id]}
                return [{"type": "CUSTOM", "name": "citation", "value": value}]
            case e.Data():
                custom = {"type": "CUSTOM", "name": event.name, "value": event.data}
                return [custom | {"metadata": {"id": event.id, "transient": event.transient}}]
            case e.TurnStarted():
                self._turn = fold([event])
                metadata = {"messageId": event.message_id, "model": event.model, "retryOf": event.retry_of}
                return [{"type": "RUN_STARTED", **self._run(), "metadata": metadata}]
            case e.TurnFinished():
                return [self._end(event)]
            case e.SourcesAdded():
                self._sources += event.sources
                return [self._show_sources()]
            case _:
                return _stage(event) or self._thought(event) or self._tool(event)

    def _message_id(self, part_id: str) -> str:
        """The first part has the message's own id; the client keeps later ones as messages of their own."""
        return self._id("text", part_id) if self._parts else self._turn.message_id

    def _id(self, kind: str, id: str) -> str:
        return f"{self._turn.message_id}-{kind}-{id}"

    def _run(self) -> dict[str, Any]:
        return {"threadId": self._turn.chat_id, "runId": self._turn.turn_id}

    def _show_sources(self) -> dict[str, Any]:
        return {
            "type": "ACTIVITY_SNAPSHOT",
            "messageId": f"{self._turn.message_id}-sources",
            "activityType": "SOURCES",
            "content": {"sources": list(self._sources)},
            "replace": True,
        }

    def _thought(self, event: AnyEvent) -> Events:
        match event:
            case e.ReasoningStarted():
                id = {"messageId": self._id("reasoning", event.part_id)}
                start = {"type": "REASONING_MESSAGE_START", **id, "role": "reasoning"}
                return [{"type": "REASONING_START", **id}, start]
            case e.ReasoningDelta():
                id = self._id("reasoning", event.part_id)
                return _content_of("REASONING_MESSAGE_CONTENT", id, event.delta)
            case e.ReasoningFinished():
                id = {"messageId": self._id("reasoning", event.part_id)}
                return [{"type": "REASONING_MESSAGE_END", **id}, {"type": "REASONING_END", **id}]
            case _:
                return []

    def _tool(self, event: AnyEvent) -> Events:
        match event:
            case e.ToolStarted():
                call = self._calls[event.tool_call_id] = _Call(event.tool_call_id, event.runs_on == "server")
                return [{"type": "TOOL_CALL_START", **call.id, "toolCallName": event.name}]
            case e.ToolInputDelta():
                call = self._calls[event.tool_call_id]
                call.has_arguments = True
                return call.arguments(event.delta)
            case e.ToolCalled():
                call = self._calls[event.tool_call_id]
                arguments = "" if call.has_arguments else line(event.input).decode("utf-8")
                return [*call.arguments(arguments), *call.end()]
            case e.ToolFinished():
                call = self._calls[event.tool_call_id]
                return [*call.end(), *self._result(call, event)]
            case _:
                return []

    def _result(self, call: "_Call", event: e.ToolFinished) -> Events:
        if not call.is_ours:
            return []
        content = event.error or event.status
        if event.status == "completed":
            is_text = isinstance(event.output, str)
            content = event.output if is_text else line(event.output).decode("utf-8")
        result = {
            "type": "TOOL_CALL_RESULT",
            "messageId": self._id("result", event.tool_call_id),
            **call.id,
            "content": content,
            "role": "tool",
        }
        return [result | {"metadata": {"status": event.status, "error": event.error}}]

    def _end(self, event: e.TurnFinished) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "status": event.status,
            "finishReason": event.finish_reason,
            "isEstimated": event.usage.estimated,
        }
        if event.timing is not None:
            metadata["durationMs"] = event.timing.duration_ms
            metadata["timeToFirstTokenMs"] = event.timing.time_to_first_token_ms
        ending = {"usage": [_usage(self._turn.model, event.usage)], "metadata": metadata}
        if event.status == "failed" and event.error is not None:
            metadata["retryable"] = event.error.retryable
            message = {"message": event.error.message, "code": event.error.code}
            return {"type": "RUN_ERROR", **message, **ending}
        outcome = "cancelled" if event.status == "cancelled" else "success"
        return {"type": "RUN_FINISHED", **self._run(), "outcome": {"type": outcome}, **ending}


class _Call:
    """A tool call whose END has to come once, before its result."""

    def __init__(self, id: str, is_ours: bool) -> None:
        self.id = {"toolCallId": id}
        self.is_ours = is_ours
        self.has_arguments = False
        self._has_ended = False

    def arguments(self, text: str) -> Events:
        return [{"type": "TOOL_CALL_ARGS", **self.id, "delta": text}] if text else []

    def end(self) -> Events:
        if self._has_ended:
            return []
        self._has_ended = True
        return [{"type": "TOOL_CALL_END", **self.id}]


def _content_of(type: str, message_id: str, delta: str) -> Events:
    return [{"type": type, "messageId": message_id, "delta": delta}] if delta else []


def _stage(event: AnyEvent) -> Events:
    match event:
        case e.StageStarted():
            metadata = {"stageId": event.stage_id, "label": event.label}
            return [{"type": "STEP_STARTED", "stepName": event.stage, "metadata": metadata}]
        case e.StageFinished():
            took = {"durationMs": event.duration_ms, "detail": event.detail}
            metadata = {"stageId": event.stage_id, "status": event.status, **took}
            return [{"type": "STEP_FINISHED", "stepName": event.stage, "metadata": metadata}]
        case _:
            return []


def _fields(event: e.CitationAdded) -> dict[str, Any]:
    value: dict[str, Any] = {
        "sourceId": event.source_id,
        "n": event.n,
        "start": event.start,
        "end": event.end,
    }
    return value | {"claimStart": event.claim_start, "quote": event.quote, "support": event.support}


def _usage(model: str, usage: e.Usage) -> dict[str, Any]:
    provider, _, name = model.partition(":")
    counts = {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
        "reasoningTokens": usage.reasoning_tokens,
        "cachedInputTokens": usage.cached_input_tokens,
        "cacheWriteInputTokens": usage.cache_write_input_tokens,
    }
    known = {key: count for key, count in counts.items() if count is not None}
    return {"provider": provider, "model": name or provider, **known}
