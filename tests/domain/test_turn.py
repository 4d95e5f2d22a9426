"""The life of a turn: what may follow what, what is left open, what it all folds to."""

import pytest
from msgspec import UNSET

from rivulet.domain import events as e
from rivulet.domain.turn import Life, LifeError, check, closers, fold, message_of


def numbered(*drafts: e.AnyEvent) -> list[e.AnyEvent]:
    return [e.numbered(draft, seq) for seq, draft in enumerate(drafts, start=1)]


STARTED = e.TurnStarted(
    at=1000, turn_id="trn_1", chat_id="cht_1", message_id="msg_2", user_message_id="msg_1", model="extractive"
)
PASSAGE = e.Passage(
    id="p1",
    n=1,
    source_id="src_1",
    document_id="doc_1",
    chunk_id="c1",
    title="Handbook",
    url="/v1/documents/doc_1",
    text="Tea is at four.",
    score=0.9,
)
SAID = (e.TextStarted(part_id="t"), e.TextDelta(part_id="t", delta="Tea [1]"), e.TextFinished(part_id="t"))
FINISHED = e.TurnFinished(status="completed", finish_reason="stop", at=1500)


def test_a_whole_log_passes() -> None:
    """A log with a start, an answer and an end is a legal life."""
    check(numbered(STARTED, *SAID, FINISHED))


@pytest.mark.parametrize(
    ("drafts", "complaint"),
    [
        ((), "no terminal event"),
        ((STARTED,), "no terminal event"),
        ((e.TextStarted(part_id="t"),), "may not happen in a turn that is new"),
        ((STARTED, STARTED), "may not happen in a turn that is running"),
        ((STARTED, FINISHED, FINISHED), "may not happen in a turn that is finished"),
        ((STARTED, FINISHED, e.TextStarted(part_id="t")), "may not happen in a turn that is finished"),
        ((STARTED, e.TextDelta(part_id="t", delta="x"), FINISHED), "needs text 't' to be open"),
        ((STARTED, e.TextFinished(part_id="t"), FINISHED), "which is not open"),
        ((STARTED, *SAID, e.TextStarted(part_id="t"), FINISHED), "is opened twice"),
        ((STARTED, e.TextStarted(part_id="a"), e.TextStarted(part_id="b")), "may not interleave"),
        ((STARTED, e.TextStarted(part_id="t"), FINISHED), "ends while text/t is open"),
        (
            (
                STARTED,
                e.StageStarted(stage="retrieval", stage_id="a"),
                e.StageStarted(stage="retrieval", stage_id="b"),
            ),
            "stage 'retrieval' is already open",
        ),
        (
            (STARTED, *SAID[:2], e.CitationAdded(part_id="t", source_id="p1", n=1, start=4, end=7)),
            "which no sources.added named",
        ),
        (
            (
                STARTED,
                e.SourcesAdded(sources=[PASSAGE]),
                *SAID[:2],
                e.CitationAdded(part_id="t", source_id="p1", n=1, start=4, end=8),
            ),
            "text that has not been said",
        ),
        ((STARTED, e.ToolCalled(tool_call_id="c", name="search", input={})), "needs tool 'c' to be open"),
    ],
)
def test_what_may_not_follow_is_refused(drafts: tuple[e.AnyEvent, ...], complaint: str) -> None:
    """Every breach of the ordering rules is named."""
    with pytest.raises(LifeError, match=complaint):
        check(numbered(*drafts))


def test_a_gap_is_refused() -> None:
    """Event numbers are 1, 2, 3… or the log is not whole."""
    log = numbered(STARTED, *SAID, FINISHED)
    with pytest.raises(LifeError, match="event 4 stands where 3 belongs"):
        check([*log[:2], *log[3:]])


def test_everything_left_open_can_be_closed() -> None:
    """The closers of an interrupted life make it a legal one, innermost first."""
    drafts = (
        STARTED,
        e.StageStarted(stage="generation", stage_id="g", at=1100),
        e.ReasoningStarted(part_id="r"),
        e.ToolStarted(tool_call_id="c", name="search"),
        e.TextStarted(part_id="t"),
    )
    life = Life()
    for draft in drafts:
        life.step(draft)
    rest = closers(life.opened, "failed", 1400)
    assert [e.type_of(draft) for draft in rest] == [
        "text.finished",
        "tool.finished",
        "reasoning.finished",
        "stage.finished",
    ]
    assert isinstance(rest[-1], e.StageFinished)
    assert (rest[-1].status, rest[-1].duration_ms) == ("failed", 300)
    check(numbered(*drafts, *rest, FINISHED))


def test_a_log_folds_to_its_message() -> None:
    """Text, sources, citations and the end are all in the folded message."""
    cited = e.CitationAdded(part_id="t", source_id="p1", n=1, start=4, end=7)
    log = numbered(STARTED, e.SourcesAdded(sources=[PASSAGE]), *SAID[:2], cited, SAID[2], FINISHED)
    message = message_of(fold(log))
    assert message.text == "Tea [1]"
    assert message.sources == (PASSAGE,)
    assert message.citations == (cited,)
    assert (message.status, message.created_at) == ("completed", 1000)


def test_an_unfinished_log_folds_too() -> None:
    """A fold of half a log is the half answer, still in progress."""
    turn = fold(numbered(STARTED, *SAID[:2]))
    assert (turn.status, turn.text, turn.seq) == ("in_progress", "Tea [1]", 3)


def test_an_unfinished_turn_says_what_its_followers_need() -> None:
    """Which stages go on, what has come of a tool's arguments, and in which part the text ends: an empty one
    that was opened after it has no place in the text yet. A finished turn has none of it."""
    searching = e.StageStarted(stage="retrieval", stage_id="s", label="Searching")
    called = e.ToolStarted(tool_call_id="c", name="write")
    draft = e.ToolInputDelta(tool_call_id="c", delta='{"a"')
    log = (STARTED, searching, *SAID, e.TextStarted(part_id="u"), called, draft, draft)
    turn = fold(numbered(*log))
    assert (turn.part_id, turn.tools[0].draft) == ("t", '{"a"{"a"')
    assert [(stage.stage_id, stage.label) for stage in turn.stages_started or ()] == [("s", "Searching")]
    turn = fold(numbered(*log, e.ToolCalled(tool_call_id="c", name="write", input=1), FINISHED))
    assert (turn.part_id, turn.stages_started, turn.tools[0].draft) == (UNSET, UNSET, "")


def test_a_later_value_of_named_data_replaces_the_earlier() -> None:
    """`data` with an id is a cell; without one it is a list."""
    log = numbered(
        STARTED,
        e.Data(name="progress", id="p", data=1),
        e.Data(name="note", data="a"),
        e.Data(name="progress", id="p", data=2),
        e.Data(name="note", data="b"),
        FINISHED,
    )
    assert [each.data for each in fold(log).data] == [2, "a", "b"]


@pytest.mark.parametrize(
    ("figures", "confidence"),
    [
        ({"confidence": 0.75}, 0.75),
        ({"confidence": 1}, 1),
        ({"confidence": None}, None),
        ({"confidence": True}, None),
        ({"confidence": 1.5}, None),
        ({"confidence": "high"}, None),
        ({}, None),
        ("well", None),
        (None, None),
    ],
)
def test_the_confidence_is_what_grounding_says_last(figures: object, confidence: float | None) -> None:
    """Of the turn and of its message; whatever an answerer says that is no number from 0 to 1 is none."""
    said = e.Data(name="grounding", data={"confidence": 0.5})
    turn = fold(numbered(STARTED, said, e.Data(name="other", data={"confidence": 1}), FINISHED))
    assert turn.confidence == message_of(turn).confidence == 0.5
    turn = fold(numbered(STARTED, said, e.Data(name="grounding", data=figures), FINISHED))
    assert turn.confidence == message_of(turn).confidence == confidence
