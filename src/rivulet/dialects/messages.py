"""The Vue chat's dialect: `Accept` chooses between a stream and one JSON answer.

Its client takes everything after a leading `data: ` of a block for JSON, so a frame is one line and nothing
else, and a heartbeat is a block of its own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import frames
from rivulet.dialects.times import iso
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.ids import is_id
from rivulet.domain.turn import fold
from rivulet.ports.answering import Exchange
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /api/v1/messages": "asks; streams with `Accept: text/event-stream`, else waits for the answer",
    "GET /api/v1/models": "what `model` may name",
    "GET /api/v1/conversations": "the chats, the one last used first",
    "POST /api/v1/conversations": "an empty chat",
    "GET /api/v1/conversations/{conversation_id}": "one chat and what was said in it",
    "PUT /api/v1/conversations/{conversation_id}": "gives it another `title`",
    "DELETE /api/v1/conversations/{conversation_id}": "deletes it",
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown",
    "turn.started (turn_id, user_message_id, bot_id, retry_of)": (
        "not shown; the response's `Location` names the turn"
    ),
    "stage.*": "not shown",
    "sources.added": "not shown",
    "reasoning.*": "not shown",
    "tool.*": "not shown",
    "text.started, text.finished": "not shown",
    "text.delta (part_id)": "parts are joined by a blank line into one text",
    "citation.added": "only the `[n]` mark in the text",
    "data": "not shown",
    "turn.finished (status, finish_reason)": "`complete`, whose `status` has the word, unless it failed",
    "turn.finished (error.code, error.retryable)": "one of six codes",
    "turn.finished (usage, timing)": "only `totalTokens`",
}

MESSAGE_CHARS = 10_000

CODES: Mapping[str, str] = {
    "timeout": "TIMEOUT",
    "upstream_timeout": "TIMEOUT",
    "rate_limited": "RATE_LIMIT",
    "upstream_auth": "AUTH_ERROR",
    "unauthorised": "AUTH_ERROR",
    "forbidden": "AUTH_ERROR",
    "upstream_unreachable": "CONNECTION_ERROR",
    "upstream_protocol": "LLM_ERROR",
    "upstream_truncated": "LLM_ERROR",
    "upstream_failed": "LLM_ERROR",
    "model_not_found": "LLM_ERROR",
    "context_length": "LLM_ERROR",
    "content_filter": "LLM_ERROR",
}
"""Our code → this dialect's; everything else is UNKNOWN."""


_OWN_NAME = re.compile(r"conv-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class _Said(msgspec.Struct, frozen=True):
    sender: Literal["user", "system"]
    text: str


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    message: str
    conversation_id: str | None = None
    history: list[_Said] | None = None
    model: str | None = None
    timestamp: str | int | float | None = None


class Messages:
    """Its `system` is what answers: in a history it stands for us."""

    name = "messages"
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
        name = _conversation(body.conversation_id)
        earlier = [
            Exchange(role="user" if said.sender == "user" else "assistant", text=said.text)
            for said in body.history or ()
        ]
        ask = Ask(
            input=requests.question(body.message, "message", MESSAGE_CHARS),
            chat_id=name,
            names_chat=name is not None and name.startswith("conv-"),
            model=body.model,
            history=requests.history(earlier, "history"),
        )
        wants_stream = "text/event-stream" in request.headers.get("accept", "").lower()
        return Asked(ask, "stream" if wants_stream else "wait", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        turn = fold(log)
        if turn.error is not None and turn.status == "failed":
            return self.error(problem_of(turn.error), request_id)
        ended_at = turn.started_at + (turn.timing.duration_ms if turn.timing else 0)
        body: dict[str, Any] = {
            "status": "success",
            "message": turn.text,
            "timestamp": iso(ended_at),
            "model": turn.model,
            "conversationId": turn.chat_id,
            "messageId": turn.message_id,
        }
        return Reply(200, body)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        """A body that is no JSON is 400, one with a wrong field 422, as this dialect has it."""
        is_field = isinstance(problem, InvalidRequest) and problem.details.get("param") is not None
        body: dict[str, Any] = {
            "status": "error",
            "error": problem.message,
            "code": CODES.get(problem.code, "UNKNOWN"),
            "detail": problem.code,
            "requestId": request_id,
        }
        return Reply(422 if is_field else problem.status, body)


def _conversation(name: str | None) -> str | None:
    """A name the client chose, or the id we gave the chat it began without a name."""
    if name is None or _OWN_NAME.fullmatch(name) or is_id("cht", name):
        return name
    param = "conversationId"
    raise InvalidRequest(f'{param}: a conversation is named "conv-" and a UUID', param=param)


class _Rendering:
    def __init__(self) -> None:
        self._started = e.TurnStarted(turn_id="", chat_id="", message_id="", user_message_id="", model="")
        self._flow = Flow()

    def render(self, event: AnyEvent) -> list[Frame]:
        said = self._say(event)
        return [] if said is None else frames(event.seq, [(None, said)])

    def _say(self, event: AnyEvent) -> dict[str, Any] | None:
        match event:
            case e.TextDelta():
                return {"type": "token", "content": self._flow.add(event)}
            case e.TurnStarted():
                self._started = event
                return None
            case e.TurnFinished():
                return self._end(event)
            case _:
                return None

    def _end(self, event: e.TurnFinished) -> dict[str, Any]:
        if event.status == "failed" and event.error is not None:
            code = CODES.get(event.error.code, "UNKNOWN")
            return {"type": "error", "error": event.error.message, "code": code}
        return {
            "type": "complete",
            "model": self._started.model,
            "totalTokens": event.usage.total_tokens,
            "conversationId": self._started.chat_id,
            "messageId": self._started.message_id,
            "status": event.status,
        }
