"""AG-UI's own agent, with its verifier, against the live server and over every golden file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from ag_ui.core import Event
from pydantic import TypeAdapter

from conformance.stories import LONG, STORIES
from tests.conformance.readers import payloads

from .conftest import PATIENCE, TEXT, WORDS, Place
from .nodes import Node

event = TypeAdapter[Event](Event)


@pytest.fixture
def asked(place: Place) -> dict[str, Any]:
    """A thread of its own, through the proxy."""
    return {"base": place.proxy.url, "threadId": str(uuid4())}


def test_every_golden_file_passes_the_verifier(node: Node, goldens: Path) -> None:
    """The agent reads each to its end, with the stored text and the outcome; the strict types take each
    event."""
    for story in STORIES.keys() - LONG:
        final = json.loads((goldens / story / "final.json").read_bytes())
        path = goldens / story / "ag_ui.sse"
        seen = node.call("ag_ui.golden", {"path": str(path)})
        assert seen["rejected"] is None, story
        assert "\n\n".join(seen["texts"]) == final["text"], story
        failed = final["status"] == "failed"
        assert seen["code"] == (final["error"]["code"] if failed else None), story
        outcome = "cancelled" if final["status"] == "cancelled" else "success"
        assert seen["outcome"] == (None if failed else outcome), story
        for value in payloads(path.read_bytes()):
            event.validate_python(value)


def test_an_agent_runs(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """One message, with the whole text."""
    seen = node.call("ag_ui.run", asked)
    assert (seen["texts"], seen["outcome"], seen["rejected"]) == ([TEXT], "success", None)
    assert {"STEP_STARTED", "STEP_FINISHED", "ACTIVITY_SNAPSHOT"} <= set(seen["types"])
    assert place.turn(seen["runId"])["chat_id"] == asked["threadId"]


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("after", [1, 9, 15])
def test_a_cut_run_is_rejected_and_attached_to(
    place: Place, node: Node, asked: dict[str, Any], after: int, how: str
) -> None:
    """The agent cannot resume, but can be told its run again from RUN_STARTED; it is still that one run."""
    place.says(*WORDS, pace=80)
    place.cut(after, how)
    seen = node.call("ag_ui.run", {**asked, "attach": True})
    assert seen["first"]["rejected"] is not None
    assert (seen["texts"], seen["outcome"], seen["rejected"]) == ([TEXT], "success", None)
    assert (seen["types"][0], seen["runId"]) == ("RUN_STARTED", seen["first"]["runId"])
    assert place.turns(asked["threadId"]) == 1


def test_a_stalled_run_is_attached_to(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """It is aborted, which is not finished; told again before the grace is over, it goes on to its end."""
    place.says(*WORDS, pace=40)
    place.cut(15, "stall")
    seen = node.call("ag_ui.run", {**asked, "attach": True, "patience": PATIENCE * 1000})
    assert (seen["first"]["outcome"], seen["first"]["code"]) == (None, "abort")
    assert (seen["texts"], seen["outcome"], seen["rejected"]) == ([TEXT], "success", None)
    assert seen["runId"] == seen["first"]["runId"]
    assert place.turns(asked["threadId"]) == 1


def test_a_stalled_run_that_is_left_is_stopped(
    place: Place, node: Node, asked: dict[str, Any], stalled: Callable[[str, str], None]
) -> None:
    """When nobody attaches; whoever comes later is told what was kept."""
    seen = node.call("ag_ui.run", {**asked, "patience": PATIENCE * 1000})
    assert (seen["outcome"], seen["code"]) == (None, "abort")
    stalled(seen["runId"], "".join(seen["texts"]))
    later = node.call("ag_ui.attached", {**asked, "base": place.url})
    assert (later["texts"], later["outcome"]) == ([place.answer(seen["runId"])], "cancelled")


def test_a_run_that_is_over_is_told_whole(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """To whoever attaches late; a thread in which nothing was asked is refused in the protocol's shape."""
    first = node.call("ag_ui.run", asked)
    seen = node.call("ag_ui.attached", asked)
    assert (seen["runId"], seen["texts"], seen["types"]) == (first["runId"], [TEXT], first["types"])
    nothing = node.call("ag_ui.attached", {**asked, "threadId": str(uuid4())})
    assert "404" in nothing["rejected"]


def test_aborting_is_its_stop(
    place: Place, node: Node, asked: dict[str, Any], until: Callable[..., Any]
) -> None:
    """It closes the connection; nobody else follows, so after the grace the run is cancelled."""
    place.says(*(f"w{n} " for n in range(1000)), pace=50)
    seen = node.call("ag_ui.run", {**asked, "abortAfter": 12})
    until(lambda: place.turn(seen["runId"])["status"] == "cancelled")
    assert node.call("ag_ui.attached", asked)["outcome"] == "cancelled"
