import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.answerers.passages import CHARS_PER_SOURCE, LONGEST, Desk, chosen

from .bridge import HITS, hit

DOCUMENT = "The gate opens.\n\nThe lock fills. The boat rises, slowly.\nThe gate closes."
SPANS = [(0, 15), (17, 32), (33, 54), (55, 71)]


def piece(n: int, score: float = 0.5) -> object:
    start, end = SPANS[n]
    tail = DOCUMENT[end : SPANS[n + 1][0]] if n + 1 < len(SPANS) else ""
    text = DOCUMENT[start:end]
    return hit(n, text, score, document_id="lock", source_id="s", start=start, end=end, tail=tail)


def ids(groups: list[list[object]]) -> list[list[str]]:
    return [[each.chunk_id for each in group] for group in groups]  # type: ignore[attr-defined]


def test_the_best_come_first_and_no_more_than_asked() -> None:
    assert ids(chosen(HITS, 2)) == [["chk1"], ["chk2"]]


def test_what_scores_far_below_the_best_is_left_out() -> None:
    """A weak hit beside a strong one would only invite a wrong citation."""
    assert ids(chosen([hit(1, "strong", 0.9), hit(2, "weak", 0.3)], 6)) == [["chk1"]]


def test_neighbours_become_one_passage_in_the_order_of_their_document() -> None:
    """They take one number, whichever was found first."""
    assert ids(chosen([piece(2, 0.9), hit(9, "x", 0.8), piece(1), piece(3)], 6)) == [
        ["chk1", "chk2", "chk3"],
        ["chk9"],
    ]


def test_a_passage_of_neighbours_stands_where_the_document_has_it() -> None:
    """Letter for letter, white space between the chunks included; the best chunk names it."""
    (passage,), _ = Desk().lay_out([piece(1), piece(2, 0.9)], 6)
    assert (passage.start, passage.end, passage.chunk_id, passage.score) == (17, 54, "chk2", 0.9)
    assert passage.text == DOCUMENT[17:54]


def test_overlapping_chunks_are_not_said_twice() -> None:
    whole = hit(1, DOCUMENT[0:32], 0.9, document_id="lock", start=0, end=32)
    more = hit(2, DOCUMENT[17:54], 0.8, document_id="lock", start=17, end=54)
    (passage,), _ = Desk().lay_out([whole, more], 6)
    assert DOCUMENT[0:54] == passage.text


def test_a_passage_stays_short_enough_to_point_at_something() -> None:
    """Six neighbours of 800 characters are two passages, not one of a page."""
    hits = [hit(n, "x" * 800, 0.5, document_id="d", start=n * 801, end=n * 801 + 800) for n in range(6)]
    passages, _ = Desk().lay_out(hits, 6)
    assert all(len(passage.text) <= LONGEST for passage in passages)
    assert len(passages) > 1


def test_one_document_does_not_crowd_out_the_others() -> None:
    """Its fifth passage comes after the first of everybody else."""
    many = [hit(n, f"text {n}", 0.9, document_id="big", start=n * 1000, end=n * 1000 + 6) for n in range(6)]
    groups = ids(chosen([*many, hit(9, "other", 0.5)], 5))
    assert groups == [["chk0"], ["chk1"], ["chk2"], ["chk3"], ["chk9"]]


def test_one_document_alone_may_fill_the_prompt() -> None:
    """Where nobody else has anything, nothing is kept free."""
    many = [hit(n, f"text {n}", 0.9, document_id="big", start=n * 1000, end=n * 1000 + 6) for n in range(6)]
    assert len(chosen(many, 6)) == 6


def test_numbers_go_on_and_nothing_is_numbered_twice() -> None:
    """A second search of the same turn continues; what was there keeps its number."""
    desk = Desk()
    first, _ = desk.lay_out(HITS[:2], 6)
    shown, new = desk.lay_out([HITS[2], HITS[0]], 6)
    assert [passage.n for passage in first] == [1, 2]
    assert ([passage.n for passage in shown], [passage.n for passage in new]) == ([1, 3], [3])
    assert [passage.id for passage in [*first, *new]] == ["s1", "s2", "s3"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("/files/a.pdf", "/files/a.pdf"),
        ("", "/v1/documents/doc1"),
        ("javascript:alert(1)", "/v1/documents/doc1"),
        ("file:///etc/passwd", "/v1/documents/doc1"),
    ],
)
def test_every_source_has_an_address_a_page_may_link_to(url: str, expected: str) -> None:
    """Its own when it has one a browser may open, else the document on this server."""
    (passage,), _ = Desk().lay_out([hit(1, "text", 0.9, url=url)], 6)
    assert expected == passage.url


@pytest.mark.parametrize("limit", [0, -1, 1])
def test_an_absurd_limit_harms_nothing(limit: int) -> None:
    assert len(chosen(HITS, limit)) == max(0, limit)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 900), st.floats(0, 1)), max_size=30
    ),
    st.integers(1, 8),
)
def test_what_is_chosen_fits_and_was_found(found: list[tuple[int, int, int, float]], limit: int) -> None:
    """Any hits, also overlapping and repeated ones: no more than the limit, within the room, each once."""
    hits = [
        hit(n, "x" * size, score, document_id=f"d{doc}", start=at * 100, end=at * 100 + size)
        for n, (doc, at, size, score) in enumerate(found)
    ]
    groups = chosen(hits, limit)
    taken = [each.chunk_id for group in groups for each in group]
    assert len(groups) <= limit
    assert len(taken) == len(set(taken))
    assert sum(len(each.text) for group in groups for each in group) <= limit * CHARS_PER_SOURCE
    for passage in Desk().lay_out(hits, limit)[0]:
        assert passage.start is not None
        assert passage.end is not None
        assert len(passage.text) == passage.end - passage.start
