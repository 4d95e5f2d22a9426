"""A wire protocol: how a request asks for a turn and how a turn's events become bytes. No I/O, no clock."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from rivulet.domain.events import AnyEvent
from rivulet.ports.answering import Exchange


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What reached the server, as a parser sees it. `path` holds what the path's `{names}` matched;
    the names in `headers` are lower-case."""

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
    the dialect as this request wants it (some have variants: with or without a usage frame)."""

    ask: Ask
    mode: Literal["stream", "wait", "background"]
    dialect: Dialect
