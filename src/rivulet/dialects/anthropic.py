"""Anthropic's Messages: content blocks between `message_start` and `message_stop`; leaving is how to stop."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.anthropic_stream import Rendering, failure
from rivulet.dialects.failures import problem_of
from rivulet.domain import events as e
from rivulet.domain.errors import RivuletError, UnknownModel
from rivulet.domain.events import AnyEvent
from rivulet.ports.dialect import Ask, Asked, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/messages": "asks; streams with `stream: true`, else waits for the whole answer",
}

IGNORED = (
    "top_k, top_p, thinking, metadata, service_tier, speed, cache_control, diagnostics, inference_geo, "
    "user_profile_id, workspace_id"
)
"""What a request may say and nothing here makes use of."""

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
    "turn.finished (usage.reasoning_tokens, usage.total_tokens, usage.estimated, usage.cost)": "not shown",
    "turn.finished (timing)": "not shown",
    f"the request ({IGNORED})": "taken, and not used",
}


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
    tool_choice: dict[str, Any] | None = None
    stop_sequences: list[str] | None = None
    container: Any = None
    output_config: dict[str, Any] | None = None


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
        return Rendering()

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        for name in ("tools", "tool_choice", "stop_sequences", "container"):
            requests.refuse(name, getattr(body, name))
        requests.refuse("output_config.format", (body.output_config or {}).get("format"))
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
        rendering = Rendering()
        for event in log:
            rendering.say(event)
            if isinstance(event, e.TurnFinished) and event.status == "failed" and event.error is not None:
                return self.error(problem_of(event.error), request_id)
        return Reply(200, rendering.message)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        status = 404 if isinstance(problem, UnknownModel) else problem.status
        return Reply(status, failure(problem, status) | {"request_id": request_id})


def _text(message: _Message, place: int) -> str:
    """Of our own earlier blocks only the text matters."""
    content = message.content
    if message.role == "assistant" and not isinstance(content, str):
        content = [part for part in content if part.type == "text"]
    return requests.said(content, f"messages[{place}].content")
