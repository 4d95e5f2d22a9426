"""What every turn log promises about writing and reading, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `TurnLogContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

import asyncio
import itertools
from collections.abc import Sequence

from rivulet.domain import events as e
from rivulet.domain.chat import Message
from rivulet.domain.errors import LostClaim, NotFound, RivuletError
from rivulet.domain.turn import check
from rivulet.testing.asker import Asker, Told, World, refused

ODD_TEXTS = (
    "plain",
    "NUL \x00 and controls \x01\x1b[31m\x7f\r\n\t",
    "separators \u2028 \u2029 \x85 \x0b \x0c \x1c",
    "العربية עברית \u202eRTL\u202c",
    "👩‍👩‍👧‍👦 🏳️‍🌈 \U0010ffff \ufdd0 \ufeff",
    '"quotes" \\backslash\\ </script> {"type":"turn.finished"}',
    "x" * 100_000,
    "",
)


class TurnLogContract:
    """Opening, appending, finishing, reading."""

    async def test_an_opened_turn_is_there(self, world: World) -> None:
        """Its row, its first event, its chat and its question, as soon as `open` returns."""
        ask = Asker(world)
        claim = await ask.open("t1", "c1")
        assert (claim.epoch, claim.last_seq, claim.owner) == (1, 1, "owner_1")
        (first,) = await ask.read("t1")
        assert isinstance(first, e.TurnStarted)
        assert (first.seq, first.turn_id) == (1, "t1")
        record = await world.stores.turns.get("default", "t1")
        assert record is not None
        assert (record.status, record.question, record.last_seq) == ("in_progress", "Question of t1?", 1)
        assert record.request == b'{"input":"?"}'
        chat = await world.stores.chats.get("default", "c1")
        assert chat is not None
        assert (chat.title, chat.updated_at) == ("Chat c1", first.at)
        (question,) = await world.stores.chats.messages("default", "c1")
        assert (question.id, question.role, question.text) == ("question_t1", "user", "Question of t1?")

    async def test_events_are_told_once_they_are_in_the_log(self, world: World) -> None:
        """The log has exactly what was told, numbered from 2 without a gap."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        for word in range(20):
            part = str(word)
            ask.say(claim, [part], told, part=part)
            await told.has(3 * (word + 1))
            assert await ask.read(after=1) == told.events
        assert [event.seq for event in told.events] == list(range(2, 62))

    async def test_append_returns_before_it_tells(self, world: World) -> None:
        """`committed` is never called from inside `append`."""
        ask, told = Asker(world), Told()
        ask.say(await ask.open(), ["a"], told)
        assert told.events == []
        await told.has(3)

    async def test_appending_nothing_is_nothing(self, world: World) -> None:
        """No event, nothing told, and the turns beside it are written as ever."""
        ask, told, other = Asker(world), Told(), Told()
        one, two = await ask.open("t1", "c1"), await ask.open("t2", "c2")
        world.stores.log.append(one, [], told)
        ask.say(two, ["x"], other)
        await other.has(3)
        assert told.events == []
        assert len(await ask.read("t1")) == 1

    async def test_neighbouring_deltas_become_one_event(self, world: World) -> None:
        """Deltas that wait together are one event with the same text, as long as it is no book; nothing else
        changes its place."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        ask.say(claim, [f"{word} " for word in range(3_000)], told, part="a")
        ask.say(claim, ["b"], told, part="b")
        events = await told.has(6)
        assert [e.type_of(event) for event in events] == ["text.started", "text.delta", "text.finished"] * 2
        assert isinstance(events[1], e.TextDelta)
        assert events[1].delta == "".join(f"{word} " for word in range(3_000))

    async def test_turns_do_not_mix(self, world: World) -> None:
        """Twenty turns that are written at once have each its own gapless log."""
        ask = Asker(world)
        names = [f"t{index}" for index in range(20)]
        claims = await asyncio.gather(*(ask.open(name, f"c_{name}") for name in names))
        tellings = [Told() for _ in names]
        for round_ in range(5):
            for name, claim, told in zip(names, claims, tellings, strict=True):
                ask.say(claim, [name], told, part=f"{name}.{round_}")
            await asyncio.gather(*(told.has(3 * round_) for told in tellings))
        for name, told in zip(names, tellings, strict=True):
            await told.has(15)
            log = await ask.read(name)
            assert log[1:] == told.events
            assert [event.seq for event in log] == list(range(1, 17))
            assert {event.delta for event in log if isinstance(event, e.TextDelta)} == {name}

    async def test_a_listener_that_fails_harms_nobody(self, world: World) -> None:
        """The other turns of the same commit are told, and the log is whole."""
        ask, told = Asker(world), Told()
        one, two = await ask.open("t1", "c1"), await ask.open("t2", "c2")
        reported: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))

        def fail(events: Sequence[e.AnyEvent], error: RivuletError | None) -> None:
            raise RuntimeError("a listener's own fault")

        world.stores.log.append(one, [e.TextStarted(part_id="p")], fail)
        ask.say(two, ["x"], told)
        await told.has(3)
        loop.set_exception_handler(None)
        assert [str(each) for each in reported] == ["a listener's own fault"]
        assert len(await ask.read("t1")) == 2

    async def test_any_text_comes_back_as_it_was(self, world: World) -> None:
        """NUL, separators, both directions, nothing at all, 100,000 characters: in events and messages."""
        ask, told = Asker(world), Told()
        claim = await ask.open(question=ODD_TEXTS[1])
        for index, text in enumerate(ODD_TEXTS):
            ask.say(claim, [text], told, part=str(index))
        await told.has(3 * len(ODD_TEXTS))
        await ask.finish(claim)
        await world.restart()
        deltas = [event.delta for event in await ask.read() if isinstance(event, e.TextDelta)]
        assert deltas == list(ODD_TEXTS)
        question, answer = await world.stores.chats.messages("default", "c1")
        assert question.text == ODD_TEXTS[1]
        assert answer.text == "\n\n".join(filter(None, ODD_TEXTS))

    async def test_finish_writes_the_end(self, world: World) -> None:
        """What was appended before, the terminal event last, the row, the answer, the chat's time."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        world.clock.advance(3)
        ask.say(claim, ["So."], told)
        await told.has(3)
        finished = await ask.finish(claim)
        log = await ask.read()
        check(log)
        assert log[-1] == finished
        assert told.events == log[1:-1]
        record = await world.stores.turns.get("default", "t1")
        assert record is not None
        assert (record.status, record.last_seq) == ("completed", finished.seq)
        answer = (await world.stores.chats.messages("default", "c1"))[-1]
        assert (answer.id, answer.role, answer.text) == ("answer_t1", "assistant", "So.")
        assert (answer.status, answer.usage, answer.timing) == ("completed", finished.usage, finished.timing)
        chat = await world.stores.chats.get("default", "c1")
        assert chat is not None
        assert chat.updated_at == finished.at

    async def test_drafts_handed_in_just_before_the_end_are_before_it(self, world: World) -> None:
        """`finish` takes along what was appended in the same breath."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        ask.say(claim, ["So."], told)
        terminal = e.TurnFinished(at=1, status="completed", finish_reason="stop")
        finished = await world.stores.log.finish(claim, terminal, _answer("t1", "c1"))
        assert finished.seq == 5
        assert [event.seq for event in told.events] == [2, 3, 4]
        check(await ask.read())

    async def test_nothing_follows_the_end(self, world: World) -> None:
        """A second end and later drafts are refused, once each, and change nothing."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        await ask.finish(claim)
        log = await ask.read()
        terminal = e.TurnFinished(at=9, status="failed", finish_reason="error")
        await refused(LostClaim, world.stores.log.finish(claim, terminal, _answer("t1", "c1")))
        ask.say(claim, ["late"], told)
        assert isinstance(await told.failed(), LostClaim)
        ask.say(claim, ["later"], told)
        await refused(LostClaim, world.stores.log.finish(claim, terminal, _answer("t1", "c1")))
        assert len(told.errors) == 1
        assert await ask.read() == log
        assert len(await world.stores.chats.messages("default", "c1")) == 2

    async def test_two_ends_at_once_are_one(self, world: World) -> None:
        """Exactly one of them wins."""
        ask = Asker(world)
        claim = await ask.open()
        ends = [
            e.TurnFinished(at=9, status="completed", finish_reason="stop"),
            e.TurnFinished(at=9, status="cancelled", finish_reason="cancelled"),
        ]
        finish = world.stores.log.finish
        results = await asyncio.gather(
            *(finish(claim, end, _answer("t1", "c1")) for end in ends), return_exceptions=True
        )
        assert [type(result) for result in results] == [e.TurnFinished, LostClaim]
        log = await ask.read()
        check(log)
        assert log[-1] == results[0]

    async def test_every_page_of_a_log(self, world: World) -> None:
        """Any cursor and any size of page, while the turn runs, when it is over, and after a restart."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        for part in range(4):
            ask.say(claim, ["x"], told, part=str(part))
            await told.has(3 * (part + 1))
        running = await ask.read()
        await self._pages(ask, running)
        await ask.finish(claim)
        finished = await ask.read()
        assert finished[:-1] == running
        await self._pages(ask, finished)
        await world.restart()
        await self._pages(ask, finished)

    async def _pages(self, ask: Asker, log: list[e.AnyEvent]) -> None:
        for after, limit in itertools.product(range(len(log) + 2), (1, 2, 5, 100)):
            assert await ask.read(after=after, limit=limit) == log[after : after + limit]
        assert await ask.read(after=1 << 70) == []

    async def test_reading_what_is_not_there(self, world: World) -> None:
        """An unknown turn is NotFound, not empty."""
        await refused(NotFound, Asker(world).read("t404"))


def _answer(turn: str, chat: str) -> Message:
    return Message(
        id=f"answer_{turn}", chat_id=chat, turn_id=turn, role="assistant", text="So.", created_at=0
    )
