"""OpenAI's own packages, Python's and Node's, against the live server: whole streams and damaged ones."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import openai
import pytest

from .conftest import MODEL, PATIENCE, TEXT, TIMEOUT, WORDS, Place
from .nodes import ClientError, Node

SAID = [{"role": "user", "content": "Why?"}]
HOWS = ("reset", "close", "finish")


@pytest.fixture
def client(place: Place) -> Iterator[openai.OpenAI]:
    """Through the proxy."""
    with openai.OpenAI(base_url=f"{place.proxy.url}/v1", api_key="k", max_retries=0) as client:
        yield client


def test_python_reads_whole_completions(place: Place, client: openai.OpenAI) -> None:
    """By hand and with its helper: the text, the finish, the usage."""
    with client.chat.completions.stream(
        model=MODEL, messages=SAID, stream_options={"include_usage": True}
    ) as stream:
        whole = stream.get_final_completion()
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (TEXT, "stop")
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 40
    waited = client.chat.completions.create(model=MODEL, messages=SAID)
    assert waited.choices[0].message.content == TEXT


def test_node_reads_whole_completions(place: Place, node: Node) -> None:
    """Streamed by hand, by its helper, and waited for."""
    base = {"base": place.proxy.url, "model": MODEL}
    chat = node.call("openai.chat", base)
    assert (chat["text"], chat["finish"], chat["error"]) == (TEXT, "stop", None)
    assert chat["usage"]["completion_tokens"] == 40
    for way in ("openai.chatHelper", "openai.wait"):
        assert node.call(way, base) == {"text": TEXT, "finish": "stop"}


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("after", [1, 2, 9, 11])
def test_a_cut_completion_is_an_error_to_both(
    place: Place, client: openai.OpenAI, node: Node, after: int, how: str
) -> None:
    """Wherever the connection breaks: neither takes the beginning of an answer for the whole."""
    place.says(*WORDS, pace=100)
    place.cut(after, how, once=False)
    seen = node.call("openai.chat", {"base": place.proxy.url, "model": MODEL})
    assert seen["error"] is not None
    assert TEXT.startswith(seen["text"])
    stream = client.chat.completions.create(model=MODEL, messages=SAID, stream=True)
    with pytest.raises(openai.APIConnectionError):
        for _ in stream:
            pass


def test_what_fails_in_mid_answer_is_their_error(place: Place, client: openai.OpenAI, node: Node) -> None:
    """With our code, which no clean end of the stream could have told."""
    broken = "openai:fault:reset-mid-stream"
    assert node.call("openai.chat", {"base": place.url, "model": broken})["error"] == "upstream_truncated"
    with pytest.raises(openai.APIError) as failed:
        for _ in client.chat.completions.create(model=broken, messages=SAID, stream=True):
            pass
    assert failed.value.code == "upstream_truncated"


def test_python_leaves_a_stalled_completion(
    client: openai.OpenAI, stalled: Callable[[str, str], None]
) -> None:
    """By its timeout, which is an error; leaving is its stop."""
    chunks: list[Any] = []
    stream = client.with_options(timeout=TIMEOUT).chat.completions.create(
        model=MODEL, messages=SAID, stream=True
    )
    with pytest.raises(openai.APIConnectionError):
        chunks.extend(stream)
    chunks = [chunk for chunk in chunks if chunk.choices]
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)
    stalled(chunks[0].id, "".join(chunk.choices[0].delta.content or "" for chunk in chunks))


def test_node_leaves_a_stalled_completion(
    place: Place, node: Node, stalled: Callable[[str, str], None]
) -> None:
    """By its controller: read by hand there is no finish, and its helper rejects; leaving is its stop."""
    base = {"base": place.proxy.url, "model": MODEL, "patience": PATIENCE * 1000}
    helper = node.start("openai.chatHelper", base)
    seen = node.call("openai.chat", base)
    assert (seen["finish"], seen["usage"]) == (None, None)
    stalled(seen["id"], seen["text"])
    with pytest.raises(ClientError, match="aborted"):
        helper.result(60)


@pytest.mark.parametrize(("every", "how"), [*product([1, 7, 20], HOWS), (20, "stall")])
def test_node_takes_a_response_up_again(place: Place, node: Node, every: int, how: str) -> None:
    """Cut behind every k-th frame, in every way: each number once, no gap, the whole text."""
    place.cut(every, how, once=False)
    base = {"base": place.proxy.url, "model": MODEL}
    seen = node.call("openai.responses", {**base, "patience": PATIENCE * 1000 if how == "stall" else 0})
    assert seen["numbers"] == list(range(len(seen["numbers"])))
    assert (seen["text"], seen["status"]) == (TEXT, "completed")
    assert seen["broken"] >= (len(seen["numbers"]) - 1) // every
    later = [each.path for each in place.proxy.seen[1:]]
    if how != "stall":  # a busy machine may stall a stream before the proxy does
        assert [path.rpartition("=")[2] for path in later] == [
            str(n * every - 1) for n in range(1, len(later) + 1)
        ]


@pytest.mark.parametrize(("every", "how"), [*product([5], HOWS), (20, "stall")])
def test_python_takes_a_response_up_again(place: Place, client: openai.OpenAI, every: int, how: str) -> None:
    """Cut behind every k-th frame: each number once, no gap, the whole text."""
    place.cut(every, how, once=False)
    if how == "stall":
        client = client.with_options(timeout=TIMEOUT)
    stream = client.responses.create(model=MODEL, input="Why?", stream=True, background=True)
    seen: list[openai.types.responses.ResponseStreamEvent] = []
    while not seen or seen[-1].type != "response.completed":
        try:
            seen.extend(stream)
        except openai.APIConnectionError:
            assert how != "finish"
        if seen[-1].type != "response.completed":
            stream = client.responses.retrieve(
                seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number
            )
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert place.proxy.streams * every >= len(seen)
    assert seen[-1].response.output_text == TEXT


def test_the_helpers_follow_a_response(place: Place, client: openai.OpenAI, node: Node) -> None:
    """Both check the order of the events; Python's asks for a stream that it has seen the half of."""
    seen = node.call("openai.responsesHelper", {"base": place.proxy.url, "model": MODEL})
    assert (seen["text"], seen["status"], seen["events"][-1]) == (TEXT, "completed", "response.completed")
    with client.responses.stream(model=MODEL, input="Why?", background=True) as stream:
        first = next(iter(stream))
        response_id = first.response.id  # type: ignore[union-attr]
    with client.responses.stream(response_id=response_id, starting_after=3) as stream:
        numbers = [event.sequence_number for event in stream]
        assert stream.get_final_response().output_text == TEXT
    assert numbers == list(range(4, 4 + len(numbers)))


def test_node_cancels_a_response(place: Place, node: Node) -> None:
    """The answer to cancelling, the stream's last event and the record say the same."""
    place.says(*(f"w{n} " for n in range(2000)), pace=100)
    seen = node.call("openai.cancelled", {"base": place.proxy.url, "model": MODEL, "after": 12})
    assert (seen["answer"], seen["last"]) == ("cancelled", "cancelled")
    turn = place.turn(seen["id"])
    assert (turn["status"], turn["text"]) == ("cancelled", seen["text"])


def test_node_knows_our_refusals(place: Place, node: Node) -> None:
    """By class and status, with our code and the request's id."""
    assert node.call("openai.refusals", {"base": place.url}) == [
        ["NotFoundError", 404, "model_not_found", True],
        ["BadRequestError", 400, "invalid_request", True],
        ["NotFoundError", 404, "not_found", True],
    ]


def test_node_says_what_it_was_not_told(place: Place, node: Node) -> None:
    """A completion that ends cleanly without its finish is an error to the helper."""
    place.cut(9, "finish")
    with pytest.raises(ClientError, match="finish_reason"):
        node.call("openai.chatHelper", {"base": place.proxy.url, "model": MODEL})
