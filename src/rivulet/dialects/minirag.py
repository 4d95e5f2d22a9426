"""MiniRAG's dialect: named events, `sources` → `delta`… → `done`, and a blocking answer on the same path."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames
from rivulet.dialects.times import iso
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn, fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/chat": "asks; streams with `stream: true`, else waits for the whole answer",
    "GET /v1/chat": "the chats, the one last used first",
    "GET /v1/chat/{chat_id}": "one chat, with its figures",
    "GET /v1/chat/{chat_id}/messages": "what was said in it",
    "GET /v1/chat/{chat_id}/export": "it as a file, `?format=json` or `csv`",
    "PATCH /v1/chat/{chat_id}/messages/{message_id}/feedback": (
        "what a reader thinks of an answer: `positive`, `negative` or null"
    ),
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown; the log has it",
    "turn.started (bot_id)": "not shown: the client named it",
    "stage.started, stage.finished (stage_id)": "not shown: a stage is open once at a time",
    (
        "sources.added (sources.start, sources.end, sources.media_type, sources.metadata, "
        "sources.rerank_score)"
    ): "not shown",
    "sources.added (sources.text)": "the first 200 characters",
    "reasoning.started, reasoning.finished": "not shown; `reasoning` has the text",
    "reasoning.delta, text.delta, citation.added (part_id)": "parts are joined by a blank line into one text",
    "text.started, text.finished": "not shown",
    "tool.started (name, runs_on)": "not shown; `tool_call` has the name",
    "tool.input.delta": "the arguments arrive whole in `tool_call`",
    "citation.added (claim_start)": "not shown",
    "data (transient)": "not shown",
    "turn.finished (status)": (
        "`cancelled` is `done` with what was said, after a `cancelled` event that MiniRAG does not know"
    ),
    (
        "turn.finished (usage.reasoning_tokens, usage.cached_input_tokens, "
        "usage.cache_write_input_tokens, usage.estimated, usage.cost)"
    ): "not shown",
}

SHOWN = 200
"""Characters of a passage in `sources`: MiniRAG's contract."""


class _Body(msgspec.Struct, frozen=True):
    bot_profile_id: str
    message: str
    chat_id: str | None = None
    stream: bool = False


class MiniRag:
    """Its clients read named events and skip those they do not know, so nothing else is kept from them."""

    name = "minirag"
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
        ask = Ask(
            input=requests.question(body.message, "message"),
            chat_id=body.chat_id,
            bot_id=body.bot_profile_id,
        )
        return Asked(ask, "stream" if body.stream else "wait", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        turn = fold(log)
        if turn.error is not None and turn.status == "failed":
            return self.error(problem_of(turn.error), request_id)
        usage = _usage(turn.model, turn.usage or e.Usage())
        message = {
            "id": turn.message_id,
            "chat_id": turn.chat_id,
            "role": "assistant",
            "content": turn.text,
            "prompt_tokens": usage["prompt_tokens"],
            "completion_tokens": usage["completion_tokens"],
            "feedback": None,
            "created_at": iso(turn.started_at),
        }
        sources = [_source(passage) for passage in turn.sources]
        body: dict[str, Any] = {
            "chat_id": turn.chat_id,
            "message": message,
            "sources": sources,
            "usage": usage,
        }
        return Reply(200, body | {"turn_id": turn.turn_id, "status": turn.status})

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        status = 422 if isinstance(problem, InvalidRequest) else problem.status
        return Reply(status, {"detail": problem.message, "code": problem.code, "request_id": request_id})


class _Rendering:
    def __init__(self) -> None:
        self._turn = Turn()
        self._flow = Flow()
        self._sources: list[dict[str, Any]] = []
        self._has_shown_sources = False

    def render(self, event: AnyEvent) -> list[Frame]:
        return frames(event.seq, self._say(event), has_ids=True)

    def _say(self, event: AnyEvent) -> list[Said]:
        match event:
            case e.TextDelta():
                delta = ("delta", {"content": self._flow.add(event)})
                return [delta] if self._has_shown_sources else [self._show_sources(), delta]
            case e.SourcesAdded():
                self._sources += [_source(passage) for passage in event.sources]
                return [self._show_sources()]
            case e.TurnStarted():
                self._turn = fold([event])
                more = {"user_message_id": event.user_message_id, "retry_of": event.retry_of}
                return [("start", _ids(self._turn) | {"model": event.model} | more)]
            case e.TurnFinished():
                return self._end(event)
            case e.CitationAdded():
                start, end = self._flow.place(event)
                place = {"n": event.n, "start": start, "end": end, "support": event.support}
                return [("citation", {"source": event.source_id, "quote": event.quote, **place})]
            case _:
                return _extra(event)

    def _show_sources(self) -> Said:
        """All of them so far, because a client replaces its list; an empty one when there are none."""
        self._has_shown_sources = True
        return "sources", {"sources": list(self._sources)}

    def _end(self, event: e.TurnFinished) -> list[Said]:
        if event.status == "failed" and event.error is not None:
            failure = {"detail": event.error.message, "code": event.error.code}
            return [("error", failure | {"retryable": event.error.retryable})]
        said: list[Said] = [] if self._has_shown_sources else [self._show_sources()]
        if event.status == "cancelled":
            said.append(("cancelled", _ids(self._turn)))
        timing = event.timing or e.Timing(duration_ms=0)
        done = _ids(self._turn) | {
            "usage": _usage(self._turn.model, event.usage),
            "status": event.status,
            "finish_reason": event.finish_reason,
            "time_to_first_token_ms": timing.time_to_first_token_ms,
            "stream_duration_ms": timing.duration_ms,
        }
        return [*said, ("done", done)]


def _extra(event: AnyEvent) -> list[Said]:
    """Named events that MiniRAG does not have and its clients skip."""
    match event:
        case e.StageStarted():
            return [("stage", {"stage": event.stage, "status": "started", "label": event.label})]
        case e.StageFinished():
            took = {"duration_ms": event.duration_ms, "detail": event.detail}
            return [("stage", {"stage": event.stage, "status": event.status, **took})]
        case e.ReasoningDelta():
            return [("reasoning", {"content": event.delta})]
        case e.ToolCalled():
            call = {"id": event.tool_call_id, "name": event.name, "arguments": event.input}
            return [("tool_call", call)]
        case e.ToolFinished():
            result = {"status": event.status, "output": event.output, "error": event.error}
            return [("tool_result", {"id": event.tool_call_id, **result})]
        case e.Data():
            return [("data", {"name": event.name, "data": event.data, "id": event.id})]
        case _:
            return []


def _ids(turn: Turn) -> dict[str, Any]:
    return {"chat_id": turn.chat_id, "message_id": turn.message_id, "turn_id": turn.turn_id}


def _usage(model: str, usage: e.Usage) -> dict[str, Any]:
    return {
        "model": model,
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }


def _source(passage: e.Passage) -> dict[str, Any]:
    return {
        "chunk_id": passage.chunk_id,
        "content": passage.text[:SHOWN],
        "score": passage.score,
        "source_id": passage.source_id,
        "id": passage.id,
        "n": passage.n,
        "title": passage.title,
        "url": passage.url,
        "document_id": passage.document_id,
        "filename": passage.filename,
        "page": passage.page,
    }
