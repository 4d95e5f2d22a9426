import pytest

from rivulet.answerers.sentences import sentences_of


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Hale met J. R. Moor at 3.5 km. Then it rained.",
            ["Dr. Hale met J. R. Moor at 3.5 km.", "Then it rained."],
        ),
        ("It works, e.g. here. Good.", ["It works, e.g. here.", "Good."]),
        ("He left (really?) at once. Bye.", ["He left (really?) at once.", "Bye."]),
        ("It opened. [1] Then it closed.[2][3] End", ["It opened. [1]", "Then it closed.[2][3]", "End"]),
        ("“It opened.” She left.", ["“It opened.”", "She left."]),
        ("桥在1911年开放。很长！对吗？是", ["桥在1911年开放。", "很长！", "对吗？", "是"]),
        ("यह पुल है। वह नदी है।", ["यह पुल है।", "वह नदी है।"]),
        ("1. First step\n2. Second step", ["1. First step", "2. Second step"]),
        ("# Bridge\n\nIt opened", ["# Bridge", "It opened"]),
        ("- one\n- two", ["- one", "- two"]),
        ("", []),
        ("  \n\t ", []),
        ("...", []),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, expected: list[str]) -> None:
    """Full stops of abbreviations, initials and numbers end nothing; marks stay with their sentence."""
    assert expected == split(text)


def test_a_wrapped_line_goes_on() -> None:
    """A sentence that was wrapped by hand is one sentence."""
    text = "The bridge over the river was opened in the year 1911 by the\nCity of Norwick. It is\nold."
    assert split(text) == [
        "The bridge over the river was opened in the year 1911 by the\nCity of Norwick.",
        "It is\nold.",
    ]


def test_an_endless_run_is_cut_at_a_space() -> None:
    """What has no end is cut where a word ends, and nothing of it is lost."""
    text = "word " * 500
    pieces = split(text)
    assert all(len(piece) <= 400 for piece in pieces)
    assert text.split() == " ".join(pieces).split()


@pytest.mark.parametrize("bad", ["!", ". ", "(", "\n", "[1] ", '"', "a", "。", "…"])
def test_no_text_makes_splitting_slow(bad: str) -> None:
    """300,000 characters of one sign are split in one pass (the test's time limit is the measure)."""
    text = bad * (300_000 // len(bad))
    assert sum(end - start for start, end in sentences_of(text)) <= len(text)
