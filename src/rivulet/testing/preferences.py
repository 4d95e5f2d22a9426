"""What every store promises about preferences, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `PreferenceContract` and gives each method a `World`, which
for pytest is a fixture of that name. The methods are coroutines.
"""

from rivulet.testing.asker import World


class PreferenceContract:
    """Words by name, of each user of each tenant."""

    async def test_the_last_word_counts_and_the_others_stay(self, world: World) -> None:
        """What is chosen again is instead of what was chosen before, also after a restart; choosing nothing
        changes nothing."""
        kept = world.stores.preferences
        assert await kept.of_user("default", "anna") == {}
        await kept.put("default", "anna", {"streaming": "off", "usage": "never"})
        await kept.put("default", "anna", {"streaming": "on"})
        await kept.put("default", "anna", {})
        await world.restart()
        assert await world.stores.preferences.of_user("default", "anna") == {
            "streaming": "on",
            "usage": "never",
        }

    async def test_everybody_has_their_own(self, world: World) -> None:
        """Users of a tenant, those of the same id in another one, and a key without a user."""
        kept = world.stores.preferences
        whose = [
            ("default", "anna"),
            ("default", "bert"),
            ("other", "anna"),
            ("default", None),
            ("other", None),
        ]
        for number, (tenant_id, user_id) in enumerate(whose):
            await kept.put(tenant_id, user_id, {"usage": f"word{number}"})
        for number, (tenant_id, user_id) in enumerate(whose):
            assert await kept.of_user(tenant_id, user_id) == {"usage": f"word{number}"}

    async def test_what_was_read_is_the_readers_own(self, world: World) -> None:
        """Changing the answer changes nothing that is kept."""
        kept = world.stores.preferences
        await kept.put("default", None, {"usage": "never"})
        (await kept.of_user("default", None))["usage"] = "always"
        assert await kept.of_user("default", None) == {"usage": "never"}
