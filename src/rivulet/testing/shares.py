"""What every store promises about shares, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `ShareContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

import msgspec

from rivulet.ports.shares import Share
from rivulet.testing.asker import Asker, World

FIRST = Share(
    id="s1", tenant_id="default", chat_id="c1", leaf_id="t1", title="A", message_count=2, created_at=5
)
SECOND = msgspec.structs.replace(FIRST, id="s2", leaf_id="t2", title="B", message_count=4)


class ShareContract:
    """Found by their ids, ended for good."""

    async def test_a_share_is_found_by_its_id(self, world: World) -> None:
        """By anybody, after a restart too; a chat's are listed, the newest first, also within a
        millisecond."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await ask.answer("t2", "c1", new=False)
        await ask.answer("t3", "c2")
        elsewhere = msgspec.structs.replace(FIRST, id="s3", chat_id="c2", leaf_id="t3")
        for share in (FIRST, SECOND, elsewhere):
            assert await world.stores.shares.add(share) is True
        await world.restart()
        shares = world.stores.shares
        assert [await shares.find(id) for id in ("s1", "s2", "s3", "s4")] == [FIRST, SECOND, elsewhere, None]
        assert await shares.of_chat("default", "c1") == [SECOND, FIRST]
        assert await shares.of_chat("other", "c1") == []

    async def test_an_ended_share_is_gone(self, world: World) -> None:
        """At once and after a restart; only its own chat and tenant can end it, and only once."""
        await Asker(world).answer("t1", "c1")
        shares = world.stores.shares
        await shares.add(FIRST)
        assert await shares.remove("other", "c1", "s1") is False
        assert await shares.remove("default", "c2", "s1") is False
        assert await shares.find("s1") == FIRST
        assert await shares.remove("default", "c1", "s1") is True
        assert await shares.find("s1") is None
        assert await shares.remove("default", "c1", "s1") is False
        await world.restart()
        assert await world.stores.shares.find("s1") is None

    async def test_only_of_turns_that_are_there(self, world: World) -> None:
        """An unknown turn, one of another chat and one of another tenant are not shared."""
        await Asker(world).answer("t1", "c1")
        shares = world.stores.shares
        for wrong in ({"leaf_id": "t404"}, {"chat_id": "c2"}, {"tenant_id": "other"}):
            assert await shares.add(msgspec.structs.replace(FIRST, **wrong)) is False
        assert await shares.find("s1") is None

    async def test_a_share_ends_with_its_chat(self, world: World) -> None:
        """Deleting the chat ends its links and no others, also when a chat is made under its id again."""
        ask, shares = Asker(world), world.stores.shares
        await ask.answer("t1", "c1")
        await ask.answer("t3", "c2")
        other = msgspec.structs.replace(FIRST, id="s3", chat_id="c2", leaf_id="t3")
        await shares.add(FIRST)
        await shares.add(other)
        await world.stores.chats.delete("default", "c1")
        await ask.answer("t1", "c1")
        assert await shares.find("s1") is None
        assert await shares.of_chat("default", "c1") == []
        assert await shares.find("s3") == other
