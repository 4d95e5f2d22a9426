"""What every store promises about feedback, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `FeedbackContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

from rivulet.domain.chat import Feedback
from rivulet.testing.asker import Asker, World
from rivulet.testing.turn_log import ODD_TEXTS

GOOD = Feedback(rating="up", updated_at=5)
BAD = Feedback(rating="down", reason="wrong", comment="No.", updated_at=6)


class FeedbackContract:
    """At most one per turn."""

    async def test_the_last_word_counts(self, world: World) -> None:
        """What was said before is gone; what was said last is there after a restart; none can be taken
        back twice."""
        feedback = world.stores.feedback
        await Asker(world).answer("t1", "c1")
        await Asker(world).answer("t2", "c1", new=False)
        for said in (GOOD, BAD):
            assert await feedback.put("default", "t1", said) is True
        assert await feedback.put("default", "t2", GOOD) is True
        await world.restart()
        assert await world.stores.feedback.of_chat("default", "c1") == {"t1": BAD, "t2": GOOD}
        for _ in range(2):
            assert await world.stores.feedback.put("default", "t1", None) is True
        assert await world.stores.feedback.of_chat("default", "c1") == {"t2": GOOD}

    async def test_any_comment_comes_back_as_it_was(self, world: World) -> None:
        """NUL, separators, both directions, nothing at all, 100,000 characters."""
        await Asker(world).answer("t1", "c1")
        for text in ODD_TEXTS:
            said = Feedback(rating="down", comment=text, updated_at=1)
            await world.stores.feedback.put("default", "t1", said)
            assert await world.stores.feedback.of_chat("default", "c1") == {"t1": said}

    async def test_only_on_turns_that_are_there(self, world: World) -> None:
        """An unknown turn and one of another tenant take none; the same ids there are other turns."""
        feedback = world.stores.feedback
        await Asker(world).answer("t1", "c1")
        for tenant_id, turn_id in (("default", "t404"), ("other", "t1")):
            assert await feedback.put(tenant_id, turn_id, GOOD) is False
            assert await feedback.put(tenant_id, turn_id, None) is False
        await Asker(world, tenant_id="other").answer("t1", "c1")
        await feedback.put("default", "t1", GOOD)
        await feedback.put("other", "t1", BAD)
        assert await feedback.of_chat("default", "c1") == {"t1": GOOD}
        assert await feedback.put("other", "t1", None) is True
        assert await feedback.of_chat("default", "c1") == {"t1": GOOD}

    async def test_it_goes_with_its_chat(self, world: World) -> None:
        """A chat made again under the id, and a turn too, have none; other chats keep theirs."""
        ask, feedback = Asker(world), world.stores.feedback
        for turn, chat in (("t1", "c1"), ("t2", "c2")):
            await ask.answer(turn, chat)
            await feedback.put("default", turn, GOOD)
        await world.stores.chats.delete("default", "c1")
        await ask.answer("t1", "c1")
        assert await feedback.of_chat("default", "c1") == {}
        assert await feedback.of_chat("default", "c2") == {"t2": GOOD}
