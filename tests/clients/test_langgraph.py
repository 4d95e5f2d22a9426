"""LangGraph's own packages, Python's and Node's, against the live server: they join their runs again."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from langgraph_sdk import get_sync_client

from rivulet.testing.scripted_model import FAULTS

from .conftest import PATIENCE, TEXT, TIMEOUT, WORDS, Place
from .nodes import Node

INPUT = {"messages": [{"role": "user", "content": "Why?"}]}
MODES = ["messages-tuple", "values", "custom"]


@pytest.fixture
def asked(place: Place) -> dict[str, Any]:
    """A thread of its own, through the proxy."""
    return {"base": place.proxy.url, "threadId": str(uuid4())}


def python_run(place: Place, thread: str, modes: list[Any], timeout: float = 30) -> tuple[list[str], str]:
    """The events and the text that Python's client saw."""
    events, text = [], ""
    with get_sync_client(url=f"{place.proxy.url}/langgraph", api_key="k", timeout=timeout) as client:
        for part in client.runs.stream(
            thread, "default", input=INPUT, stream_mode=modes, stream_resumable=True, on_disconnect="continue"
        ):
            events.append(part.event)
            text += part.data[0]["content"] if part.event == "messages" else ""
    return events, text


def test_both_read_a_whole_run(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """Messages add up to the values' last one, which is the stored text."""
    seen = node.call("langgraph.run", asked)
    assert (seen["text"], seen["values"], seen["error"]) == (TEXT, TEXT, None)
    assert place.turn(seen["run"]["run_id"])["chat_id"] == asked["threadId"]
    events, text = python_run(place, str(uuid4()), MODES)
    assert (text, events[0]) == (TEXT, "metadata")


@pytest.mark.parametrize(
    ("client", "how"),
    [("node", "reset"), ("node", "close"), ("python", "reset"), ("python", "close"), ("python", "stall")],
)
def test_a_cut_run_is_joined_again(
    place: Place, node: Node, asked: dict[str, Any], client: str, how: str
) -> None:
    """Behind every twentieth frame, by the last id it has: nothing lost, nothing doubled. (A clean end both
    take for the run's end, which is why the server never makes one.) Stalled, Python's runs into its timeout
    and does the same; once is enough, it waits for a second before it comes back."""
    place.says(*WORDS, pace=100)
    place.cut(20, how, once=how == "stall")
    if client == "node":
        text = node.call("langgraph.run", asked)["text"]
    else:
        _, text = python_run(place, asked["threadId"], MODES, TIMEOUT if how == "stall" else 30)
    assert text == TEXT
    later = [each for each in place.proxy.seen if each.method == "GET" and "/stream" in each.path]
    assert later
    assert all(each.headers["last-event-id"] for each in later)
    assert place.turns(asked["threadId"]) == 1


def test_node_leaves_a_stalled_run_and_joins_it(
    place: Place, node: Node, asked: dict[str, Any], until: Callable[..., Any]
) -> None:
    """By its signal, which throws; the run goes on, beyond the grace of those that would be stopped. Joined
    behind the last id, it has the rest."""
    place.says(*WORDS, pace=25)
    place.cut(10, "stall")
    first = node.call("langgraph.left", {**asked, "patience": PATIENCE * 1000})
    assert (first["thrown"], first["values"]) == ("AbortError", None)
    run = first["run"]["run_id"]
    until(lambda: place.turn(run)["status"] == "completed")
    rest = node.call("langgraph.joined", {**asked, "runId": run, "lastEventId": first["lastId"]})
    assert first["text"]
    assert (first["text"] + rest["text"], rest["values"]) == (TEXT, place.answer(run))


def test_a_stalled_run_that_is_left_is_stopped(
    place: Place, node: Node, asked: dict[str, Any], stalled: Callable[[str, str], None]
) -> None:
    """Where the run was begun with `on_disconnect: cancel`."""
    left = {**asked, "patience": PATIENCE * 1000, "onDisconnect": "cancel"}
    first = node.call("langgraph.left", left)
    assert (first["thrown"], first["values"]) == ("AbortError", None)
    stalled(first["run"]["run_id"], first["text"])
    seen = node.call("langgraph.joined", {**asked, "base": place.url, "runId": first["run"]["run_id"]})
    assert seen["text"] == place.answer(first["run"]["run_id"])


def test_a_run_is_joined_from_its_start(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """By somebody who was not there, also when it is over."""
    run = node.call("langgraph.run", asked)["run"]["run_id"]
    seen = node.call("langgraph.joined", {**asked, "runId": run})
    assert (seen["text"], seen["values"]) == (TEXT, TEXT)


def test_a_run_is_cancelled(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """Its status is `interrupted`, and what was said stays."""
    place.says(*(f"w{n} " for n in range(1000)), pace=100)
    seen = node.call("langgraph.cancelled", {**asked, "after": 12})
    assert seen["status"] == "interrupted"
    assert place.turn(seen["run"]["run_id"])["text"] == seen["text"]


def test_a_failed_run_is_an_error(place: Place, node: Node, asked: dict[str, Any]) -> None:
    """With our code."""
    place.plays(FAULTS["reset-mid-stream"])
    assert node.call("langgraph.run", asked)["error"] == "upstream_truncated"
