import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.answerers.marks import Marks, unmarked


def read(pieces: list[str], known: int = 3) -> tuple[str, list[tuple[int, int, int]], int]:
    """The text, the marks in it and how many were dropped, with sources 1 to `known`."""
    marks = Marks(lambda n: n <= known)
    shown, found = [], []
    for piece in pieces:
        text, more = marks.read(piece)
        shown.append(text)
        found += [(mark.n, mark.start, mark.end) for mark in more]
    shown.append(marks.rest())
    assert marks.text == "".join(shown)
    return "".join(shown), found, marks.dropped


@pytest.mark.parametrize(
    ("text", "shown", "marks"),
    [
        ("It opened [1].", "It opened [1].", [(1, 10, 13)]),
        ("[2] It opened", "[2] It opened", [(2, 0, 3)]),
        ("It opened[1][3].", "It opened[1][3].", [(1, 9, 12), (3, 12, 15)]),
        ("It opened [1, 2].", "It opened [1][2].", [(1, 10, 13), (2, 13, 16)]),
        ("It opened [ 1,2 , 3 ].", "It opened [1][2][3].", [(1, 10, 13), (2, 13, 16), (3, 16, 19)]),
        ("It opened [1,1].", "It opened [1].", [(1, 10, 13)]),
        ("它开放【2】。", "它开放[2]。", [(2, 3, 6)]),
        ("它开放【1，2】。", "它开放[1][2]。", [(1, 3, 6), (2, 6, 9)]),
        ("𝔘nicode 🌉 [1]", "𝔘nicode 🌉 [1]", [(1, 10, 13)]),
    ],
)
def test_a_mark_is_found_where_it_stands(text: str, shown: str, marks: list[tuple[int, int, int]]) -> None:
    """Every cited number has a mark of its own, and its offsets count code points of what was shown."""
    assert (shown, marks, 0) == read([text])
    assert all(shown[start:end] == f"[{n}]" for n, start, end in marks)


@pytest.mark.parametrize(
    ("text", "shown", "dropped"),
    [
        ("It opened [9].", "It opened.", 1),
        ("It opened [8][9].", "It opened.", 2),
        ("It opened [8] [1].", "It opened [1].", 1),
        ("It opened [1, 9].", "It opened [1].", 1),
        ("It opened[999]!", "It opened!", 1),
        ("- [9] It opened", "- It opened", 1),
        ("It opened [7, 8, 9].", "It opened.", 3),
    ],
)
def test_a_mark_that_names_no_source_is_left_out(text: str, shown: str, dropped: int) -> None:
    """It leaves together with the space before it."""
    result, _, count = read([text])
    assert (shown, dropped) == (result, count)


@pytest.mark.parametrize(
    "text",
    [
        "`a[1]`",
        "``a ` [1]``",
        "```py\na[1]\n```",
        "~~~\na[9]\n~~~",
        "- ```\n  a[9]\n  ```",
        "```\na[9]",
        "`a\\` + [9]".replace("\\` +", "x"),
    ],
)
def test_marks_in_code_are_text(text: str) -> None:
    """Inline code, fences of both kinds, in lists, and one that was never closed."""
    assert (text, [], 0) == read([text])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```\na[2]\n```\nIt opened [1]", [1]),
        ("`a[2]` opened [1]", [1]),
        ("a stray ` here\nIt opened [1]", [1]),
        ("an escaped \\` here [1] and `[2]`", [1]),
        ("```` \n```\n[2]\n````\n[1]", [1]),
        ("```inline``` [1]", [1]),
        ("~~struck~~ [1]", [1]),
    ],
)
def test_marks_after_code_count_again(text: str, found: list[int]) -> None:
    """A code span, a fence or a stray backtick costs no mark that stands outside it."""
    assert found == [n for n, _, _ in read([text])[1]]


@pytest.mark.parametrize(
    "text",
    ["[0]", "[2024]", "[01]", "[a]", "[1", "[1,", "[", "[]", "[1-3]", "[^1]", "[1;2]", "[ ] todo", "x ["],
)
def test_other_brackets_are_text(text: str) -> None:
    """A year, a footnote, a box to tick or a mark that is never closed comes out as it went in."""
    assert (text, [], 0) == read(list(text))


def test_only_the_beginning_of_a_mark_is_held_back() -> None:
    """Everything else is shown with the piece that brought it, but for one space that ends a piece."""
    marks = Marks(lambda n: n == 1)
    pieces = ["It opened", " [", "1", "]", ".", " See a[", "0", "] or [", "12", "3x ", "end"]
    assert [marks.read(piece)[0] for piece in pieces] == [
        "It opened",
        "",
        "",
        " [1]",
        ".",
        " See a",
        "[0",
        "] or",
        "",
        " [123x",
        " end",
    ]


ALPHABET = st.sampled_from([*"[]【】,， 0123x`~\n\\.", "```", "[1]", " [2, 7]", "\n```\n", "é🌉"])


@given(st.lists(ALPHABET, max_size=60).map("".join), st.data())
def test_the_cut_into_pieces_changes_nothing(text: str, data: st.DataObject) -> None:
    """Any text, cut anywhere, gives the same text, the same marks and the same number of dropped ones."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read([text]) == read(pieces) == read(list(text))


@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_marks_only_ever_name_what_is_there(text: str) -> None:
    """A mark names a known source, stands where its offsets say, and marks stand in order."""
    shown, marks, _ = read(list(text))
    assert all(n <= 3 and shown[start:end] == f"[{n}]" for n, start, end in marks)
    assert marks == sorted(marks, key=lambda mark: mark[1])


def test_an_earlier_answer_is_told_without_its_marks() -> None:
    """Its numbers meant the sources of another turn; code keeps its brackets."""
    assert unmarked("It opened in 1911 [1][12]. See `a[1]`") == "It opened in 1911. See `a[1]`"


@pytest.mark.parametrize("bad", ["[", "[1", " ", "[1] ", "[9] ", "`", "` ", "```\n", "[1,", "\\", "~"])
def test_no_text_makes_reading_slow(bad: str) -> None:
    """30,000 characters of one sign, whole or in pieces of four: the test's time limit is the measure."""
    text = bad * (30_000 // len(bad))
    assert read([text]) == read([text[at : at + 4] for at in range(0, len(text), 4)])
