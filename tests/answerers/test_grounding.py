from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.answerers.grounding import Grounder, figures
from rivulet.domain.events import AnyEvent, CitationAdded, TextDelta

from .bridge import BRIDGE, FERRY, REPAIR, VOCABULARY, passage


def grounded(
    *pieces: str, question: str = "", sources: int = 3
) -> tuple[str, list[CitationAdded], dict[str, Any]]:
    """The text, the citations and the figures of an answer that came in these pieces."""
    grounder = Grounder(VOCABULARY, question)
    grounder.add(passage(n, text) for n, text in enumerate((BRIDGE, REPAIR, FERRY)[:sources], start=1))
    grounder.open("text_1")
    drafts: list[AnyEvent] = []
    for piece in pieces:
        drafts += grounder.feed(piece)
    drafts += grounder.close()
    text = "".join(draft.delta for draft in drafts if isinstance(draft, TextDelta))
    citations = [draft for draft in drafts if isinstance(draft, CitationAdded)]
    return text, citations, figures(list(grounder.statements()), grounder.dropped).data


def test_a_piece_without_a_bracket_goes_straight_through() -> None:
    """One delta, and the very object the provider gave: nothing was copied or read."""
    grounder = Grounder(VOCABULARY, "")
    grounder.open("text_1")
    piece = "The bridge was opened"
    (delta,) = grounder.feed(piece)
    assert isinstance(delta, TextDelta)
    assert delta.delta is piece


def test_a_citation_follows_the_delta_that_holds_its_mark() -> None:
    """A reader never hears of a mark that it has not been shown."""
    grounder = Grounder(VOCABULARY, "")
    grounder.add([passage(1, BRIDGE)])
    grounder.open("text_1")
    drafts = [*grounder.feed("It opened in 1911 [1"), *grounder.feed("] and closed.")]
    assert [d.delta for d in drafts if isinstance(d, TextDelta)] == ["It opened in 1911", " [1] and closed."]
    assert isinstance(drafts[-1], CitationAdded)


def test_a_citation_says_what_carries_its_claim() -> None:
    """Source, place of the mark, place of the claim, the sentence that carries it, and how far."""
    text, (citation,), _ = grounded("It is old. The arches are made of granite [1]. Yes.")
    assert citation == CitationAdded(
        part_id="text_1",
        source_id="s1",
        n=1,
        start=42,
        end=45,
        claim_start=11,
        quote="Its arches are made of granite from the Lorne quarry.",
        support=1.0,
    )
    assert text[11:42] == "The arches are made of granite "


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("It opened. The deck came later [2].", ["The deck came later "]),
        ("The deck came later. [2] Then", ["The deck came later. "]),
        ("The deck came later.[2]", ["The deck came later."]),
        ("Granite [1] and a deck [2].", ["Granite ", "and a deck "]),
        ("Granite and a deck [1][2].", ["Granite and a deck ", "Granite and a deck [1]"]),
        ("Granite and a deck [1, 2].", ["Granite and a deck ", "Granite and a deck [1]"]),
        ("Granite [1] (see also [2])", ["Granite ", "Granite [1] (see also "]),
        ("- **Granite** [1]\n- a deck [2]", ["Granite** ", "a deck "]),
        ("One\nThe deck [2]", ["The deck "]),
        ("[2] The deck", [None]),
        ("The deck [2]\n\nSources:\n[1]", ["The deck ", None]),
    ],
)
def test_a_claim_is_what_stands_before_its_mark(text: str, claims: list[str | None]) -> None:
    """From the end of the sentence or mark before, within the line; marks that stand together share it."""
    shown, citations, _ = grounded(text)
    assert claims == [None if c.claim_start is None else shown[c.claim_start : c.start] for c in citations]


def test_a_source_that_does_not_carry_the_claim_gets_no_support() -> None:
    """The citation stays, with what it is worth: nothing, and no sentence to show for it."""
    _, (citation,), _ = grounded("Kangaroos migrate northwards [3].")
    assert (citation.support, citation.quote) == (0.0, None)


def test_a_citation_keeps_the_number_its_source_was_announced_with() -> None:
    """First uses need not ascend; the number pairs mark and source for every reader."""
    _, citations, _ = grounded("A ferry crossed the river [3]. Then a bridge was opened [1].")
    assert [(c.n, c.source_id) for c in citations] == [(3, "s3"), (1, "s1")]


def test_a_forged_mark_becomes_nothing() -> None:
    """No citation, no text, but it is counted."""
    text, citations, data = grounded("It opened in 1911 [7].")
    assert (text, citations, data["dropped_marks"]) == ("It opened in 1911.", [], 1)


def test_sources_that_come_later_can_be_cited_from_then_on() -> None:
    """A tool's finds continue the numbers."""
    grounder = Grounder(VOCABULARY, "")
    grounder.open("text_1")
    assert "".join(d.delta for d in grounder.feed("It is [1]") if isinstance(d, TextDelta)) == "It is"
    grounder.add([passage(1, BRIDGE)])
    assert sum(isinstance(d, CitationAdded) for d in grounder.feed(" granite [1]")) == 1


def test_an_answer_in_the_sources_words_is_trusted() -> None:
    """Every figure at its best."""
    _, _, data = grounded("The deck was replaced in 1987 [2]. Its arches are made of granite [1].")
    assert (data["confidence"], data["support"], data["hallucination"]) == (1.0, 1.0, 0.0)
    assert [(s["start"], s["end"], s["sources"]) for s in data["sentences"]] == [(0, 34, [2]), (35, 70, [1])]


def test_a_made_up_sentence_is_flagged() -> None:
    """One of two: half the answer; the trust falls with the weight of its words."""
    _, _, data = grounded("The deck was replaced in 1987 [2]. Kangaroos migrate northwards.")
    assert data["hallucination"] == 0.5
    assert data["confidence"] == data["support"] == 0.5


def test_a_wrong_number_is_flagged_although_the_words_are_right() -> None:
    """It halves the trust in its sentence, and is named."""
    _, _, data = grounded("The deck was replaced in 1988 [2].")
    assert data["sentences"][0]["unknown_numbers"] == ["1988"]
    assert data["hallucination"] == 1.0
    assert data["confidence"] == round(data["support"] / 2, 3)


@pytest.mark.parametrize(
    "said",
    ["", "The documents do not say.", "Would you like to know more?", "# Granite\n\n```\ngranite\n```"],
)
def test_where_nothing_is_claimed_nothing_is_figured(said: str) -> None:
    """No answer, no statement, only a question back, headings and code: null, never a guess."""
    _, _, data = grounded(*said)
    assert (data["confidence"], data["support"], data["hallucination"], data["sentences"]) == (
        None,
        None,
        None,
        [],
    )


def test_without_sources_nothing_is_figured() -> None:
    _, _, data = grounded("The bridge is made of granite.", sources=0)
    assert (data["confidence"], data["hallucination"]) == (None, None)


def test_saying_only_what_the_question_said_is_no_statement() -> None:
    """Without a mark, it may as well say that the documents do not tell."""
    _, _, data = grounded(
        "The documents do not say when the airport was opened.", question="When was the airport opened?"
    )
    assert data["sentences"] == []


def test_a_lead_in_is_a_statement_only_with_a_mark() -> None:
    said = "The bridge has these qualities:\n- granite arches [1]"
    _, _, data = grounded(said)
    assert [said.index("- granite")] == [s["start"] for s in data["sentences"]]


def test_offsets_of_statements_count_code_points_of_the_shown_text() -> None:
    """Also after marks were rewritten or dropped."""
    text, _, data = grounded("🌉 Granite arches [1, 2][9]. The deck was replaced [2].")
    assert [text[s["start"] : s["end"]] for s in data["sentences"]] == [
        "🌉 Granite arches [1][2].",
        "The deck was replaced [2].",
    ]


def test_an_endless_answer_is_figured_from_its_beginning() -> None:
    """A megabyte of sentences, code or noise costs no more than its first 500 sentences."""
    for said in ("The deck was replaced. ", "```\ncode\n```\n", "Yes.\n", "x ", "? "):
        _, _, data = grounded(said * (1_000_000 // len(said)))
        assert len(data["sentences"]) <= 500


WORDS = st.sampled_from(
    ["granite ", "deck", " [1]", "[2, 3]", " [9].", ". ", "\n", "1911 ", "`", "```\n", "- ", "The ", "[", "?"]
)


@given(st.lists(WORDS, max_size=40).map("".join), st.data())
def test_the_cut_into_pieces_changes_no_citation_and_no_figure(text: str, data: st.DataObject) -> None:
    """Whole, cut anywhere, or letter by letter: the same text, citations and figures."""
    cuts = data.draw(st.sets(st.integers(0, len(text)), max_size=8))
    pieces = [text[a:b] for a, b in pairwise(sorted({0, *cuts, len(text)}))]
    assert grounded(*filter(None, [text])) == grounded(*pieces) == grounded(*text)
