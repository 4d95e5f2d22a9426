"""Services behind TLS."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import hear

PAIR = Path(__file__).parents[1] / "fixtures" / "tls.pem"
"""A certificate for localhost and its key, made for these tests and good for nothing else."""

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture
def served() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PAIR)
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=PAIR)


@pytest.mark.parametrize("loop", LOOPS)
def test_answers_come_over_tls(
    loop: Callable[[], asyncio.AbstractEventLoop], served: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """Three answers over one connection, then one that is cut at once when its reader leaves."""

    async def listen() -> None:
        upstream = Upstream(tls=trusting)
        async with ScriptedModel(tls=served) as model:
            provider = Ollama(upstream, host=model.url)
            assert [(await hear(provider)).outcome for _ in range(3)] == ["stop"] * 3
            assert model.connections == 1
            for fault in ("hang-before-headers", "hang-mid-stream"):
                leaving = asyncio.create_task(hear(provider, f"fault:{fault}"))
                call = await model.called(len(model.calls) + 1)
                await call.reached(150 if fault == "hang-mid-stream" else 0)
                leaving.cancel()
                await asyncio.wait([leaving])
                async with asyncio.timeout(5):
                    await call.left()
            assert (await hear(provider)).outcome == "stop"
        await upstream.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(listen())


@pytest.mark.anyio
async def test_a_certificate_nobody_vouches_for(served: ssl.SSLContext) -> None:
    """A service with an untrusted certificate never sees the request, nor the key in it."""

    async def no_sleep(_: float) -> None:
        return None

    upstream = Upstream()
    async with ScriptedModel(tls=served) as model:
        heard = await hear(OpenAI(upstream, base_url=model.url, patience=Patience(sleep=no_sleep)))
        assert (heard.outcome, model.calls) == ("upstream_unreachable", [])
    await upstream.close()
