"""The ranking against the formula, written down once more without numpy."""

import random
from collections import Counter
from collections.abc import Sequence
from math import isclose, log

import numpy as np
import pytest

from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.lexical import Words, rank
from rivulet.knowledge.merging import Merge, due
from rivulet.knowledge.postings import Header
from rivulet.knowledge.segment import Sealed, SegmentBuilder
from rivulet.ports.knowledge import Segment, Snapshot, StoredChunk

ANALYSER = ScriptAnalyser()
VOCABULARY = [f"{first}{second}{third}" for first in "bdfg" for second in "aeiou" for third in "klmnprt"]
Texts = Sequence[tuple[str, Sequence[str]]]
"""Documents as titles and the texts of their chunks."""


@pytest.fixture(scope="module")
def texts() -> Texts:
    rng = random.Random(7)
    weights = [1 / (place + 1) for place in range(len(VOCABULARY))]

    def text(longest: int) -> str:
        return " ".join(rng.choices(VOCABULARY, weights, k=rng.randint(1, longest)))

    return [(text(3), [text(80) for _ in range(rng.randint(1, 6))]) for _ in range(60)]


def sealed(texts: Texts, first: int = 0) -> Sealed:
    builder = SegmentBuilder(ANALYSER)
    for number, (title, chunks) in enumerate(texts, first):
        stored = [StoredChunk(number=n, start=0, end=len(text), text=text) for n, text in enumerate(chunks)]
        builder.add(number, number % 3, title, stored)
    return builder.seal()


def snapshot(
    *parts: Sealed, retired: frozenset[int] = frozenset(), sources: frozenset[int] | None = None
) -> Snapshot:
    return Snapshot(
        segments=tuple(
            Segment(id=id, chunk_count=p.chunk_count, header=p.header) for id, p in enumerate(parts)
        ),
        postings={(id, term): blob for id, part in enumerate(parts) for term, blob in part.postings},
        retired=retired,
        sources=sources,
    )


def ranked(here: Snapshot, question: str, limit: int = 20) -> list[tuple[int, int, float]]:
    headers = {segment.id: Header.decode(segment.header) for segment in here.segments}
    found = rank(here, headers, Words(ANALYSER, question, ()), limit).candidates
    return [(*each.place, each.score) for each in found]


def by_formula(texts: Texts, question: str) -> dict[tuple[int, int], float]:
    """BM25 with k1 1.2 and b .75 over chunk and title, the title counted twice in the chunk and once, with a
    weight of .2, by itself; divided by 2.2 times the sum of the idf."""
    chunk_terms = {
        (number, n): ANALYSER.terms(text) + 2 * ANALYSER.terms(title)
        for number, (title, chunks) in enumerate(texts)
        for n, text in enumerate(chunks)
    }
    title_terms = {(number,): ANALYSER.terms(title) for number, (title, _) in enumerate(texts)}
    asked = Counter(ANALYSER.terms(question))

    def idf(field: dict[tuple[int, ...], list[str]], term: str) -> float:
        frequency = sum(term in terms for terms in field.values())
        return log(1 + (len(field) - frequency + 0.5) / (frequency + 0.5))

    def bm25(field: dict[tuple[int, ...], list[str]], key: tuple[int, ...]) -> float:
        average = sum(map(len, field.values())) / len(field)
        score = 0.0
        for term, weight in asked.items():
            count = field[key].count(term)
            norm = count + 1.2 * (0.25 + 0.75 * len(field[key]) / average)
            score += weight * idf(field, term) * 2.2 * count / norm
        return score

    chunks_field: dict[tuple[int, ...], list[str]] = dict(chunk_terms)
    titles_field: dict[tuple[int, ...], list[str]] = dict(title_terms)
    ceiling = 2.2 * sum(weight * idf(chunks_field, term) for term, weight in asked.items())
    return {
        key: (bm25(chunks_field, key) + 0.2 * bm25(titles_field, key[:1])) / ceiling for key in chunk_terms
    }


QUESTIONS = ["bak bel fim", "gut", "dap dap zzz gor", "bak " * 5 + "fun", " ".join(VOCABULARY[:40])]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_ranking_is_the_formula(texts: Texts, question: str) -> None:
    """Every score is what the formula says, and the best are the best by it."""
    expected = by_formula(texts, question)
    found = ranked(snapshot(sealed(texts)), question)
    for number, chunk, score in found:
        assert isclose(score, expected[number, chunk], rel_tol=1e-4)
    best = sorted(filter(None, expected.values()), reverse=True)[:20]
    assert np.allclose([score for _, _, score in found], best, rtol=1e-4)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_ranking_does_not_depend_on_the_segments(texts: Texts, question: str) -> None:
    """One segment, three, or one merged from three: the same chunks in the same order with the same
    scores."""
    whole = ranked(snapshot(sealed(texts)), question)
    parts = [sealed(texts[:10]), sealed(texts[10:35], 10), sealed(texts[35:], 35)]
    split = ranked(snapshot(*parts), question)
    assert [each[:2] for each in split] == [each[:2] for each in whole]
    assert np.allclose([each[2] for each in split], [each[2] for each in whole], rtol=1e-5)


def test_retired_documents_and_other_sources_are_left_out(texts: Texts) -> None:
    """However well they match."""
    here = sealed(texts)
    everywhere = {number for number, _, _ in ranked(snapshot(here), "bak bel", 500)}
    retired = frozenset(list(everywhere)[:5])
    assert {n for n, _, _ in ranked(snapshot(here, retired=retired), "bak bel", 500)} == everywhere - retired
    chosen = {n for n, _, _ in ranked(snapshot(here, sources=frozenset({1})), "bak bel", 500)}
    assert chosen == {number for number in everywhere if number % 3 == 1}
    assert ranked(snapshot(here, sources=frozenset()), "bak bel") == []


def merged(here: Snapshot) -> Sealed:
    parts = due(here)
    assert parts
    merge = Merge(parts)
    rows = sorted((term, id, blob) for (id, term), blob in here.postings.items())
    terms = sorted({term for term, _, _ in rows})
    postings: list[tuple[str, bytes]] = []
    for start in range(0, len(terms), 7):
        some = set(terms[start : start + 7])
        postings += merge.rows([row for row in rows if row[0] in some])
    return Sealed(chunk_count=len(merge.header.lengths), header=merge.header.encode(), postings=postings)


def test_merging_gives_what_indexing_at_once_gives(texts: Texts) -> None:
    """Four segments merged are, byte for byte, the segment of all their documents."""
    parts = [sealed(texts[start : start + 10], start) for start in range(0, 40, 10)]
    whole = sealed(texts[:40])
    again = merged(snapshot(*parts))
    assert again.header == whole.header
    assert again.postings == sorted(whole.postings)


def test_merging_leaves_retired_documents_out(texts: Texts) -> None:
    """A segment of which a third is retired is written again as if those documents had never been."""
    retired = frozenset(range(0, 40, 3))
    again = merged(snapshot(sealed(texts[:40]), retired=retired))
    kept = SegmentBuilder(ANALYSER)
    for number, (title, chunks) in enumerate(texts[:40]):
        if number not in retired:
            stored = [
                StoredChunk(number=n, start=0, end=len(text), text=text) for n, text in enumerate(chunks)
            ]
            kept.add(number, number % 3, title, stored)
    without = kept.seal()
    assert again.header == without.header
    assert again.postings == sorted(without.postings)


def test_few_or_large_segments_are_left_alone(texts: Texts) -> None:
    """Three of one size are not merged, nor is one with little to drop."""
    parts = [sealed(texts[start : start + 10], start) for start in range(0, 30, 10)]
    assert due(snapshot(*parts)) == []
    assert due(snapshot(sealed(texts), retired=frozenset({0}))) == []
    assert due(snapshot()) == []


def test_a_word_more_often_than_a_byte_counts_is_found(texts: Texts) -> None:
    """300 times the same word in one chunk is no error."""
    here = snapshot(sealed([("title", ["bak " * 300, "bel"])]))
    assert [(number, chunk) for number, chunk, _ in ranked(here, "bak")] == [(0, 0)]


def test_a_chinese_paragraph_is_counted_right() -> None:
    """Words of many terms take the same way as words of one."""
    here = snapshot(
        sealed([("", ["黑豹队的防守只丢了308分", "他们排名第六 iPhone手机"]), ("手机", ["别的"])])
    )
    assert {(number, chunk) for number, chunk, _ in ranked(here, "黑豹队")} == {(0, 0)}
    assert {(number, chunk) for number, chunk, _ in ranked(here, "手机 iphone")} == {(0, 1), (1, 0)}
