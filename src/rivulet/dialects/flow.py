"""The parts of an answer as one text, joined as the fold joins them: by a blank line."""

from rivulet.domain.events import CitationAdded, TextDelta

BETWEEN = "\n\n"


class Flow:
    """For dialects whose clients add up every delta they get."""

    __slots__ = ("_begins", "length")

    def __init__(self) -> None:
        self._begins: dict[str, int] = {}
        self.length = 0
        """Code points so far."""

    def add(self, delta: TextDelta) -> str:
        """The delta as it continues the whole text."""
        text = delta.delta
        if text and delta.part_id not in self._begins:
            if self.length:
                text = BETWEEN + text
            self._begins[delta.part_id] = self.length + len(text) - len(delta.delta)
        self.length += len(text)
        return text

    def place(self, citation: CitationAdded) -> tuple[int, int]:
        """Where the citation's mark stands in the whole text."""
        begin = self._begins[citation.part_id]
        return begin + citation.start, begin + citation.end
