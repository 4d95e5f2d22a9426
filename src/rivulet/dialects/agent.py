"""The agent chat's dialect: named events over a GET that native EventSource can follow and resume."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.fences import Fences
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames
from rivulet.dialects.times import iso
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn, fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    f"{method} {root}{path}": what
    for method, path, what in (
        ("GET", "/{session_id}/stream", "asks `promptText` and streams; repeated, it comes back to its turn"),
        ("POST", "/{session_id}/ticket", "lets an EventSource without a key ask once, within a minute"),
        ("POST", "/{session_id}/messages", "asks in the background; poll the message it names"),
        ("GET", "/{session_id}/messages", "what was said, with the answer that is being written"),
        ("GET", "/{session_id}/messages/{message_id}", "one message, as far as it is written"),
        ("GET", "", "the chats, the one last used first"),
        ("POST", "", "an empty chat"),
        ("GET", "/{session_id}", "one chat"),
        ("PATCH", "/{session_id}", "gives it another `title`"),
        ("DELETE", "/{session_id}", "deletes it"),
    )
    for root in ("/chats", "/api/v1/chats")
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown",
    "turn.started (turn_id, model, bot_id, retry_of)": "not shown; the response's `Location` names the turn",
    "stage.started (stage_id)": "`status`, which the original leaves open",
    "stage.finished (stage_id, duration_ms)": "`status`, which the original leaves open",
    (
        "sources.added (sources.chunk_id, sources.document_id, sources.source_id, sources.start, "
        "sources.end, sources.filename, sources.media_type, sources.page, sources.score, "
        "sources.rerank_score, sources.metadata)"
    ): "`sources`, which the original leaves open, has number, title, address and text",
    "reasoning.started, reasoning.finished": "not shown; `thinking` has the text",
    "text.started, text.finished": "not shown",
    "reasoning.delta, text.delta (part_id)": "parts are joined by a blank line into one text",
    "tool.started (name, runs_on)": "not shown; `tool_call` has the name",
    "tool.input.delta": "the arguments arrive whole in `tool_call`",
    "tool.finished (status)": "`error` is set unless it completed",
    "citation.added": "only the `[n]` mark in the text",
    "data": "only `generated_code` with `code` and `language`",
    "turn.finished (status)": "`incomplete` is `completed`; its `finishReason` says why",
    "turn.finished (error.retryable)": "not shown",
    "turn.finished (usage, timing)": "not shown",
}

_ENDS = {"completed": "completed", "incomplete": "completed", "failed": "error", "cancelled": "cancelled"}
_STATES = {**_ENDS, "in_progress": "processing"}


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    prompt_text: str | None = None
    content: str | None = None
    message: str | None = None
    selected_dataset_ids: list[str] | None = None


class Agent:
    """Every payload names the session and the message; the two first ones announce the messages' ids."""

    name = "agent"
    version = 1
    is_stateless = False
    has_cursor = True
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering()

    def parse(self, request: Request) -> Asked:
        is_streamed = request.route.endswith("/stream")
        if is_streamed:
            text = request.query.get("promptText", "")
            chosen = request.query.get("selectedDatasetIds", "").split(",")
        else:
            body = requests.body(request.body, _Body)
            text = body.prompt_text or body.content or body.message or ""
            chosen = body.selected_dataset_ids or []
        ids = tuple(filter(None, (name.strip() for name in chosen)))
        ask = Ask(
            input=requests.question(text, "promptText"),
            chat_id=request.path.get("session_id"),
            source_ids=ids or None,
        )
        return Asked(ask, "stream" if is_streamed else "background", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The message as it is polled: a failed one is still a message."""
        turn = fold(log)
        data: dict[str, Any] = {
            "id": turn.message_id,
            "sessionId": turn.chat_id,
            "role": "assistant",
            "content": turn.text,
            "status": _STATES[turn.status],
            "createdAt": iso(turn.started_at),
        }
        if turn.error is not None and turn.status == "failed":
            data["error"] = {"message": turn.error.message, "code": turn.error.code}
        return Reply(200, {"status": "success", "data": data})

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        body = {"status": "error", "message": problem.message, "code": problem.code, "requestId": request_id}
        return Reply(problem.status, body)


class _Rendering:
    def __init__(self) -> None:
        self._turn = Turn()
        self._ids: dict[str, Any] = {}
        self._tools: dict[str, str] = {}
        self._flow = Flow()
        self._fences = Fences()
        self._text: list[str] = []

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(name, self._ids | value) for name, value in self._say(event)]
        return frames(event.seq, said, has_ids=True)

    def _say(self, event: AnyEvent) -> list[tuple[str, dict[str, Any]]]:
        match event:
            case e.TextDelta():
                self._text.append(text := self._flow.add(event))
                return [("token", {"content": text}), *self._code(self._fences.feed(event.delta))]
            case e.TextFinished():
                return self._code(self._fences.end())
            case e.TurnStarted():
                self._turn = fold([event])
                self._ids = {"sessionId": event.chat_id, "messageId": event.message_id}
                question = {"messageId": event.user_message_id, "status": "completed"}
                answer = {"status": "processing"}
                return [
                    ("user_message_created", question),
                    ("ai_message_created", answer),
                    ("start", {}),
                    ("thinking", {}),
                ]
            case e.ReasoningDelta():
                return [("thinking", {"content": event.delta})]
            case e.ToolCalled():
                self._tools[event.tool_call_id] = event.name
                call = {"toolName": event.name, "args": event.input, "toolCallId": event.tool_call_id}
                return [("tool_call", call)]
            case e.ToolFinished():
                return self._tool_result(event)
            case e.Data(name="generated_code", data={"code": str(code), "language": str(language)}):
                return self._code([(language, code)])
            case e.TurnFinished():
                return self._end(event)
            case _:
                return _extra(event)

    def _code(self, blocks: Sequence[tuple[str, str]]) -> list[tuple[str, dict[str, Any]]]:
        return [("generated_code", {"code": code, "language": language}) for language, code in blocks]

    def _tool_result(self, event: e.ToolFinished) -> list[tuple[str, dict[str, Any]]]:
        name = self._tools.get(event.tool_call_id)
        if name is None:
            return []
        error = event.error or (None if event.status == "completed" else event.status)
        result = {"toolCallId": event.tool_call_id, "result": event.output, "error": error}
        return [("tool_result", {"toolName": name, **result})]

    def _end(self, event: e.TurnFinished) -> list[tuple[str, dict[str, Any]]]:
        end = ("end", {"status": _ENDS[event.status]})
        if event.status == "cancelled":
            return [end]
        if event.status == "failed" and event.error is not None:
            return [("error", {"message": event.error.message, "code": event.error.code}), end]
        content = {"content": "".join(self._text), "finishReason": event.finish_reason}
        return [("completed", content), end]


def _extra(event: AnyEvent) -> list[tuple[str, dict[str, Any]]]:
    """Named events that the original leaves open and its client skips."""
    match event:
        case e.StageStarted():
            return [("status", {"stage": event.stage, "label": event.label, "status": "started"})]
        case e.StageFinished():
            return [("status", {"stage": event.stage, "status": event.status, "detail": event.detail})]
        case e.SourcesAdded():
            shown = [
                {"id": one.id, "n": one.n, "title": one.title, "url": one.url, "text": one.text}
                for one in event.sources
            ]
            return [("sources", {"sources": shown})]
        case _:
            return []
