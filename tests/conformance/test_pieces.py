"""The small parts that several dialects are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.dialects.durable import cursor_of, offset_of
from rivulet.dialects.failures import problem_of
from rivulet.dialects.fences import Code, Fences
from rivulet.dialects.flow import Flow
from rivulet.dialects.numbers import number_of, prefix_of
from rivulet.domain.errors import ChatBusy, CursorGone, RivuletError, UpstreamRateLimited
from rivulet.domain.events import CitationAdded, Failure, TextDelta
from rivulet.domain.ids import make_id


@given(entropy=st.binary(min_size=16, max_size=16))
def test_a_number_leads_back_to_the_beginning_of_its_id(entropy: bytes) -> None:
    """JavaScript can hold the number, and the store finds the id by the prefix it gives."""
    id = make_id("cht", entropy)
    assert number_of(id) < 2**50
    assert prefix_of("cht", number_of(id)) == id[:14]


def test_numbers_of_foreign_ids_are_apart() -> None:
    """An id we did not make has a number of its own range, from which no prefix is made."""
    assert 2**50 <= number_of("conv-1") < 2**51
    assert number_of("conv-1") != number_of("conv-2")
    assert prefix_of("cht", number_of("conv-1")) is None
    assert prefix_of("cht", -1) is None


@given(pieces=st.lists(st.text(alphabet="`~ab\n ", max_size=5)))
def test_fences_do_not_depend_on_how_the_text_was_cut(pieces: list[str]) -> None:
    """Fed in any pieces, the same blocks come out."""
    whole, parts = Fences(), Fences()
    at_once = whole.feed("".join(pieces)) + whole.end()
    assert [block for piece in pieces for block in parts.feed(piece)] + parts.end() == at_once


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("```python\nx = 1\n```\n", [Code("python", "x = 1")]),
        ("a\n~~~\n```\n~~~\nb", [Code("", "```")]),
        ("````md\n```\n````", [Code("md", "```")]),
        ("```js\nopen", []),
        ("inline ```x``` is none\n", []),
        ("```a\n1\n```\n\n```b\n2\n```", [Code("a", "1"), Code("b", "2")]),
    ],
)
def test_fences_find_whole_blocks(text: str, blocks: list[Code]) -> None:
    """Blocks as CommonMark has them; one never closed is none."""
    fences = Fences()
    assert fences.feed(text) + fences.end() == blocks


def test_a_long_line_costs_no_more_than_its_length() -> None:
    """A line in 200,000 pieces is joined once."""
    fences = Fences()
    assert fences.feed("```\n") == []
    for _ in range(200_000):
        fences.feed("x")
    assert fences.feed("\n```\n") == [Code("", "x" * 200_000)]


def test_a_flow_joins_parts_and_moves_citations() -> None:
    """Parts get a blank line between them, and a mark of a later part stands behind it."""
    flow = Flow()
    said = [
        flow.add(TextDelta(part_id=part, delta=delta))
        for part, delta in (("a", ""), ("a", "One."), ("b", ""), ("c", "Two [1]"))
    ]
    assert said == ["", "One.", "", "\n\nTwo [1]"]
    citation = CitationAdded(part_id="c", source_id="s", n=1, start=4, end=7)
    start, end = flow.place(citation)
    assert "".join(said)[start:end] == "[1]"


def test_a_failure_is_the_error_it_was() -> None:
    """A recorded code gives its class, so its status; an unknown one is a server error."""
    assert isinstance(problem_of(Failure(code="rate_limited", message="Slow.")), UpstreamRateLimited)
    assert problem_of(Failure(code="storage_full", message="Full.")).status == 507
    assert isinstance(problem_of(Failure(code="chat_busy", message="Busy.")), ChatBusy)
    unknown = problem_of(Failure(code="made_up", message="?"))
    assert (type(unknown), unknown.status, unknown.message) == (RivuletError, 500, "?")


def test_durable_offsets_sort_as_text_and_lead_back() -> None:
    """An offset is a cursor in a form that sorts; any other text is refused."""
    assert offset_of(9) < offset_of(10)
    assert cursor_of(offset_of(42)) == "42"
    assert cursor_of("-1") == "0"
    for foreign in ("", "now", "42", "٤" * 16, "0" * 15 + "x"):
        with pytest.raises(CursorGone):
            cursor_of(foreign)
