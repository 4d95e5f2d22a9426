"""OpenAI's own package reads our goldens: its models strictly, its clients and accumulators as answers."""

import json
from collections.abc import Callable, Iterator

import httpx2
import openai
import pydantic
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from conformance.make import FOLDER
from conformance.stories import LONG, STORIES
from rivulet.domain.turn import fold
from tests.conformance.readers import named, payloads

SHORT = [name for name in STORIES if name not in LONG]
FAILED = {"failed-mid-answer", "provider-refused", "interrupted"}
every_story = pytest.mark.parametrize("story", SHORT)

chunks = pydantic.TypeAdapter(ChatCompletionChunk)
responses = pydantic.TypeAdapter(ResponseStreamEvent)


def golden(story: str, file: str) -> bytes:
    return (FOLDER / story / file).read_bytes()


def answer(story: str, file: str) -> dict:
    return json.loads(golden(story, file))


@pytest.fixture
def client_of() -> Iterator[Callable[..., openai.OpenAI]]:
    """A client of OpenAI's to whom every request is answered with one golden file."""
    clients = []

    def make(story: str, file: str) -> openai.OpenAI:
        body, status, kind = golden(story, file), 200, "text/event-stream"
        if file.endswith(".json"):
            reply = json.loads(body)
            body, status, kind = json.dumps(reply["body"]).encode(), reply["status"], "application/json"
        transport = httpx2.MockTransport(
            lambda request: httpx2.Response(status, content=body, headers={"content-type": kind})
        )
        client = openai.OpenAI(
            api_key="none",
            base_url="http://golden/v1",
            max_retries=0,
            http_client=httpx2.Client(transport=transport),
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@every_story
def test_every_chunk_is_a_chunk_strictly(story: str) -> None:
    """Chat Completions: each frame but an error validates against the strict model."""
    for value in payloads(golden(story, "openai_chat.sse")):
        if "error" not in value:
            chunks.validate_json(json.dumps(value), strict=True)


@every_story
def test_every_response_event_is_one_strictly(story: str) -> None:
    """Responses: each frame validates, and validates as the type that it says it is."""
    for name, value in named(golden(story, "openai_responses.sse")):
        event = responses.validate_json(json.dumps(value), strict=True)
        assert event.type == name == value["type"]
        unknown = set(value) - set(type(event).model_fields)
        assert unknown <= {"name"}  # of a finished function call: required by earlier versions of the package


@every_story
def test_sequence_numbers_are_contiguous(story: str) -> None:
    """Responses: numbers count the frames from 0, which is what `starting_after` relies on."""
    numbers = [value["sequence_number"] for value in payloads(golden(story, "openai_responses.sse"))]
    assert numbers == list(range(len(numbers)))


@every_story
def test_blocking_answers_are_strict(story: str) -> None:
    """A completion and a response validate as wholes; a failed completion is an error object."""
    reply = answer(story, "openai_chat.json")
    if story in FAILED:
        assert reply["status"] >= 500
        assert set(reply["body"]["error"]) >= {"message", "type", "param", "code"}
    else:
        pydantic.TypeAdapter(ChatCompletion).validate_json(json.dumps(reply["body"]), strict=True)
    response = answer(story, "openai_responses.json")
    pydantic.TypeAdapter(Response).validate_json(json.dumps(response["body"]), strict=True)
    assert response["status"] == 200


@every_story
def test_the_blocking_response_is_the_last_event_s(story: str) -> None:
    """Who waits gets exactly what who streams gets at the end."""
    last = payloads(golden(story, "openai_responses.sse"))[-1]
    assert answer(story, "openai_responses.json")["body"] == last["response"]


@every_story
def test_openai_s_client_streams_chat(story: str, client_of: Callable[..., openai.OpenAI]) -> None:
    """`chat.completions.create(stream=True)` gives the text, or raises with our code."""
    turn = fold(STORIES[story]())
    stream = client_of(story, "openai_chat.sse").chat.completions.create(model="m", messages=[], stream=True)
    text: list[str] = []

    def read() -> None:
        for chunk in stream:
            text.extend(choice.delta.content or "" for choice in chunk.choices)

    if turn.status == "failed":
        with pytest.raises(openai.APIError) as caught:
            read()
        assert turn.error is not None
        assert (caught.value.code, caught.value.message) == (turn.error.code, turn.error.message)
    else:
        read()
    assert "".join(text) == turn.text


@every_story
def test_openai_s_accumulator_follows_responses(story: str, client_of: Callable[..., openai.OpenAI]) -> None:
    """`responses.stream()` checks the order of items and ends with our text as its `output_text`."""
    turn = fold(STORIES[story]())
    client = client_of(story, "openai_responses.sse")
    with client.responses.stream(model="m", input="q") as stream:
        last = list(stream)[-1]
        if turn.status == "completed":
            assert stream.get_final_response().output_text == turn.text
    assert last.response.output_text == turn.text
    assert last.response.status == turn.status


@pytest.mark.parametrize("story", ["plain-answer", "server-tool", "client-tool", "several-citations"])
def test_openai_s_accumulator_follows_chat(story: str, client_of: Callable[..., openai.OpenAI]) -> None:
    """`chat.completions.stream()` accumulates chunks to the blocking answer's message and usage."""
    expected = answer(story, "openai_chat.json")["body"]
    with client_of(story, "openai_chat.sse").chat.completions.stream(model="m", messages=[]) as stream:
        whole = stream.get_final_completion()
    message = expected["choices"][0]["message"]
    assert (whole.choices[0].message.content or "") == message["content"]
    calls = whole.choices[0].message.tool_calls or []
    assert [call.function.arguments for call in calls] == [
        call["function"]["arguments"] for call in message.get("tool_calls", [])
    ]
    assert whole.usage is not None
    assert whole.usage.total_tokens == expected["usage"]["total_tokens"]


@every_story
def test_the_nth_annotation_is_source_n(story: str) -> None:
    """Clients turn `[n]` into a link to the n-th annotation they have had: never to another source, also
    when the model begins with [3]. Whoever waited gets the same list."""
    turn = fold(STORIES[story]())
    urls = {source.n: source.url for source in turn.sources}
    told: list[str] = []
    for value in payloads(golden(story, "openai_chat.sse")):
        for choice in value.get("choices", ()):
            told += [note["url_citation"]["url"] for note in choice["delta"].get("annotations", ())]
    assert told == [urls[n] for n in range(1, len(told) + 1)]
    assert len(told) >= max((citation.n for citation in turn.citations), default=0)
    if turn.status != "failed":
        message = answer(story, "openai_chat.json")["body"]["choices"][0]["message"]
        assert [note["url_citation"]["url"] for note in message.get("annotations", ())] == told


@pytest.mark.parametrize("story", sorted(FAILED))
def test_openai_s_client_raises_for_a_failed_answer(
    story: str, client_of: Callable[..., openai.OpenAI]
) -> None:
    """Waiting for an answer that fails raises the exception of its status, with our code."""
    turn = fold(STORIES[story]())
    client = client_of(story, "openai_chat.json")
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="m", messages=[])
    assert turn.error is not None
    assert caught.value.code == turn.error.code
