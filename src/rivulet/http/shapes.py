"""What goes in and out of the native API: request bodies as pydantic reads them, answers as msgspec writes
them, and both as the OpenAPI document describes them."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rivulet.domain.chat import Chat, Feedback, Message
from rivulet.domain.events import Status
from rivulet.domain.preferences import Preferences, Streaming, UsageShown, WhileAnswering
from rivulet.domain.turn import Turn
from rivulet.engine.runner import Receipt


def _storable(value: object) -> object:
    """Without NUL and lone surrogates, before pydantic refuses them with a message nobody understands."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return value


Storable = Annotated[str, BeforeValidator(_storable)]


class Said(BaseModel):
    """Something said before, that this server has not heard."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["user", "assistant"]
    text: Annotated[Storable, Field(max_length=32_000)]


class TurnBody(BaseModel):
    """PROTOCOL.md §2.1."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: Annotated[Storable, Field(min_length=1, max_length=32_000)]
    chat_id: Annotated[str, Field(max_length=128)] | None = None
    bot_id: Annotated[str, Field(max_length=128)] = "default"
    model: Annotated[str, Field(max_length=256)] | None = None
    source_ids: Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=1000)] | None = None
    search_mode: Literal["all", "hybrid", "selected_only", "none"] = "all"
    on_disconnect: Literal["continue", "cancel"] = "continue"
    on_busy: Literal["reject", "queue"] = "reject"
    stream: bool | None = None
    parent_id: Annotated[str, Field(max_length=128)] | None = None
    edit_of: Annotated[str, Field(max_length=128)] | None = None
    history: Annotated[list[Said], Field(max_length=200)] | None = None


class TitleBody(BaseModel):
    """PROTOCOL.md §7."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[Storable, Field(min_length=1, max_length=1000, pattern=r"\S")]


class BranchBody(BaseModel):
    """PROTOCOL.md §7.2."""

    model_config = ConfigDict(extra="forbid", strict=True)

    turn_id: Annotated[str, Field(max_length=128)]


class FeedbackBody(BaseModel):
    """PROTOCOL.md §7.3."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rating: Literal["up", "down"]
    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    comment: Annotated[Storable, Field(max_length=4000)] | None = None


class PreferencesBody(BaseModel):
    """PROTOCOL.md §7.7. The values here are never used: what is not sent is not changed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    streaming: Streaming = "auto"
    while_answering: WhileAnswering = "queue"
    usage: UsageShown = "asked"


class TextSourceBody(BaseModel):
    """PROTOCOL.md §8."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[Storable, Field(min_length=1, max_length=400)]
    text: Annotated[Storable, Field(min_length=1)]


class TurnAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """PROTOCOL.md §2.2."""

    turn_id: str
    chat_id: str
    user_message_id: str
    message_id: str
    events_url: str


class TurnListed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A turn in the list; `question` is the beginning of what was asked."""

    id: str
    chat_id: str
    status: Status | Literal["in_progress"]
    question: str
    model: str
    created_at: int
    retry_of: str | None = None


class TurnPage(msgspec.Struct, frozen=True, kw_only=True):
    turns: list[TurnListed]
    next_before: str | None = None


class ChatShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chat in the list; `running_turn_id` is there while it answers."""

    id: str
    title: str
    created_at: int
    updated_at: int
    running_turn_id: str | None = None


class ChatPage(msgspec.Struct, frozen=True, kw_only=True):
    chats: list[ChatShown]
    next_before: int | None = None


class MessageList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the chosen path: `path` has its turns, those that are being answered too. `next_before` asks
    for what was said before it. The turn that runs may stand on another branch."""

    messages: list[Message]
    path: list[str]
    next_before: str | None = None
    running_turn_id: str | None = None


class ShareShown(msgspec.Struct, frozen=True, kw_only=True):
    """A link to what was said; `url` is the page that shows it."""

    id: str
    chat_id: str
    title: str
    message_count: int
    created_at: int
    url: str


class ShareList(msgspec.Struct, frozen=True, kw_only=True):
    shares: list[ShareShown]


class SharedSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A passage an answer was written from, without the addresses of this server, which a reader of a link
    has no key for."""

    n: int
    title: str
    text: str
    filename: str | None = None
    media_type: str | None = None
    page: int | None = None
    heading: str | None = None
    url: str | None = None


class SharedCitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Source `n` carries the claim that ends where the mark stands, at `start` to `end` of the text."""

    n: int
    start: int
    end: int
    claim_start: int | None = None
    quote: str | None = None
    support: float | None = None


class SharedMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    role: Literal["user", "assistant"]
    text: str
    created_at: int
    status: Status | None = None
    sources: list[SharedSource] = []
    citations: list[SharedCitation] = []


class SharedChat(msgspec.Struct, frozen=True, kw_only=True):
    """What is read under a link: what was said when it was made, and nothing else."""

    title: str
    created_at: int
    messages: list[SharedMessage]


class ModelShown(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    provider: str
    is_default: bool


class ModelListed(msgspec.Struct, frozen=True, kw_only=True):
    """The same as OpenAI's clients read it; nobody tells us when a model was made."""

    id: str
    owned_by: str
    object: Literal["model"] = "model"
    created: int = 0


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """For our own clients and for OpenAI's at one address."""

    models: list[ModelShown]
    data: list[ModelListed]
    object: Literal["list"] = "list"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    request_id: str


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    """PROTOCOL.md §9."""

    error: Problem


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    status: str
    reason: str | None = None


class SourceShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`document_count` includes the `failed_count` that could not be read."""

    id: str
    title: str
    kind: str
    status: str
    document_count: int
    failed_count: int
    chunk_count: int
    created_at: int
    updated_at: int
    error_message: str | None = None


class SourceList(msgspec.Struct, frozen=True, kw_only=True):
    sources: list[SourceShown]


class DocumentShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A failed one has the `reason`."""

    id: str
    source_id: str
    title: str
    filename: str
    media_type: str
    status: str
    chunk_count: int
    reason: str | None = None


class SourceWithDocuments(SourceShown, frozen=True, kw_only=True, omit_defaults=True):
    documents: list[DocumentShown]


class DocumentText(msgspec.Struct, frozen=True, kw_only=True):
    """A document, or its part from `start` on. Offsets count the code points of the whole text: `length`."""

    id: str
    source_id: str
    title: str
    filename: str
    media_type: str
    start: int
    length: int
    has_original: bool
    text: str


ANSWERS: tuple[type, ...] = (
    TurnAccepted,
    TurnPage,
    Turn,
    Receipt,
    Chat,
    ChatShown,
    ChatPage,
    MessageList,
    Feedback,
    Preferences,
    ShareShown,
    ShareList,
    SharedChat,
    ModelList,
    SourceList,
    SourceShown,
    SourceWithDocuments,
    DocumentText,
    ProblemBody,
    Health,
)
"""Every answer that is described in /openapi.json."""


def described(status: int, shape: type | None, description: str = "") -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` entry for an answer that msgspec writes, with the error shape for the rest."""
    error = {"content": {"application/json": {"schema": _reference(ProblemBody)}}, "description": "An error"}
    answer: dict[str, Any] = {"description": description or "The answer"}
    if shape is not None:
        answer["content"] = {"application/json": {"schema": _reference(shape)}}
    return {status: answer, "4XX": error, "5XX": error}


def schemas() -> dict[str, Any]:
    """The components those references name."""
    _, components = msgspec.json.schema_components(ANSWERS, ref_template="#/components/schemas/{name}")
    return components


def _reference(shape: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
