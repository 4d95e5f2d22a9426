"""Where answers come from: sources, documents, chunks, and the search over them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:  # a parser's process never needs numpy, which costs it 0.4 s and 12 MB
    import numpy as np
    from numpy.typing import NDArray


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A document's text. `pages` are (offset, page number) marks, ascending, empty for a format without
    pages; `headings` are (offset, level 1-6, text) marks, ascending. Offsets are code points into `text`."""

    text: str
    title: str | None = None
    media_type: str = "text/plain"
    pages: tuple[tuple[int, int], ...] = ()
    headings: tuple[tuple[int, int, str], ...] = ()
    warnings: tuple[str, ...] = ()


class Parser(Protocol):
    """Reads one family of formats. Raises `Unreadable` with a reason a person understands."""

    suffixes: tuple[str, ...]
    media_type: str

    def parse(self, data: bytes, filename: str) -> Parsed: ...


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """`earlier` are the chat's earlier questions, newest first; `source_ids` None means all sources."""

    tenant_id: str
    text: str
    earlier: tuple[str, ...] = ()
    source_ids: tuple[str, ...] | None = None
    limit: int = 6


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that matched. `text` is `document.text[start:end]`; `score` is absolute (0 to about 1): the
    BM25 score over the query's own ceiling, comparable between queries."""

    chunk_id: str
    document_id: str
    source_id: str
    title: str
    url: str
    text: str
    start: int
    end: int
    score: float
    filename: str | None = None
    media_type: str | None = None
    page: int | None = None
    heading: str | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """`is_supported` is False when nothing found is good enough to answer from."""

    hits: tuple[Hit, ...]
    is_supported: bool


class Search(Protocol):
    """Raises `RetrievalFailed`."""

    async def search(self, query: Query) -> Found: ...


class Analyser(Protocol):
    """Text → the terms it is indexed and compared by; one for every language."""

    def terms(self, text: str) -> list[str]:
        """Terms in the order of the text, repeated ones repeated."""
        ...


class Embedder(Protocol):
    """Text → unit vectors, float32, one row per text."""

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]": ...
