"""The life of a turn: one table of what may follow what, the verifier and the fold made from it."""

from collections.abc import Iterable
from io import StringIO
from typing import Any, Literal

import msgspec

from rivulet.domain import events as e
from rivulet.domain.chat import Message

State = Literal["new", "running", "finished"]

LIFE: dict[tuple[State, type[e.Event]], State] = {
    ("new", e.TurnStarted): "running",
    **{
        ("running", kind): "running"
        for kind in (
            e.StageStarted,
            e.StageFinished,
            e.SourcesAdded,
            e.ReasoningStarted,
            e.ReasoningDelta,
            e.ReasoningFinished,
            e.ToolStarted,
            e.ToolInputDelta,
            e.ToolCalled,
            e.ToolFinished,
            e.TextStarted,
            e.TextDelta,
            e.TextFinished,
            e.CitationAdded,
            e.Data,
        )
    },
    ("running", e.TurnFinished): "finished",
}
"""(state, event) → state. What is not in the table may not happen."""

# Each kind of thing that opens and closes inside a running turn: opener, what needs it open, closer, its key.
SPANS: dict[str, tuple[type[e.Event], tuple[type[e.Event], ...], type[e.Event], str]] = {
    "stage": (e.StageStarted, (), e.StageFinished, "stage_id"),
    "reasoning": (e.ReasoningStarted, (e.ReasoningDelta,), e.ReasoningFinished, "part_id"),
    "tool": (e.ToolStarted, (e.ToolInputDelta, e.ToolCalled), e.ToolFinished, "tool_call_id"),
    "text": (e.TextStarted, (e.TextDelta, e.CitationAdded), e.TextFinished, "part_id"),
}
_OPENS = {span[0]: (name, span[3]) for name, span in SPANS.items()}
_NEEDS = {kind: (name, span[3]) for name, span in SPANS.items() for kind in span[1]}
_CLOSES = {span[2]: (name, span[3]) for name, span in SPANS.items()}

GROUNDING = "grounding"
"""The name of the `data` event that says how far an answer's sources bear it out."""

Opened = dict[tuple[str, str], e.AnyEvent]
"""(span, key) → the event that opened it, in the order of opening."""


class LifeError(ValueError):
    """An event that may not stand where it stands."""


class Life:
    """Where a turn is. `step` moves it by one event and raises `LifeError` for one that may not follow."""

    __slots__ = ("_ended", "_length", "_source_ids", "_text", "opened", "state")

    def __init__(self) -> None:
        self.state: State = "new"
        self.opened: Opened = {}
        self._ended: set[tuple[str, str]] = set()
        self._source_ids: set[str] = set()
        self._text: str | None = None
        """The part that is open, there is at most one; `_length` is how much it has said."""
        self._length = 0

    def step(self, event: e.AnyEvent) -> None:
        """A text delta of the open part, which is nearly every event, takes the short way."""
        kind = type(event)
        if isinstance(event, e.TextDelta) and event.part_id == self._text:
            self._length += len(event.delta)
            return
        state = LIFE.get((self.state, kind))
        if state is None:
            raise LifeError(f"{e.type_of(event)} may not happen in a turn that is {self.state}")
        if kind in _NEEDS:
            self._inside(event)
        elif kind in _OPENS:
            self._open(event)
        elif kind in _CLOSES:
            self._close(event)
        elif isinstance(event, e.SourcesAdded):
            self._source_ids.update(source.id for source in event.sources)
        elif isinstance(event, e.TurnFinished) and self.opened:
            raise LifeError(f"the turn ends while {', '.join('/'.join(key) for key in self.opened)} is open")
        self.state = state

    def _inside(self, event: e.AnyEvent) -> None:
        name, field = _NEEDS[type(event)]
        key = getattr(event, field)
        if (name, key) not in self.opened:
            raise LifeError(f"{e.type_of(event)} needs {name} {key!r} to be open")
        if isinstance(event, e.CitationAdded):
            if event.source_id not in self._source_ids:
                raise LifeError(f"citation of {event.source_id!r}, which no sources.added named")
            if not 0 <= event.start < event.end <= self._length:
                raise LifeError("citation of text that has not been said")

    def _open(self, event: e.AnyEvent) -> None:
        name, field = _OPENS[type(event)]
        key = (name, getattr(event, field))
        if key in self.opened or key in self._ended:
            raise LifeError(f"{name} {key[1]!r} is opened twice")
        if name == "text":
            if self._text is not None:
                raise LifeError("text parts may not interleave")
            self._text, self._length = key[1], 0
        if isinstance(event, e.StageStarted) and any(
            isinstance(other, e.StageStarted) and other.stage == event.stage for other in self.opened.values()
        ):
            raise LifeError(f"stage {event.stage!r} is already open")
        self.opened[key] = event

    def _close(self, event: e.AnyEvent) -> None:
        name, field = _CLOSES[type(event)]
        key = (name, getattr(event, field))
        if self.opened.pop(key, None) is None:
            raise LifeError(f"{e.type_of(event)} closes {name} {key[1]!r}, which is not open")
        self._ended.add(key)
        if name == "text":
            self._text = None


def check(log: Iterable[e.AnyEvent]) -> None:
    """Raises `LifeError` unless `log` is the whole log of a finished turn: gapless from 1, in a legal
    order, closed by exactly one terminal event."""
    life = Life()
    expected = 0
    for expected, event in enumerate(log, start=1):
        if event.seq != expected:
            raise LifeError(f"event {event.seq} stands where {expected} belongs")
        life.step(event)
    if life.state != "finished":
        raise LifeError(f"the log of {expected} events has no terminal event")


def closers(opened: Opened, status: Literal["failed", "cancelled", "completed"], at: int) -> list[e.AnyEvent]:
    """The drafts that close everything left open, last opened first."""
    result: list[e.AnyEvent] = []
    for (name, key), opener in reversed(opened.items()):
        if name == "stage" and isinstance(opener, e.StageStarted):
            took = max(0, at - opener.at)
            result.append(
                e.StageFinished(stage=opener.stage, stage_id=key, status=status, duration_ms=took, at=at)
            )
        elif name == "reasoning":
            result.append(e.ReasoningFinished(part_id=key, at=at))
        elif name == "tool":
            result.append(e.ToolFinished(tool_call_id=key, status=status, at=at))
        else:
            result.append(e.TextFinished(part_id=key, at=at))
    return result


class ToolUse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    input: Any = None
    status: str = "running"
    output: Any = None
    error: str | None = None
    draft: str = ""
    """Of a call that is not made yet: what has come of its arguments, as JSON text."""


class Turn(msgspec.Struct, kw_only=True):
    """What a log folds to, whole or so far. `seq` is the last event's number; `confidence`, 0 to 1, is the
    grounding's, and None where there is none or it could not be computed.

    While the turn goes on it also says what whoever follows after `seq` has to know: every stage that was
    begun, and in which part `text` ends."""

    turn_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    user_message_id: str = ""
    model: str = ""
    retry_of: str | None = None
    seq: int = 0
    started_at: int = 0
    status: e.Status | Literal["in_progress"] = "in_progress"
    finish_reason: e.FinishReason | None = None
    error: e.Failure | None = None
    usage: e.Usage | None = None
    timing: e.Timing | None = None
    text: str = ""
    reasoning: str = ""
    sources: tuple[e.Passage, ...] = ()
    citations: tuple[e.CitationAdded, ...] = ()
    confidence: float | None = None
    tools: tuple[ToolUse, ...] = ()
    stages: tuple[e.StageFinished, ...] = ()
    data: tuple[e.Data, ...] = ()
    stages_started: tuple[e.StageStarted, ...] | msgspec.UnsetType = msgspec.UNSET
    part_id: str | msgspec.UnsetType = msgspec.UNSET


def fold(log: Iterable[e.AnyEvent]) -> Turn:
    """Everything the events say, in one record. Parts of text are joined by a blank line."""
    folded = Fold()
    for event in log:
        folded.add(event)
    return folded.turn()


class Fold:
    """A turn being folded event by event; a text delta costs one write to a buffer."""

    __slots__ = (
        "_begun",
        "_data",
        "_drafts",
        "_parts",
        "_thoughts",
        "_tools",
        "_turn",
        "citations",
        "sources",
        "stages",
    )

    def __init__(self) -> None:
        self._turn = Turn()
        self._parts: dict[str, StringIO] = {}
        self._thoughts = StringIO()
        self._tools: dict[str, ToolUse] = {}
        self._drafts: dict[str, StringIO] = {}
        self._begun: list[e.StageStarted] = []
        self._data: dict[str | int, e.Data] = {}
        self.sources: list[e.Passage] = []
        self.citations: list[e.CitationAdded] = []
        self.stages: list[e.StageFinished] = []

    @property
    def seq(self) -> int:
        """The last event's number."""
        return self._turn.seq

    def add(self, event: e.AnyEvent) -> None:
        self._turn.seq = event.seq
        if isinstance(event, e.TextDelta):
            self._parts[event.part_id].write(event.delta)
        else:
            self._add_other(event)

    def _add_other(self, event: e.AnyEvent) -> None:
        turn, tools = self._turn, self._tools
        replace = msgspec.structs.replace
        match event:
            case e.TextStarted():
                self._parts[event.part_id] = StringIO()
            case e.ReasoningDelta():
                self._thoughts.write(event.delta)
            case e.SourcesAdded():
                self.sources.extend(event.sources)
            case e.CitationAdded():
                self.citations.append(event)
            case e.StageStarted():
                self._begun.append(event)
            case e.StageFinished():
                self.stages.append(event)
            case e.ToolStarted(tool_call_id=key):
                tools[key] = ToolUse(id=key, name=event.name)
            case e.ToolInputDelta(tool_call_id=key):
                self._drafts.setdefault(key, StringIO()).write(event.delta)
            case e.ToolCalled(tool_call_id=key):
                self._drafts.pop(key, None)
                tools[key] = replace(tools[key], input=event.input)
            case e.ToolFinished(tool_call_id=key):
                self._drafts.pop(key, None)
                tools[key] = replace(tools[key], status=event.status, output=event.output, error=event.error)
            case e.Data():
                self._data[event.id if event.id is not None else event.seq] = event
                if event.name == GROUNDING:
                    turn.confidence = _confidence(event.data)
            case e.TurnStarted():
                turn.turn_id, turn.chat_id, turn.model = event.turn_id, event.chat_id, event.model
                turn.message_id, turn.user_message_id = event.message_id, event.user_message_id
                turn.retry_of, turn.started_at = event.retry_of, event.at
            case e.TurnFinished():
                turn.status, turn.finish_reason, turn.error = event.status, event.finish_reason, event.error
                turn.usage, turn.timing = event.usage, event.timing
            case _:
                pass

    @property
    def text(self) -> str:
        return "\n\n".join(filter(None, (part.getvalue() for part in self._parts.values())))

    @property
    def has_output(self) -> bool:
        """Whether anything was said, thought or called that answering again would repeat."""
        return bool(self.text or self._thoughts.getvalue() or self._tools)

    @property
    def is_calling(self) -> bool:
        """Whether a tool is at work: called, and not finished."""
        return any(each.status == "running" and each.input is not None for each in self._tools.values())

    def turn(self) -> Turn:
        """The record of everything added so far."""
        replace = msgspec.structs.replace
        drafts = {key: draft.getvalue() for key, draft in self._drafts.items()}
        is_going_on = self._turn.status == "in_progress"
        return replace(
            self._turn,
            text=self.text,
            reasoning=self._thoughts.getvalue(),
            sources=tuple(self.sources),
            citations=tuple(self.citations),
            tools=tuple(replace(tool, draft=drafts.get(key, "")) for key, tool in self._tools.items()),
            stages=tuple(self.stages),
            data=tuple(self._data.values()),
            stages_started=tuple(self._begun) if is_going_on else msgspec.UNSET,
            part_id=self._last_part if is_going_on else msgspec.UNSET,
        )

    @property
    def _last_part(self) -> str:
        """Where the text ends: parts do not interleave, and one that has said nothing has no place in it."""
        return next((key for key, part in reversed(self._parts.items()) if part.tell()), "")


def _confidence(figures: Any) -> float | None:
    """Anybody's answerer may say what it likes in a `data` event: what is no number from 0 to 1 is none."""
    match figures:
        case {"confidence": bool()}:
            return None
        case {"confidence": int() | float() as found} if 0 <= found <= 1:
            return found
        case _:
            return None


def message_of(turn: Turn) -> Message:
    """The answer as it is stored and shown in the chat. Its citations carry no `seq`: they are no events."""
    return Message(
        id=turn.message_id,
        chat_id=turn.chat_id,
        turn_id=turn.turn_id,
        role="assistant",
        text=turn.text,
        created_at=turn.started_at,
        model=turn.model,
        status=None if turn.status == "in_progress" else turn.status,
        error=turn.error,
        sources=turn.sources,
        citations=tuple(msgspec.structs.replace(citation, seq=0, at=0) for citation in turn.citations),
        confidence=turn.confidence,
        usage=turn.usage,
        timing=turn.timing,
    )
