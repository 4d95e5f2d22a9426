"""The AI SDK's transports and chats, versions 5, 6 and 7, against the live server and every golden file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from conformance.stories import LONG, STORIES

from .conftest import LONG_ANSWER, MODEL, PATIENCE, TEXT, WORDS, Place
from .nodes import Node

every_version = pytest.mark.parametrize("version", [5, 6, 7])


@pytest.fixture
def asked(place: Place) -> dict[str, Any]:
    """A chat of its own, through the proxy."""
    return {"base": place.proxy.url, "chatId": str(uuid4()), "model": MODEL}


@every_version
def test_every_golden_file_is_read(node: Node, goldens: Path, version: int) -> None:
    """No part is of a type or a shape that the version does not know; text and status are the stored ones."""
    for story in STORIES.keys() - LONG:
        final = json.loads((goldens / story / "final.json").read_bytes())
        path = str(goldens / story / "ai_sdk.sse")
        seen = node.call("ai_sdk.golden", {"version": version, "path": path})
        assert seen["text"].replace("\n\n\n\n", "\n\n") == final["text"], story
        assert seen["metadata"]["status"] == final["status"], story
        said = [final["error"]["message"]] if final["status"] == "failed" else []
        assert seen["problems"] == said, story


@every_version
def test_a_chat_reads_its_answer(place: Place, node: Node, asked: dict[str, Any], version: int) -> None:
    """Text, stages, and what the turn cost, in the message that a page shows."""
    seen = node.call("ai_sdk.chat", {"version": version, **asked})
    assert (seen["text"], seen["status"], seen["count"]) == (TEXT, "ready", 2)
    assert {"step-start", "data-stage", "text"} <= set(seen["types"])
    assert seen["metadata"]["status"] == "completed"
    assert seen["metadata"]["usage"]["outputTokens"] == 40
    assert place.turn(seen["metadata"]["turnId"])["text"] == TEXT


@every_version
@pytest.mark.parametrize(("after", "how"), [(1, "reset"), (9, "reset"), (9, "close"), (11, "finish")])
def test_a_cut_chat_takes_its_answer_up_again(
    place: Place, node: Node, asked: dict[str, Any], version: int, after: int, how: str
) -> None:
    """Told to resume it replays the turn from its start: one answer, nothing doubled."""
    place.says(*WORDS, pace=60, streams=2)
    place.cut(after, how)
    seen = node.call("ai_sdk.chat", {"version": version, "resume": True, **asked})
    assert (seen["text"], seen["status"], seen["count"]) == (TEXT, "ready", 2)
    assert seen["first"]["status"] == ("ready" if how == "finish" else "error")
    later = [str(each) for each in place.proxy.seen[1:]]
    assert later == [f"GET /api/chat/{asked['chatId']}/stream"]
    assert place.turns(asked["chatId"]) == 1


@every_version
def test_a_stalled_chat_takes_its_answer_up_again(
    place: Place, node: Node, asked: dict[str, Any], version: int
) -> None:
    """Its `stop` ends the reading as aborted, without a status; resumed, it is the one whole answer."""
    place.says(*WORDS, pace=40, streams=2)
    place.cut(11, "stall")
    given = {"version": version, "resume": True, "patience": PATIENCE * 1000, **asked}
    seen = node.call("ai_sdk.chat", given)
    first = seen["first"]
    assert first["end"] == {"isAbort": True, "isDisconnect": False, "isError": False}
    assert "status" not in first["metadata"]
    assert (seen["text"], seen["status"], seen["count"]) == (TEXT, "ready", 2)
    assert seen["metadata"]["turnId"] == first["metadata"]["turnId"]
    assert place.answer(first["metadata"]["turnId"]) == TEXT
    assert place.turns(asked["chatId"]) == 1


@every_version
def test_stopping_on_the_page_stops_its_reading_only(
    place: Place, node: Node, asked: dict[str, Any], until: Callable[..., Any], version: int
) -> None:
    """Its `stop` closes the connection; the answer goes on and another page takes it up, until the chat's own
    address stops it. Then there is nothing to take up: 204."""
    place.says(*LONG_ANSWER, pace=100)
    seen = node.call("ai_sdk.chat", {"version": version, "abortAfter": 5, **asked})
    assert seen["status"] == "ready"
    assert "status" not in seen["metadata"]
    later = node.start("ai_sdk.reconnect", {"version": version, **asked})
    until(lambda: place.proxy.streams == 2)
    turn_id = place.running(asked["chatId"])
    assert turn_id is not None
    place.json("POST", f"/api/chat/{asked['chatId']}/stop", {"activeStreamId": turn_id})
    taken_up = later.result(60)
    assert taken_up["metadata"]["status"] == "cancelled"
    assert taken_up["text"] == place.turn(turn_id)["text"]
    assert node.call("ai_sdk.reconnect", {"version": version, **asked}) is None


@pytest.mark.parametrize(("every", "how"), [(20, "reset"), (20, "close"), (12, "finish"), (3, "finish")])
def test_the_workflow_transport_resumes_by_itself(
    place: Place, node: Node, asked: dict[str, Any], every: int, how: str
) -> None:
    """Cut behind every k-th part, it asks for the rest by their number until it has seen `finish`. (It gives
    up after three broken connections, whatever they brought.)"""
    place.says(*WORDS, pace=100)
    place.cut(every, how, once=False)
    seen = node.call("ai_sdk.workflow", asked)
    assert (seen["text"], seen["problems"]) == (TEXT, [])
    assert seen["metadata"]["status"] == "completed"
    post, *gets = [each.path for each in place.proxy.seen]
    run = seen["metadata"]["turnId"]
    assert post == "/api/chat"
    assert gets == [f"/api/chat/{run}/stream?startIndex={every * n}" for n in range(1, len(gets) + 1)]
    assert gets


def test_the_workflow_transport_leaves_a_stalled_answer(
    place: Place, node: Node, asked: dict[str, Any]
) -> None:
    """By its signal, without `finish` and without its callback; reconnected, it is told the whole answer."""
    place.says(*WORDS, pace=40)
    place.cut(11, "stall")
    seen = node.call("ai_sdk.workflow", {**asked, "patience": PATIENCE * 1000})
    assert "status" not in seen["first"]["metadata"]
    assert seen["first"]["problems"]
    assert seen["first"]["counted"] == []
    assert (seen["text"], seen["problems"], len(seen["counted"])) == (TEXT, [], 1)
    assert seen["metadata"]["turnId"] == seen["first"]["metadata"]["turnId"]
    assert place.turns(asked["chatId"]) == 1


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_the_workflow_transport_ends_with_the_turn(
    place: Place, node: Node, asked: dict[str, Any], until: Callable[..., Any], status: str
) -> None:
    """A turn that was stopped or failed has its `finish` too; without it the transport would ask for ever."""
    if status == "failed":
        asked["model"] = "openai:fault:reset-mid-stream"
    else:
        place.says(*LONG_ANSWER, pace=100)
    call = node.start("ai_sdk.workflow", asked)
    if status == "cancelled":
        place.stop(until(lambda: place.running(asked["chatId"])))
    assert call.result(60)["metadata"]["status"] == status
    assert len(place.proxy.seen) == 1
