"""A chat and its messages: what people see of the turns, folded from their logs."""

from typing import Literal

import msgspec

from rivulet.domain.events import CitationAdded, Failure, Passage, Status, Timing, Usage


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    created_at: int
    updated_at: int


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question, or the answer a turn's log folds to. An answer still being written has status None."""

    id: str
    chat_id: str
    turn_id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: int
    model: str | None = None
    status: Status | None = None
    error: Failure | None = None
    sources: tuple[Passage, ...] = ()
    citations: tuple[CitationAdded, ...] = ()
    usage: Usage | None = None
    timing: Timing | None = None
