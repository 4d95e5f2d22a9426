"""The scripted model itself, as others use it."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from rivulet.domain.events import Passage
from rivulet.ports.answering import Piece, Prompt, Provider, Text
from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import FAULTS, ScriptedModel
from tests.providers.hearing import hear

SOURCE = Passage(
    id="s", n=1, source_id="a", document_id="d", chunk_id="c", title="T", url="", text="t", score=1
)


@pytest.mark.anyio
async def test_the_default_answer_cites_when_there_are_sources(provider: Provider) -> None:
    """The default text has marks only if the question came with sources to mark."""
    assert "[1]" in (await hear(provider, sources=(SOURCE,))).text
    assert "[" not in (await hear(provider)).text


@pytest.mark.anyio
async def test_a_paced_model_says_as_much_as_its_name_asks(provider: Provider) -> None:
    """`pace:2000:30` is thirty words, one per frame."""
    heard = await hear(provider, "pace:2000:30")
    assert len(heard.text.split()) == 30


@pytest.mark.anyio
async def test_a_paced_model_that_was_held_up_goes_on_at_its_pace(provider: Provider) -> None:
    """What it could not say meanwhile does not come at once, which would be a single piece."""
    heard: list[Piece] = []

    def take(piece: Piece) -> None:
        if not heard:
            time.sleep(0.2)  # nothing else runs either: there is one loop
        heard.append(piece)

    await provider.stream(Prompt(question="Why?", model="pace:200:30"), take)
    assert sum(isinstance(piece, Text) for piece in heard) > 20


@pytest.mark.anyio
async def test_scripts_are_played_in_their_order(provider: Provider, model: ScriptedModel) -> None:
    """Queued scripts go first, whatever the model's name; then the name counts again."""
    model.then(saying("one"), saying("two"))
    answers = [await hear(provider, "fault:plain") for _ in range(3)]
    assert [heard.text for heard in answers] == ["one", "two", "Grüße, 世界 😀 [1]."]


@pytest.mark.anyio
async def test_a_call_remembers_what_it_was_asked(provider: Provider, model: ScriptedModel) -> None:
    """The request's JSON, headers and times are kept; bytes are counted."""
    await hear(provider)
    call = model.calls[0]
    assert call.json["messages"][-1] == {"role": "user", "content": "Why?"}
    assert call.sent > 1000
    assert call.headers["user-agent"] == "rivulet"


@pytest.mark.anyio
async def test_a_model_it_does_not_know(provider: Provider) -> None:
    """A fault nobody has written is an unknown model, not an answer."""
    assert (await hear(provider, "fault:no-such-fault")).outcome == "model_not_found"


@pytest.mark.anyio
async def test_an_answer_that_is_not_streamed(model: ScriptedModel, openai: Provider) -> None:
    """Who asks without `stream` gets one JSON object."""

    def ask() -> dict:
        body = json.dumps({"model": "x", "messages": []}).encode()
        with urllib.request.urlopen(model.url + "/v1/chat/completions", body, timeout=60) as reply:
            return json.load(reply)

    answer = await asyncio.to_thread(ask)
    assert answer["choices"][0]["message"]["content"].startswith("The question")


def test_every_fault_says_what_it_is() -> None:
    """The list of faults has a sentence for each."""
    assert all((script.__doc__ or "").endswith(".") for script in FAULTS.values())


def test_as_a_process_it_prints_its_address_and_ends_when_told() -> None:
    """Started by itself it says where it listens, answers, and leaves at SIGTERM."""
    command = [sys.executable, "-m", "rivulet.testing.scripted_model", "--port", "0", "--pace", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        with urllib.request.urlopen(url + "/api/tags", timeout=60) as reply:
            assert json.load(reply)["models"][0]["name"] == "scripted"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
