"""What answers a turn: an answerer, the provider it may ask, the tools it may use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from rivulet.domain.bot import Bot
from rivulet.domain.events import AnyEvent, FinishReason, Passage, Usage


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier message of the chat."""

    role: Literal["user", "assistant"]
    text: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One turn to answer. `history` is oldest first and ends before `question`."""

    tenant_id: str
    turn_id: str
    chat_id: str
    question: str
    bot: Bot
    model: str
    history: tuple[Exchange, ...] = ()
    source_ids: tuple[str, ...] | None = None
    search_mode: Literal["all", "hybrid", "selected_only", "none"] = "all"


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The answerer's last word: why it ended and what it cost. The runner writes the terminal event."""

    finish_reason: FinishReason = "stop"
    usage: Usage | None = None


Say = Callable[[AnyEvent], None]
"""Takes a draft on its way to the log and returns at once. What it raises ends the answer: let it pass."""


class Answerer(Protocol):
    """Says drafts of every type but turn.started and turn.finished (`at` may stay 0: the runner sets it).
    What it leaves open the runner closes. To fail, raise a `RivuletError`; any other exception becomes
    `internal`. Cancelling it must close whatever it holds open upstream before it returns. Whoever says
    much without waiting for anything awaits `asyncio.sleep(0)` now and then, so that others may run.

    Pushed, not pulled: a token that arrives is on its way to the log before the call that brought it
    returns, and no task is woken for it."""

    async def answer(self, task: Task, say: Say) -> Finished: ...


@runtime_checkable
class Unmetered(Protocol):
    """An answerer that can say that it asks no model: a turn of its then has used no tokens, however it ends,
    and none are estimated. An extra ability."""

    @property
    def asks_no_model(self) -> bool: ...


class Answerers(Protocol):
    """Plug-ins by their string."""

    def find(self, model: str) -> tuple[Answerer, str]:
        """The answerer and the model name it is to use. Raises InvalidRequest naming what is there."""
        ...


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


class Tool(Protocol):
    """Something the model may ask the server to run."""

    spec: ToolSpec

    async def call(self, task: Task, arguments: Mapping[str, Any]) -> Any:
        """A JSON-able result. Raise `RivuletError` to tell the model that it failed."""
        ...


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """A call the model made earlier in this turn, and its outcome as JSON text."""

    tool_call_id: str
    name: str
    arguments: str
    output: str


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider answers, in its own wire format. `instructions` is the whole system text."""

    question: str
    model: str
    instructions: str = ""
    history: tuple[Exchange, ...] = ()
    sources: tuple[Passage, ...] = ()
    temperature: float | None = None
    max_output_tokens: int | None = None
    tools: tuple[ToolSpec, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()


class Text(msgspec.Struct, frozen=True):
    text: str


class Thought(msgspec.Struct, frozen=True):
    text: str


class ToolCallStart(msgspec.Struct, frozen=True):
    id: str
    name: str


class ToolCallDelta(msgspec.Struct, frozen=True):
    id: str
    delta: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """The provider is retrying before its first token, and for how long it sleeps."""

    reason: str
    seconds: float


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Always the last piece: the provider itself said that the answer is over."""

    finish_reason: FinishReason = "stop"
    usage: Usage | None = None


Piece = Text | Thought | ToolCallStart | ToolCallDelta | Waiting | Ended
"""What a provider streams. Everything one network read brought comes as one piece per kind."""


Take = Callable[[Piece], None]
"""Takes a piece and returns at once. What it raises ends the stream and comes out of `stream`."""


class Provider(Protocol):
    """Gives one answer to `take`, piece by piece as it arrives. Raises a `ProviderError` for whatever goes
    wrong; a return without `Ended` cannot happen. Cancelled, it has closed the upstream connection when the
    cancellation comes out."""

    async def stream(self, prompt: Prompt, take: Take) -> None: ...


class Models(Protocol):
    """Providers that can say which models they have; an extra ability."""

    async def models(self) -> Sequence[str]: ...
