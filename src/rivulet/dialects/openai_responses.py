"""OpenAI's Responses: typed events with contiguous `sequence_number`, resumed by `starting_after`.

A frame's number is its place in the rendering from the start, so event n of a resumed stream is found by
counting frames. Only event types that OpenAI has are used: its Node client refuses any other.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.openai_errors import openai_error
from rivulet.dialects.openai_responses_stream import Rendering
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.ports.dialect import Ask, Asked, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /v1/responses": "asks; streams with `stream: true`, returns with `background: true`, else waits",
    "GET /v1/responses/{response_id}": "the response so far; its events with `?stream=true&starting_after=N`",
    "POST /v1/responses/{response_id}/cancel": "stops the turn",
    "DELETE /v1/responses/{response_id}": "deletes the chat of a response that stands alone",
}

IGNORED = (
    "access_programs, context_management, include, max_tool_calls, moderation, parallel_tool_calls, "
    "prompt_cache_key, prompt_cache_options, prompt_cache_retention, reasoning, safety_identifier, "
    "service_tier, store, stream_options, tool_choice, top_p, truncation, user"
)
"""What a request may say and nothing here makes use of."""

LOSSES: Mapping[str, str] = {
    "every event (at)": "only when the turn began and completed, in seconds",
    "turn.started (user_message_id, bot_id)": "not shown",
    "stage.started, stage.finished": (
        "only that the retrieval began, what it looked for and how it ended, as a `file_search_call`"
    ),
    "sources.added": "results of the `file_search_call`, or of one of its own outside of a retrieval",
    (
        "sources.added (sources.id, sources.chunk_id, sources.start, sources.end, sources.media_type, "
        "sources.page, sources.rerank_score, sources.metadata)"
    ): "not shown",
    "reasoning.started, reasoning.delta, reasoning.finished (part_id)": "an item of its own",
    "text.started, text.delta, text.finished (part_id)": (
        "a message each; a later one begins with the blank line that parts them"
    ),
    "tool.started (runs_on)": "`mcp_call` for the server's, `function_call` for the client's",
    "tool.finished": "not shown for the client's",
    "citation.added (part_id, source_id, n, claim_start, quote, support)": (
        "`url_citation` has the source's address, title and place"
    ),
    "data": "not shown",
    "turn.finished (status)": (
        "`cancelled` is `response.incomplete` with that status; messages always say `completed`"
    ),
    "turn.finished (error.code, error.retryable)": (
        "`error` has our code; `response.error.code` is one of OpenAI's"
    ),
    "turn.finished (usage.estimated, usage.cost)": "not shown",
    "turn.finished (timing)": "strings in `response.metadata`",
    f"the request ({IGNORED})": "taken, and not used",
    "the request (metadata)": "only `chat_id`",
    "the request (text.verbosity)": "taken, and not used",
}


class _Spoken(msgspec.Struct, frozen=True):
    role: str = "user"
    content: requests.Content = None
    type: str = "message"


class _Tool(msgspec.Struct, frozen=True):
    type: str
    vector_store_ids: list[str] = []


class _Kind(msgspec.Struct, frozen=True):
    type: str = "text"


class _Text(msgspec.Struct, frozen=True):
    format: _Kind | None = None


class _Chat(msgspec.Struct, frozen=True):
    id: str


class _Body(msgspec.Struct, frozen=True):
    input: str | Annotated[list[_Spoken], msgspec.Meta(min_length=1)]
    model: str | None = None
    instructions: str | None = None
    stream: bool | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: str | _Chat | None = None
    metadata: dict[str, str] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    tools: list[_Tool] | None = None
    text: _Text | None = None
    prompt: dict[str, Any] | None = None
    image: Any = None
    top_logprobs: int | None = None


class OpenAiResponses:
    """A turn's id is its response's id."""

    name = "openai_responses"
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
        requests.refuse("prompt", body.prompt)
        requests.refuse("image", body.image)
        requests.refuse("top_logprobs", body.top_logprobs, (None, 0))
        requests.refuse(
            "text.format", body.text and body.text.format and body.text.format.type, (None, "text")
        )
        talk = requests.conversation(_spoken(body.input), "input")
        instructions = "\n\n".join(filter(None, (body.instructions, talk.instructions)))
        ask = Ask(
            input=talk.input,
            chat_id=_chat_id(body),
            model=requests.model(body.model),
            source_ids=_source_ids(body.tools or ()),
            history=talk.history,
            instructions=instructions or None,
            temperature=body.temperature,
            max_output_tokens=body.max_output_tokens,
        )
        mode = "stream" if body.stream else "background" if body.background else "wait"
        return Asked(ask, mode, self, follows=body.previous_response_id)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The response as its own stream shows it; one that failed is still a response."""
        rendering = Rendering()
        for event in log:
            rendering.say(event)
        return Reply(200, rendering.response)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        return openai_error(problem, request_id)


_OUR_ITEMS = ("reasoning", "file_search_call", "mcp_call")
"""What a client that keeps the conversation itself sends back of our output, and says nothing new."""


def _spoken(input: str | list[_Spoken]) -> list[tuple[str, str]]:
    if isinstance(input, str):
        return [("user", input)]
    spoken: list[tuple[str, str]] = []
    for place, one in enumerate(input):
        if one.type in _OUR_ITEMS:
            continue
        requests.refuse(f"input[{place}].type", one.type, ("message",))
        text = requests.said(one.content, f"input[{place}].content", ("input_text", "output_text", "text"))
        spoken.append((one.role, text))
    return spoken


def _chat_id(body: _Body) -> str | None:
    chat = body.conversation.id if isinstance(body.conversation, _Chat) else body.conversation
    chat = chat or (body.metadata or {}).get("chat_id")
    if chat and body.previous_response_id:
        raise InvalidRequest("previous_response_id: not together with a conversation", param="conversation")
    return chat


def _source_ids(tools: Sequence[_Tool]) -> tuple[str, ...] | None:
    """Searching files is the one tool that may be asked for: its stores are our sources."""
    for place, tool in enumerate(tools):
        requests.refuse(f"tools[{place}]", tool.type, ("file_search",))
    return tuple(name for tool in tools for name in tool.vector_store_ids) or None
