"""Text that can be stored and sent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rivulet.providers.cleaning import CleanText, clean

ANY = st.text(st.characters(), max_size=20)


def test_nul_goes_and_halves_become_marks() -> None:
    """NUL is removed, half a character becomes U+FFFD, everything else stays as it is."""
    assert clean("a\0b") == "ab"
    assert clean("a\ud83db\ude00") == "a�b�"
    assert clean("\u2028\u2029\u0085\ufeff\r😀") == "\u2028\u2029\u0085\ufeff\r😀"


def test_two_halves_in_two_pieces_are_one_character() -> None:
    """A character cut in the middle is put together again."""
    run = CleanText()
    assert [run.clean("a\ud83d"), run.clean(""), run.clean("\ude00b"), run.rest()] == ["a", "", "😀b", ""]


def test_a_half_at_the_end_is_not_lost_silently() -> None:
    """A half whose other half never comes is shown as U+FFFD."""
    run = CleanText()
    assert (run.clean("a\ud83d"), run.rest()) == ("a", "�")


@settings(deadline=None)
@given(st.lists(ANY, max_size=6))
def test_any_pieces_give_storable_text_and_the_same_as_the_whole(pieces: list[str]) -> None:
    """Whatever the pieces, the result encodes, has no NUL, and is what the joined text gives."""
    run = CleanText()
    text = "".join(run.clean(piece) for piece in pieces) + run.rest()
    assert text == clean("".join(pieces))
    assert b"\0" not in text.encode()
