"""Lines back into paragraphs, by geometry alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rivulet.parsers.typesetting import Line, blocks, reordered, rows, usual_width, without_running


def _line(text: str, left: float, top: float, right: float | None = None, size: float = 10.0) -> Line:
    right = left + 5 * len(text) if right is None else right
    return Line(text=text, left=left, right=right, top=top, bottom=top - size, size=size, end_size=size)


def test_order_of_the_file_is_kept() -> None:
    """Columns that do not overlap are read as the file has them."""
    page = [
        _line("left 1", 0, 100),
        _line("left 2", 0, 80),
        _line("right 1", 200, 100),
        _line("right 2", 200, 80),
    ]
    assert page == reordered(page)


def test_heading_drawn_last() -> None:
    """A heading drawn last goes above the text it stands over, in its own column only."""
    text, other, heading = _line("text", 0, 80), _line("other", 200, 100), _line("heading", 0, 100)
    assert [heading, text, other] == reordered([text, other, heading])


def test_caption_drawn_first() -> None:
    """A caption drawn first does not tear apart the paragraph beside it."""
    page = [_line("caption", 300, 50), _line("wide line of text", 0, 100, 400), _line("end", 0, 88)]
    assert [line.text for line in reordered(page)] == ["wide line of text", "end", "caption"]


def test_superscripts_join_their_line() -> None:
    """A reference mark set higher and smaller stays within its line, without a space before it."""
    page = [_line("the town", 0, 100), _line("[1]", 40, 103, size=7), _line("is old", 60, 100)]
    assert [line.text for line in rows(page)] == ["the town[1] is old"]


def test_cells_beside_a_row() -> None:
    """A narrow cell beside a row of several lines belongs to the row."""
    page = [
        _line("1.1 Verify that the door is closed at night and that the key is", 0, 100),
        _line("kept in a safe place by the owner", 0, 88),
        _line("2", 400, 94),
    ]
    (block,) = blocks(page, usual_width(page))
    assert block.text.endswith("by the owner | 2")


def test_bullets_stay_lines() -> None:
    """Items of a list do not flow into each other, however long they are."""
    page = [_line("• the first item of this list", 0, 100), _line("• the second item of this one", 0, 88)]
    assert [block.is_close for block in blocks(page, 0.5)] == [False, True]


def test_running_numbers_only_at_the_edge() -> None:
    """Page numbers go; a number that is a table's last cell stays."""
    pages = [[_line("text", 0, 500), _line("7", 300, 400), _line(str(at), 300, 20)] for at in range(1, 6)]
    without_running(pages)
    assert all([line.text for line in page][:2] == ["text", "7"] for page in pages[:1])
    assert all(page[-1].text == "7" for page in pages)


@given(
    st.lists(
        st.builds(
            _line,
            st.text("abc -•.", min_size=1, max_size=30),
            st.floats(-50, 700),
            st.floats(-50, 900),
            st.floats(-50, 900),
            st.floats(0, 40),
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost(page: list[Line]) -> None:
    """Whatever the geometry, every letter of the page is read exactly once."""
    letters = sorted("".join(line.text for line in page).replace(" ", ""))
    found = blocks(rows(reordered(page)), usual_width(page))
    text = "".join(block.text for block in found).replace(" | ", "").replace("\ufffe", "-")
    assert letters == sorted(text.replace(" ", ""))
