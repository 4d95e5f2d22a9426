"""Where answers come from: sources, documents, chunks, and the search over them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

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
    BM25 score over the query's own ceiling, with how close together the query's words stand in the chunk;
    comparable between queries."""

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
    tail: str = ""


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


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where documents come from. `location` is the folder's or file's absolute path or the page's address;
    for an upload or a text it is the digest of what was sent, so that sending it again adds nothing.
    `document_count` includes the `failed_count` that could not be read."""

    id: str
    kind: Literal["folder", "file", "upload", "text", "url"]
    title: str
    location: str
    status: Literal["pending", "processing", "ready", "error"] = "pending"
    error_message: str | None = None
    document_count: int = 0
    failed_count: int = 0
    chunk_count: int = 0
    created_at: int
    updated_at: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file, page or text of a source. `path` names it within the source; `size` and `modified_ns` are
    the file's when it was last looked at, `digest` is of its bytes. A failed one has the `reason` and no
    chunks."""

    id: str
    source_id: str
    path: str
    title: str
    filename: str
    media_type: str
    url: str
    status: Literal["ready", "failed"] = "ready"
    reason: str | None = None
    digest: str = ""
    size: int = 0
    modified_ns: int = 0
    chunk_count: int = 0
    created_at: int
    updated_at: int


class Sources(Protocol):
    """The rows of the sources."""

    async def all(self, tenant_id: str) -> list[Source]:
        """Oldest first."""
        ...

    async def get(self, tenant_id: str, source_id: str) -> Source | None: ...

    async def add(self, tenant_id: str, source: Source) -> Source:
        """The row as it now stands: the one that has this kind and location already, or the new one."""
        ...

    async def mark(self, tenant_id: str, source: Source) -> None:
        """Writes its title, status, error and `updated_at`; nothing when it has been deleted."""
        ...

    async def delete(self, tenant_id: str, source_id: str) -> bool:
        """Removes it with its documents; no search that starts later finds any of them."""
        ...


class Received(Protocol):
    """What was sent for a source and has not been read, or could not be. Kept before the sender is told that
    it was accepted, dropped when it has been read or its source is deleted. The location is the source's."""

    async def keep(self, tenant_id: str, location: str, content: BinaryIO) -> bool:
        """From its beginning; False when it was kept already. Survives power loss. Raises StorageFull,
        StorageFailed, and then nothing of it is left."""
        ...

    async def find(self, tenant_id: str, location: str) -> Path | bytes | None:
        """Where it is, or what it is."""
        ...

    async def drop(self, tenant_id: str, location: str) -> None:
        """Raises nothing: what cannot be removed now is left to `tidy`."""
        ...

    async def tidy(self, tenant_id: str, locations: Collection[str]) -> None:
        """Drops what an earlier process kept for any other location; never what this one keeps."""
        ...


class Documents(Protocol):
    """The rows of the documents, and their text."""

    async def of(self, tenant_id: str, source_id: str) -> list[Document]:
        """In the order of their paths."""
        ...

    async def get(self, tenant_id: str, document_id: str) -> Document | None: ...

    async def text(self, tenant_id: str, document_id: str) -> str | None:
        """What the offsets of its hits count in; None for an unknown or failed one."""
        ...

    async def note(self, tenant_id: str, documents: Sequence[Document]) -> None:
        """Writes rows without touching the index: a ready one whose file only looks newer, or a failed one,
        which loses what was indexed of it before."""
        ...

    async def delete(self, tenant_id: str, source_id: str, document_ids: Sequence[str]) -> None:
        """Removes them; no search that starts later finds any of them."""
        ...


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of one tenant's index, never changed once it is published. `header` says which documents and how
    long the chunks in it are; only `knowledge/` knows the form of it and of the postings."""

    id: int
    chunk_count: int
    header: bytes


class StoredChunk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`number` counts the chunks of its document from 0. `text` reaches to where the next chunk starts, so
    that all of them together are the document's text; the chunk is its first `end - start` characters."""

    number: int
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str | None = None


class FoundChunk(msgspec.Struct, frozen=True, kw_only=True):
    chunk: StoredChunk
    document: Document


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a tenant's index, as far as a query needs it. `segments` have an empty header where the
    asker has it; `postings` are by (segment, term); `retired` are the numbers of documents that a segment
    still holds but nobody may find; `sources` are the numbers of the sources asked for."""

    segments: tuple[Segment, ...]
    postings: Mapping[tuple[int, str], bytes]
    retired: frozenset[int]
    sources: frozenset[int] | None = None


Place = tuple[int, int]
"""Where a chunk is: its document's number and its own."""

Choose = Callable[[Snapshot], Sequence[Place]]
"""Which chunks of a state of the index are wanted. Plain computing, called in whichever thread reads."""


class IndexReader(Protocol):
    """The index as a query reads it. Every method sees only what belongs to the tenant."""

    async def look(
        self,
        tenant_id: str,
        terms: Collection[str],
        source_ids: Collection[str] | None,
        known: Collection[int],
    ) -> Snapshot:
        """`known` are the segments whose headers the asker has; unknown source ids select nothing."""
        ...

    async def find(
        self,
        tenant_id: str,
        terms: Collection[str],
        source_ids: Collection[str] | None,
        known: Collection[int],
        choose: Choose,
    ) -> Mapping[Place, FoundChunk]:
        """Looks, lets `choose` have the snapshot, and brings the chunks it wants, without those that are not
        to be found."""
        ...


class NewSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that is being written, with the first of the document numbers reserved for it and the number
    of the source they are of (0 for one that is merged from others)."""

    tenant_id: str
    id: int
    first_number: int
    source_number: int


class IndexWriter(Protocol):
    """The index as it grows. What is written before `publish` is seen by nobody."""

    async def open(self, tenant_id: str, source_id: str | None, document_count: int) -> NewSegment | None:
        """None when that source has been deleted."""
        ...

    async def write(
        self,
        segment: NewSegment,
        chunks: Sequence[tuple[int, StoredChunk]] = (),
        postings: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """One short transaction: a few hundred rows. Chunks come with their document's number."""
        ...

    async def publish(
        self, segment: NewSegment, sealed: Segment, documents: Sequence[tuple[int, Document]]
    ) -> bool:
        """At once the documents are found and their earlier versions are not; False, and nothing of it, when
        their source has been deleted. All are of one source."""
        ...

    async def sweep(self) -> None:
        """Removes what nobody can see: chunks of retired documents, merged segments, and segments that were
        never published because their process ended or gave up. Only while nothing is being written."""
        ...


class IndexMerger(Protocol):
    """What joining small segments to larger ones needs besides reading and writing."""

    async def postings(
        self, tenant_id: str, segment_ids: Sequence[int], after: str, limit: int
    ) -> list[tuple[str, int, bytes]]:
        """(term, segment, postings) of up to `limit` terms after that one, in the order of the terms and of
        `segment_ids`."""
        ...

    async def replace(
        self, segment: NewSegment, sealed: Segment, merged: Sequence[int], dropped: Collection[int]
    ) -> bool:
        """The sealed segment instead of the merged ones, or nothing instead of them when it is empty;
        `dropped` are the retired documents left out of it. False, and nothing of it, when one of the merged
        is gone."""
        ...


class Index(IndexReader, IndexWriter, IndexMerger, Protocol):
    """All of it."""
