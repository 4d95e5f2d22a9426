"""The verbs on branches, feedback and shares: history along a path, and walls between tenants."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from rivulet.domain import events as e
from rivulet.domain.errors import ChatBusy, Conflict, NotFound
from rivulet.domain.tenant import LOCAL, Principal
from rivulet.engine.branches import Place
from rivulet.engine.service import Started
from rivulet.ports.answering import Finished, Task
from rivulet.ports.dialect import Ask

from .conftest import Bench

pytestmark = pytest.mark.anyio
STRANGER = Principal(tenant_id="other")
VISITOR = Principal(tenant_id=LOCAL.tenant_id, user_id="vis_somebody_else")


async def echo(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    """Answers with the question."""
    yield e.TextStarted(part_id="t")
    yield e.TextDelta(part_id="t", delta=f"Re: {task.question}")
    yield e.TextFinished(part_id="t")


async def slow(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    yield e.TextStarted(part_id="t")
    await asyncio.sleep(5)
    yield e.TextDelta(part_id="t", delta="late")


@pytest.fixture
def asking(bench: Bench) -> Callable[..., Any]:
    """Asks something at a place and waits for the answer."""
    bench.says("echo", echo)
    bench.says("slow", slow)

    async def ask(question: str, chat_id: str | None = None, **place: str) -> Started:
        ask = Ask(input=question, chat_id=chat_id, model="echo")
        started = await bench.service.ask(LOCAL, ask, place=Place(**place))
        await bench.ended(started)
        return started

    return ask


def heard(bench: Bench) -> list[str]:
    """The history the last question was answered with."""
    return [each.text for each in bench.scripted.asked[-1].history]


async def test_the_history_is_the_path_to_the_parent(bench: Bench, asking: Any) -> None:
    """Not what was said on other branches, nor after it; a retry hears what its turn heard."""
    one = await asking("one")
    two = await asking("two", one.chat_id)
    await asking("three", one.chat_id)
    await asking("other", edit_of=two.turn_id)
    assert heard(bench) == ["one", "Re: one"]
    await asking("more", one.chat_id)
    assert heard(bench) == ["one", "Re: one", "other", "Re: other"]
    await bench.ended(await bench.service.retry(LOCAL, two.turn_id))
    assert heard(bench) == ["one", "Re: one"]
    await asking("after two", parent_id=two.turn_id)
    assert heard(bench) == ["one", "Re: one", "two", "Re: two"]
    await asking("first", edit_of=one.turn_id)
    assert heard(bench) == []


async def test_a_queued_question_follows_what_was_chosen_when_it_was_asked(bench: Bench, asking: Any) -> None:
    """It knows the answer it waited for; choosing another branch meanwhile does not move it."""
    one = await asking("one")
    running = await bench.ask("slow", chat_id=one.chat_id)
    ask = Ask(input="queued", chat_id=one.chat_id, model="echo", on_busy="queue")
    queued = await bench.service.ask(LOCAL, ask)
    await bench.service.branches.choose(LOCAL, one.chat_id, one.turn_id)
    await bench.ended(running)
    await bench.ended(queued)
    assert heard(bench) == ["one", "Re: one", "Why?", "late"]


async def test_a_busy_chat_is_busy_on_every_branch(bench: Bench, asking: Any) -> None:
    """One answer at a time in a chat; choosing is not asking, and works."""
    one = await asking("one")
    running = await bench.ask("slow", chat_id=one.chat_id)
    with pytest.raises(ChatBusy):
        await asking("edited", edit_of=one.turn_id)
    with pytest.raises(ChatBusy):
        await bench.service.retry(LOCAL, one.turn_id)
    await bench.service.branches.choose(LOCAL, one.chat_id, one.turn_id)
    transcript = await bench.service.branches.transcript(LOCAL, one.chat_id)
    assert transcript.tree.leaf == running.turn_id  # the branch of `one` was continued by it


@pytest.mark.parametrize("who", [STRANGER, VISITOR])
async def test_nothing_of_somebody_else_exists(bench: Bench, asking: Any, who: Principal) -> None:
    """Every verb on another tenant's or user's ids is the NotFound of an unknown id, and changes nothing."""
    one = await asking("one")
    share = await bench.service.shares.make(LOCAL, one.chat_id)
    before = await bench.service.branches.transcript(LOCAL, one.chat_id)
    service = bench.service
    verbs = [
        lambda turn, chat: service.ask(who, Ask(input="x", model="echo"), place=Place(edit_of=turn)),
        lambda turn, chat: service.ask(who, Ask(input="x", model="echo"), place=Place(parent_id=turn)),
        lambda turn, chat: service.branches.transcript(who, chat),
        lambda turn, chat: service.branches.tree(who, chat),
        lambda turn, chat: service.branches.choose(who, chat, turn),
        lambda turn, chat: service.feedback.rate(who, turn, "up"),
        lambda turn, chat: service.feedback.take_back(who, turn),
        lambda turn, chat: service.shares.make(who, chat),
        lambda turn, chat: service.shares.of_chat(who, chat),
        lambda turn, chat: service.shares.end(who, chat, share.id),
        lambda turn, chat: service.chats.rename(who, chat, "x"),
    ]
    for ids in ((one.turn_id, one.chat_id), ("trn_unknown", "cht_unknown"), ("'; --", "../x")):
        for verb in verbs:
            with pytest.raises(NotFound):
                await verb(*ids)
    after = await bench.service.branches.transcript(LOCAL, one.chat_id)
    assert (after.said, after.chat, after.tree.leaf) == (before.said, before.chat, before.tree.leaf)
    assert await service.shares.of_chat(LOCAL, one.chat_id) == [share]


async def test_a_share_is_what_was_finished_then(bench: Bench, asking: Any) -> None:
    """Whatever happens in the chat afterwards; at most a hundred links a chat."""
    one = await asking("one")
    running = await bench.ask("slow", chat_id=one.chat_id)
    share = await bench.service.shares.make(LOCAL, one.chat_id)
    await bench.ended(running)
    await asking("other", edit_of=one.turn_id)
    _, messages = await bench.service.shares.read(share.id)
    assert [message.text for message in messages] == ["one", "Re: one"]
    for _ in range(99):
        await bench.service.shares.make(LOCAL, one.chat_id)
    with pytest.raises(Conflict, match="100 links"):
        await bench.service.shares.make(LOCAL, one.chat_id)
