"""XML from a stranger, read as a stream: no document type, no entities, nothing fetched."""

from collections.abc import Iterable
from typing import Protocol
from xml.parsers import expat

from rivulet.domain.errors import Unreadable

Attributes = dict[str, str]

MAX_DEPTH = 2_000
"""Documents nest a few dozen elements; deeper ones are made to exhaust whoever recurses."""


class Handler(Protocol):
    """Names come without their namespace: the formats read here use each local name once."""

    def start(self, name: str, attributes: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def read(chunks: Iterable[bytes], handler: Handler) -> None:
    """Raises `Unreadable` when the XML is damaged or declares entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    names: dict[str, str] = {}
    depth = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Unreadable("This file is damaged: its contents are nested too deeply.")
        local = names.get(name)
        if local is None:
            local = names[name] = name.rpartition(" ")[2]
        handler.start(local, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(names[name])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        raise Unreadable("This file is damaged: its contents are not well-formed.") from None


def attribute(attributes: Attributes, name: str) -> str | None:
    """The attribute's value, whatever namespace it is written in."""
    if name in attributes:
        return attributes[name]
    ending = " " + name
    for full, value in attributes.items():
        if full.endswith(ending):
            return value
    return None


def _refuse(*_: object) -> None:
    raise Unreadable("This file declares XML entities or a document type and is not read.")
