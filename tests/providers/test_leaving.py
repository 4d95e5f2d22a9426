"""Leaving an answer early, at any moment, on purpose or by cancellation."""

import asyncio
import itertools

import pytest
import uvloop

from rivulet.ports.answering import Piece, Prompt, Provider, Text
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import refusing, saying
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import Make, hear, listening

pytestmark = pytest.mark.anyio

CLOSED_S = 5
"""At once is a few turns of the loop that both sides run in; but a busy kernel may bring the end later."""


async def seen_closed(call: Call) -> bool:
    async with asyncio.timeout(CLOSED_S):
        await call.left()
    return call.closed is not None


async def noticed(upstream: Upstream) -> None:
    """Returns when what came over the idle connection has arrived."""
    assert upstream._connector is not None
    async with asyncio.timeout(CLOSED_S):
        for handler in [each for waiting in upstream._connector._conns.values() for each, _ in waiting]:
            while handler.is_connected() and not handler.should_close:  # noqa: ASYNC110
                await asyncio.sleep(0)


async def echo(call: Call) -> None:
    """Answers with the question, in three pieces."""
    question = call.json["messages"][-1]["content"]
    await saying(question[:2], question[2:4], question[4:])(call)


async def test_leaving_an_answer_closes_the_connection(provider: Provider, model: ScriptedModel) -> None:
    """When an answer is left in the middle, the service sees the end of the connection at once."""
    async with listening(provider, "fault:hang-mid-stream") as pieces:
        assert await anext(pieces) == Text("Half a tho")
    assert await seen_closed(model.calls[0])


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("hang-before-headers", 0),
        ("hang-after-headers", 50),
        ("hang-mid-stream", 150),
        ("trickle", 150),
        ("heartbeats-only", 150),
    ],
)
async def test_cancelling_a_silent_answer_closes_the_connection(
    provider: Provider, model: ScriptedModel, fault: str, sent: int
) -> None:
    """Before the head, before the first word, in mid-answer, among heartbeats: cancelling ends it at once."""
    heard = asyncio.create_task(hear(provider, f"fault:{fault}"))
    call = await model.called()
    await call.reached(sent)
    heard.cancel()
    with pytest.raises(asyncio.CancelledError):
        await heard
    assert await seen_closed(call)


async def test_heartbeats_are_no_progress(provider: Provider, model: ScriptedModel) -> None:
    """Comments and blank lines never come out as pieces, so that a limit on silence works."""
    heard: list[Piece] = []
    asked = Prompt(question="?", model="fault:heartbeats-only")
    hearing = asyncio.create_task(provider.stream(asked, heard.append))
    call = await model.called()
    await call.reached(200)
    assert not hearing.done()
    hearing.cancel()
    await asyncio.wait([hearing])
    assert heard == []


async def test_leaving_an_endless_answer_ends_it(provider: Provider, model: ScriptedModel) -> None:
    """A model that repeats itself for ever stops when its reader has enough."""
    heard = ""
    async with listening(provider, "fault:endless-repetition") as pieces:
        async for piece in pieces:
            heard += piece.text if isinstance(piece, Text) else ""
            if len(heard) > 10_000:
                break
    assert await seen_closed(model.calls[0])


async def test_cancelling_while_waiting_for_the_next_try(model: ScriptedModel, upstream: Upstream) -> None:
    """A pause between two tries can be cancelled; there is no second try then."""
    napping = asyncio.Event()

    async def sleep(_: float) -> None:
        napping.set()
        await asyncio.Event().wait()

    provider = OpenAI(upstream, base_url=model.url + "/v1", patience=Patience(sleep=sleep))
    model.then(refusing(503))
    heard = asyncio.create_task(hear(provider))
    await napping.wait()
    heard.cancel()
    with pytest.raises(asyncio.CancelledError):
        await heard
    assert len(model.calls) == 1


async def test_a_good_answer_leaves_its_connection_to_the_next(
    provider: Provider, model: ScriptedModel
) -> None:
    """Ten answers one after the other need one connection."""
    for _ in range(10):
        assert (await hear(provider)).outcome == "stop"
    assert model.connections == 1


@pytest.mark.parametrize(
    "fault",
    ["hang-after-done", "error-mid-stream", "malformed-for-ever", "end-without-finish", "html", "redirect"],
)
async def test_a_bad_answer_is_no_trouble_for_the_next(
    provider: Provider, model: ScriptedModel, fault: str
) -> None:
    """After an answer that went wrong, the next one is whole."""
    await hear(provider, f"fault:{fault}")
    assert (await hear(provider, "fault:plain")).text == "Grüße, 世界 😀 [1]."


async def test_a_cut_answer_never_lends_its_connection(provider: Provider, model: ScriptedModel) -> None:
    """A connection whose answer was left early serves no other request."""
    for _ in range(5):
        async with listening(provider, "fault:endless-repetition") as pieces:
            await anext(pieces)
    assert len({call.connection for call in model.calls}) == 5


async def test_a_cancellation_at_any_step_mixes_no_answers(provider: Provider, model: ScriptedModel) -> None:
    """Cancelled after every number of the loop's steps, no request ever gets another one's answer."""
    model.default = echo
    for steps in itertools.count():
        cut = asyncio.create_task(hear(provider, question=f"cut {steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        if cut.done():
            break
        cut.cancel()
        await asyncio.wait([cut])
        assert (await hear(provider, question=f"next {steps}")).text == f"next {steps}"
    assert steps >= 8
    assert (await cut).text == f"cut {steps}"


async def test_a_cancelled_call_has_its_connection_closed_at_every_step(
    provider: Provider, model: ScriptedModel
) -> None:
    """Whatever the step, a cancelled request that reached the service is closed there at once."""
    for steps in range(40):
        before = len(model.calls)
        cut = asyncio.create_task(hear(provider, "fault:hang-mid-stream"))
        for _ in range(steps):
            await asyncio.sleep(0)
        cut.cancel()
        await asyncio.wait([cut])
        for call in model.calls[before:]:
            assert await seen_closed(call), steps


async def test_what_arrives_on_an_idle_connection_is_no_answer(
    provider: Provider, model: ScriptedModel, upstream: Upstream
) -> None:
    """A reply nobody asked for, sent on an idle connection, is not taken for the next question's."""

    async def twice(call: Call) -> None:
        await saying("first")(call)
        await call.pause(0.01)
        await saying("FORGED")(call)

    model.then(twice)
    assert (await hear(provider)).text == "first"
    await model.calls[0].finished.wait()
    await noticed(upstream)
    model.then(saying("second"))
    assert (await hear(provider)).text == "second"


async def test_a_server_that_closed_its_idle_connection(
    provider: Provider, model: ScriptedModel, upstream: Upstream
) -> None:
    """An idle connection the service has closed costs the next answer nothing but a new one."""

    async def closes(call: Call) -> None:
        await saying("first")(call)
        call.close()

    model.then(closes)
    await hear(provider)
    await noticed(upstream)
    model.then(saying("second"))
    heard = await hear(provider)
    assert (heard.text, heard.waits) == ("second", [])


async def test_a_hundred_answers_at_once(provider: Provider, model: ScriptedModel) -> None:
    """A hundred questions at the same time get each its own answer; none waits for another."""
    model.default = echo
    questions = [f"number {n}" for n in range(100)]
    heard = await asyncio.gather(*(hear(provider, question=question) for question in questions))
    assert [one.text for one in heard] == questions
    assert model.connections == 100


async def test_a_key_goes_to_no_other_host(provider_at: Make, model: ScriptedModel) -> None:
    """A redirect is not followed: the other host never hears of the request."""
    async with ScriptedModel() as elsewhere:

        async def redirects(call: Call) -> None:
            await call.reply(307, b"", headers=[("location", elsewhere.url + call.path)])

        model.then(redirects)
        heard = await hear(provider_at(model.url))
        assert (heard.outcome, elsewhere.calls) == ("upstream_protocol", [])


async def test_no_cookie_comes_back(provider: Provider, model: ScriptedModel) -> None:
    """A cookie one answer brought is not shown with the next question, which may be somebody else's."""

    async def sets_cookie(call: Call) -> None:
        await call.refuse(400, "no", set_cookie="user=ann")

    model.then(sets_cookie)
    await hear(provider)
    await hear(provider)
    assert "cookie" not in model.calls[1].headers


async def test_no_proxy_is_taken_from_the_environment(
    provider: Provider, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys do not pass through whatever `HTTP_PROXY` says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert (await hear(provider)).outcome == "stop"


def test_leaving_on_uvloop_closes_the_connection_too() -> None:
    """The loop that serves in production closes as promptly: in mid-answer and before the head."""

    async def leave(fault: str, begun: int) -> bool:
        upstream = Upstream()
        async with ScriptedModel() as model:
            provider = OpenAI(upstream, base_url=model.url + "/v1")
            heard = asyncio.create_task(hear(provider, fault))
            call = await model.called()
            await call.reached(begun)
            heard.cancel()
            await asyncio.wait([heard])
            closed = await seen_closed(call)
            await upstream.close()
        return closed

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(leave("fault:hang-mid-stream", 150))
        assert runner.run(leave("fault:hang-before-headers", 0))
