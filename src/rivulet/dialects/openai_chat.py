"""OpenAI's Chat Completions: chunks of one choice, closed by `[DONE]`; leaving is its only way to stop."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.openai_chat_stream import Rendering, completion
from rivulet.dialects.openai_errors import openai_error
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import fold
from rivulet.ports.dialect import Ask, Asked, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/chat/completions": "asks; streams with `stream: true`, else waits for the whole answer",
}

IGNORED = (
    "frequency_penalty, logit_bias, moderation, parallel_tool_calls, prediction, presence_penalty, "
    "prompt_cache_key, prompt_cache_options, prompt_cache_retention, reasoning_effort, safety_identifier, "
    "seed, service_tier, store, top_p, user, verbosity"
)
"""What a request may say and nothing here makes use of."""

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
        "`delta.annotations` has the source's address, title and place: one a source, so that the n-th "
        "belongs to `[n]`; where a source is cited again only the mark in the text says"
    ),
    "data": "not shown",
    "turn.finished (status)": "`cancelled` is `finish_reason: stop`; extension: `turn.status`",
    "turn.finished (error.retryable)": "not shown",
    "turn.finished (timing)": "extension: `turn.timing` in the last chunk",
    "turn.finished (usage.cache_write_input_tokens, usage.estimated, usage.cost)": "not shown",
    f"the request ({IGNORED})": "taken, and not used",
    "the request (metadata)": "only `chat_id`",
    "the request (tool_choice, function_call)": "`auto` and `none` are taken, and not used",
}


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
    tool_choice: Any = None
    function_call: Any = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    stop: str | list[str] | None = None
    web_search_options: dict[str, Any] | None = None
    response_format: _Format | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None


class OpenAiChat:
    """`has_usage` is the client's `include_usage`: one more chunk, without a choice, at the end."""

    version = 2
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def __init__(self, has_usage: bool = True) -> None:
        self.name = "openai_chat" if has_usage else "openai_chat_plain"
        self._has_usage = has_usage

    def renderer(self, is_resumed: bool) -> Renderer:
        return Rendering(self._has_usage)

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
        return Reply(200, completion(turn, log))

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        return openai_error(problem, request_id)


def _refuse_what_is_not_taken(body: _Body) -> None:
    for name in ("tools", "functions", "logprobs", "stop", "audio"):
        requests.refuse(name, getattr(body, name))
    for name in ("tool_choice", "function_call"):
        requests.refuse(name, getattr(body, name), (None, "auto", "none"))
    requests.refuse("n", body.n, (None, 1))
    requests.refuse("top_logprobs", body.top_logprobs, (None, 0))
    requests.refuse("web_search_options", body.web_search_options is not None)
    requests.refuse("modalities", body.modalities, (None, ["text"]))
    requests.refuse("response_format", body.response_format and body.response_format.type, (None, "text"))
    for place, message in enumerate(body.messages):
        requests.refuse(f"messages[{place}].tool_calls", message.tool_calls)
