"""What every store promises about the tree of a chat's turns, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `BranchContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

import msgspec

from rivulet.domain.errors import NotFound
from rivulet.testing.asker import Asker, World, refused


class BranchContract:
    """Where a turn stands, and which path is chosen."""

    async def test_questions_one_after_the_other_are_a_chain(self, world: World) -> None:
        """Each continues the one before it, queued ones too, and the path leads to the last."""
        ask = Asker(world)
        claim = await ask.open("t1", "c1")
        await ask.open("t2", "c1", new=False, exclusive=False)
        await ask.finish(claim)
        await ask.open("t3", "c1", new=False, exclusive=False)
        assert await self._shape(world) == {"t1": None, "t2": "t1", "t3": "t2"}
        assert await self._path(world) == ["t1", "t2", "t3"]
        tree = await world.stores.branches.tree("default", "c1")
        assert [node.status for node in tree.nodes] == ["completed", "in_progress", "in_progress"]

    async def test_a_retry_and_an_edit_stand_beside(self, world: World) -> None:
        """The first turn of a chat and a later one alike; the path leads to what was asked last."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await ask.answer("t2", "c1", new=False)
        await self._retry(ask, "t3", "t2")
        await ask.finish(await ask.open("t4", "c1", new=False, edit_of="t1"))
        await ask.answer("t5", "c1", new=False)
        assert await self._shape(world) == {"t1": None, "t2": "t1", "t3": "t1", "t4": None, "t5": "t4"}
        assert await self._path(world) == ["t4", "t5"]
        tree = await world.stores.branches.tree("default", "c1")
        assert [node.user_message_id for node in tree.path("t3")] == ["question_t1", "question_t2"]

    async def test_any_turn_can_be_continued(self, world: World) -> None:
        """Also one in the middle, and the branch that was left stays what it was."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await ask.answer("t2", "c1", new=False)
        await ask.finish(await ask.open("t3", "c1", new=False, parent_id="t1"))
        assert await self._path(world) == ["t1", "t3"]
        tree = await world.stores.branches.tree("default", "c1")
        assert [node.turn_id for node in tree.path("t2")] == ["t1", "t2"]

    async def test_the_chosen_leaf_is_kept(self, world: World) -> None:
        """After a restart too, and the next question continues it."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await self._retry(ask, "t2", "t1")
        assert await world.stores.branches.choose("default", "c1", "t1") is True
        await world.restart()
        assert await self._path(world) == ["t1"]
        await Asker(world).answer("t3", "c1", new=False)
        assert await self._path(world) == ["t1", "t3"]

    async def test_a_place_that_is_not_there(self, world: World) -> None:
        """A turn that is unknown, of another chat or of another tenant: nothing is opened or chosen."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await ask.answer("t2", "c2")
        await Asker(world, tenant_id="other").answer("t3", "c1")
        for turn_id in ("t2", "t3", "t404"):
            for place in ("parent_id", "edit_of"):
                await refused(NotFound, ask.open("t9", "c1", new=False, **{place: turn_id}))
            assert await world.stores.branches.choose("default", "c1", turn_id) is False
        assert await world.stores.turns.get("default", "t9") is None
        assert await self._path(world) == ["t1"]
        assert (await world.stores.branches.tree("default", "c404")).nodes == []
        assert await world.stores.branches.choose("default", "c404", "t1") is False

    async def test_tenants_have_trees_of_their_own(self, world: World) -> None:
        """Under the same ids too: choosing and growing in one is not seen in the other."""
        ours, theirs = Asker(world), Asker(world, tenant_id="other")
        for ask in (ours, theirs):
            await ask.answer("t1", "c1")
            await ask.answer("t2", "c1", new=False)
        await theirs.answer("t3", "c1", new=False)
        assert await world.stores.branches.choose("other", "c1", "t1") is True
        assert await self._path(world) == ["t1", "t2"]
        assert [node.turn_id for node in (await world.stores.branches.tree("other", "c1")).chosen()] == ["t1"]

    async def test_a_deleted_chat_has_no_tree(self, world: World) -> None:
        """And one made again under its id begins anew."""
        ask = Asker(world)
        await ask.answer("t1", "c1")
        await world.stores.chats.delete("default", "c1")
        tree = await world.stores.branches.tree("default", "c1")
        assert (list(tree.nodes), tree.leaf) == ([], None)
        await ask.answer("t2", "c1")
        assert await self._shape(world) == {"t2": None}

    async def _retry(self, ask: Asker, turn: str, of: str) -> None:
        opening = ask.opening(turn, "c1", new=False)
        started = msgspec.structs.replace(opening.started, retry_of=of, user_message_id=f"question_{of}")
        await ask.finish(await ask.open(turn, "c1", new=False, started=started))

    async def _shape(self, world: World) -> dict[str, str | None]:
        tree = await world.stores.branches.tree("default", "c1")
        return {node.turn_id: node.parent_id for node in tree.nodes}

    async def _path(self, world: World) -> list[str]:
        return [node.turn_id for node in (await world.stores.branches.tree("default", "c1")).chosen()]
