"""Models behind an address, `openai:NAME` and `ollama:NAME`. Loaded beside a server that listens already, or
when a model string names one: the HTTP client takes a sixth of the start."""

from collections.abc import Sequence

from rivulet.domain.errors import UnknownModel
from rivulet.ports.answering import Answerer, Models, Provider
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.upstream import Upstream
from rivulet.wiring import Parts, Plug


def openai(parts: Parts) -> Plug:
    """Any service that speaks Chat Completions, once its key or address is in the environment."""
    if not (parts.environment.get("OPENAI_API_KEY") or parts.environment.get("OPENAI_BASE_URL")):
        raise UnknownModel("openai is not set up: set OPENAI_API_KEY, or OPENAI_BASE_URL, or both.")
    provider = OpenAI.from_environment(_upstream(parts), parts.environment)
    return UpstreamPlug(parts, provider, provider, "openai:gpt-5-mini")


def ollama(parts: Parts) -> Plug:
    """A local Ollama, or the one OLLAMA_HOST names."""
    provider = Ollama.from_environment(_upstream(parts), parts.environment)
    return UpstreamPlug(parts, provider, provider, "ollama:qwen3")


class UpstreamPlug:
    """A service with models of its own."""

    is_open = True

    def __init__(self, parts: Parts, provider: Provider, lister: Models, example: str) -> None:
        self._answerer = parts.rag(provider)
        self._lister = lister
        self._example = example

    def answerer(self, name: str) -> Answerer:
        if not name:
            raise UnknownModel(f"A model's name is missing, as in {self._example}.")
        return self._answerer

    async def models(self) -> Sequence[str]:
        return await self._lister.models()


def _upstream(parts: Parts) -> Upstream:
    upstream = Upstream()
    parts.closing.push_async_callback(upstream.close)
    return upstream
