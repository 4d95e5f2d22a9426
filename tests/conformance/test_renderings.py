"""What every dialect promises, over every story and over random logs."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings

from conformance.dialects import ANSWERING, DIALECTS
from conformance.make import FOLDER, rendered
from conformance.stories import LONG, STORIES
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import SPANS, fold
from rivulet.ports.dialect import AskDialect, Dialect, Frame
from rivulet.testing.logs import logs
from tests.conformance.readers import IS_LAST, TEXT, Splitter, events

SHORT = [name for name in STORIES if name not in LONG]
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
every_story = pytest.mark.parametrize("story", SHORT)

WITH_IDS = {"native", "minirag", "assistant", "agent", "langgraph"}
BLOCKS_OF_DATA = {"stages", "messages"}


def frames_of(dialect: Dialect, log: list[AnyEvent]) -> list[Frame]:
    renderer = dialect.renderer(is_resumed=False)
    return [frame for event in log for frame in renderer.render(event)]


def place(cursor: str) -> tuple[int, float]:
    """Where a cursor stands: `7.1` before `7.2` before `7`."""
    seq, _, part = cursor.partition(".")
    return int(seq), int(part) if part else float("inf")


@every_dialect
@every_story
def test_frames_stay_in_the_safe_subset(dialect: Dialect, story: str) -> None:
    """Each frame is LF only, has one data line and no other field than its dialect may have."""
    allowed = {"data"}
    if dialect.name not in BLOCKS_OF_DATA:
        allowed |= {"event"}
    if dialect.name in WITH_IDS:
        allowed |= {"id"}
    for frame in frames_of(dialect, STORIES[story]()):
        text = frame.data.decode("utf-8")
        assert text.endswith("\n\n")
        assert (
            not set("\r\u0085\u2028\u2029\ufeff") & set(text.replace("\\ufeff", "")) or "\ufeff" in text[1:]
        )
        fields = [line.partition(": ")[0] for line in text[:-2].split("\n")]
        assert fields.count("data") == 1
        assert set(fields) <= allowed
        assert len(fields) == len(set(fields))


@every_dialect
@every_story
def test_a_client_reassembles_the_stored_text(dialect: Dialect, story: str) -> None:
    """The text a client of the dialect puts together is the stored message's."""
    final = json.loads((FOLDER / story / "final.json").read_bytes())
    assert TEXT[dialect.name]((FOLDER / story / f"{dialect.name}.sse").read_bytes()) == final["text"]


@every_dialect
@settings(max_examples=40, deadline=None)
@given(log=logs())
def test_text_survives_any_log(dialect: Dialect, log: list[AnyEvent]) -> None:
    """Whatever happened in whatever order, the text is that of the fold."""
    assert TEXT[dialect.name](rendered(dialect, log)) == fold(log).text


@every_dialect
@settings(max_examples=20, deadline=None)
@given(log=logs())
def test_a_frame_is_one_event_to_its_reader(dialect: Dialect, log: list[AnyEvent]) -> None:
    """No text, name or id can end a frame early or add one, and all data is JSON."""
    frames = frames_of(dialect, log)
    read = events(b"".join(frame.data for frame in frames))
    assert len(frames) == len(read)
    for event in read:
        if event.data != "[DONE]":
            json.loads(event.data)


@every_dialect
@every_story
def test_the_last_frame_is_the_only_end(dialect: Dialect, story: str) -> None:
    """There is exactly one terminal frame and nothing after it."""
    read = events(b"".join(frame.data for frame in frames_of(dialect, STORIES[story]())))
    ends = [IS_LAST[dialect.name](event) for event in read]
    assert ends == [False] * (len(read) - 1) + [True]


@every_dialect
@every_story
def test_a_reader_who_returns_gets_exactly_the_tail(dialect: Dialect, story: str) -> None:
    """Cursors strictly ascend, so skipping all up to any of them loses and doubles nothing."""
    log = STORIES[story]()
    frames = frames_of(dialect, log)
    places = [place(frame.cursor) for frame in frames]
    assert all(first < second for first, second in pairwise(places))
    for known in range(len(frames)):
        tail = [
            frame.data
            for event in log
            for frame in [one for one in frames if place(one.cursor)[0] == event.seq]
            if place(frame.cursor) > places[known]
        ]
        assert tail == [frame.data for frame in frames[known + 1 :]]


@every_dialect
def test_a_stateless_renderer_may_begin_anywhere(dialect: Dialect) -> None:
    """Fed from the middle, a stateless dialect says what it says when fed from the start."""
    if not dialect.is_stateless:
        assert dialect.renderer(is_resumed=False) is not dialect.renderer(is_resumed=False)
        return
    log = STORIES["cited-answer"]()
    for begin in range(len(log)):
        whole = [frame for frame in frames_of(dialect, log) if place(frame.cursor)[0] > begin]
        assert frames_of(dialect, log[begin:]) == whole


@every_dialect
def test_a_resumed_renderer_says_the_same(dialect: Dialect) -> None:
    """Whoever follows, an event has the same bytes."""
    log = STORIES["unicode-traps"]()
    resumed = dialect.renderer(is_resumed=True)
    assert [frame for event in log for frame in resumed.render(event)] == frames_of(dialect, log)


@every_dialect
@pytest.mark.parametrize("story", ["unicode-traps", "server-tool-error"])
def test_a_cut_at_any_byte_is_harmless(dialect: Dialect, story: str) -> None:
    """Wherever two frames are cut, the first piece gives whole events only and the second the rest."""
    frames = frames_of(dialect, STORIES[story]())
    for first, second in pairwise(frames):
        both = first.data + second.data
        whole = events(both)
        for cut in range(len(first.data) + 1):
            splitter = Splitter()
            before = splitter.feed(both[:cut])
            assert len(before) == (cut == len(first.data))
            assert before + splitter.feed(both[cut:]) == whole


@every_dialect
def test_heartbeats_change_nothing(dialect: Dialect) -> None:
    """A heartbeat between any two frames gives the dialect's reader no event and no text."""
    log = STORIES["cited-answer"]()
    frames = frames_of(dialect, log)
    body = b"".join(dialect.heartbeat + frame.data for frame in frames)
    assert TEXT[dialect.name](body) == fold(log).text
    assert events(body) == events(b"".join(frame.data for frame in frames))
    assert dialect.heartbeat == (b":\n\n" if dialect.name in BLOCKS_OF_DATA else b":\n")


@pytest.mark.parametrize("dialect", ANSWERING, ids=lambda one: one.name)
@pytest.mark.parametrize("story", SHORT)
def test_a_waiting_client_gets_the_same_text(dialect: AskDialect, story: str) -> None:
    """The blocking answer contains the stored text, or the status of what went wrong."""
    turn = fold(STORIES[story]())
    answer = json.loads((FOLDER / story / f"{dialect.name}.json").read_bytes())
    if answer["status"] != 200:
        assert turn.status == "failed"
        assert turn.error is not None
        assert turn.error.message in json.dumps(answer["body"])
    else:
        texts = _strings(answer["body"])
        assert turn.text in texts or turn.text == "".join(_texts_of_blocks(answer["body"]))


def _strings(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_strings, children))


def _texts_of_blocks(body: dict) -> list[str]:
    """The text blocks of an OpenAI response or an Anthropic message."""
    blocks = body.get("content") or [
        part for item in body.get("output", ()) for part in item.get("content", ())
    ]
    return [block["text"] for block in blocks if block["type"] in ("text", "output_text")]


def test_spans_cover_what_stories_open() -> None:
    """The stories open every kind of span, so no dialect goes unproven on one."""
    opened = {type(event) for name in SHORT for event in STORIES[name]()}
    assert {span[0] for span in SPANS.values()} <= opened
