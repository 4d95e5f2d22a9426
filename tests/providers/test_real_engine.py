"""Models that are not ours: llama.cpp with a tiny model, and a stand-in for services written by others."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator

import pytest

from rivulet.ports.answering import Text
from rivulet.providers.cleaning import clean
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from tests.engines.tiny_gguf import write
from tests.providers.engines import node, only_on_linux, running
from tests.providers.hearing import hear, listening

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of llama.cpp."""
    only_on_linux()
    model = tmp_path_factory.mktemp("model") / "noise.gguf"
    write(model)
    with running(node(), "llama.mjs", str(model)) as url:
        yield url


@pytest.fixture(scope="session")
def aimock() -> Iterator[str]:
    """The address of the stand-in."""
    with running(node(), "aimock.mjs") as url:
        yield url


async def said(llama: str) -> dict:
    def ask() -> dict:
        with urllib.request.urlopen(llama + "/said", timeout=60) as reply:
            return json.load(reply)

    return await asyncio.to_thread(ask)


async def test_what_llama_says_is_heard_whole(llama: str, upstream: Upstream) -> None:
    """Two hundred tokens of noise, NUL and broken characters among them, come out as said, cleaned."""
    heard = await hear(OpenAI(upstream, base_url=llama), question="the sea", max_output_tokens=200)
    assert heard.outcome == "length"
    assert heard.text == clean((await said(llama))["texts"][-1])
    assert len(heard.text) > 50
    assert heard.ended is not None
    assert heard.ended.usage is not None
    assert heard.ended.usage.output_tokens > 0


async def test_answers_of_one_seed_are_the_same_side_by_side(llama: str, upstream: Upstream) -> None:
    """Three answers at once are not mixed up."""
    provider = OpenAI(upstream, base_url=llama)
    questions = {"question": "river", "max_output_tokens": 60}
    heard = await asyncio.gather(*(hear(provider, **questions) for _ in range(3)))
    assert len({one.text for one in heard}) == 1


async def test_llama_stops_when_nobody_listens(llama: str, upstream: Upstream) -> None:
    """Leaving in mid-answer ends the generation itself, not only its delivery."""
    before = await said(llama)
    provider = OpenAI(upstream, base_url=llama)
    async with listening(provider, question="the sea", max_output_tokens=1_000_000) as pieces:
        assert isinstance(await anext(pieces), Text)
    async with asyncio.timeout(60):
        while (now := await said(llama))["left"] == before["left"]:
            pass
    assert (now["left"], now["texts"]) == (before["left"] + 1, before["texts"])


@pytest.fixture
def openai_there(aimock: str, upstream: Upstream, patience: Patience) -> OpenAI:
    return OpenAI(upstream, base_url=aimock + "/v1", api_key="any", patience=patience)


async def test_a_strangers_openai_is_understood(openai_there: OpenAI) -> None:
    """Text, reasoning, tool calls and usage, as somebody else reads the specification."""
    plain = await hear(openai_there, "gpt-4o", question="plain")
    assert (plain.text, plain.outcome) == ("Grüße, 世界 😀 and more.", "stop")
    assert plain.ended is not None
    assert plain.ended.usage is not None
    thought = await hear(openai_there, "gpt-4o", question="think")
    assert (thought.thoughts, thought.text) == ("Let me see.", "Yes.")
    tool = await hear(openai_there, "gpt-4o", question="tool")
    assert (list(tool.arguments.values()), tool.outcome) == (['{"q":"é"}'], "tool_calls")


async def test_a_strangers_faults_are_understood(openai_there: OpenAI, naps: list[float]) -> None:
    """Its refusals and its cut answer end as ours do."""
    assert (await hear(openai_there, "gpt-4o", question="key")).outcome == "upstream_auth"
    assert (await hear(openai_there, "gpt-4o", question="limit")).outcome == "rate_limited"
    assert naps == [1, 1]
    assert (await hear(openai_there, "gpt-4o", question="cut")).outcome == "upstream_truncated"
    assert "gpt-4o" in await openai_there.models()


async def test_a_strangers_ollama_is_understood(aimock: str, upstream: Upstream) -> None:
    """Text, tool calls and the list of models over Ollama's wire."""
    ollama = Ollama(upstream, host=aimock)
    plain = await hear(ollama, "llama3", question="plain")
    assert (plain.text, plain.outcome) == ("Grüße, 世界 😀 and more.", "stop")
    tool = await hear(ollama, "llama3", question="tool")
    assert ([json.loads(one) for one in tool.arguments.values()], tool.outcome) == (
        [{"q": "é"}],
        "tool_calls",
    )
    assert await ollama.models()
