"""A turn as it is shown: the answer on stdout, everything about it on stderr."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from rivulet.cli.paper import paper
from rivulet.cli.screen import Screen
from rivulet.cli.visible import as_json
from rivulet.domain import events as e


class Shown:
    """`with shown.open():`, then `show` every event in order and `tick` some times a second."""

    def __init__(self, *, as_json: bool, at_once: bool, with_sources: bool) -> None:
        self._as_json = as_json
        self._at_once = at_once
        self._with_sources = with_sources
        self._screen = Screen()
        self._paper = paper(self._screen)
        self._held: list[str] = []
        self._has_text = False
        self._sources: list[e.Passage] = []
        self._cited: set[int] = set()

    @contextmanager
    def open(self) -> Generator[None]:
        with self._screen.open():
            try:
                yield
            finally:
                self._paper.settle()

    def show(self, event: e.AnyEvent) -> None:
        if self._as_json:
            self._screen.write(f"{as_json(e.encode(event))}\n")
            return
        match event:
            case e.TextDelta():
                self._take(event.delta)
            case e.TextFinished() if self._at_once:
                self._paper.finish()
            case e.StageStarted():
                self._screen.stage(event.label or event.stage)
            case e.ReasoningStarted():
                self._screen.stage("Thinking")
            case e.ToolStarted():
                self._screen.stage(f"Using {event.name}")
            case e.SourcesAdded():
                self._sources.extend(event.sources)
            case e.CitationAdded():
                self._cited.add(event.n)
            case e.TurnFinished():
                self._end(event)
            case _:
                pass

    def tick(self) -> None:
        self._paper.tick()

    def lost(self) -> None:
        """The connection is gone and will be made again."""
        self._screen.stage("The connection is lost, coming back")

    def _take(self, delta: str) -> None:
        self._has_text = True
        if self._at_once:
            self._paper.feed(delta)
        else:
            self._held.append(delta)

    def _end(self, event: e.TurnFinished) -> None:
        if self._held:
            self._paper.feed("".join(self._held))
            self._paper.finish()
        self._paper.settle()
        self._screen.clear()
        if self._with_sources:
            passages = [each for each in self._sources if each.n in self._cited or not self._cited]
            self._paper.sources(passages)
        if event.error is not None:
            self._screen.say(event.error.message, f" ({event.error.code})", "red")
        elif event.status != "completed":
            self._screen.say(event.status, f" ({event.finish_reason})", "yellow")
        elif not self._has_text and os.isatty(1):
            self._screen.say("The answer is empty.", "", "dim")
