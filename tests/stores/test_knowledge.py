"""Sources, documents and the index's storage: what a store of knowledge promises."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest

from rivulet.ports.knowledge import (
    Document,
    FoundChunk,
    NewSegment,
    Place,
    Segment,
    Source,
    StoredChunk,
)
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.knowledge import SqliteKnowledge
from rivulet.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
HOSTILE = [
    "' OR 1=1 --",
    "src_%",
    "*",
    "",
    "\ud800",
    "\x00",
    "x" * 100_000,
    "../..",
    '"; DROP TABLE sources; --',
]


@pytest.fixture
async def store(tmp_path: Path, anyio_backend: str) -> AsyncIterator[SqliteKnowledge]:
    db = Database.open(tmp_path / "data", ManualClock(), reserve_bytes=1 << 16)
    yield SqliteKnowledge(db)
    await db.close()


def source(id: str = "src_a", **fields: object) -> Source:
    return msgspec.structs.replace(
        Source(id=id, kind="folder", title="Notes", location=f"/{id}", created_at=1, updated_at=1), **fields
    )


def document(id: str = "doc_a", source_id: str = "src_a", **fields: object) -> Document:
    made = Document(
        id=id,
        source_id=source_id,
        path=f"{id}.txt",
        title="Note",
        filename=f"{id}.txt",
        media_type="text/plain",
        url=f"/v1/documents/{id}",
        digest="d1",
        size=10,
        modified_ns=5,
        chunk_count=2,
        created_at=1,
        updated_at=1,
    )
    return msgspec.structs.replace(made, **fields)


def pieces(*texts: str) -> list[StoredChunk]:
    found: list[StoredChunk] = []
    start = 0
    for number, text in enumerate(texts):
        found.append(
            StoredChunk(number=number, start=start, end=start + len(text.rstrip()), text=text, page=number)
        )
        start += len(text)
    return found


async def begun(store: SqliteKnowledge, tenant_id: str, *texts: str, source_id: str = "src_a") -> NewSegment:
    """A segment of one document with these chunks and one word, not published."""
    segment = await store.index.open(tenant_id, source_id, 1)
    assert segment is not None
    await store.index.write(segment, chunks=[(segment.first_number, each) for each in pieces(*texts)])
    await store.index.write(segment, postings=[("word", b"abc")])
    return segment


async def published(
    store: SqliteKnowledge, tenant_id: str, *texts: str, id: str = "doc_a", source_id: str = "src_a"
) -> NewSegment:
    await store.sources.add(tenant_id, source(source_id))
    segment = await begun(store, tenant_id, *texts, source_id=source_id)
    row = document(id, source_id, chunk_count=len(texts))
    assert await publish(store, segment, row)
    return segment


async def publish(store: SqliteKnowledge, segment: NewSegment, row: Document) -> bool:
    sealed = Segment(id=segment.id, chunk_count=row.chunk_count, header=b"header")
    return await store.index.publish(segment, sealed, [(segment.first_number, row)])


async def test_a_source_is_known_by_its_kind_and_location(store: SqliteKnowledge) -> None:
    """Adding it again gives the one there is; another kind, place or tenant is another source."""
    first = await store.sources.add("t", source("src_a", location="/docs"))
    again = await store.sources.add("t", source("src_b", location="/docs", title="Other"))
    assert again == first == source("src_a", location="/docs")
    await store.sources.add("t", source("src_c", location="/docs", kind="file"))
    await store.sources.add("u", source("src_d", location="/docs"))
    assert [each.id for each in await store.sources.all("t")] == ["src_a", "src_c"]
    assert [each.id for each in await store.sources.all("u")] == ["src_d"]


async def test_a_source_counts_its_documents(store: SqliteKnowledge) -> None:
    """How many, how many of them failed, how many chunks can be found."""
    await published(store, "t", "one ", "two")
    await store.documents.note("t", [document("doc_b", status="failed", reason="damaged", chunk_count=0)])
    here = await store.sources.get("t", "src_a")
    assert here is not None
    assert (here.document_count, here.failed_count, here.chunk_count) == (2, 1, 2)


async def test_marking_a_source_changes_how_it_stands(store: SqliteKnowledge) -> None:
    """Title, status, error and time; a deleted one is not made again."""
    await store.sources.add("t", source())
    marked = source(status="error", error_message="no", title="New", updated_at=9)
    await store.sources.mark("t", marked)
    assert await store.sources.get("t", "src_a") == marked
    assert await store.sources.delete("t", "src_a")
    await store.sources.mark("t", marked)
    assert await store.sources.all("t") == []


async def test_a_documents_text_is_its_chunks(store: SqliteKnowledge) -> None:
    """One after the other, with what stands between them; the chunk itself ends where it says."""
    segment = await published(store, "t", "Erste 🐝.\n\n", "Zweite.")
    assert await store.documents.text("t", "doc_a") == "Erste 🐝.\n\nZweite."
    place = (segment.first_number, 0)
    found = await chunks(store, "t", place, (segment.first_number, 7), (999, 0))
    assert list(found) == [place]
    assert found[place].chunk == pieces("Erste 🐝.\n\n")[0]
    assert found[place].document == await store.documents.get("t", "doc_a")


async def test_nothing_is_seen_before_it_is_published(store: SqliteKnowledge) -> None:
    """Neither chunks nor words nor the document, and then all of it at once."""
    await store.sources.add("t", source())
    segment = await begun(store, "t", "one")
    before = await store.index.look("t", ["word"], None, ())
    assert (before.segments, before.postings) == ((), {})
    assert await chunks(store, "t", (segment.first_number, 0)) == {}
    assert await store.documents.of("t", "src_a") == []
    assert await publish(store, segment, document(chunk_count=1))
    after = await store.index.look("t", ["word", "other"], None, ())
    assert [each.id for each in after.segments] == [segment.id]
    assert after.postings == {(segment.id, "word"): b"abc"}
    assert after.segments[0].header == b"header"
    assert (await store.index.look("t", [], None, [segment.id])).segments[0].header == b""


async def test_a_new_version_takes_the_place_of_the_old_one(store: SqliteKnowledge) -> None:
    """The old one's number is retired, its chunks are not found, the row keeps its id and its first date."""
    old = await published(store, "t", "old")
    new = await begun(store, "t", "new ", "text")
    assert await publish(store, new, document(digest="d2", chunk_count=2, created_at=7, updated_at=7))
    (row,) = await store.documents.of("t", "src_a")
    assert (row.digest, row.created_at, row.updated_at, row.chunk_count) == ("d2", 1, 7, 2)
    assert await store.documents.text("t", "doc_a") == "new text"
    assert (await store.index.look("t", [], None, ())).retired == {old.first_number}
    assert await chunks(store, "t", (old.first_number, 0)) == {}


async def test_nothing_is_published_into_a_deleted_source(store: SqliteKnowledge) -> None:
    """Deleting wins over an indexing that has not ended, and a segment cannot be begun for it either."""
    await store.sources.add("t", source())
    segment = await begun(store, "t", "late")
    await store.sources.delete("t", "src_a")
    assert not await publish(store, segment, document())
    assert await store.documents.get("t", "doc_a") is None
    assert (await store.index.look("t", ["word"], None, ())).segments == ()
    assert await store.index.open("t", "src_a", 1) is None


async def test_sweeping_removes_what_nobody_can_see_and_nothing_else(store: SqliteKnowledge) -> None:
    """Unfinished segments, chunks of retired documents, merged segments; what is found stays."""
    kept = await published(store, "t", "kept", id="doc_k")
    await published(store, "t", "old", id="doc_o")
    await begun(store, "t", "unfinished")
    await store.documents.delete("t", "src_a", ["doc_o"])
    await store.index.sweep()
    assert await store.documents.text("t", "doc_k") == "kept"
    assert list(await chunks(store, "t", (kept.first_number, 0))) == [(kept.first_number, 0)]
    assert await rows(store, "SELECT text FROM chunks") == [("kept",)]
    assert await rows(store, "SELECT count(*) FROM segments") == [(2,)]
    assert await rows(store, "SELECT count(*) FROM postings") == [(2,)]


async def test_replacing_segments_forgets_what_they_alone_held(store: SqliteKnowledge) -> None:
    """The merged ones are not searched any more, the retired numbers left out are forgotten."""
    first = await published(store, "t", "one", id="doc_1")
    second = await published(store, "t", "two", id="doc_2")
    await store.documents.delete("t", "src_a", ["doc_1"])
    whole = await store.index.open("t", None, 0)
    assert whole is not None
    await store.index.write(whole, postings=[("word", b"xyz")])
    sealed = Segment(id=whole.id, chunk_count=1, header=b"both")
    assert await store.index.replace(whole, sealed, [first.id, second.id], [first.first_number])
    here = await store.index.look("t", ["word"], None, ())
    assert [each.id for each in here.segments] == [whole.id]
    assert here.postings == {(whole.id, "word"): b"xyz"}
    assert here.retired == frozenset()
    await store.index.sweep()
    assert await rows(store, "SELECT segment_id FROM postings") == [(whole.id,)]
    assert await rows(store, "SELECT count(*) FROM retired") == [(0,)]


async def test_a_segment_is_replaced_once(store: SqliteKnowledge) -> None:
    """A merge of what has been merged already changes nothing."""
    first = await published(store, "t", "one")
    one, two = await store.index.open("t", None, 0), await store.index.open("t", None, 0)
    assert one is not None
    assert two is not None
    assert await store.index.replace(one, Segment(id=one.id, chunk_count=1, header=b"1"), [first.id], [])
    assert not await store.index.replace(two, Segment(id=two.id, chunk_count=1, header=b"2"), [first.id], [])
    assert [each.id for each in (await store.index.look("t", [], None, ())).segments] == [one.id]


async def test_postings_come_term_by_term_whole(store: SqliteKnowledge) -> None:
    """However small the pieces, every term comes with all its segments, in order, once."""
    await store.sources.add("t", source())
    segments: list[int] = []
    for terms in ("abcd", "bd", "ace"):
        segment = await store.index.open("t", "src_a", 1)
        assert segment is not None
        blobs = [(term, f"{term}{segment.id}".encode()) for term in terms]
        await store.index.write(segment, postings=blobs)
        segments.append(segment.id)
    for limit in (1, 2, 3, 100):
        found: list[tuple[str, int, bytes]] = []
        after = ""
        while some := await store.index.postings("t", segments, after, limit):
            after = some[-1][0]
            found += some
        assert [(term, segments.index(segment)) for term, segment, _ in found] == [
            ("a", 0), ("a", 2), ("b", 0), ("b", 1), ("c", 0), ("c", 2), ("d", 0), ("d", 1), ("e", 2),
        ]  # fmt: skip
        assert all(blob == f"{term}{segment}".encode() for term, segment, blob in found)


async def test_a_failed_document_loses_what_was_indexed(store: SqliteKnowledge) -> None:
    """Its row has the reason, its text is gone; one that only looks newer keeps everything else."""
    segment = await published(store, "t", "text")
    await store.documents.note("t", [document(size=11, modified_ns=6, title="ignored", chunk_count=1)])
    noted = await store.documents.get("t", "doc_a")
    assert noted == document(size=11, modified_ns=6, chunk_count=1)
    await store.documents.note("t", [document(status="failed", reason="damaged", chunk_count=0)])
    failed = await store.documents.get("t", "doc_a")
    assert failed is not None
    assert (failed.status, failed.reason) == ("failed", "damaged")
    assert await store.documents.text("t", "doc_a") is None
    assert (await store.index.look("t", [], None, ())).retired == {segment.first_number}


async def test_no_tenant_sees_or_changes_anything_of_another(store: SqliteKnowledge) -> None:
    """Every verb with the other's ids answers as for ids that never were."""
    theirs = await published(store, "theirs", "secret")
    old = await published(store, "theirs", "old", id="doc_o")
    await store.documents.delete("theirs", "src_a", ["doc_o"])
    await store.sources.add("mine", source("src_m"))
    index, documents, sources = store.index, store.documents, store.sources
    assert await sources.get("mine", "src_a") is None
    assert not await sources.delete("mine", "src_a")
    await sources.mark("mine", source(title="stolen"))
    assert await documents.of("mine", "src_a") == []
    assert await documents.get("mine", "doc_a") is None
    assert await documents.text("mine", "doc_a") is None
    await documents.delete("mine", "src_a", ["doc_a"])
    await documents.delete("mine", "src_m", ["doc_a"])
    await documents.note("mine", [document(status="failed", reason="x"), document(size=99)])
    seen = await index.look("mine", ["word"], ["src_a", "src_m"], ())
    assert (seen.segments, seen.postings, seen.retired) == ((), {}, frozenset())
    assert seen.sources is not None
    assert len(seen.sources) == 1
    assert await chunks(store, "mine", (theirs.first_number, 0)) == {}
    assert await index.postings("mine", [theirs.id], "", 10) == []
    own = await index.open("mine", None, 0)
    assert own is not None
    assert not await index.replace(own, Segment(id=own.id, chunk_count=0, header=b""), [theirs.id], [])
    assert await index.open("mine", "src_a", 1) is None
    assert await index.replace(own, Segment(id=own.id, chunk_count=0, header=b""), [], [old.first_number])
    assert (await index.look("theirs", [], None, ())).retired == {old.first_number}
    assert await documents.get("theirs", "doc_a") == document(chunk_count=1)
    assert await documents.text("theirs", "doc_a") == "secret"
    assert (await sources.get("theirs", "src_a")) == source(document_count=1, chunk_count=1)
    postings = (await index.look("theirs", ["word"], None, ())).postings
    assert postings == {(theirs.id, "word"): b"abc", (old.id, "word"): b"abc"}


async def test_two_tenants_may_have_the_same_ids(store: SqliteKnowledge) -> None:
    """And each finds its own."""
    await published(store, "t", "mine")
    await published(store, "u", "yours")
    assert await store.documents.text("t", "doc_a") == "mine"
    assert await store.documents.text("u", "doc_a") == "yours"
    await store.sources.delete("t", "src_a")
    assert await store.documents.text("u", "doc_a") == "yours"


@pytest.mark.parametrize("id", HOSTILE)
async def test_an_id_is_only_an_id(store: SqliteKnowledge, id: str) -> None:
    """Whatever is in it, it is looked up as it is and finds nothing."""
    await published(store, "t", "text")
    assert await store.sources.get("t", id) is None
    assert not await store.sources.delete("t", id)
    assert await store.documents.of("t", id) == []
    assert await store.documents.get("t", id) is None
    assert await store.documents.text("t", id) is None
    await store.documents.delete("t", id, [id])
    assert (await store.index.look("t", ["word"], [id], ())).sources == frozenset()
    assert await store.index.open("t", id, 1) is None
    assert len(await store.sources.all("t")) == 1


async def test_many_writers_at_once_get_numbers_of_their_own(store: SqliteKnowledge) -> None:
    """No document number is given twice."""
    await store.sources.add("t", source())
    opened = await asyncio.gather(*(store.index.open("t", "src_a", 3) for _ in range(20)))
    numbers = [each.first_number + n for each in opened if each for n in range(3)]
    assert len(set(numbers)) == 60


async def chunks(store: SqliteKnowledge, tenant_id: str, *places: Place) -> Mapping[Place, FoundChunk]:
    return await store.index.find(tenant_id, (), None, (), lambda _: places)


async def rows(store: SqliteKnowledge, sql: str) -> list[tuple[object, ...]]:
    return await store.index._db.read(lambda db: db.execute(sql).fetchall())
