"""Our own answerer over real providers over sockets, with a model server that does what its script says."""

import asyncio
import json
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import pytest

from rivulet.answerers.tools import SearchDocuments
from rivulet.domain import events as e
from rivulet.domain.errors import UpstreamAuth
from rivulet.ports.answering import Provider
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_scripts import calling, refusing, saying
from rivulet.testing.pulled import pulled
from rivulet.testing.scripted_model import ScriptedModel

from .bridge import BRIDGE, HITS, Shelf, answered, hit, rag, task

pytestmark = pytest.mark.anyio
CITED = ("It opened", " in", " 1911", " [", "1", "]", ".", " See", " also", " [", "7", "]", ".")


@pytest.fixture
async def model() -> AsyncGenerator[ScriptedModel, None]:
    async with ScriptedModel() as running:
        yield running


@pytest.fixture(params=["openai", "ollama"])
async def provider(request: pytest.FixtureRequest, model: ScriptedModel) -> AsyncGenerator[Provider, None]:
    """Either wire; it tries again at once."""
    upstream, patience = Upstream(), Patience(first_s=0.0)
    if request.param == "openai":
        yield OpenAI(upstream, base_url=f"{model.url}/v1", patience=patience)
    else:
        yield Ollama(upstream, host=model.url, patience=patience)
    await upstream.close()


def told(model: ScriptedModel, request: int = 0) -> list[dict[str, Any]]:
    return model.calls[request].json["messages"]


async def test_a_streamed_answer_is_cited(provider: Provider, model: ScriptedModel) -> None:
    """A mark that came in three frames is one citation; a forged one is gone."""
    model.then(saying(*CITED))
    result = await answered(rag(provider))
    assert result.text == "It opened in 1911 [1]. See also."
    assert [(c.source_id, c.start, c.end) for c in result.of(e.CitationAdded)] == [("s1", 18, 21)]
    assert result.finished.usage is not None
    assert not result.finished.usage.estimated


async def test_the_model_reads_rules_sources_and_question(provider: Provider, model: ScriptedModel) -> None:
    """The rules as the system's words; the sources, numbered, with the question, as the person's."""
    await answered(rag(provider), task("Is it old?", history=[("user", "Hi"), ("assistant", "Ho [2]")]))
    system, *history, question = told(model)
    assert (system["role"], question["role"]) == ("system", "user")
    assert [message["content"] for message in history] == ["Hi", "Ho"]
    assert f'<source n="1" title="Alder Bridge">\n{BRIDGE}\n</source>' in question["content"]
    assert question["content"].endswith("Is it old?")
    assert BRIDGE not in system["content"]


async def test_the_model_searches_again_and_cites_what_it_finds(
    provider: Provider, model: ScriptedModel
) -> None:
    """The second request carries the call and its numbered result."""
    shelf = Shelf([*HITS, hit(4, "A toll of two coins was taken until 1930.", 0.9)])
    model.then(calling(("search_documents", {"query": "toll"})), saying("A toll of two coins was taken [4]."))
    answerer = rag(provider, tools={"search_documents": SearchDocuments(shelf)})
    result = await answered(answerer, task(bot={"tools": ["search_documents"]}))
    found = json.loads(told(model, 1)[-1]["content"])
    assert found["sources"][-1] == {
        "n": 4,
        "title": "Alder Bridge",
        "text": "A toll of two coins was taken until 1930.",
    }
    assert [(c.source_id, c.support) for c in result.of(e.CitationAdded)] == [("s4", 1.0)]


async def test_a_call_the_model_got_wrong_is_told_to_it(provider: Provider, model: ScriptedModel) -> None:
    """Over the wire too, as the result of that call."""
    model.then(calling(("search_documents", {"question": "toll"})), saying("Sorry."))
    answerer = rag(provider, tools={"search_documents": SearchDocuments(Shelf())})
    await answered(answerer, task(bot={"tools": ["search_documents"]}))
    assert json.loads(told(model, 1)[-1]["content"]) == {"error": "The argument 'query' is missing."}


async def test_a_service_that_is_busy_is_waited_for(provider: Provider, model: ScriptedModel) -> None:
    """A stage of its own, then the answer."""
    model.then(refusing(429), saying("It opened in 1911 [1]."))
    result = await answered(rag(provider))
    (waiting,) = [stage for stage in result.of(e.StageFinished) if stage.stage == "waiting"]
    assert waiting.detail is not None
    assert waiting.detail["reason"] == "rate_limited"
    assert result.text == "It opened in 1911 [1]."


async def test_a_service_that_refuses_fails_the_turn(provider: Provider, model: ScriptedModel) -> None:
    model.then(refusing(401))
    with pytest.raises(UpstreamAuth):
        await answered(rag(provider))


async def test_leaving_in_mid_answer_closes_the_connection_first(
    provider: Provider, model: ScriptedModel
) -> None:
    """The model's service sees us go; it need not write to the end."""
    model.then(saying(*["word "] * 10_000, pace=50))
    async with pulled(partial(rag(provider).answer, task())) as drafts:
        async for draft in drafts:
            if isinstance(draft, e.TextDelta):
                break
    call = await model.called()
    async with asyncio.timeout(60):
        await call.finished.wait()
    assert call.closed is not None
