"""Models served by Ollama, over its own wire: one JSON object per line.

A model that is not in memory yet is loaded before the first byte comes; a bot that uses large ones needs a
`first_event_s` that allows for it.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from rivulet.domain.errors import ProviderError, UpstreamProtocol, UpstreamTruncated
from rivulet.domain.events import FinishReason, Usage
from rivulet.ports.answering import Ended, Piece, Prompt, Take, ToolResult
from rivulet.providers.address import Address
from rivulet.providers.attempts import Incoming, attempts
from rivulet.providers.cleaning import clean
from rivulet.providers.completion import MOST_BROKEN, usage
from rivulet.providers.conversation import Message, messages, taken_ids, tools
from rivulet.providers.lines import Lines, LineTooLong
from rivulet.providers.patience import Patience, retry_after
from rivulet.providers.pieces import Pieces
from rivulet.providers.refusals import LONGEST_BODY, failure, record, refusal
from rivulet.providers.tool_calls import ToolCalls
from rivulet.providers.upstream import Reply, Upstream

log = logging.getLogger("rivulet.providers")

DEFAULT_HOST = "http://127.0.0.1:11434"

_LONGEST_LIST = 4 << 20
_MOST_MODELS = 10_000


class Ollama:
    """`prompt.model` is Ollama's own name for the model, as in `qwen3:8b`."""

    def __init__(
        self,
        upstream: Upstream,
        *,
        host: str = DEFAULT_HOST,
        api_key: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`host` as in `OLLAMA_HOST`: a URL, a host, a port or both. Raises `BadSettings`."""
        self._upstream = upstream
        self._address = Address(base_url(host), api_key)
        self._patience = patience or Patience()

    @classmethod
    def from_environment(cls, upstream: Upstream, environment: Mapping[str, str] = os.environ) -> "Ollama":
        """From `OLLAMA_HOST`, and `OLLAMA_API_KEY` for a server that wants one."""
        return cls(
            upstream,
            host=environment.get("OLLAMA_HOST") or DEFAULT_HOST,
            api_key=environment.get("OLLAMA_API_KEY"),
        )

    async def stream(self, prompt: Prompt, take: Take) -> None:
        await attempts(lambda: self._ask(prompt), self._patience, take)

    async def models(self) -> Sequence[str]:
        reply = await self._request("GET", "/api/tags")
        async with reply:
            body = await reply.whole(_LONGEST_LIST)
        try:
            listed = msgspec.json.decode(body, type=_List)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocol from None
        return sorted({clean(model.name) for model in listed.models})[:_MOST_MODELS]

    async def _ask(self, prompt: Prompt) -> tuple[Reply, Incoming]:
        reply = await self._request("POST", "/api/chat", _body(prompt))
        if reply.media_type != "text/html":
            return reply, Chatter(self._address.secrets, taken_ids(prompt))
        async with reply:
            raise UpstreamProtocol("The model's service answered with a page.")

    async def _request(self, method: str, path: str, body: bytes | None = None) -> Reply:
        reply = await self._upstream.request(method, self._address.at(path), self._address.headers, body)
        if reply.status == 200:
            return reply
        async with reply:
            raise self._failed(reply, await reply.whole(LONGEST_BODY))

    def _failed(self, reply: Reply, body: bytes) -> ProviderError:
        record(reply.status, body, self._address.secrets)
        return failure(refusal(reply.status, body), retry_after(reply.headers, self._patience.now()))


class _Function(msgspec.Struct, gc=False):
    name: str = ""
    arguments: Any = None


class _Call(msgspec.Struct, gc=False):
    id: str | None = None
    function: _Function = msgspec.field(default_factory=_Function)


class _Message(msgspec.Struct, gc=False):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[_Call] | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: Any = None
    eval_count: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Line)


class Chatter:
    """One answer in Ollama's wire format: bytes in, pieces out, no I/O."""

    def __init__(self, secrets: tuple[str, ...] = (), taken: Iterable[str] = ()) -> None:
        """`secrets` stay out of the log; `taken` are ids that tool calls of the same turn already have."""
        self.has_ended = False
        self.may_have_ended = False  # usage comes with the last line
        self._secrets = secrets
        self._lines = Lines()
        self._pieces = Pieces()
        self._calls = ToolCalls(taken)
        self._finish: FinishReason = "stop"
        self._usage: Usage | None = None
        self._failure: ProviderError | None = None
        self._broken = 0
        self._mends = 0

    def feed(self, read: bytes) -> list[Piece]:
        """The pieces one read brought; what goes wrong is raised by `end`, after them."""
        try:
            for data in self._lines.feed(read):
                if data and data != b"\r" and (line := self._decoded(data)) is not None:
                    self._take(line)
        except LineTooLong:
            self._fail(UpstreamProtocol("The model's service sent a line without end."))
        except ProviderError as problem:
            self._fail(problem)
        return self._pieces.take()

    def end(self) -> list[Piece]:
        """The last pieces; raises a `ProviderError` when what came is no whole answer."""
        self._pieces.add(self.feed(b"\n"))
        if self._failure is not None:
            raise self._failure
        if not self.has_ended:
            raise UpstreamTruncated
        if self._finish == "stop":
            self._pieces.add(self._calls.rest())
        finish = "tool_calls" if self._calls.has_any and self._finish == "stop" else self._finish
        return [*self._pieces.rest(), Ended(finish_reason=finish, usage=self._usage)]

    def _fail(self, problem: ProviderError) -> None:
        self._failure = problem
        self.has_ended = True

    def _take(self, line: _Line) -> None:
        if line.error:
            record(0, line.error, self._secrets)
            raise failure(refusal(0, line.error))
        if line.message is not None and not self.has_ended:
            self._say(line.message)
        counts = {"prompt_tokens": line.prompt_eval_count, "completion_tokens": line.eval_count}
        if any(count is not None for count in counts.values()):
            self._usage = usage(counts) or self._usage
        if line.done:
            self.has_ended = True
            self._finish = "length" if line.done_reason == "length" else "stop"

    def _say(self, message: _Message) -> None:
        if message.thinking:
            self._pieces.thought(message.thinking)
        if message.content:
            self._pieces.text(message.content)
        for call in message.tool_calls or ():
            given: object = call.function.arguments or {}
            arguments = given if isinstance(given, str) else json.dumps(given)
            self._pieces.add(self._calls.feed(self._calls.count, call.id, call.function.name, arguments))

    def _decoded(self, data: bytes) -> _Line | None:
        try:
            return _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._mended(data)

    def _mended(self, data: bytes) -> _Line | None:
        text = data.decode("utf-8", "replace").lstrip("\ufeff")
        try:
            line = msgspec.convert(json.loads(text), _Line)
        except (ValueError, RecursionError):
            self._broken += 1
            if self._broken > MOST_BROKEN:
                raise UpstreamProtocol from None
            log.warning("skipped a line of a model's answer that makes no sense (%d bytes)", len(data))
            return None
        self._mends += 1
        if self._mends == 1:
            log.warning("mended a line of a model's answer (%d bytes); more of them pass silently", len(data))
        return line


class _Named(msgspec.Struct):
    name: str


class _List(msgspec.Struct):
    models: list[_Named]


def base_url(host: str) -> str:
    """`OLLAMA_HOST` as a client reads it: 11434 without a scheme; the server's `0.0.0.0` is this machine."""
    host = host.strip().rstrip("/")
    if "://" not in host:
        name, slash, path = host.partition("/")
        if name.count(":") > 1 and not name.startswith("["):
            name = f"[{name}]"
        if not re.search(r":\d+$", name):
            name += ":11434"
        host = f"http://{name}{slash}{path}"
    host = re.sub(r"//(0\.0\.0\.0)?(?=:\d+)|//0\.0\.0\.0(?=/|$)", "//127.0.0.1", host)
    return host.replace("//[::]", "//[::1]")


def _body(prompt: Prompt) -> bytes:
    options = {"temperature": prompt.temperature, "num_predict": prompt.max_output_tokens}
    request: dict[str, Any] = {
        "model": clean(prompt.model),
        "messages": messages(prompt, _called),
        "stream": True,
        "options": {name: value for name, value in options.items() if value is not None},
    }
    if prompt.tools:
        request["tools"] = tools(prompt.tools)
    return msgspec.json.encode(request)


def _called(result: ToolResult) -> tuple[Message, Message]:
    try:
        arguments = msgspec.json.decode(clean(result.arguments) or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        arguments = {}
    function: Message = {"name": result.name, "arguments": arguments}
    return (
        {"role": "assistant", "content": "", "tool_calls": [{"function": function}]},
        {"role": "tool", "tool_name": result.name, "content": clean(result.output)},
    )
