"""Collects what one network read brought: neighbouring text joined and cleaned, all in its order."""

from rivulet.ports.answering import Piece, Text, Thought
from rivulet.providers.cleaning import CleanText


class Pieces:
    """One answer's pieces; `has_words` says whether it ever said or called something."""

    def __init__(self) -> None:
        self.has_words = False
        self._found: list[Piece] = []
        self._run: list[str] = []
        self._kind: type[Text] | type[Thought] = Text
        self._clean = {Text: CleanText(), Thought: CleanText()}

    def text(self, text: str) -> None:
        if self._kind is not Text:
            self._close_run()
            self._kind = Text
        self._run.append(text)
        self.has_words = True

    def thought(self, text: str) -> None:
        if self._kind is not Thought:
            self._close_run()
            self._kind = Thought
        self._run.append(text)

    def add(self, pieces: list[Piece]) -> None:
        if not pieces:
            return
        self._close_run()
        self._found += pieces
        self.has_words = True

    def take(self) -> list[Piece]:
        """Everything since the last time."""
        self._close_run()
        found, self._found = self._found, []
        return found

    def rest(self) -> list[Piece]:
        """The last ones of the answer: what stands for half a character whose other half never came."""
        for kind, run in self._clean.items():
            if rest := run.rest():
                self._found.append(kind(rest))
        return self.take()

    def _close_run(self) -> None:
        if not self._run:
            return
        run = self._run
        if text := self._clean[self._kind].clean(run[0] if len(run) == 1 else "".join(run)):
            self._found.append(self._kind(text))
        self._run = []
