"""Where sentences end, in prose of any script, in lists, tables and wrapped lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.domain.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["It rained.", "Did it?", "Yes!", "Good…", "Then it stopped."],
        ["Mr. Smith met J. K. Rowling (b. 1965) at 3.14 p.m.", '"Really?" she asked.', "The U.S. Army left."],
        ["Er kam z.B. am Montag.", "Danach ging er, vgl. Abb. 3."],
        ["Это случилось в 1990 г. в Москве.", "Потом всё кончилось."],
        ["Πού είναι;", "Εδώ είναι."],
        ["यह पहला है।", "यह दूसरा है॥"],
        ["هل هذا صحيح؟", "نعم، هذا صحيح."],
        ["1. First item.", "2. Second item."],
        ["I saw the I.", "Then nothing."],
    ],
)
def test_sentences_end_where_a_reader_would_say(parts: list[str]) -> None:
    """Abbreviations, initials, numbers and quotations do not end a sentence; the marks of each script do."""
    assert cut(" ".join(parts)) == parts


def test_chinese_and_japanese_need_no_space() -> None:
    """Full-width marks end a sentence by themselves, closing quotes included."""
    assert cut("他们赢了！“真的？”他问。然后走了。") == ["他们赢了！", "“真的？”", "他问。", "然后走了。"]


def test_a_space_ends_a_long_thai_clause() -> None:
    """Thai has no full stop: a space does after sixty characters, not before."""
    long = "ภาษาไทย" * 10
    assert cut(f"{long} ต่อไป") == [long, "ต่อไป"]
    assert cut("สวัสดี ครับ") == ["สวัสดี ครับ"]


def test_wrapped_prose_is_one_sentence_and_lists_are_many() -> None:
    """A line break ends a sentence in a list or a table, not where prose was wrapped."""
    wrapped = "This sentence was wrapped by a tool at about seventy characters, and it\ngoes on here."
    assert cut(wrapped) == [wrapped]
    assert cut("# Heading\nOne line\n- a bullet\n- another\nName | Value") == [
        "# Heading",
        "One line",
        "- a bullet",
        "- another",
        "Name | Value",
    ]
    assert cut("one\n\ntwo") == ["one", "two"]


def test_a_sentence_without_end_is_cut_at_a_pause() -> None:
    """Nothing longer than four hundred characters; a cut is at a comma or a space where there is one."""
    pieces = cut("word, " * 300)
    assert all(len(piece) <= 400 for piece in pieces)
    assert all(piece.startswith("word") for piece in pieces)
    assert [len(piece) for piece in cut("x" * 1_000)] == [400, 400, 200]


@given(st.text(alphabet=st.sampled_from("aA1 .!?\n。สम;;|\t-\"'()\ud800\x00"), max_size=300) | st.text())
def test_no_word_is_lost(text: str) -> None:
    """Spans are in order, apart, trimmed, and leave out nothing that has a letter or a digit."""
    end = 0
    for start, stop in sentences(text):
        assert end <= start < stop <= len(text)
        assert not any(character.isalnum() for character in text[end:start])
        assert text[start:stop] == text[start:stop].strip()
        assert stop - start <= 400
        end = stop
    assert not any(character.isalnum() for character in text[end:])
