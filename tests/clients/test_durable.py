"""Durable Streams' own client reads turns, and the part of its conformance suite that is about reading."""

from typing import Any

import pytest

from .conftest import WORDS, Place
from .nodes import Node


def asked(place: Place) -> str:
    return place.json("POST", "/v1/turns", {"input": "Why?"})["turn_id"]


def log_of(place: Place, node: Node, turn_id: str) -> list[dict[str, Any]]:
    """The whole log, once the turn has ended."""
    return node.call("durable.read", {"base": place.url, "turnId": turn_id, "live": "sse"})["items"]


@pytest.mark.parametrize("live", ["sse", True])
def test_a_running_turn_is_followed_to_its_end(place: Place, node: Node, live: object) -> None:
    """Every event once, in order; the end of the turn closes the stream."""
    place.says(*WORDS, pace=100)
    turn_id = asked(place)
    seen = node.call("durable.read", {"base": place.proxy.url, "turnId": turn_id, "live": live})
    assert [item["seq"] for item in seen["items"]] == list(range(1, len(seen["items"]) + 1))
    assert seen["items"][-1]["type"] == "turn.finished"
    assert seen["closed"] is True


@pytest.mark.parametrize("how", ["reset", "close", "finish"])
def test_a_cut_reader_goes_on_where_it_was(place: Place, node: Node, how: str) -> None:
    """Behind every tenth frame: nothing lost, nothing doubled."""
    place.says(*WORDS, pace=100)
    turn_id = asked(place)
    place.cut(10, how, once=False)
    seen = node.call("durable.read", {"base": place.proxy.url, "turnId": turn_id, "live": "sse"})
    assert [item["seq"] for item in seen["items"]] == list(range(1, len(seen["items"]) + 1))
    assert seen["items"] == log_of(place, node, turn_id)
    assert place.proxy.streams > 1


def test_what_there_is_is_read_from_any_offset(place: Place, node: Node) -> None:
    """At once, and nothing after the end."""
    turn_id = asked(place)
    log = log_of(place, node, turn_id)
    read = {"base": place.url, "turnId": turn_id, "live": False}
    whole = node.call("durable.read", read)
    assert (whole["items"], whole["closed"]) == (log, True)
    rest = node.call("durable.read", {**read, "offset": f"{log[3]['seq']:016d}"})
    assert rest["items"] == log[4:]
    assert node.call("durable.read", {**read, "offset": whole["offset"]})["items"] == []
