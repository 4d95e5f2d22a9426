"""A wire protocol: how a request asks for a turn and how a turn's events become bytes. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.ports.answering import Exchange


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What reached the server, as a parser sees it. `route` is the address as the dialect's `paths` name it,
    `path` what its `{names}` matched; the names in `headers` are lower-case."""

    route: str = ""
    body: bytes = b""
    path: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A question as every dialect's request parser hands it to the engine. `history` is context the
    request itself brings; without it the chat's own messages are the context.

    `names_chat`: clients of this protocol choose their chats' ids, so an unknown `chat_id` makes the chat
    instead of being refused. `instructions` are added to the bot's own; `temperature` and
    `max_output_tokens` go before the bot's.
    """

    input: str
    chat_id: str | None = None
    bot_id: str = "default"
    model: str | None = None
    source_ids: tuple[str, ...] | None = None
    search_mode: Literal["all", "hybrid", "selected_only", "none"] = "all"
    on_disconnect: Literal["continue", "cancel"] = "continue"
    on_busy: Literal["reject", "queue"] = "reject"
    history: tuple[Exchange, ...] | None = None
    names_chat: bool = False
    instructions: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None


class Frame(NamedTuple):
    """Complete wire bytes and the cursor they carry: `seq` for the last frame of an event, `seq.k`
    (k = 1, 2…) for the earlier ones."""

    cursor: str
    data: bytes


class Renderer(Protocol):
    """A pure function of the log, fed event by event from the first one; may keep what it was fed."""

    def render(self, event: AnyEvent) -> list[Frame]: ...


class Dialect(Protocol):
    """`is_stateless` says that a renderer may be fed from the middle of a log. `heartbeat` is sent as it
    is when nothing happens. `version` goes into `turn.started` and changes when frame counts do.
    `has_cursor` says that its clients can come back to where they were: only then may a stream end cleanly
    before the terminal event; any other connection is cut instead."""

    name: str
    version: int
    is_stateless: bool
    has_cursor: bool
    heartbeat: bytes

    def renderer(self, is_resumed: bool) -> Renderer: ...


class Asked(NamedTuple):
    """A parsed request: the question, whether the answer is streamed, waited for or fetched later, and
    the dialect as this request wants it (some have variants: with or without a usage frame). `follows`
    names a turn whose chat is to be continued, for clients that know turns and no chats."""

    ask: Ask
    mode: Literal["stream", "wait", "background"]
    dialect: Dialect
    follows: str | None = None


class Reply(NamedTuple):
    """An HTTP status and a body that is sent as JSON."""

    status: int
    body: dict[str, Any]


class AskDialect(Dialect, Protocol):
    """A dialect with requests and errors of its own. `paths` are "METHOD /path" → what happens there;
    `losses` is what of a turn its clients cannot be told, "type or field" → what becomes of it.
    All three methods are pure."""

    @property
    def paths(self) -> Mapping[str, str]: ...
    @property
    def losses(self) -> Mapping[str, str]: ...

    def parse(self, request: Request) -> Asked:
        """Raises a `RivuletError` for what this protocol does not allow or this server does not take."""
        ...

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The turn as one JSON value, whole or so far; a failed turn as this protocol's error."""
        ...

    def error(self, problem: RivuletError, request_id: str) -> Reply: ...
