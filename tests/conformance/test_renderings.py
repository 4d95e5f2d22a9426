"""What every dialect promises, over every story and over random logs."""

import hashlib
import json
import re
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
LOGS = {name: STORIES[name]() for name in SHORT}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)

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
def test_frames_stay_in_the_safe_subset(dialect: Dialect) -> None:
    """Each frame is LF only, has one data line and no other field than its dialect may have."""
    allowed = {"data"}
    if dialect.name not in BLOCKS_OF_DATA:
        allowed |= {"event"}
    if dialect.name in WITH_IDS:
        allowed |= {"id"}
    for frame in (frame for story in SHORT for frame in frames_of(dialect, LOGS[story])):
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
def test_a_client_reassembles_the_stored_text(dialect: Dialect) -> None:
    """The text a client of the dialect puts together is the stored message's."""
    for story in SHORT:
        final = json.loads((FOLDER / story / "final.json").read_bytes())
        body = (FOLDER / story / f"{dialect.name}.sse").read_bytes()
        assert TEXT[dialect.name](body) == final["text"], story


@every_dialect
def test_a_long_answer_is_whole(dialect: Dialect) -> None:
    """Ten thousand deltas arrive as ten thousand, and the golden digest stands for their bytes."""
    (story,) = LONG
    body = rendered(dialect, STORIES[story]())
    digest = json.loads((FOLDER / story / "digests.json").read_bytes())[f"{dialect.name}.sse"]
    assert (len(body), hashlib.sha256(body).hexdigest()) == (digest["bytes"], digest["sha256"])
    assert TEXT[dialect.name](body) == json.loads((FOLDER / story / "final.json").read_bytes())["text"]


@every_dialect
@settings(max_examples=25, deadline=None)
@given(log=logs())
def test_text_survives_any_log(dialect: Dialect, log: list[AnyEvent]) -> None:
    """Whatever happened in whatever order, the text is that of the fold."""
    assert TEXT[dialect.name](rendered(dialect, log)) == fold(log).text


@every_dialect
@settings(max_examples=15, deadline=None)
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
def test_the_last_frame_is_the_only_end(dialect: Dialect) -> None:
    """There is exactly one terminal frame and nothing after it."""
    for story in SHORT:
        read = events(rendered(dialect, LOGS[story]))
        ends = [IS_LAST[dialect.name](event) for event in read]
        assert ends == [False] * (len(read) - 1) + [True], story


@every_dialect
def test_a_reader_who_returns_gets_exactly_the_tail(dialect: Dialect) -> None:
    """Cursors strictly ascend, so skipping all up to any of them loses and doubles nothing."""
    for story in SHORT:
        places = [place(frame.cursor) for frame in frames_of(dialect, LOGS[story])]
        assert all(first < second for first, second in pairwise(places)), story


@every_dialect
def test_frames_of_an_event_are_numbered_up_to_its_own_number(dialect: Dialect) -> None:
    """`seq.1`, `seq.2`… and last `seq`: a follower's server counts on it to find the rest of an event."""
    for story in SHORT:
        renderer = dialect.renderer(is_resumed=False)
        for event in LOGS[story]:
            cursors = [frame.cursor for frame in renderer.render(event)]
            whole = [*(f"{event.seq}.{k}" for k in range(1, len(cursors))), str(event.seq)]
            assert not cursors or cursors == whole


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


def test_no_two_dialects_share_an_address() -> None:
    """All of them can be mounted on one server."""
    claimed = [re.sub(r"\{\w+\}", "{}", path) for dialect in ANSWERING for path in dialect.paths]
    assert sorted(claimed) == sorted(set(claimed))


def test_versions_are_pinned_by_name() -> None:
    """Names are unique, so that a turn can say which version of each dialect it is told in."""
    names = [dialect.name for dialect in DIALECTS]
    assert len(names) == len(set(names))
    assert all(isinstance(dialect.version, int) and dialect.version > 0 for dialect in DIALECTS)
