"""Events as bytes and as merged drafts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.domain import events as e
from rivulet.domain.ids import is_id, make_id


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    """No reader may split an event on a line separator inside its text."""
    event = e.TextDelta(part_id="t", delta="a\nb\r\u0085\u2028\u2029c", seq=3)
    raw = e.encode(event)
    assert not set(raw.decode()) & set("\n\r\u0085\u2028\u2029")
    assert e.decode(raw) == event


@given(st.text())
def test_any_text_survives_the_wire(text: str) -> None:
    """What was said is what is read back."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    event = e.TextDelta(part_id="t", delta=text)
    assert e.decode(e.encode(event)) == event


def test_an_unknown_type_is_refused() -> None:
    """A record of a type we do not know is an error for whoever reads a log."""
    with pytest.raises(msgspec.ValidationError):
        e.decode(b'{"type":"turn.exploded","seq":1}')


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=3))))
def test_merging_keeps_every_character_in_its_place(said: list[tuple[str, str]]) -> None:
    """Neighbouring deltas of one part become one; the text of each part and the order stay."""
    drafts = [e.TextDelta(part_id=part, delta=text) for part, text in said]
    merged = e.merged(drafts) if drafts else []
    assert [(d.part_id, d.delta) for d in _runs(drafts)] == [(d.part_id, d.delta) for d in merged]


def _runs(drafts: list[e.TextDelta]) -> list[e.TextDelta]:
    result: list[e.TextDelta] = []
    for draft in drafts:
        if result and result[-1].part_id == draft.part_id:
            result[-1] = e.TextDelta(part_id=draft.part_id, delta=result[-1].delta + draft.delta)
        else:
            result.append(draft)
    return result


def test_merging_stops_at_everything_else() -> None:
    """A delta after another event is never pulled before it, nor joined with another kind."""
    drafts = [
        e.TextDelta(part_id="t", delta="a"),
        e.Data(name="x", data=1),
        e.TextDelta(part_id="t", delta="b"),
        e.ReasoningDelta(part_id="t", delta="c"),
        e.ToolInputDelta(tool_call_id="t", delta="d"),
        e.ToolInputDelta(tool_call_id="u", delta="e"),
    ]
    assert e.merged(drafts) == drafts


def test_a_draft_keeps_the_time_it_has() -> None:
    """Only a draft without a time gets one."""
    assert e.dated(e.TextStarted(part_id="t"), 7).at == 7
    assert e.dated(e.TextStarted(part_id="t", at=5), 7).at == 5


def test_ids_have_a_recognisable_form() -> None:
    """128 random bits behind a prefix; anything else is not an id."""
    made = make_id("trn", bytes(range(16)))
    assert is_id("trn", made)
    assert not is_id("cht", made)
    assert not is_id("trn", made + "a")
    assert not is_id("trn", "trn_" + "1" * 26)
    with pytest.raises(ValueError):
        make_id("trn", b"short")
