"""A document's text to chunks that say something by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.knowledge.chunking import LONGEST, chunks
from rivulet.ports.knowledge import Parsed

SENTENCE = "The quick brown fox jumps over the lazy dog and then sleeps. "


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[chunk.start : chunk.end] for chunk in chunks(parsed)]


def test_a_short_text_is_one_chunk() -> None:
    """What fits is not cut."""
    assert texts(Parsed(text="One line.\n\nAnother line.")) == ["One line.\n\nAnother line."]


@pytest.mark.parametrize("text", ["", " \n\n\t "])
def test_white_space_has_no_chunks(text: str) -> None:
    """There is nothing to find in nothing."""
    assert chunks(Parsed(text=text)) == []


def test_a_long_paragraph_is_cut_into_even_parts_at_sentences() -> None:
    """No rest of three words: 1,200 characters are two chunks of about 600, each of whole sentences."""
    parts = texts(Parsed(text=(SENTENCE * 20).strip()))
    assert len(parts) == 2
    assert all(part.startswith("The") and part.endswith("sleeps.") for part in parts)
    assert abs(len(parts[0]) - len(parts[1])) <= 2 * len(SENTENCE)


def test_tiny_paragraphs_are_joined_and_large_ones_are_not() -> None:
    """A list of short lines becomes few chunks; two paragraphs of 500 characters stay two."""
    assert len(texts(Parsed(text="\n\n".join(f"Item {n}: a word or two." for n in range(30))))) == 1
    assert len(texts(Parsed(text=f"{SENTENCE * 8}\n\n{SENTENCE * 8}"))) == 2


def test_a_heading_is_never_alone() -> None:
    """A heading goes with the text below it, however long that is."""
    text = f"Title\n\nSubtitle\n\n{SENTENCE * 30}\n\nLast words"
    parsed = Parsed(text=text, headings=((0, 1, "Title"), (text.index("Sub"), 2, "Subtitle")))
    parts = texts(parsed)
    assert parts[0].startswith("Title\n\nSubtitle\n\nThe quick")
    assert parts[-1].endswith("Last words")
    assert min(map(len, parts)) > 300


def test_a_chunk_knows_its_headings_and_its_page() -> None:
    """The path of the headings it stands under, and the page it starts on."""
    first, second = "One\n" + SENTENCE * 8 + "\n", "Two\n" + SENTENCE * 8
    text = first + second
    parsed = Parsed(
        text=text,
        headings=((0, 1, "One"), (len(first), 2, "Two")),
        pages=((0, 7), (len(first) - 1, 8)),
    )
    found = chunks(parsed)
    assert [chunk.heading for chunk in found] == ["One", "One › Two"]
    assert [chunk.page for chunk in found] == [7, 8]


def test_a_higher_heading_ends_the_ones_below() -> None:
    """After `A › B` a heading of the first level stands alone again."""
    body = SENTENCE * 8
    text = f"A\n{body}\nB\n{body}\nC\n{body}"
    marks = ((0, 1, "A"), (text.index("\nB") + 1, 2, "B"), (text.index("\nC") + 1, 1, "C"))
    assert [chunk.heading for chunk in chunks(Parsed(text=text, headings=marks))] == ["A", "A › B", "C"]


def test_a_text_without_a_space_is_cut_all_the_same() -> None:
    """Encoded data and scripts without marks are cut by length."""
    assert [len(part) for part in texts(Parsed(text="x" * 2_000))] == [400 * 2, 400 * 2, 400]


@given(
    st.lists(
        st.sampled_from([SENTENCE, "word ", "\n", "\n\n", "x" * 300, "短句。", "- item\n", "\t", "# H\n"]),
        max_size=60,
    ),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 6), st.text(max_size=5)), max_size=5),
)
def test_chunks_are_the_text(pieces: list[str], marks: list[tuple[int, int, str]]) -> None:
    """One after the other their stored texts are the document; each chunk is short and where it says."""
    text = "".join(pieces).lstrip()
    parsed = Parsed(text=text, headings=tuple(sorted(marks)))
    found = chunks(parsed)
    assert "".join(chunk.text for chunk in found) == (text if text.strip() else "")
    assert [chunk.number for chunk in found] == list(range(len(found)))
    for chunk in found:
        assert 0 < chunk.end - chunk.start <= LONGEST
        assert text.startswith(chunk.text, chunk.start)
        assert chunk.text[: chunk.end - chunk.start].strip()


def test_the_same_text_has_the_same_chunks() -> None:
    """Cutting is repeatable."""
    parsed = Parsed(text=SENTENCE * 40, headings=((0, 1, "A"),))
    assert chunks(parsed) == chunks(parsed)
