"""What every store promises about chats, keys and tenants, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `ChatContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

import asyncio

import msgspec

from rivulet.domain.chat import Chat
from rivulet.domain.errors import ChatBusy, IdempotencyMismatch, LostClaim, NotFound
from rivulet.domain.turn import check
from rivulet.ports.turns import Claim, Replayed
from rivulet.testing.asker import LEASE_MS, Asker, Told, World, refused


class ChatContract:
    """Chats, their messages, and which turns may be opened in them."""

    async def test_one_running_turn_a_chat(self, world: World) -> None:
        """A second is refused with the first's id and leaves no trace, unless it says that it will wait."""
        ask = Asker(world)
        claim = await ask.open("t1", "c1")
        before = await world.stores.chats.get("default", "c1")
        world.clock.advance(1)
        busy = await refused(ChatBusy, ask.open("t2", "c1", new=False))
        assert busy.turn_id == "t1"
        assert await world.stores.chats.get("default", "c1") == before
        assert await world.stores.turns.get("default", "t2") is None
        await ask.open("t3", "c1", new=False, exclusive=False)
        running = await world.stores.turns.running_in("default", "c1")
        assert [record.id for record in running] == ["t1", "t3"]
        await ask.finish(claim)
        busy = await refused(ChatBusy, ask.open("t4", "c1", new=False))
        assert busy.turn_id == "t3"

    async def test_a_chat_must_exist_unless_it_is_new(self, world: World) -> None:
        """An unknown chat is NotFound; a new chat that somebody just made is joined, under its own title."""
        ask = Asker(world)
        await refused(NotFound, ask.open("t1", "c1", new=False))
        assert await world.stores.turns.get("default", "t1") is None
        await ask.answer("t1", "c1")
        await ask.open("t2", "c1", new=True, chat_title="Another title")
        chat = await world.stores.chats.get("default", "c1")
        assert chat is not None
        assert chat.title == "Chat c1"

    async def test_messages_are_in_the_order_of_their_turns(self, world: World) -> None:
        """Each answer after its question, also when questions were queued; a retry adds only an answer."""
        ask = Asker(world)
        first = await ask.open("t1", "c1")
        second = await ask.open("t2", "c1", new=False, exclusive=False)
        await ask.finish(second)
        messages = await world.stores.chats.messages("default", "c1")
        assert [message.id for message in messages] == ["question_t1", "question_t2", "answer_t2"]
        await ask.finish(first)
        opening = ask.opening("t3", "c1", new=False)
        started = msgspec.structs.replace(opening.started, retry_of="t1", user_message_id="question_t1")
        await ask.finish(await ask.open("t3", "c1", new=False, started=started))
        messages = await world.stores.chats.messages("default", "c1")
        expected = ["question_t1", "answer_t1", "question_t2", "answer_t2", "answer_t3"]
        assert [message.id for message in messages] == expected
        record = await world.stores.turns.get("default", "t3")
        assert record is not None
        assert record.retry_of == "t1"

    async def test_messages_of_some_turns(self, world: World) -> None:
        """Only what was said in the turns that are named, in the order in which it was said; not in a turn of
        another chat or tenant, nor in one that is not there. A retry has no question of its own."""
        ask = Asker(world)
        for turn in ("t1", "t2", "t3"):
            await ask.answer(turn, "c1", new=turn == "t1")
        opening = ask.opening("t4", "c1", new=False)
        started = msgspec.structs.replace(opening.started, retry_of="t1", user_message_id="question_t1")
        await ask.finish(await ask.open("t4", "c1", new=False, started=started))
        await ask.answer("t5", "c2")
        await Asker(world, tenant_id="other").answer("t6", "c1")
        named = ["t4", "t5", "t6", "t404", "t2"]
        messages = await world.stores.chats.messages("default", "c1", named)
        assert [message.id for message in messages] == ["question_t2", "answer_t2", "answer_t4"]
        assert await world.stores.chats.messages("default", "c1", []) == []
        assert len(await world.stores.chats.messages("default", "c1")) == 7

    async def test_recent_chats_page_by_page(self, world: World) -> None:
        """Newest first; paging loses none, not even those that share a millisecond."""
        ask = Asker(world)
        for index in range(9):
            if index % 3 == 0:
                world.clock.advance(1)
            await ask.answer(f"t{index}", f"c{index}")
        seen: list[str] = []
        before = None
        while page := await world.stores.chats.recent("default", before, 2):
            assert len(page) >= 2
            seen += [chat.id for chat in page]
            before = page[-1].updated_at
        assert seen == [f"c{index}" for index in (8, 7, 6, 5, 4, 3, 2, 1, 0)]
        world.clock.advance(1)
        await ask.answer("t9", "c4", new=False)
        assert [chat.id for chat in await world.stores.chats.recent("default", None, 1)] == ["c4"]

    async def test_recent_turns_page_by_page(self, world: World) -> None:
        """Last opened first, running ones among them; of one user or one chat on request, and of nobody
        else's tenant."""
        ask, turns = Asker(world), world.stores.turns
        for index in range(4):
            await ask.answer(f"t{index}", f"c{index % 2}", new=index < 2)
        await ask.open("t4", "c0", new=False, user_id="ann")
        await Asker(world, tenant_id="other").open("t9", "c9")

        async def ids(before: str | None = None, limit: int = 9, **of: str | None) -> list[str]:
            found = await turns.recent(
                of.pop("tenant", "default") or "", of.pop("user", None), before, limit, **of
            )
            return [record.id for record in found]

        assert await ids() == ["t4", "t3", "t2", "t1", "t0"]
        assert (await ids(limit=2), await ids("t3", 2), await ids("t0")) == (["t4", "t3"], ["t2", "t1"], [])
        assert await ids(chat_id="c0") == ["t4", "t2", "t0"]
        assert await ids("t2", chat_id="c0") == ["t0"]
        assert await ids(user="ann") == await ids(user="ann", chat_id="c0") == ["t4"]
        assert await ids(tenant="other") == ["t9"]
        assert await ids("t9") == await ids("t404") == await ids(chat_id="c9") == []
        (running, ended) = await turns.recent("default", None, None, 2)
        assert (running.status, ended.status) == ("in_progress", "completed")
        assert ended == await turns.get("default", "t3")

    async def test_a_deleted_chat_is_gone(self, world: World) -> None:
        """Its turns, logs, messages and keys too; not while a turn runs; a second time there is nothing."""
        ask = Asker(world)
        claim = await ask.open("t1", "c1", idempotency_key="k", request_digest=b"d")
        await ask.answer("t2", "c2")
        busy = await refused(ChatBusy, world.stores.chats.delete("default", "c1"))
        assert busy.turn_id == "t1"
        await ask.finish(claim)
        assert await world.stores.chats.delete("default", "c1") is True
        assert await world.stores.chats.delete("default", "c1") is False
        await refused(NotFound, ask.read("t1"))
        assert await world.stores.turns.get("default", "t1") is None
        assert await world.stores.chats.get("default", "c1") is None
        assert await world.stores.chats.messages("default", "c1") == []
        assert [chat.id for chat in await world.stores.chats.recent("default", None, 9)] == ["c2"]
        check(await ask.read("t2"))
        await ask.open("t3", "c3", idempotency_key="k", request_digest=b"d")

    async def test_an_empty_chat_is_made_once_and_called_by_its_first_question(self, world: World) -> None:
        """A second one under its id is not made; a title that it was given is kept."""
        chats = world.stores.chats
        chat = Chat(id="c1", title="", created_at=5, updated_at=5)
        assert await chats.put("default", chat, is_new=True) is True
        given = msgspec.structs.replace(chat, title="Another")
        assert await chats.put("default", given, is_new=True) is False
        assert await chats.get("default", "c1") == chat
        assert await chats.messages("default", "c1") == []
        await Asker(world).answer("t1", "c1", new=False)
        assert await chats.put("default", msgspec.structs.replace(given, id="c2"), is_new=True) is True
        await Asker(world).answer("t2", "c2", new=False)
        called = [await chats.get("default", id) for id in ("c1", "c2")]
        assert [chat and chat.title for chat in called] == ["Chat c1", "Another"]

    async def test_a_chat_gets_another_title_and_keeps_the_rest(self, world: World) -> None:
        """One that is not there, or is another tenant's, gets none and is not made."""
        chats = world.stores.chats
        await Asker(world).answer("t1", "c1")
        before = await chats.get("default", "c1")
        assert before is not None
        named = Chat(id="c1", title="Named", created_at=7, updated_at=7)
        assert await chats.put("default", named, is_new=False) is True
        assert await chats.get("default", "c1") == msgspec.structs.replace(before, title="Named")
        assert await chats.put("other", named, is_new=False) is False
        assert await chats.get("other", "c1") is None

    async def test_a_chat_is_found_by_the_beginning_of_its_id(self, world: World) -> None:
        """Of several the first in order; never another tenant's."""
        chats = world.stores.chats
        for id in ("cht_ab2", "cht_ab1", "cht_b"):
            await Asker(world).answer(f"t_{id}", id)
        found = [
            await chats.starting("default", prefix) for prefix in ("cht_ab", "cht_b", "cht_ab2", "cht_a_")
        ]
        assert [chat and chat.id for chat in found] == ["cht_ab1", "cht_b", "cht_ab2", None]
        assert await chats.starting("other", "cht_") is None

    async def test_tenants_do_not_see_each_other(self, world: World) -> None:
        """The same ids in two tenants are two things; what the other tenant has is not there."""
        ours, theirs = Asker(world), Asker(world, tenant_id="other")
        await ours.answer("t1", "c1", "ours")
        stores = world.stores
        await refused(NotFound, theirs.read("t1"))
        await refused(NotFound, theirs.open("t2", "c1", new=False))
        assert await stores.turns.get("other", "t1") is None
        assert await stores.chats.get("other", "c1") is None
        assert await stores.chats.messages("other", "c1") == []
        assert await stores.chats.recent("other", None, 9) == []
        assert await stores.chats.delete("other", "c1") is False
        claim = await theirs.open("t1", "c1", idempotency_key="k")
        assert await stores.turns.running_in("default", "c1") == []
        assert await stores.log.claim("default", "t1", "owner_1", LEASE_MS) is None
        told, heard = Told(), Told()
        foreign = msgspec.structs.replace(claim, tenant_id="default")
        ours.say(foreign, ["across"], told)
        assert isinstance(await told.failed(), LostClaim)
        theirs.say(claim, ["theirs"], heard)
        await heard.has(3)
        await theirs.finish(claim)
        assert [message.text for message in await stores.chats.messages("default", "c1")][1] == "ours"
        assert [message.text for message in await stores.chats.messages("other", "c1")][1] == "theirs"
        assert await stores.chats.delete("default", "c1") is True
        check(await theirs.read("t1"))

    async def test_a_key_starts_one_turn(self, world: World) -> None:
        """Fifty equal requests at once, and one more after a restart, are one turn."""
        ask = Asker(world)
        log = world.stores.log
        openings = [
            ask.opening(f"t{n}", f"c{n}", idempotency_key="k", request_digest=b"d") for n in range(50)
        ]
        results = await asyncio.gather(*(log.open(opening, "owner_1", LEASE_MS) for opening in openings))
        (claim,) = [result for result in results if isinstance(result, Claim)]
        assert {result.turn_id for result in results} == {claim.turn_id}
        assert len(await world.stores.chats.recent("default", None, 100)) == 1
        await world.restart()
        again = await world.stores.log.open(openings[7], "owner_2", LEASE_MS)
        assert again == Replayed(turn_id=claim.turn_id)

    async def test_a_key_means_one_request(self, world: World) -> None:
        """Another request under the same key is refused; another tenant's key is another key."""
        ask = Asker(world)
        await ask.open("t1", "c1", idempotency_key="k", request_digest=b"d")
        await refused(IdempotencyMismatch, ask.open("t2", "c2", idempotency_key="k", request_digest=b"other"))
        assert await world.stores.chats.get("default", "c2") is None
        stranger = Asker(world, tenant_id="other")
        assert (await stranger.open("t1", "c1", idempotency_key="k", request_digest=b"other")).turn_id == "t1"

    async def test_a_key_is_kept_for_a_day_and_not_for_ever(self, world: World) -> None:
        """After 24 hours it still works, after a week it is free."""
        ask = Asker(world)
        await ask.open("t1", "c1", idempotency_key="k", request_digest=b"d")
        world.clock.advance(24 * 3600)
        opening = ask.opening("t2", "c2", idempotency_key="k", request_digest=b"d")
        assert isinstance(await world.stores.log.open(opening, "owner_1", LEASE_MS), Replayed)
        world.clock.advance(6 * 24 * 3600)
        opening = ask.opening("t3", "c3", idempotency_key="k", request_digest=b"new")
        assert isinstance(await world.stores.log.open(opening, "owner_1", LEASE_MS), Claim)
