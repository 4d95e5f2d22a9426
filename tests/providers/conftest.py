"""A scripted model, and the two providers that talk to it."""

from collections.abc import AsyncIterator

import pytest

from rivulet.ports.answering import Provider
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import KEY, Make


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as scripted:
        yield scripted


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    # Four megabytes of an answer are plenty here, and endless ones end soon.
    client = Upstream(most_bytes=4 << 20)
    yield client
    await client.close()


@pytest.fixture
def naps() -> list[float]:
    """The pauses providers took; no time passes in them."""
    return []


@pytest.fixture
def patience(naps: list[float]) -> Patience:
    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    return Patience(after_finish_s=0.5, sleep=sleep, random=lambda: 0.5, now=lambda: 1_700_000_000)


@pytest.fixture
def openai(model: ScriptedModel, upstream: Upstream, patience: Patience) -> OpenAI:
    return OpenAI(upstream, base_url=model.url + "/v1", api_key=KEY, patience=patience)


@pytest.fixture
def ollama(model: ScriptedModel, upstream: Upstream, patience: Patience) -> Ollama:
    return Ollama(upstream, host=model.url, api_key=KEY, patience=patience)


@pytest.fixture(params=["openai", "ollama"])
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each of the two in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["openai", "ollama"])
def provider_at(request: pytest.FixtureRequest, upstream: Upstream, patience: Patience) -> Make:
    """Makes a provider for any address."""

    def make(url: str) -> Provider:
        if request.param == "openai":
            return OpenAI(upstream, base_url=url + "/v1", api_key=KEY, patience=patience)
        return Ollama(upstream, host=url, api_key=KEY, patience=patience)

    return make
