from tests.docs import make


def test_what_is_made_from_the_code_is_current() -> None:
    """The reference pages and the README's file tree are what `python -m tests.docs.make` writes."""
    assert [path.name for path in make.stale()] == []
