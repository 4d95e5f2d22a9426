"""Which parser reads which file. Ours and strangers' come in through the same entry points."""

import functools
import importlib.metadata
import logging
from collections.abc import Iterable
from pathlib import PurePath

from rivulet.domain.errors import Unreadable
from rivulet.parsers.boundary import admitted
from rivulet.parsers.sniff import Kind, sniff
from rivulet.ports.knowledge import Parsed, Parser

GROUP = "rivulet.parsers"

_BARE = """
authors changelog changes contributing copying dockerfile gemfile install jenkinsfile license licence
makefile news notice procfile rakefile readme todo vagrantfile
"""
_BARE_NAMES = frozenset(_BARE.split())
_log = logging.getLogger(__name__)


@functools.cache
def installed() -> tuple[Parser, ...]:
    """Every parser on this machine, ours first; one that cannot be loaded is left out and told in the log."""
    entries = sorted(
        importlib.metadata.entry_points(group=GROUP),
        key=lambda entry: (not entry.value.startswith("rivulet."), entry.name),
    )
    found: list[Parser] = []
    for entry in entries:
        try:
            found.append(entry.load())
        except Exception:
            _log.exception("The parser %s cannot be loaded.", entry.value)
    return tuple(found)


@functools.cache
def default() -> "Registry":
    return Registry(installed())


class Registry:
    """A later parser takes a suffix over from an earlier one, so a plug-in can replace ours."""

    def __init__(self, parsers: Iterable[Parser]) -> None:
        self._by_suffix = {suffix.lower(): parser for parser in parsers for suffix in parser.suffixes}

    @property
    def suffixes(self) -> frozenset[str]:
        return frozenset(self._by_suffix)

    def is_supported(self, filename: str) -> bool:
        """By its name alone: a known suffix, or a file such as README or Makefile."""
        suffix = _suffix(filename)
        return suffix in self._by_suffix or (not suffix and _stem(filename) in _BARE_NAMES)

    def read(self, data: bytes, filename: str) -> Parsed:
        """The document, fit for use. Raises `Unreadable`."""
        if not data:
            raise Unreadable("This file is empty.")
        parser, warnings = self._find(sniff(data), filename)
        parsed = parser.parse(data, filename)
        return admitted(parsed, filename, warnings)

    def _find(self, kind: Kind, filename: str) -> tuple[Parser, list[str]]:
        suffix = _suffix(filename)
        named = self._by_suffix.get(suffix)
        if kind.suffix == ".encrypted":
            raise Unreadable("This file is password-protected. Remove the password and add it again.")
        if kind.sort == "certain":
            return self._certain(kind, suffix, named)
        if kind.sort == "text":
            return self._text(kind, suffix, named)
        if named is None or named.media_type.startswith("text/"):
            raise _unsupported(suffix if named is None else "", kind.told)
        return named, []

    def _certain(self, kind: Kind, suffix: str, named: Parser | None) -> tuple[Parser, list[str]]:
        parser = self._by_suffix.get(kind.suffix)
        if parser is None:
            raise _unsupported("", kind.told)
        if named is parser or named is None:
            return parser, []
        return parser, [f"The name ends in {suffix}, the content is {kind.told}; it was read as that."]

    def _text(self, kind: Kind, suffix: str, named: Parser | None) -> tuple[Parser, list[str]]:
        """HTML is also what plain-text and Office names often hold (a saved error page, an export)."""
        if kind.suffix == ".html" and (named is None or not _takes_markup(named)):
            html = self._by_suffix[".html"]
            return html, [] if named is None else [f"The name ends in {suffix}, the content is HTML."]
        if named is None and not suffix:
            return self._by_suffix[".txt"], []
        if named is None:
            raise _unsupported(suffix, "")
        return named, []


def _takes_markup(parser: Parser) -> bool:
    """Source code, Markdown and mail may begin like HTML and still be what their name says."""
    return parser.media_type.startswith(("text/", "message/")) and parser.media_type != "text/plain"


def _unsupported(suffix: str, told: str) -> Unreadable:
    what = " ".join(filter(None, (suffix, f"({told})" if suffix and told else told)))
    return Unreadable(f"Unsupported file type: {what or 'unknown'}.")


def _suffix(filename: str) -> str:
    return PurePath(filename.replace("\\", "/")).suffix.lower()


def _stem(filename: str) -> str:
    return PurePath(filename.replace("\\", "/")).name.lower()
