"""No model at all: the sentences of the sources that answer the question best, word for word, each cited.

    score of a sentence = share of the question's words it has, the rare ones counting more
                          + .15 × the same of neighbouring pairs of words
                          + .1 × what the sentences beside it have
                          + the score of its passage as a share of the best one's

A word is rare when few sentences of these sources have it: that says more than how rare it is in all
documents (the known answer is in the first three sentences for .829 of the questions, else .813), and the
passage's share more than its absolute score (.844, else .836). Earlier questions of the chat count as they do
in the search. It quotes; it does not reason, sum up or say no.
"""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rivulet.domain.events import Passage
from rivulet.domain.fences import fenced_in_piece
from rivulet.domain.sentences import sentences
from rivulet.ports.answering import Ended, Exchange, Prompt, Take, Text
from rivulet.ports.knowledge import Analyser

NOTHING = "The documents hold no answer to this question."

QUOTED = 3
"""Sentences of an answer: the known answer is among the first three for five questions in six."""

MOST = 5
ALSO = 0.9
"""A fourth and fifth sentence must come this close to the best one."""

_PAIRS = 0.15
_BESIDE = 0.1
_EARLIER = 0.3

_GROUP = 6
"""Words sent at once, so that an answer flows like one that is being written."""

_MARKUP = re.compile(r"\A(?:[#>*+\-|]+|\d+[.)])\s+")
"""What Markdown puts before a heading, a list item or a quotation; it would be drawn as one here."""

_FOOTNOTE = re.compile(r"\s?\[\d{1,3}\]")
"""A reference of the document's own, which would be read as one to our sources."""


_NOT_SAID = re.compile(r"#{1,6}\s|<!--")
_RULED = re.compile(r"[^\S\n]*\n[^\S\n]*\|?[^\S\n]*:?-{3,}")
"""Headings, comments and the head of a table arrange a text, and a line of a fenced block says little without
the others: they are quoted only where there is nothing else."""

_LINK = re.compile(r"(?<!!)\[([^\[\]\n]+)\]\((?!https?:|mailto:)[^()\s]*\)")
"""To another place of the same documents, which leads nowhere from an answer."""

_CELL = re.compile(r"(?<!\\)\|")
_FRAME = re.compile(r"[╭┌][─━]+[^╮┐\n]*[╮┐]|[\u2500-\u257f]+")
"""The border of a box drawn with characters, with its caption."""

_FENCE = re.compile(r"^[^\S\n]*(?:```|~~~).*$", re.MULTILINE)


class Extractive:
    """Implements `Provider`; `prompt.model` means nothing to it."""

    def __init__(self, analyser: Analyser) -> None:
        self._terms = analyser.terms

    async def stream(self, prompt: Prompt, take: Take) -> None:
        best = self._best(prompt)
        if not best:
            take(Text(NOTHING))
        for number, quoted in enumerate(best):
            if number:
                take(Text("\n\n"))
            for group in _groups(quoted.text):
                take(Text(group))
                await asyncio.sleep(0)
            take(Text(f" [{quoted.n}]"))
        take(Ended(finish_reason="stop"))

    def _best(self, prompt: Prompt) -> list["_Sentence"]:
        """The sentences to quote, best first; none that has not one word of the question."""
        found = [sentence for passage in prompt.sources for sentence in self._sentences(passage)]
        asked = self._terms(prompt.question)
        weights = _weights(self._asked(asked, prompt.history), found)
        scored = sorted(_scored(asked, weights, found), key=lambda each: (not each[1].is_said, -each[0]))
        chosen: dict[str, _Sentence] = {}
        for score, sentence in scored:
            if len(chosen) >= QUOTED and score < ALSO * scored[0][0]:
                break
            if chosen and not sentence.is_said:
                break
            chosen.setdefault(sentence.text, sentence)
            if len(chosen) == MOST:
                break
        return list(chosen.values())

    def _asked(self, asked: Sequence[str], history: Sequence[Exchange]) -> dict[str, float]:
        """The question's words, and those of the earlier ones at a weight that halves with each."""
        wanted = dict.fromkeys(asked, 1.0)
        weight = _EARLIER
        for exchange in reversed(history):
            if exchange.role == "user":
                for term in self._terms(exchange.text):
                    wanted.setdefault(term, weight)
                weight /= 2
        return wanted

    def _sentences(self, passage: Passage) -> Iterator["_Sentence"]:
        blocks = list(fenced_in_piece(passage.text))
        for start, end in sentences(passage.text):
            is_arranged = _NOT_SAID.match(passage.text, start, end) or _RULED.match(passage.text, end)
            is_said = not is_arranged and not any(begin <= start < close for begin, close in blocks)
            if text := _bare(passage.text[start:end]):
                yield _Sentence(passage.n, text, tuple(self._terms(text)), passage.score, is_said)


def _bare(quoted: str) -> str:
    """The words of a sentence or of a row of a table, without what draws it."""
    if quoted.startswith("|") and quoted.endswith("|"):
        cells = (cell.strip().replace("\\|", "|") for cell in _CELL.split(quoted))
        quoted = " · ".join(filter(None, cells))
    text = _MARKUP.sub("", _FRAME.sub(" ", _FENCE.sub("", quoted)).lstrip())
    return " ".join(_FOOTNOTE.sub("", _LINK.sub(r"\1", text)).split())


class _Sentence(NamedTuple):
    n: int
    text: str
    terms: tuple[str, ...]
    passage_score: float
    is_said: bool


def _weights(wanted: dict[str, float], found: Sequence[_Sentence]) -> dict[str, float]:
    """How much each word says: little when every sentence found has it."""
    spread = Counter(term for sentence in found for term in set(sentence.terms))
    return {
        term: weight * math.log(1 + (len(found) + 0.5) / (spread[term] + 0.5))
        for term, weight in wanted.items()
    }


def _scored(
    asked: Sequence[str], weights: dict[str, float], found: Sequence[_Sentence]
) -> Iterator[tuple[float, _Sentence]]:
    all_words = sum(weights.values()) or 1.0
    pairs = {pair: weights[pair[0]] + weights[pair[1]] for pair in pairwise(asked)}
    all_pairs = sum(pairs.values()) or 1.0
    best_passage = max((sentence.passage_score for sentence in found), default=0.0) or 1.0
    shares = [
        sum(weights[term] for term in sorted(weights.keys() & set(each.terms))) / all_words for each in found
    ]
    for index, sentence in enumerate(found):
        if not shares[index]:
            continue
        paired = sum(pairs.get(pair, 0.0) for pair in dict.fromkeys(pairwise(sentence.terms))) / all_pairs
        beside = sum(
            shares[other]
            for other in (index - 1, index + 1)
            if 0 <= other < len(found) and found[other].n == sentence.n
        )
        score = shares[index] + _PAIRS * paired + _BESIDE * beside + sentence.passage_score / best_passage
        yield score, sentence


def _groups(text: str) -> Iterator[str]:
    words = re.findall(r"\S+\s*", text)
    for begin in range(0, len(words), _GROUP):
        yield "".join(words[begin : begin + _GROUP])
