"""The vocabulary of a turn: everything that can happen while it is answered, as frozen records.

A *draft* is an event whose `seq` is still 0; the log gives it its number when it is committed.
Text offsets are Unicode code points into the text of the part, counted from 0, end exclusive.
"""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import msgspec

Status = Literal["completed", "incomplete", "failed", "cancelled"]
Phase = Literal["first_token", "mid_stream"]
FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "error", "cancelled"]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plain value inside an event."""


class Passage(Record, frozen=True):
    """One piece of knowledge shown to the answerer; `n` is the number its `[n]` marks use."""

    id: str
    n: int
    source_id: str
    document_id: str
    chunk_id: str
    title: str
    url: str
    text: str
    score: float
    filename: str | None = None
    media_type: str | None = None
    start: int | None = None
    end: int | None = None
    page: int | None = None
    rerank_score: float | None = None
    metadata: dict[str, Any] | None = None

    @property
    def heading(self) -> str | None:
        """The headings it stands under, ` › ` between them and the nearest last, if its answerer says so."""
        heading = (self.metadata or {}).get("heading")
        return heading if isinstance(heading, str) else None


class Cost(Record, frozen=True):
    """`currency` is three letters, as in ISO 4217."""

    amount: float
    currency: str


class Usage(Record, frozen=True):
    """Token counts, inclusive: cached and reasoning tokens are parts of the totals, never added to them."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    reasoning_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    estimated: bool = False
    cost: Cost | None = None
    """By the operator's price list; None for a model without a price, and for what nobody counted."""


class Timing(Record, frozen=True):
    """Milliseconds since the turn started."""

    duration_ms: int
    time_to_first_token_ms: int | None = None


class Failure(Record, frozen=True):
    """What a reader is told about an error; never a stack, a key or a provider's raw words. `phase` is when
    the model's service went silent, `retry_after` how many seconds it asks to be left alone."""

    code: str
    message: str
    retryable: bool = False
    phase: Phase | None = None
    retry_after: float | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """`seq` counts 1, 2, 3… within the turn; `at` is milliseconds since 1970."""

    seq: int = 0
    at: int = 0


class TurnStarted(Event, tag="turn.started", frozen=True):
    """`dialects` pins each renderer's version, so that counted frames stay the same after an upgrade."""

    turn_id: str
    chat_id: str
    message_id: str
    user_message_id: str
    model: str
    bot_id: str | None = None
    retry_of: str | None = None
    dialects: dict[str, int] | None = None


class StageStarted(Event, tag="stage.started", frozen=True):
    stage: str
    stage_id: str
    label: str | None = None


class StageFinished(Event, tag="stage.finished", frozen=True):
    stage: str
    stage_id: str
    status: Literal["completed", "failed", "cancelled"] = "completed"
    duration_ms: int = 0
    detail: dict[str, Any] | None = None


class SourcesAdded(Event, tag="sources.added", frozen=True):
    sources: Sequence[Passage]


class ReasoningStarted(Event, tag="reasoning.started", frozen=True):
    part_id: str


class ReasoningDelta(Event, tag="reasoning.delta", frozen=True):
    part_id: str
    delta: str


class ReasoningFinished(Event, tag="reasoning.finished", frozen=True):
    part_id: str


class ToolStarted(Event, tag="tool.started", frozen=True):
    tool_call_id: str
    name: str
    runs_on: Literal["server", "client"] = "server"


class ToolInputDelta(Event, tag="tool.input.delta", frozen=True):
    """A piece of the call's arguments, as JSON text."""

    tool_call_id: str
    delta: str


class ToolCalled(Event, tag="tool.called", frozen=True):
    tool_call_id: str
    name: str
    input: Any


class ToolFinished(Event, tag="tool.finished", frozen=True):
    tool_call_id: str
    status: Literal["completed", "failed", "cancelled"] = "completed"
    output: Any = None
    error: str | None = None


class TextStarted(Event, tag="text.started", frozen=True):
    part_id: str


class TextDelta(Event, tag="text.delta", frozen=True):
    part_id: str
    delta: str


class TextFinished(Event, tag="text.finished", frozen=True):
    part_id: str


class CitationAdded(Event, tag="citation.added", frozen=True):
    """`start..end` is where the `[n]` mark stands in the text; `support` is the lexical support, 0 to 1,
    that source `source_id` gives the claim before the mark (null when not computable)."""

    part_id: str
    source_id: str
    n: int
    start: int
    end: int
    claim_start: int | None = None
    quote: str | None = None
    support: float | None = None


class Data(Event, tag="data", frozen=True):
    """Anything an answerer wants its readers to have; the same `id` replaces the earlier value."""

    name: str
    data: Any
    id: str | None = None
    transient: bool = False


class TurnFinished(Event, tag="turn.finished", frozen=True):
    """The one terminal event, always the last."""

    status: Status
    finish_reason: FinishReason
    error: Failure | None = None
    usage: Usage = msgspec.field(default_factory=Usage)
    timing: Timing | None = None


AnyEvent = (
    TurnStarted
    | StageStarted
    | StageFinished
    | SourcesAdded
    | ReasoningStarted
    | ReasoningDelta
    | ReasoningFinished
    | ToolStarted
    | ToolInputDelta
    | ToolCalled
    | ToolFinished
    | TextStarted
    | TextDelta
    | TextFinished
    | CitationAdded
    | Data
    | TurnFinished
)
"""One event of the log, or a draft of one."""

_TAGS: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(AnyEvent)}
_decoder = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def type_of(event: AnyEvent) -> str:
    """The event's wire name, as in `text.delta`."""
    return _TAGS[type(event)]


def encode(event: AnyEvent) -> bytes:
    """One line of JSON; line separators that some readers split on are escaped."""
    raw = _encoder.encode(event)
    if not raw.isascii():
        raw = raw.replace(b"\xc2\x85", b"\\u0085")
        raw = raw.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return raw


def decode(raw: bytes | str) -> AnyEvent:
    """The event written by `encode`; raises `msgspec.ValidationError` for anything else."""
    return _decoder.decode(raw)


def numbered(event: AnyEvent, seq: int) -> AnyEvent:
    """The draft as it stands in the log."""
    return msgspec.structs.replace(event, seq=seq)


def dated(draft: AnyEvent, at: int) -> AnyEvent:
    """The same draft with its time set, unless it has one. It is changed in place: nobody has seen it yet."""
    if not draft.at:
        msgspec.structs.force_setattr(draft, "at", at)
    return draft


LONGEST_MERGED = 16_384
"""Characters after which a merged delta is long enough: readers who stall hold a frame or two, and a page of
the log is to have an end."""


def merged(drafts: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The same drafts with neighbouring deltas of one part joined; nothing is reordered.

    A run is joined once, so the cost is linear in the text whatever the number of drafts.
    """
    if len(drafts) == 1:
        return [drafts[0]]
    result: list[AnyEvent] = []
    run: list[str] = []
    length = 0
    first: TextDelta | ReasoningDelta | ToolInputDelta | None = None

    def close() -> None:
        if first is not None:
            result.append(first if len(run) == 1 else msgspec.structs.replace(first, delta="".join(run)))

    for draft in drafts:
        if isinstance(draft, (TextDelta, ReasoningDelta, ToolInputDelta)):
            if (
                first is not None
                and type(draft) is type(first)
                and _part(draft) == _part(first)
                and length < LONGEST_MERGED
            ):
                run.append(draft.delta)
                length += len(draft.delta)
                continue
            close()
            first, run, length = draft, [draft.delta], len(draft.delta)
            continue
        close()
        first = None
        result.append(draft)
    close()
    return result


def _part(delta: TextDelta | ReasoningDelta | ToolInputDelta) -> str:
    return delta.tool_call_id if isinstance(delta, ToolInputDelta) else delta.part_id
