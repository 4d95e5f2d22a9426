"""Files in, text out: every format is read in a child process, by a parser found by the file's content."""

from rivulet.parsers import registry
from rivulet.parsers.limits import Limits
from rivulet.parsers.pool import ParserPool

__all__ = ["Limits", "ParserPool", "is_supported", "suffixes"]


def is_supported(filename: str) -> bool:
    """Whether a file of this name is worth trying."""
    return registry.default().is_supported(filename)


def suffixes() -> frozenset[str]:
    """Every suffix some installed parser reads, as in `.pdf`."""
    return registry.default().suffixes
