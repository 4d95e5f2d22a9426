"""Keys are shown to their service and to nobody else."""

import base64
import logging
import traceback

import pytest

from rivulet.config import BadSettings
from rivulet.ports.answering import Provider
from rivulet.providers.ollama import Ollama
from rivulet.providers.openai import OpenAI
from rivulet.providers.refusals import redacted
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_call import Call
from rivulet.testing.scripted_model import FAULTS, ScriptedModel
from tests.providers.hearing import KEY, Heard, hear

QUICK = sorted(name for name in FAULTS if not name.startswith(("hang", "trickle", "heartbeats", "endless")))


def told(heard: Heard) -> str:
    """Everything anybody could come to see of an answer."""
    shown = repr(heard.pieces)
    if heard.error is not None:
        shown += "".join(traceback.format_exception(heard.error)) + repr(heard.error.details)
        shown += repr(heard.error.__cause__) + repr(heard.error.__context__)
    return shown


@pytest.mark.anyio
@pytest.mark.parametrize("fault", QUICK)
async def test_no_fault_shows_the_key(
    fault: str, provider: Provider, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong, the key is in no piece, no error, no traceback and no log, at any level."""
    caplog.set_level(logging.DEBUG)
    heard = await hear(provider, f"fault:{fault}")
    assert model.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in told(heard) + caplog.text + repr(provider)


@pytest.mark.anyio
async def test_a_body_that_repeats_the_key_is_logged_without_it(
    openai: OpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    """At debug level the service's words are there: redacted, escaped, at most a kilobyte."""
    caplog.set_level(logging.DEBUG, "rivulet.providers")
    await hear(openai, "fault:error-with-key")
    words = [record.getMessage() for record in caplog.records if "its words" in record.getMessage()]
    assert "bad day for Bearer ***" in words[0]
    assert KEY not in words[0]
    assert len(words[0]) < 1100


@pytest.mark.anyio
async def test_without_debug_the_services_words_are_not_logged(
    openai: OpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    """At the usual level only the status is logged."""
    caplog.set_level(logging.INFO)
    await hear(openai, "fault:error-with-key")
    assert "status 500" in caplog.text
    assert "bad day" not in caplog.text


@pytest.mark.anyio
async def test_a_password_in_the_address_is_used_and_hidden(
    model: ScriptedModel, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """A user and password in the base URL are sent as such, and shown in no error or log."""
    caplog.set_level(logging.DEBUG)
    provider = OpenAI(upstream, base_url=model.url.replace("//", f"//ann:{KEY}@") + "/v1")

    async def repeats(call: Call) -> None:
        await call.refuse(400, f"ann:{KEY} sent {call.headers['authorization']}")

    model.then(repeats)
    heard = await hear(provider)
    basic = base64.b64encode(f"ann:{KEY}".encode()).decode()
    assert model.calls[0].headers["authorization"] == f"Basic {basic}"
    for secret in (KEY, basic):
        assert secret not in told(heard) + caplog.text + repr(provider)


@pytest.mark.parametrize("key", ["a\nb", "a\r\nX-Evil: 1", "schlüssel", "a\0b"])
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    """A key that could break out of its header is refused at start, without being repeated."""
    with pytest.raises(BadSettings) as refused:
        OpenAI(Upstream(), api_key=key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "api.openai.com/v1", "ftp://x/v1", "http://", "file:///etc", "http://[::1/v1"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """A base URL without http and a host is refused at start."""
    with pytest.raises(BadSettings):
        OpenAI(Upstream(), base_url=url)


def test_providers_show_neither_key_nor_address_password() -> None:
    """`repr` of a provider and of its parts shows no secret."""
    for provider in (
        OpenAI(Upstream(), base_url=f"https://ann:{KEY}@host/v1", api_key=KEY + "2"),
        Ollama(Upstream(), host=f"https://ann:{KEY}@host", api_key=KEY + "2"),
    ):
        assert KEY not in repr(provider) + repr(provider._address)


def test_words_are_redacted_before_they_are_cut() -> None:
    """No beginning of a key survives at the cut, no control character reaches the log."""
    text = "x" * 1020 + KEY
    assert KEY[:3] not in redacted(text, [KEY])
    assert redacted("a\n\x1b[31m sk-abcdef123456 Bearer qwe.rty", []) == '"a\\n\\u001b[31m *** ***"'
