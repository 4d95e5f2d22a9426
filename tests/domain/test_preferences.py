"""What a store has kept, as preferences."""

from rivulet.domain.preferences import Preferences, preferences


def test_what_only_a_newer_version_knows_is_left_out() -> None:
    """After going back to this one: a name and a word of the newer one are not said, and the rest is."""
    kept = {"colour": "blue", "usage": "monthly", "streaming": "on"}
    assert Preferences(streaming="on") == preferences(kept)
