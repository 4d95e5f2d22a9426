"""The verbs, and what outlives the process that was asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from rivulet.domain import events as e
from rivulet.domain.errors import ChatBusy, Draining, IdempotencyMismatch, InvalidRequest, NotFound
from rivulet.domain.tenant import LOCAL, Principal
from rivulet.domain.turn import check, fold
from rivulet.engine.question import clean
from rivulet.ports.answering import Exchange, Finished, Task
from rivulet.ports.dialect import Ask

from .conftest import NATIVE, Bench

pytestmark = pytest.mark.anyio
STRANGER = Principal(tenant_id="other")


async def slow(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    yield e.TextStarted(part_id="t")
    for word in range(10):
        await asyncio.sleep(1)
        yield e.TextDelta(part_id="t", delta=f"{word} ")


async def silent(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
    yield e.StageStarted(stage="retrieval", stage_id="r")
    await asyncio.sleep(10)


async def test_a_chat_remembers_what_was_said(bench: Bench) -> None:
    """The second question is asked with the first and its answer as history."""
    first = await bench.ask()
    await bench.ended(first)
    await bench.ended(await bench.ask(chat_id=first.chat_id))
    assert bench.scripted.asked[1].history == (
        Exchange(role="user", text="Why?"),
        Exchange(role="assistant", text="Because so."),
    )
    messages = await bench.service.chats.messages(LOCAL, first.chat_id)
    assert [message.role for message in messages] == ["user", "assistant"] * 2


async def test_a_request_may_bring_its_own_history(bench: Bench) -> None:
    """What the request says was said goes before what the chat remembers."""
    told = (Exchange(role="user", text="Earlier"),)
    await bench.ended(await bench.ask(history=told))
    assert bench.scripted.asked[0].history == told


async def test_one_answer_at_a_time(bench: Bench) -> None:
    """A second question is refused with the running turn's id, and taken once that has ended."""
    bench.says("slow", slow)
    first = await bench.ask("slow")
    with pytest.raises(ChatBusy) as refused:
        await bench.ask(chat_id=first.chat_id)
    assert refused.value.turn_id == first.turn_id
    await bench.ended(first)
    await bench.ask(chat_id=first.chat_id)


async def test_a_queued_question_waits_its_turn(bench: Bench) -> None:
    """Queued questions are answered in order, say that they wait, and know the answers before."""
    bench.says("slow", slow)
    first = await bench.ask("slow")
    second = await bench.ask(chat_id=first.chat_id, on_busy="queue")
    third = await bench.ask(chat_id=first.chat_id, on_busy="queue")
    logs = [await bench.ended(each) for each in (first, second, third)]
    for log in logs:
        check(log)
    assert logs[0][-1].at <= logs[1][-1].at <= logs[2][-1].at
    assert any(isinstance(event, e.StageFinished) and event.stage == "queued" for event in logs[2])
    assert len(bench.scripted.asked[2].history) == 4


async def test_a_queued_question_can_be_stopped_while_it_waits(bench: Bench) -> None:
    """Stopping one in the queue ends it at once and leaves the running answer alone."""
    bench.says("slow", slow)
    first = await bench.ask("slow")
    second = await bench.ask(chat_id=first.chat_id, on_busy="queue")
    await asyncio.sleep(1)
    assert (await bench.service.stop(LOCAL, second.turn_id)).status == "cancelled"
    assert fold(await bench.ended(first)).status == "completed"


async def test_retry_is_a_new_turn_of_the_same_question(bench: Bench) -> None:
    """It names the old turn, keeps its question and stands beside it: the chat shows one of the two."""
    first = await bench.ask()
    with pytest.raises(ChatBusy):
        await bench.service.retry(LOCAL, first.turn_id)
    await bench.ended(first)
    again = await bench.service.retry(LOCAL, first.turn_id)
    log = await bench.ended(again)
    assert fold(log).retry_of == first.turn_id
    assert bench.scripted.asked[1].question == "Why?"
    assert bench.scripted.asked[1].history == ()
    question, answer = await bench.service.chats.messages(LOCAL, first.chat_id)
    assert (question.id, question.turn_id) == (first.user_message_id, again.turn_id)
    assert (answer.id, answer.siblings) == (again.message_id, (first.turn_id, again.turn_id))


async def test_the_same_key_starts_one_turn(bench: Bench) -> None:
    """Fifty identical requests are one turn; another request with the key is refused."""
    ask = Ask(input="Why?", model="plain")
    started = await asyncio.gather(*(bench.service.ask(LOCAL, ask, "key") for _ in range(50)))
    assert len({each.turn_id for each in started}) == 1
    assert len(bench.scripted.asked) <= 1
    with pytest.raises(IdempotencyMismatch):
        await bench.service.ask(LOCAL, Ask(input="What?", model="plain"), "key")


async def test_nothing_of_another_tenant_exists(bench: Bench) -> None:
    """Every verb on a foreign id is the same NotFound as on an unknown one."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    for turn_id in (started.turn_id, "trn_unknown", "../../etc", "'; drop table turns;--"):
        for verb in (bench.service.get, bench.service.stop, bench.service.retry):
            with pytest.raises(NotFound):
                await verb(STRANGER, turn_id)
        with pytest.raises(NotFound):
            await bench.service.follow(STRANGER, turn_id, NATIVE, "0")
    with pytest.raises(NotFound):
        await bench.service.ask(STRANGER, Ask(input="x", chat_id=started.chat_id, model="plain"))
    with pytest.raises(NotFound):
        await bench.service.chats.messages(STRANGER, started.chat_id)
    with pytest.raises(NotFound):
        await bench.service.chats.delete(STRANGER, started.chat_id)
    assert await bench.service.chats.recent(STRANGER, None, 10) == []
    assert await bench.service.recent(STRANGER, None, 10) == []
    for place in ((started.turn_id, 10), (None, 10, started.chat_id)):
        with pytest.raises(NotFound):
            await bench.service.recent(STRANGER, *place)


async def test_a_user_lists_the_turns_of_nobody_else(bench: Bench) -> None:
    """A key for the whole tenant lists them all."""
    asked = [
        await bench.service.ask(Principal(LOCAL.tenant_id, user), Ask(input="Why?", model="plain"))
        for user in ("ann", "bob")
    ]
    ann = Principal(LOCAL.tenant_id, "ann")
    assert [each.id for each in await bench.service.recent(ann, None, 10)] == [asked[0].turn_id]
    assert [each.id for each in await bench.service.recent(LOCAL, None, 10)] == [
        asked[1].turn_id,
        asked[0].turn_id,
    ]
    for place in ((asked[1].turn_id, 10), (None, 10, asked[1].chat_id)):
        with pytest.raises(NotFound):
            await bench.service.recent(ann, *place)


async def test_a_deleted_chat_is_gone(bench: Bench) -> None:
    """Its turns and messages are not found; while it answers it cannot be deleted."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    with pytest.raises(ChatBusy):
        await bench.service.chats.delete(LOCAL, started.chat_id)
    await bench.ended(started)
    await bench.service.chats.delete(LOCAL, started.chat_id)
    with pytest.raises(NotFound):
        await bench.service.get(LOCAL, started.turn_id)
    with pytest.raises(NotFound):
        await bench.service.chats.messages(LOCAL, started.chat_id)


async def test_leaving_does_not_stop_the_turn(bench: Bench) -> None:
    """A reader that goes away is a reader less, nothing else."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, "0")
    assert follower is not None
    await follower.next()
    follower.close()
    assert fold(await bench.ended(started)).status == "completed"


async def test_leaving_stops_the_turn_that_asked_for_it(bench: Bench) -> None:
    """With on_disconnect=cancel the turn ends a grace after its last reader has left."""
    bench.says("slow", slow)
    started = await bench.ask("slow", on_disconnect="cancel")
    followers = [await bench.service.follow(LOCAL, started.turn_id, NATIVE, "0") for _ in range(2)]
    for follower, wait in zip(followers, (1, 0), strict=True):
        assert follower is not None
        follower.close()
        await asyncio.sleep(wait)
    finished = (await bench.ended(started))[-1]
    assert isinstance(finished, e.TurnFinished)
    assert finished.timing is not None
    assert (finished.status, finished.timing.duration_ms) == ("cancelled", 6000)


async def test_coming_back_within_the_grace_keeps_the_turn(bench: Bench) -> None:
    """A reader that reconnects in time has not left."""
    bench.says("slow", slow)
    started = await bench.ask("slow", on_disconnect="cancel")
    follower = await bench.service.follow(LOCAL, started.turn_id, NATIVE, "0")
    assert follower is not None
    follower.close()
    await asyncio.sleep(4)
    await bench.read(started)
    assert fold(await bench.ended(started)).status == "completed"


async def test_draining_lets_turns_end_and_marks_the_rest(bench: Bench) -> None:
    """New turns are refused; one that fits ends, one that does not is interrupted with its text."""
    bench.says("slow", slow)

    async def endless(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
        yield e.TextStarted(part_id="t")
        while True:
            await asyncio.sleep(1)
            yield e.TextDelta(part_id="t", delta="x")

    bench.says("endless", endless)
    short, long = await bench.ask("slow"), await bench.ask("endless")
    draining = asyncio.create_task(bench.service.drain(15))
    await asyncio.sleep(0)
    with pytest.raises(Draining):
        await bench.ask()
    await draining
    assert fold(await bench.log(short)).status == "completed"
    turn = fold(await bench.log(long))
    assert turn.error is not None
    assert (turn.status, turn.error.code, turn.text) == ("failed", "interrupted", "x" * 15)


async def test_what_a_dead_process_left_is_ended_once(bench: Bench) -> None:
    """After a crash the text is kept, the turn is failed as interrupted, and its old owner is powerless."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    await asyncio.sleep(3.5)
    old = bench.service
    seen = await bench.log(started)
    bench.service = bench.new_service()
    assert await bench.service.recover() == 1
    log = await bench.log(started)
    check(log)
    assert log[: len(seen)] == seen
    turn = fold(log)
    assert turn.error is not None
    assert (turn.text, turn.error.code) == ("0 1 2 ", "interrupted")
    await asyncio.sleep(20)
    assert await bench.log(started) == log
    assert len(old.running) == 0
    answers = [
        m.text for m in await bench.service.chats.messages(LOCAL, started.chat_id) if m.role == "assistant"
    ]
    assert answers == ["0 1 2 "]


async def test_a_turn_without_output_can_be_answered_again(make_bench: Callable[..., Bench]) -> None:
    """By policy, a turn that had said nothing is run again after a crash: same turn, next seq."""
    bench = make_bench(retry_interrupted=True)
    bench.says("m", silent)
    started = await bench.ask("m")
    await asyncio.sleep(1)
    bench.service = bench.new_service()

    async def again(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
        yield e.StageStarted(stage="retrieval", stage_id="r2")
        yield e.StageFinished(stage="retrieval", stage_id="r2")
        async for draft in slow(task):
            yield draft

    bench.says("m", again)
    await bench.service.recover()
    log = await bench.ended(started)
    check(log)
    assert fold(log).text == "0 1 2 3 4 5 6 7 8 9 "
    assert [stage.status for stage in fold(log).stages] == ["failed", "completed"]


async def test_a_turn_that_showed_its_sources_is_not_answered_again(
    make_bench: Callable[..., Bench],
) -> None:
    """Readers would see every source twice: it is ended as interrupted instead."""

    async def searched(task: Task) -> AsyncGenerator[e.AnyEvent | Finished, None]:
        yield e.SourcesAdded(sources=[])
        passage = {"id": "p", "n": 1, "source_id": "s", "document_id": "d", "chunk_id": "c", "title": "T"}
        yield e.SourcesAdded(sources=[e.Passage(**passage, url="/", text="x", score=1.0)])
        await asyncio.sleep(100)

    bench = make_bench(retry_interrupted=True)
    bench.says("m", searched)
    started = await bench.ask("m")
    await asyncio.sleep(1)
    bench.service = bench.new_service()
    await bench.service.recover()
    turn = fold(await bench.log(started))
    assert turn.error is not None
    assert turn.error.code == "interrupted"


async def test_a_stop_during_recovery_waits_for_it(bench: Bench) -> None:
    """Stopping a turn whose owner died gives its end as soon as there is one."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    await asyncio.sleep(2.5)
    bench.service = bench.new_service()
    stopping = asyncio.create_task(bench.service.stop(LOCAL, started.turn_id))
    await asyncio.sleep(0)
    await bench.service.recover()
    receipt = await stopping
    assert (receipt.status, receipt.kept_chars) == ("failed", 4)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00", "\ud800", "x" * 32_001])
def test_a_question_that_is_none_is_refused(text: str) -> None:
    """Empty, blank, nothing but what cannot be stored, or too long."""
    with pytest.raises(InvalidRequest):
        clean(text)


def test_a_question_loses_what_cannot_be_stored() -> None:
    """NUL and lone surrogates are removed, everything else stays."""
    assert clean("a\x00b\ud800c\u202e🏳️‍🌈") == "abc\u202e🏳️‍🌈"


async def test_unknown_models_and_bots_are_refused_before_anything_is_written(bench: Bench) -> None:
    """No turn, no chat, a clear error."""
    with pytest.raises(InvalidRequest, match="no model"):
        await bench.ask("gpt-99")
    with pytest.raises(NotFound, match="no bot"):
        await bench.ask(bot_id="nobody")
    assert await bench.service.chats.recent(LOCAL, None, 10) == []
