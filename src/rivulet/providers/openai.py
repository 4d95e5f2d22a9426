"""Models behind the Chat Completions wire format, at OpenAI or any other address that speaks it."""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rivulet.domain.errors import ProviderError, UpstreamProtocol
from rivulet.ports.answering import Prompt, Take, ToolResult
from rivulet.providers.address import Address
from rivulet.providers.attempts import Incoming, attempts
from rivulet.providers.cleaning import clean
from rivulet.providers.completion import Completion, WholeCompletion
from rivulet.providers.conversation import Message, messages, taken_ids, tools
from rivulet.providers.patience import Patience, retry_after
from rivulet.providers.refusals import LONGEST_BODY, Refusal, failure, record, refusal
from rivulet.providers.upstream import Reply, Upstream

log = logging.getLogger("rivulet.providers")

DEFAULT_URL = "https://api.openai.com/v1"

_LONGEST_LIST = 4 << 20
_MOST_MODELS = 10_000

_INCOMING: dict[str, type[Completion]] = {
    "application/json": WholeCompletion,
    "text/event-stream": Completion,
    "text/plain": Completion,
    "application/octet-stream": Completion,
    "application/x-ndjson": Completion,
    "": Completion,
}
"""What services that stream are known to call it; a page is none of them."""

_OTHERWISE: dict[str, str | None] = {
    "stream_options": None,
    "max_tokens": "max_completion_tokens",
    "temperature": None,
}
"""Fields some models refuse, and the name to try instead; None leaves them out."""


class OpenAI:
    """`prompt.model` is the service's own name for the model. The key is never shown, not even by `repr`."""

    def __init__(
        self,
        upstream: Upstream,
        *,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Raises `BadSettings` for an address or a key that cannot be one."""
        self._upstream = upstream
        self._address = Address(base_url, api_key)
        self._patience = patience or Patience()
        self._refused: dict[str, frozenset[str]] = {}

    @classmethod
    def from_environment(cls, upstream: Upstream, environment: Mapping[str, str] = os.environ) -> "OpenAI":
        """From `OPENAI_BASE_URL` and `OPENAI_API_KEY`."""
        return cls(
            upstream,
            base_url=environment.get("OPENAI_BASE_URL") or DEFAULT_URL,
            api_key=environment.get("OPENAI_API_KEY"),
        )

    async def stream(self, prompt: Prompt, take: Take) -> None:
        await attempts(lambda: self._ask(prompt), self._patience, take)

    async def models(self) -> Sequence[str]:
        reply = await self._upstream.request("GET", self._address.at("/models"), self._address.headers)
        async with reply:
            body = await reply.whole(_LONGEST_LIST)
        if reply.status != 200:
            raise self._failed(reply, body[:LONGEST_BODY])
        try:
            listed = msgspec.json.decode(body, type=_List)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocol from None
        return sorted({clean(model.id) for model in listed.data})[:_MOST_MODELS]

    async def _ask(self, prompt: Prompt) -> tuple[Reply, Incoming]:
        """A reply that promises an answer. A field the model refuses is left out, now and from now on."""
        while True:
            without = self._refused.get(prompt.model, frozenset())
            reply = await self._upstream.request(
                "POST", self._address.at("/chat/completions"), self._address.headers, _body(prompt, without)
            )
            if reply.status == 200 and reply.media_type in _INCOMING:
                return reply, _INCOMING[reply.media_type](self._address.secrets, taken_ids(prompt))
            async with reply:
                body = await reply.whole(LONGEST_BODY)
            if reply.status == 200:
                raise UpstreamProtocol("The model's service answered with something that is no answer.")
            field = _field_of(refusal(reply.status, body), without)
            if field is None:
                raise self._failed(reply, body)
            log.warning("a model refuses %s; it is asked differently from now on", field)
            self._refused[prompt.model] = self._refused.get(prompt.model, without) | {field}

    def _failed(self, reply: Reply, body: bytes) -> ProviderError:
        record(reply.status, body, self._address.secrets)
        return failure(refusal(reply.status, body), retry_after(reply.headers, self._patience.now()))


class _Model(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    data: list[_Model]


def _field_of(refusal: Refusal, without: frozenset[str]) -> str | None:
    """The field the service objects to and can do without."""
    return next((field for field in _OTHERWISE if field not in without and refusal.objects_to(field)), None)


def _body(prompt: Prompt, without: frozenset[str]) -> bytes:
    wanted: dict[str, Any] = {
        "stream_options": {"include_usage": True},
        "temperature": prompt.temperature,
        "max_tokens": prompt.max_output_tokens,
    }
    request: dict[str, Any] = {
        "model": clean(prompt.model),
        "messages": messages(prompt, _called),
        "stream": True,
    }
    if prompt.tools:
        request["tools"] = tools(prompt.tools)
    for field, value in wanted.items():
        name = _OTHERWISE[field] if field in without else field
        if name is not None and value is not None:
            request[name] = value
    return msgspec.json.encode(request)


def _called(result: ToolResult) -> tuple[Message, Message]:
    function = {"name": result.name, "arguments": clean(result.arguments)}
    return (
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": result.tool_call_id, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": result.tool_call_id, "content": clean(result.output)},
    )
