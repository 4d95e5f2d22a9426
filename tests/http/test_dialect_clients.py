"""OpenAI's own Python package against the live server, as anybody would use it."""

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest

from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving
from .speaking import MODEL

pytestmark = pytest.mark.anyio
SAID = [{"role": "user", "content": "Why?"}]


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    async with serving(tmp_path / "data", model, key="k", model=MODEL) as site:
        yield site


@pytest.fixture
async def client(site: Site) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key="k", max_retries=0) as client:
        yield client


async def test_chat_completions(client: openai.AsyncOpenAI) -> None:
    """Waited for and streamed, with usage: the same text."""
    whole = await client.chat.completions.create(model="default", messages=SAID)
    text = whole.choices[0].message.content
    assert (bool(text), whole.choices[0].finish_reason, whole.model) == (True, "stop", MODEL)
    stream = await client.chat.completions.create(
        model=MODEL, messages=SAID, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == text
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0


async def test_refusals_are_its_exceptions(client: openai.AsyncOpenAI, site: Site) -> None:
    """By status, with our code and the request's id."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(model="gpt-4", messages=SAID)
    assert (refused.value.code, str(refused.value.request_id)[:4]) == ("invalid_request", "req-")
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve("resp_unknown")
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key="wrong", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()


async def test_a_failure_in_mid_stream_is_its_error(client: openai.AsyncOpenAI) -> None:
    """Never a clean end: the package raises."""
    stream = await client.chat.completions.create(
        model="openai:fault:reset-mid-stream", messages=SAID, stream=True
    )
    with pytest.raises(openai.APIError):
        async for _ in stream:
            pass


async def test_responses(client: openai.AsyncOpenAI) -> None:
    """Streamed, with numbers without a gap; continued by the response before."""
    stream = await client.responses.create(model=MODEL, input="Why?", stream=True)
    events = [event async for event in stream]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    first = events[-1].response
    second = await client.responses.create(model=MODEL, input="And?", previous_response_id=first.id)
    assert (second.status, bool(second.output_text)) == ("completed", True)
    assert (second.metadata or {})["chat_id"] == (first.metadata or {})["chat_id"]


async def test_background_resumed_and_cancelled(client: openai.AsyncOpenAI, site: Site) -> None:
    """Begun in the background, followed, cut, taken up after a number, cancelled, read back."""
    site.model.then(saying(*(f"w{n} " for n in range(1000)), pace=100))
    stream = await client.responses.create(model=MODEL, input="Long?", background=True, stream=True)
    seen = []
    async for event in stream:
        seen.append(event)
        if len(seen) == 12:
            break
    await stream.close()
    response_id = seen[0].response.id
    rest = await client.responses.retrieve(response_id, stream=True, starting_after=seen[-1].sequence_number)
    async for event in rest:
        seen.append(event)
        if len(seen) == 24:
            cancelled = await client.responses.cancel(response_id)
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert (cancelled.status, seen[-1].response.status) == ("cancelled", "cancelled")
    text = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
    assert (await client.responses.retrieve(response_id)).output_text == text
    assert (await client.responses.cancel(response_id)).status == "cancelled"


async def test_a_response_in_the_background_is_polled(client: openai.AsyncOpenAI, site: Site) -> None:
    """In progress at once, complete in the end."""
    begun = await client.responses.create(model=MODEL, input="Why?", background=True)
    assert begun.status in ("in_progress", "completed")
    site.http.headers["authorization"] = "Bearer k"
    await site.stream(begun.id)
    assert (await client.responses.retrieve(begun.id)).status == "completed"


async def test_models(client: openai.AsyncOpenAI) -> None:
    """Everything `model` may name."""
    found = [model async for model in client.models.list()]
    assert MODEL in [model.id for model in found]
    assert {model.object for model in found} == {"model"}
