"""A chat and its messages: what people see of the turns, folded from their logs."""

from typing import Literal

import msgspec

from rivulet.domain.events import CitationAdded, Failure, Passage, Status, Timing, Usage


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    created_at: int
    updated_at: int


class Feedback(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reader thought of an answer. `reason` is a word of the client's own, for counting."""

    rating: Literal["up", "down"]
    reason: str | None = None
    comment: str | None = None
    updated_at: int


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question, or the answer a turn's log folds to. An answer still being written has status None.

    What comes after `timing` is no part of what a store keeps of a message: `domain/tree.py` fills the
    places, which change when more is asked beside it, and the reader's feedback is kept by itself.
    """

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
    confidence: float | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    parent_id: str | None = None
    """The turn that this one's continues."""
    siblings: tuple[str, ...] = ()
    """What could stand here instead, one turn each, this one's among them; empty when there is nothing else.
    For a question: other questions asked at this place; for an answer: other answers to its question."""
    answers: tuple[str, ...] = ()
    """Of a question: what will be its answer's siblings, there already while that is being written."""
    feedback: Feedback | None = None
