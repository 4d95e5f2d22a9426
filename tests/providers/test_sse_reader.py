"""Reading server-sent events."""

import base64
import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rivulet.providers.sse_reader import LineTooLong, SseReader

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "sse_cases.json").read_text("utf-8"))


def reads(case: dict) -> list[bytes]:
    pieces = case["chunks"]
    return [p.encode() if isinstance(p, str) else base64.b64decode(p["base64"]) for p in pieces]


def events(reads: list[bytes]) -> list[str]:
    reader = SseReader()
    return [data.decode("utf-8", "replace") for read in reads for data in reader.feed(read)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_case_gives_the_events_the_standard_says(case: dict) -> None:
    """Every case gives the events the standard says."""
    assert [event["data"] for event in case["events"]] == events(reads(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases_do_not_depend_on_how_they_are_cut(case: dict) -> None:
    """The same bytes in one read, byte by byte, or in twos and threes give the same events."""
    whole = b"".join(reads(case))
    expected = [event["data"] for event in case["events"]]
    for step in (1, 2, 3, len(whole)):
        assert expected == events([whole[i : i + step] for i in range(0, len(whole), step)])


PIECES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"data",
        b"event: x",
        b": c",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"a",
        "ü😀".encode(),
        b"\xef\xbb\xbf",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30), st.lists(st.integers(0, 120), max_size=8))
def test_any_stream_cut_anywhere_gives_the_events_of_the_whole(pieces: list[bytes], cuts: list[int]) -> None:
    """Any stream, cut anywhere, gives the events it gives uncut."""
    stream = b"".join(pieces)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    cut = [stream[a:b] for a, b in itertools.pairwise(edges)]
    bytewise = [stream[i : i + 1] for i in range(len(stream))]
    assert events(bytewise) == events(cut) == events([stream])


@pytest.mark.parametrize("step", [65_536, 2_000_000])
@pytest.mark.parametrize("start", [b"data: ", b"", b"event: "])
def test_a_line_without_end_is_refused(start: bytes, step: int) -> None:
    """A line of more than a mebibyte is refused as soon as that much has come, not when it ends."""
    stream = start + b"x" * 2_000_000
    with pytest.raises(LineTooLong):
        events([stream[i : i + step] for i in range(0, len(stream), step)])


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r"])
def test_a_long_line_that_ends_is_refused_too(end: bytes) -> None:
    """A line of more than a mebibyte is refused also when one read brings all of it."""
    with pytest.raises(LineTooLong):
        SseReader().feed(b"data: ok\n\ndata: " + b"x" * 2_000_000 + end)


def test_an_event_of_many_short_lines_is_refused() -> None:
    """Data cannot grow past the limit by being spread over many lines."""
    with pytest.raises(LineTooLong):
        events([b"data: x\n" * 10_000] * 100)


def test_a_long_line_byte_by_byte_costs_no_more_than_its_bytes() -> None:
    """A line in a hundred thousand one-byte reads is read in linear time."""
    reader = SseReader()
    begun = time.process_time()
    for _ in range(100_000):
        reader.feed(b"x")
    assert time.process_time() - begun < 2


def test_a_million_empty_lines_are_cheap() -> None:
    """A million empty lines cost well under a second, and hold nothing."""
    reader = SseReader()
    begun = time.process_time()
    for _ in range(100):
        assert reader.feed(b"\n" * 10_000) == []
    assert time.process_time() - begun < 1
