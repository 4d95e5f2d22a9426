"""How far the sources' own words carry a claim. It compares words; it does not understand them.

    words    = the analyser's terms, which leave function words out
    support  = (share of the claim's words that the sources have
                + ½ × share of its neighbouring pairs of words that they have as neighbours) ÷ 1½

On human judgements of faithfulness this agrees better than a language model asked to judge, for a
thousandth of the cost; what it cannot see is in docs/explain/grounding.md.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

from rivulet.answerers.language import ABOUT_ITSELF, language_of
from rivulet.answerers.numbers import numbers, readings
from rivulet.domain.events import Passage
from rivulet.domain.sentences import sentences
from rivulet.ports.knowledge import Analyser

UNSUPPORTED = 0.6
"""Below it a sentence is called unsupported. On answers judged by people that flagged 23 %, 85 % of them
rightly, and caught 77 % of those that were plainly unfaithful."""

SAMPLE = 300
"""Characters of a source that tell its language: the little words of two or three sentences."""

_MARK = re.compile(r"\[\d{1,3}\]")
Words = Sequence[str]


class Vocabulary:
    """The analyser, which leaves function words out, less the words an answer talks about itself with. Kept
    for the life of the process."""

    def __init__(self, analyser: Analyser) -> None:
        self._terms = analyser.terms
        self._empty = frozenset(analyser.terms(ABOUT_ITSELF))

    def words(self, text: str) -> list[str]:
        return [term for term in self._terms(text) if term not in self._empty]


class _Span(NamedTuple):
    """A sentence of a source."""

    start: int
    end: int
    words: tuple[str, ...]


class _Read(NamedTuple):
    """A source taken to words when it is first compared with. Sets are made anew for every claim: kept, they
    would take twenty times the memory for as long as the answer is written."""

    spans: list[_Span]
    title: tuple[str, ...]

    @property
    def words(self) -> set[str]:
        return set(self.title).union(*(span.words for span in self.spans))

    @property
    def pairs(self) -> set[tuple[str, str]]:
        return set(pairwise(chain.from_iterable(span.words for span in self.spans)))


class Evidence:
    """The sources of one turn, to be compared with what is said."""

    def __init__(self, vocabulary: Vocabulary, question: str) -> None:
        self._vocabulary = vocabulary
        self._question = question
        self._passages: dict[int, Passage] = {}
        self._reads: dict[int, _Read] = {}

    def add(self, passages: Iterable[Passage]) -> None:
        """More sources. What was worked out from all of them will be worked out again."""
        self._passages |= {passage.n: passage for passage in passages}
        self.__dict__.pop("_known_numbers", None)
        self.__dict__.pop("_everything", None)

    def passage(self, n: int) -> Passage | None:
        return self._passages.get(n)

    def words(self, claim: str) -> list[str]:
        """The claim's words, its marks left out."""
        return self._vocabulary.words(_MARK.sub(" ", claim))

    def support(self, claim: str, words: Words, ns: Sequence[int]) -> float | None:
        """What sources `ns` together give the claim, 0 to 1; all of them when it names none. None where words
        cannot tell: the claim has none, there is no source, or the two are in different languages."""
        if not words or not self._passages:
            return None
        known_words, known_pairs = self._known(ns) if ns else self._everything
        support = sum(map(known_words.__contains__, words)) / len(words)
        if pairs := list(pairwise(words)):
            support = (support + sum(map(known_pairs.__contains__, pairs)) / len(pairs) / 2) / 1.5
        if support < UNSUPPORTED and self._is_foreign(claim, ns or list(self._passages)):
            return None
        return round(support, 3)

    def quote(self, words: Words, n: int) -> str | None:
        """The sentence of source `n` that carries the claim best, word for word; None when no sentence has
        a word of it. Of two that carry it equally the shorter one."""
        wanted, pairs = set(words), set(pairwise(words))
        best, score = None, 0.0
        for span in self._read(n).spans:
            if common := len(wanted.intersection(span.words)):
                value = common + len(pairs.intersection(pairwise(span.words))) / 2 - 0.001 * len(span.words)
                if value > score:
                    best, score = span, value
        return self._passages[n].text[best.start : best.end] if best else None

    def unknown_numbers(self, claim: str) -> list[str]:
        """The claim's numbers that neither the question nor any source has."""
        named = numbers(_MARK.sub(" ", claim))
        return [written for written, read_as in named.items() if not read_as & self._known_numbers]

    def repeats_question(self, words: Words) -> bool:
        """Whether the claim has no word of its own."""
        return self._question_words.issuperset(words)

    def _read(self, n: int) -> _Read:
        if n not in self._reads:
            passage, words = self._passages[n], self._vocabulary.words
            text = passage.text
            spans = [_Span(start, end, tuple(words(text[start:end]))) for start, end in sentences(text)]
            self._reads[n] = _Read(spans, tuple(words(passage.title)))
        return self._reads[n]

    def _known(self, ns: Iterable[int]) -> tuple[set[str], set[tuple[str, str]]]:
        words: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for read in map(self._read, ns):
            words |= read.words
            pairs |= read.pairs
        return words, pairs

    def _is_foreign(self, claim: str, ns: Sequence[int]) -> bool:
        language = language_of(claim)
        return language is not None and all(
            language_of(self._passages[n].text[:SAMPLE]) not in (None, language) for n in ns
        )

    @cached_property
    def _everything(self) -> tuple[set[str], set[tuple[str, str]]]:
        return self._known(self._passages)

    @cached_property
    def _known_numbers(self) -> set[str]:
        texts = [text for passage in self._passages.values() for text in (passage.title, passage.text)]
        return readings(self._question).union(*map(readings, texts))

    @cached_property
    def _question_words(self) -> frozenset[str]:
        return frozenset(self.words(self._question))
