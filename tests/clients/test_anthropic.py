"""Anthropic's own packages, Python's and Node's, against the live server: whole streams and damaged ones."""

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx2
import pytest

from .conftest import MODEL, PATIENCE, TEXT, TIMEOUT, Place
from .nodes import ClientError, Node


@pytest.fixture
def claude(place: Place) -> Iterator[anthropic.Anthropic]:
    """Through the proxy."""
    with anthropic.Anthropic(base_url=place.proxy.url, api_key="k", max_retries=0) as client:
        yield client


def read(claude: anthropic.Anthropic) -> str:
    """The text of a message as Python's helper puts it together."""
    said = [{"role": "user", "content": "Why?"}]
    with claude.messages.stream(model=MODEL, max_tokens=1000, messages=said) as stream:  # type: ignore[arg-type]
        for _ in stream:
            pass
        return stream.get_final_text()


def test_both_read_a_whole_message(place: Place, claude: anthropic.Anthropic, node: Node) -> None:
    """By hand and with the helpers: the text and the reason it ended."""
    assert read(claude) == TEXT
    seen = node.call("anthropic.stream", {"base": place.proxy.url, "model": MODEL})
    assert (seen["text"], seen["stop"], seen["error"]) == (TEXT, "end_turn", None)
    assert (seen["types"][0], seen["types"][-1]) == ("message_start", "message_stop")
    whole = node.call("anthropic.helper", {"base": place.proxy.url, "model": MODEL})
    assert whole == {"text": TEXT, "stop": "end_turn"}


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_cut_message_is_an_error_to_both(
    place: Place, claude: anthropic.Anthropic, node: Node, after: int, how: str
) -> None:
    """Wherever the connection breaks."""
    place.cut(after, how, once=False)
    seen = node.call("anthropic.stream", {"base": place.proxy.url, "model": MODEL})
    assert seen["error"] is not None
    assert TEXT.startswith(seen["text"])
    with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
        read(claude)


def test_python_leaves_a_stalled_message(
    claude: anthropic.Anthropic, stalled: Callable[[str, str], None]
) -> None:
    """By its timeout, which is an error; leaving is its stop."""
    events: list[Any] = []
    said = [{"role": "user", "content": "Why?"}]
    stream = claude.with_options(timeout=TIMEOUT).messages.create(
        model=MODEL,
        max_tokens=1000,
        messages=said,
        stream=True,  # type: ignore[arg-type]
    )
    with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
        events.extend(stream)
    assert {"message_delta", "message_stop"}.isdisjoint(event.type for event in events)
    texts = [event.delta.text for event in events if event.type == "content_block_delta"]
    stalled(events[0].message.id, "".join(texts))


def test_node_leaves_a_stalled_message(place: Place, node: Node, stalled: Callable[[str, str], None]) -> None:
    """By its controller: by hand there is no stop reason, and its helper rejects; leaving is its stop."""
    base = {"base": place.proxy.url, "model": MODEL, "patience": PATIENCE * 1000}
    helper = node.start("anthropic.helper", base)
    seen = node.call("anthropic.stream", base)
    assert (seen["stop"], "message_stop" in seen["types"]) == (None, False)
    stalled(seen["id"], seen["text"])
    with pytest.raises(ClientError, match="aborted"):
        helper.result(60)


def test_what_fails_in_mid_answer_is_their_error(place: Place, node: Node) -> None:
    """As an event of its own; nothing ends as if it were whole."""
    broken = "openai:fault:reset-mid-stream"
    assert node.call("anthropic.stream", {"base": place.url, "model": broken})["error"] == "APIError"
    with anthropic.Anthropic(base_url=place.url, api_key="k", max_retries=0) as client:
        stream = client.messages.create(
            model=broken, max_tokens=9, messages=[{"role": "user", "content": "Why?"}], stream=True
        )
        with pytest.raises(anthropic.APIError):
            for _ in stream:
                pass
