"""The staged graph chat's dialect: unnamed frames of type, content and timestamp; leaving is its Stop button.

Its client takes everything after a leading `data: ` of a block for JSON, so a frame is one line and nothing
else, and a heartbeat is a block of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import frames
from rivulet.dialects.times import iso
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Turn, fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /chat": "asks; streams with `streaming: true`, else waits for the whole answer",
    "POST /chat/stream": "asks and streams",
}

LOSSES: Mapping[str, str] = {
    "turn.started (turn_id, message_id, user_message_id, model, bot_id, retry_of)": (
        "only `session_id` is told; the response's `Location` names the turn"
    ),
    "stage.started (stage_id, label)": "not shown",
    "stage.finished (stage_id, duration_ms, detail)": "only what is counted, as `doc_count` and `selected`",
    "stage.finished (status)": (
        "a stage that failed or was cancelled has no `…_complete`; the next event ends it"
    ),
    "sources.added": "only counted",
    "reasoning.*": "not shown",
    "tool.*": "not shown",
    "text.started, text.finished": "not shown",
    "text.delta (part_id)": "parts are joined by a blank line into one text",
    "citation.added": "only the `[n]` mark in the text",
    "data": "not shown",
    "turn.finished (status, finish_reason)": "`incomplete` is `done`",
    "turn.finished (error)": "one of five codes, and the sentence",
    "turn.finished (usage, timing)": "not shown",
    "every event (at)": "only of the events that have a frame",
}

MESSAGE_CHARS = 5_000

CODES: Mapping[str, str] = {
    "timeout": "TIMEOUT_ERROR",
    "upstream_timeout": "IDLE_TIMEOUT",
    "retrieval_failed": "RETRIEVAL_ERROR",
    "internal": "INTERNAL_ERROR",
    "interrupted": "INTERNAL_ERROR",
    "draining": "INTERNAL_ERROR",
    "lost_claim": "INTERNAL_ERROR",
    "storage_full": "INTERNAL_ERROR",
    "storage_failed": "INTERNAL_ERROR",
}
"""Our code → this dialect's; everything else went wrong while processing."""

_COUNTS = {"retrieval": "doc_count", "reranking": "selected"}


class _Body(msgspec.Struct, frozen=True):
    message: str
    session_id: str | None = None
    user_id: str | int | None = None
    streaming: bool = False


class Stages:
    """Stages come as `<stage>_start` and `<stage>_complete`, whatever their names are."""

    name = "stages"
    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = b":\n\n"
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering()

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        is_streamed = body.streaming or request.route.endswith("/stream")
        ask = Ask(
            input=requests.question(body.message, "message", MESSAGE_CHARS),
            chat_id=body.session_id,
            on_disconnect="cancel",
        )
        return Asked(ask, "stream" if is_streamed else "wait", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        turn = fold(log)
        if turn.error is not None and turn.status == "failed":
            return self.error(problem_of(turn.error), request_id)
        metadata = {"turn_id": turn.turn_id, "message_id": turn.message_id, "status": turn.status}
        body = {"session_id": turn.chat_id, "message": turn.text, "agent": _agent(turn), "metadata": metadata}
        return Reply(200, body)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        status = 422 if isinstance(problem, InvalidRequest) else problem.status
        body = _failure(problem.code, problem.message)
        return Reply(status, body | {"detail": problem.message, "request_id": request_id})


class _Rendering:
    def __init__(self) -> None:
        self._flow = Flow()
        self._count = 0

    def render(self, event: AnyEvent) -> list[Frame]:
        said = self._say(event)
        if said is None:
            return []
        return frames(event.seq, [(None, said | {"timestamp": iso(event.at)})])

    def _say(self, event: AnyEvent) -> dict[str, Any] | None:
        match event:
            case e.TextDelta():
                return {"type": "token", "content": self._flow.add(event)}
            case e.TurnStarted():
                return {"type": "metadata", "content": {"session_id": event.chat_id}}
            case e.StageStarted():
                content = {"stage": event.stage, "status": "started"}
                return {"type": f"{event.stage}_start", "content": content}
            case e.StageFinished(status="completed"):
                content = {"stage": event.stage, "status": "complete", **self._counted(event)}
                return {"type": f"{event.stage}_complete", "content": content}
            case e.SourcesAdded():
                self._count += len(event.sources)
                return None
            case e.TurnFinished():
                return _end(event)
            case _:
                return None

    def _counted(self, event: e.StageFinished) -> dict[str, Any]:
        """What the stage itself counted, else the sources that are there when it ends."""
        name = _COUNTS.get(event.stage)
        if name is None:
            return {}
        detail = event.detail or {}
        count = detail.get(name, detail.get("selected" if name == "selected" else "count", self._count))
        return {name: count}


def _end(event: e.TurnFinished) -> dict[str, Any]:
    if event.status == "cancelled":
        return {"type": "cancelled", "content": {}}
    if event.status == "failed" and event.error is not None:
        return _failure(event.error.code, event.error.message)
    return {"type": "done", "content": {}}


def _failure(code: str, message: str) -> dict[str, Any]:
    """Both shapes: the contract's object, and the string that the shipped client reads."""
    content = {"message": message, "code": CODES.get(code, "PROCESSING_ERROR")}
    return {"type": "error", "content": content, "error": message}


def _agent(turn: Turn) -> str:
    """The node that was chosen to answer, if one was."""
    for stage in turn.stages:
        if stage.stage == "routing" and stage.detail and isinstance(stage.detail.get("agent"), str):
            return stage.detail["agent"]
    return turn.model
