"""The stories and their golden files are current, legal and complete."""

import json

import msgspec
import pytest

from conformance.make import FOLDER, expected, ours, rendered, stale, unrolled
from conformance.stories import LONG, STORIES
from rivulet.dialects.native import Native
from rivulet.domain.events import decode, encode
from rivulet.domain.turn import check, fold


def stored(name: str):
    folder = FOLDER / name
    if name in LONG:
        return unrolled(json.loads((folder / "recipe.json").read_bytes()))
    return [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]


def test_golden_files_are_what_the_stories_and_renderers_say() -> None:
    """No file is missing, differs, or belongs to no story."""
    assert stale(expected(), ours()) == []


@pytest.mark.parametrize("name", STORIES)
def test_a_stored_log_is_legal(name: str) -> None:
    """Every stored log passes the life of a turn and folds to the stored record."""
    log = stored(name)
    check(log)
    final = json.loads((FOLDER / name / "final.json").read_bytes())
    assert final == json.loads(msgspec.json.encode(fold(log)))


@pytest.mark.parametrize("name", STORIES)
def test_marks_stand_where_their_citations_say(name: str) -> None:
    """And a source first cited later has a higher number, unless the story is about a model that jumps."""
    final = json.loads((FOLDER / name / "final.json").read_bytes())
    firsts = list(dict.fromkeys(citation["n"] for citation in final["citations"]))
    assert (sorted(firsts) == firsts) is (name != "citations-out-of-order")
    for citation in final["citations"]:
        assert f"[{citation['n']}]" == final["text"][citation["start"] : citation["end"]]


@pytest.mark.parametrize("name", STORIES)
def test_native_frames_are_the_log(name: str) -> None:
    """Split at blank lines, every frame is id, event and one data line, and the data lines are the log."""
    log = stored(name)
    frames = rendered(Native(), log).decode("utf-8").split("\n\n")
    assert frames.pop() == ""
    for event, frame in zip(log, frames, strict=True):
        id_line, event_line, data_line = frame.split("\n")
        assert f"id: {event.seq}" == id_line
        assert f"event: {event.__struct_config__.tag}" == event_line
        assert encode(event) == data_line.removeprefix("data: ").encode("utf-8")
        assert len(frame.splitlines()) == 3
