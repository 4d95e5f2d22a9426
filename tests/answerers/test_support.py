import json
from pathlib import Path

import pytest

from rivulet.answerers.language import language_of
from rivulet.answerers.numbers import numbers, readings
from rivulet.answerers.support import Evidence
from rivulet.domain.sentences import sentences

from .bridge import BRIDGE, FERRY, REPAIR, VOCABULARY, passage

GERMAN = (
    "Die Erlenbrücke wurde im Jahr 1911 von der Stadt Norwick eröffnet. Sie ist aus Granit, und der Bau"
    " dauerte nur drei Jahre, weil der Winter sehr mild war."
)


def evidence(*texts: str, question: str = "") -> Evidence:
    made = Evidence(VOCABULARY, question)
    made.add(passage(n, text) for n, text in enumerate(texts or (BRIDGE, REPAIR, FERRY), start=1))
    return made


def support(claim: str, *ns: int, among: Evidence | None = None) -> float | None:
    held = among or evidence()
    return held.support(claim, held.words(claim), ns)


def test_a_sentence_of_the_source_is_fully_supported() -> None:
    """What stands in a source word for word has support 1."""
    assert support("Its arches are made of granite from the Lorne quarry.", 1) == 1.0


def test_support_is_words_and_half_the_pairs() -> None:
    """All three words are in the source but only one of the two pairs: (1 + ½ · ½) ÷ 1½."""
    assert support("granite arches opened granite", 1) == round((1 + 0 / 3 / 2) / 1.5, 3)
    assert support("made granite quarry", 1) == round((1 + 1 / 2 / 2) / 1.5, 3)


def test_a_single_word_has_no_pairs() -> None:
    """The share of words alone decides."""
    assert (support("Granite.", 1), support("Marble.", 1)) == (1.0, 0.0)


def test_what_the_source_does_not_say_is_unsupported() -> None:
    """A sentence about something else is below the line, and so is one held against the wrong source."""
    assert support("Kangaroos migrate northwards every spring.", 1) == 0.0
    assert support("The deck was replaced in 1987.", 3) == 0.0


def test_several_sources_carry_a_claim_together() -> None:
    """Words of one and words of the other count both; without numbers all sources are meant."""
    claim = "The granite arches stayed when the deck was replaced."
    assert support(claim, 1) < support(claim, 1, 2) == support(claim)  # type: ignore[operator]


def test_the_title_counts_as_said() -> None:
    """A claim may use the name that only the title has."""
    assert support("Alder Bridge ferry", 3) > support("Maple Bridge ferry", 3)  # type: ignore[operator]


@pytest.mark.parametrize("claim", ["", "[1][2]", "The documents do not say.", "…"])
def test_without_words_there_is_no_support(claim: str) -> None:
    """Nothing, marks, and words by which an answer speaks of itself claim nothing."""
    assert support(claim, 1) is None


def test_without_sources_there_is_no_support() -> None:
    assert support("The bridge is old.", among=Evidence(VOCABULARY, "")) is None


def test_words_of_another_language_tell_nothing() -> None:
    """An English claim about a German source is neither supported nor unsupported."""
    claim = "The bridge was opened by the mayor after a very long winter, and it is made of granite."
    assert support(claim, 1, among=evidence(GERMAN)) is None


def test_the_quote_is_the_sentence_that_carries_the_claim() -> None:
    """Word for word as the source has it."""
    held = evidence()
    assert held.quote(held.words("Every day 12,400 vehicles cross"), 1) == "It carries 12,400 vehicles a day."


def test_there_is_no_quote_for_what_the_source_does_not_say() -> None:
    """Better none than the nearest."""
    held = evidence()
    assert held.quote(held.words("Kangaroos migrate"), 1) is None


@pytest.mark.parametrize(
    ("claim", "unknown"),
    [
        ("It opened in 1911 [1].", []),
        ("It opened in 1912 [1].", ["1912"]),
        ("It carries 12400 or 12\u202f400 vehicles.", []),
        ("It cost 3,5 million and took 14 months.", ["14"]),
        ("It cost 3.50 million.", []),
        ("1. It opened\n2. It closed", []),
        ("It is 25 years old.", []),
        ("Es wurde ١٩١١ geöffnet.", []),
    ],
)
def test_numbers_nobody_gave_are_named(claim: str, unknown: list[str]) -> None:
    """Sources and question count; so does every way to write a number, but not a number spelled as a word."""
    assert unknown == evidence(question="Is it 25 years old?").unknown_numbers(claim)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234.5", "1.234,50"),
        ("1'000", "1000"),
        ("1\u202f000\u202f000", "1,000,000"),
        ("07", "7"),
        ("२०२५", "2025"),
    ],
)
def test_a_number_is_known_however_it_is_written(one: str, other: str) -> None:
    assert readings(one) & readings(other)


@pytest.mark.parametrize(
    ("one", "other"), [("1.5", "15"), ("1911", "1912"), ("3.2.1", "3.21"), ("2.50", "250")]
)
def test_different_numbers_are_different(one: str, other: str) -> None:
    assert not readings(one) & readings(other)


def test_a_number_keeps_its_spelling() -> None:
    """What a reader is shown is what the answer says."""
    assert list(numbers("about 12,400, no. 3")) == ["12,400", "3"]


def test_every_language_is_recognised(real_data: Path) -> None:
    """Of each language's paragraphs nine in ten are recognised, and hardly a sentence is taken for another's:
    such a mistake would hide an unsupported sentence."""
    for path in sorted((real_data / "xquad").glob("*.json")):
        language = path.name.split(".")[1]
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        paragraphs = [p["context"] for article in articles for p in article["paragraphs"]]
        recognised = [language_of(text) for text in paragraphs]
        assert recognised.count(language) >= 0.85 * len(paragraphs), language
        said = [language_of(text[a:b]) for text in paragraphs for a, b in sentences(text)]
        wrong = [each for each in said if each not in (None, language)]
        assert len(wrong) <= 0.005 * len(said), (language, wrong)


def test_real_sentences_are_carried_by_their_paragraph(real_data: Path) -> None:
    """In all twelve languages a paragraph's sentences have full support from it, and almost none from the
    paragraph after the next."""
    for path in sorted((real_data / "xquad").glob("*.json")):
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        texts = [p["context"] for article in articles for p in article["paragraphs"]][:40]
        own: list[float | None] = []
        others: list[float | None] = []
        for at, text in enumerate(texts):
            held = evidence(text, texts[(at + 10) % len(texts)])
            for start, end in sentences(text):
                claim = text[start:end]
                own.append(support(claim, 1, among=held))
                others.append(support(claim, 2, among=held))
        assert min(x for x in own if x is not None) == 1.0, path.name
        known = [x for x in others if x is not None]
        assert sum(x < 0.6 for x in known) >= 0.98 * len(known), path.name
