"""Tells a turn event by event; numbers, times and ids are filled in, so that it reads like what happened."""

from typing import Any, Literal

import msgspec

from rivulet.domain import events as e
from rivulet.domain.events import AnyEvent
from rivulet.domain.ids import make_id
from rivulet.domain.turn import Life, closers

STARTED_AT = 1_767_225_600_000
"""2026-01-01T00:00:00Z, so that goldens never change with the day they are made."""

TICK_MS = 20
"""Between two events: a model that writes 50 tokens a second."""


def story_id(prefix: str, name: str) -> str:
    """An id of the real form that is the same in every run."""
    return make_id(prefix, name.encode("utf-8")[:16].ljust(16, b"\0"))


def passage(n: int, title: str, text: str, **fields: Any) -> e.Passage:
    """A source as retrieval hands it over."""
    values: dict[str, Any] = {
        "id": f"s{n}",
        "n": n,
        "source_id": story_id("src", title),
        "document_id": story_id("doc", title),
        "chunk_id": story_id("chk", f"{n} {title}"),
        "title": title,
        "url": f"/sources/{story_id('src', title)}",
        "text": text,
        "score": round(1 - n / 10, 2),
        "start": 0,
        "end": len(text),
    }
    return e.Passage(**(values | fields))


class Story:
    """Every method adds what its name says and returns the story. `log` is what the turn's log then holds;
    each event is checked against the life of a turn as it is told."""

    def __init__(self, name: str, model: str = "openai:gpt-5-mini", retry_of: str | None = None) -> None:
        self.log: list[AnyEvent] = []
        self._at = STARTED_AT
        self._life = Life()
        self._counts: dict[str, int] = {}
        self._text = ""
        self._first_token_ms: int | None = None
        self._add(
            e.TurnStarted(
                turn_id=story_id("trn", name),
                chat_id=story_id("cht", name),
                message_id=story_id("msg", f"a {name}"),
                user_message_id=story_id("msg", f"q {name}"),
                model=model,
                bot_id="default",
                retry_of=retry_of,
            )
        )

    def wait(self, ms: int) -> "Story":
        """Nothing happens for a while."""
        self._at += ms
        return self

    def stage(self, stage: str, label: str | None = None) -> "Story":
        stage_id = self._next(stage)
        return self._add(e.StageStarted(stage=stage, stage_id=stage_id, label=label))

    def stage_done(
        self,
        stage: str,
        status: Literal["completed", "failed", "cancelled"] = "completed",
        **detail: Any,
    ) -> "Story":
        opener = next(
            event
            for event in self._life.opened.values()
            if isinstance(event, e.StageStarted) and event.stage == stage
        )
        return self._add(
            e.StageFinished(
                stage=stage,
                stage_id=opener.stage_id,
                status=status,
                duration_ms=self._at - opener.at,
                detail=detail or None,
            )
        )

    def sources(self, *passages: e.Passage) -> "Story":
        return self._add(e.SourcesAdded(sources=passages))

    def think(self, *deltas: str) -> "Story":
        part = self._next("reasoning")
        self._add(e.ReasoningStarted(part_id=part))
        for delta in deltas:
            self._add(e.ReasoningDelta(part_id=part, delta=delta))
        return self._add(e.ReasoningFinished(part_id=part))

    def call(
        self,
        name: str,
        *input_deltas: str,
        arguments: Any = None,
        runs_on: Literal["server", "client"] = "server",
        is_called: bool = True,
    ) -> "Story":
        """A tool call up to the moment it runs, or, when its arguments are no good, up to that; `returns`,
        `fails` or the end of the turn closes it."""
        call_id = self._next("call")
        self._add(e.ToolStarted(tool_call_id=call_id, name=name, runs_on=runs_on))
        for delta in input_deltas:
            self._add(e.ToolInputDelta(tool_call_id=call_id, delta=delta))
        return (
            self._add(e.ToolCalled(tool_call_id=call_id, name=name, input=arguments)) if is_called else self
        )

    def returns(self, output: Any) -> "Story":
        return self._add(e.ToolFinished(tool_call_id=self._open("tool"), output=output))

    def fails(self, error: str) -> "Story":
        return self._add(e.ToolFinished(tool_call_id=self._open("tool"), status="failed", error=error))

    def text(self, *deltas: str) -> "Story":
        """Opens a part and says the deltas; `say` goes on, `text_done` closes it."""
        self._text = ""
        self._add(e.TextStarted(part_id=self._next("text")))
        return self.say(*deltas)

    def say(self, *deltas: str) -> "Story":
        for delta in deltas:
            if self._first_token_ms is None:
                self._first_token_ms = self._at - STARTED_AT
            self._text += delta
            self._add(e.TextDelta(part_id=self._open("text"), delta=delta))
        return self

    def cite(self, source: e.Passage, support: float | None = None, quote: str | None = None) -> "Story":
        """Cites by the last `[n]` said; the claim is the sentence before it."""
        mark = f"[{source.n}]"
        start = self._text.rindex(mark)
        before = self._text[:start].rstrip()
        sentence = max(before.rfind(end, 0, max(len(before) - 1, 0)) for end in (". ", "! ", "? ", "] "))
        return self._add(
            e.CitationAdded(
                part_id=self._open("text"),
                source_id=source.id,
                n=source.n,
                start=start,
                end=start + len(mark),
                claim_start=sentence + 2 if sentence >= 0 else 0,
                quote=quote,
                support=support,
            )
        )

    def text_done(self) -> "Story":
        return self._add(e.TextFinished(part_id=self._open("text")))

    def data(self, name: str, data: Any, id: str | None = None, transient: bool = False) -> "Story":
        return self._add(e.Data(name=name, data=data, id=id, transient=transient))

    def ends(
        self,
        status: e.Status = "completed",
        finish_reason: e.FinishReason = "stop",
        usage: e.Usage | None = None,
        error: e.Failure | None = None,
    ) -> list[AnyEvent]:
        """Closes what is open, as the runner does, and ends the turn."""
        if self._life.opened:
            how = "completed" if status in ("completed", "incomplete") else status
            for draft in closers(dict(self._life.opened), how, self._at):
                self._add(draft)
        self._add(
            e.TurnFinished(
                status=status,
                finish_reason=finish_reason,
                error=error,
                usage=usage or e.Usage(),
                timing=e.Timing(
                    duration_ms=self._at - STARTED_AT, time_to_first_token_ms=self._first_token_ms
                ),
            )
        )
        return self.log

    def _next(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._counts[kind]}"

    def _open(self, span: str) -> str:
        return next(key for name, key in reversed(self._life.opened) if name == span)

    def _add(self, draft: AnyEvent) -> "Story":
        event = msgspec.structs.replace(draft, seq=len(self.log) + 1, at=self._at)
        self._life.step(event)
        self.log.append(event)
        self._at += TICK_MS
        return self
