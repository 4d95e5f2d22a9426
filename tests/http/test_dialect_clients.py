"""OpenAI's and Anthropic's own Python packages, and AG-UI's own types, against the live server."""

from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import openai
import pytest
from ag_ui.core import Event
from pydantic import TypeAdapter

from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, parsed, serving
from .speaking import MODEL, question, told

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
    with pytest.raises(openai.NotFoundError) as refused:
        await client.chat.completions.create(model="gpt-4", messages=SAID)
    assert (refused.value.code, str(refused.value.request_id)[:4]) == ("model_not_found", "req-")
    with pytest.raises(openai.NotFoundError) as refused:
        await client.responses.create(model="gpt-4", input="Why?")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(model=MODEL, messages=SAID, n=2)
    assert (refused.value.code, refused.value.param) == ("invalid_request", "n")
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


@pytest.fixture
async def claude(site: Site) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """It sends its key in a header of its own."""
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key="k", max_retries=0) as client:
        yield client


async def test_anthropics_messages(claude: anthropic.AsyncAnthropic) -> None:
    """Waited for, streamed by hand and by its helper: the same text."""
    whole = await claude.messages.create(model=MODEL, max_tokens=100, messages=SAID)
    text = "".join(block.text for block in whole.content if block.type == "text")
    assert (bool(text), whole.stop_reason) == (True, "end_turn")
    stream = await claude.messages.create(model=MODEL, max_tokens=100, messages=SAID, stream=True)
    events = [event async for event in stream]
    assert (events[0].type, events[-1].type) == ("message_start", "message_stop")
    async with claude.messages.stream(model=MODEL, max_tokens=100, messages=SAID) as helper:
        assert "".join([piece async for piece in helper.text_stream]) == text
        assert (await helper.get_final_message()).usage.output_tokens > 0


async def test_anthropics_exceptions(claude: anthropic.AsyncAnthropic, site: Site) -> None:
    """By status before the answer, and as an error in the middle of it."""
    with pytest.raises(anthropic.NotFoundError):
        await claude.messages.create(model="claude", max_tokens=100, messages=SAID)
    broken = "openai:fault:reset-mid-stream"
    stream = await claude.messages.create(model=broken, max_tokens=100, messages=SAID, stream=True)
    with pytest.raises(anthropic.APIError):
        async for _ in stream:
            pass
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key="wrong", max_retries=0) as stranger:
        with pytest.raises(anthropic.AuthenticationError):
            await stranger.messages.create(model=MODEL, max_tokens=100, messages=SAID)


async def test_ag_uis_types_take_every_event(site: Site) -> None:
    """A real run, read by the package's own strict types."""
    site.http.headers["authorization"] = "Bearer k"
    _, stream, _ = await told(site, await question(site, "ag_ui"))
    reader: TypeAdapter[Event] = TypeAdapter(Event)
    events = [reader.validate_python(value) for value in parsed(stream)]
    assert (events[0].type.value, events[-1].type.value) == ("RUN_STARTED", "RUN_FINISHED")
