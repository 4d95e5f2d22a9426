"""What an answer says, held against its sources: citations while it is written, figures when it is done.

**A citation keeps the number its source was announced with.** Readers get the sources, numbered, before the
first word, and text is append-only; so when a model cites `[3]` first, its mark stays `[3]`. Numbering by
first use would make the marks disagree with the list of sources for every reader that pairs the two.
Therefore first uses need not ascend, and a dialect whose clients count citations instead of reading their
numbers has to announce sources 1 to n-1 to them before it announces the first citation of source n; the log
has all it needs for that.

**Claims.** What a citation is held against is the text before its mark, in the same line: from the end of the
sentence before, or from the mark before. Marks that stand together share their claim.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from rivulet.answerers.marks import Mark, Marks
from rivulet.answerers.sentences import sentences_of
from rivulet.answerers.support import UNSUPPORTED, Evidence, Vocabulary
from rivulet.domain.events import AnyEvent, CitationAdded, Data, Passage, TextDelta
from rivulet.domain.fences import fenced
from rivulet.domain.turn import GROUNDING

MOST_SENTENCES = 500
MOST_CHARS = 50_000
"""How much of a part is looked at when the answer is done: ten thousand words. It bounds the size of the
figures and what they cost, some 20 ms at worst in one go."""

_LEAD_IN = re.compile(r"[\W_]*")
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*:?\Z|__[^_]+__:?\Z")
_ASKS_OR_LEADS = re.compile(r"[?？؟:：][*_\"”»)]*\Z")


class Statement(NamedTuple):
    """A sentence of the answer: where it stands, how many words it has, what carries it."""

    part_id: str
    start: int
    end: int
    words: int
    support: float | None
    sources: list[int]
    unknown_numbers: list[str]

    @property
    def is_flagged(self) -> bool:
        return bool(self.unknown_numbers) or (self.support is not None and self.support < UNSUPPORTED)


class Grounder:
    """Turns the text of one turn into drafts. `add` sources before the text that cites them; `open` a part,
    `feed` it what the provider says, `close` it; the figures are made from `statements` at the end."""

    def __init__(self, vocabulary: Vocabulary, question: str) -> None:
        self._evidence = Evidence(vocabulary, question)
        self._parts: list[_Part] = []
        self._part_id = ""
        self._marks = Marks(self._is_known)

    def add(self, passages: Iterable[Passage]) -> None:
        self._evidence.add(passages)

    def open(self, part_id: str) -> None:
        self._part_id = part_id
        self._marks = Marks(self._is_known)
        self._parts.append(_Part(part_id, self._marks, self._evidence))

    def feed(self, piece: str) -> Sequence[AnyEvent]:
        """The drafts for a piece that is not empty. Almost all pieces take the short way, unread."""
        marks = self._marks
        if not marks.held and "[" not in piece and "【" not in piece and piece[-1] != " ":
            marks.said(piece)
            return (TextDelta(part_id=self._part_id, delta=piece),)
        text, found = marks.read(piece)
        drafts: list[AnyEvent] = [TextDelta(part_id=self._part_id, delta=text)] if text else []
        drafts += map(self._parts[-1].cite, found)
        return drafts

    def close(self) -> Sequence[AnyEvent]:
        """The drafts for what was held back."""
        rest = self._marks.rest()
        return (TextDelta(part_id=self._part_id, delta=rest),) if rest else ()

    @property
    def length(self) -> int:
        """Characters said in the whole turn."""
        return sum(len(part.marks.text) for part in self._parts)

    @property
    def dropped(self) -> int:
        """Marks left out because they named no source."""
        return sum(part.marks.dropped for part in self._parts)

    def statements(self) -> Iterator[Statement | None]:
        """The answer sentence by sentence; None for one that states nothing: code, a heading, a lead-in, a
        question back. Every step is short, so that others may run in between."""
        return islice(chain.from_iterable(part.statements() for part in self._parts), MOST_SENTENCES)

    def _is_known(self, n: int) -> bool:
        return self._evidence.passage(n) is not None


class _Part:
    """One part of text: its marks, what they were held against, and its sentences."""

    def __init__(self, part_id: str, marks: Marks, evidence: Evidence) -> None:
        self.marks = marks
        self._part_id = part_id
        self._evidence = evidence
        self._cited: list[tuple[int, int]] = []  # (start, n) of every mark
        self._marked_to = -1
        self._claim: tuple[int, str, list[str]] | None = None  # where it starts, its text, its words

    def cite(self, mark: Mark) -> CitationAdded:
        """The citation, with the best sentence of its source and what that source gives the claim."""
        passage = self._evidence.passage(mark.n)
        assert passage is not None, "Marks only gives numbers that are known"
        self._cited.append((mark.start, mark.n))
        self._find_claim(mark)
        claim_start, claim, words = self._claim or (None, "", [])
        return CitationAdded(
            part_id=self._part_id,
            source_id=passage.id,
            n=mark.n,
            start=mark.start,
            end=mark.end,
            claim_start=claim_start,
            quote=self._evidence.quote(words, mark.n),
            support=self._evidence.support(claim, words, (mark.n,)),
        )

    def _find_claim(self, mark: Mark) -> None:
        marked_to, self._marked_to = self._marked_to - mark.tail_start, mark.end
        line = mark.tail.rfind("\n") + 1
        begin = max(line, marked_to)
        for start, end in reversed(sentences_of(mark.tail[begin:])):
            start = begin + start
            claim = mark.tail[start : begin + end]
            lead = _LEAD_IN.match(claim)
            skipped = lead.end() if lead else 0
            if words := self._evidence.words(claim):
                self._claim = (mark.tail_start + start + skipped, claim[skipped:], words)
                return
        if marked_to <= line:
            self._claim = None

    def statements(self) -> Iterator[Statement | None]:
        text = self.marks.text[:MOST_CHARS]
        blocks = fenced(text)
        block = next(blocks, None)
        for start, end in sentences_of(text):
            while block and block[1] <= start:
                block = next(blocks, None)
            if block and block[0] < end:
                yield None
                continue
            first = bisect_left(self._cited, (start, 0))
            last = bisect_left(self._cited, (end, 0))
            cited = sorted({n for _, n in self._cited[first:last]})
            yield self._statement(start, end, text[start:end], cited)

    def _statement(self, start: int, end: int, said: str, cited: list[int]) -> Statement | None:
        evidence = self._evidence
        if not cited and (_HEADING.match(said) or _ASKS_OR_LEADS.search(said)):
            return None
        words = evidence.words(said)
        if not words or (not cited and evidence.repeats_question(words)):
            return None
        support = evidence.support(said, words, cited)
        return Statement(
            self._part_id, start, end, len(words), support, cited, evidence.unknown_numbers(said)
        )


def figures(statements: Iterable[Statement | None], dropped: int) -> Data:
    """The turn's grounding. Every figure is null when no sentence can be compared with a source.

    support        mean of the sentences' support, each weighing as much as it has words
    confidence     the same, with the support of a sentence halved that names an unknown number
    hallucination  share of the sentences whose support is below 0.6 or that name an unknown number
    """
    stated = [s for s in statements if s is not None]
    supports = [(s.support, s.support / 2 if s.unknown_numbers else s.support, s.words)
                for s in stated if s.support is not None]  # fmt: skip
    weight = sum(words for _, _, words in supports)
    judged = [s for s in stated if s.support is not None or s.unknown_numbers]
    values: dict[str, Any] = {
        "confidence": round(sum(c * w for _, c, w in supports) / weight, 3) if weight else None,
        "support": round(sum(s * w for s, _, w in supports) / weight, 3) if weight else None,
        "hallucination": round(sum(s.is_flagged for s in judged) / len(judged), 3) if judged else None,
        "dropped_marks": dropped,
        "sentences": [_shown(statement) for statement in stated],
    }
    return Data(name=GROUNDING, data=values)


def _shown(statement: Statement) -> dict[str, Any]:
    return {
        "part_id": statement.part_id,
        "start": statement.start,
        "end": statement.end,
        "support": statement.support,
        "sources": statement.sources,
        "unknown_numbers": statement.unknown_numbers,
    }
