"""From folders, files, uploads and texts to documents that are found, whatever happens on the way."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from rivulet.domain.errors import Conflict, InvalidRequest, NotFound, NotKept, StorageFull
from rivulet.knowledge import folder as folder_module
from rivulet.knowledge import reading
from rivulet.ports.knowledge import Parsed, Source
from tests.knowledge.knowledge_base import TENANT, KnowledgeBase

pytestmark = pytest.mark.anyio

NOTES = {
    "a.txt": "Apples grow on trees.",
    "b/b.md": "Bananas grow in bunches.",
    "c.txt": "Cherries grow in pairs.",
}


async def test_a_folder_is_read_with_everything_below_it(base: KnowledgeBase) -> None:
    """Every supported file is a ready document under its path, and all of them are found."""
    outcome = await base.read(base.write(NOTES))
    listed = await base.listed(outcome.source.id)
    assert {path: document.status for path, document in listed.items()} == dict.fromkeys(NOTES, "ready")
    assert listed["b/b.md"].filename == "b.md"
    assert (outcome.source.status, outcome.source.document_count, outcome.source.chunk_count) == (
        "ready",
        3,
        3,
    )
    assert sorted(filter(None, await base.names("what grows"))) == ["a.txt", "b.md", "c.txt"]


async def test_unchanged_files_are_not_touched(base: KnowledgeBase) -> None:
    """A second run reads nothing and changes nothing, after a restart too."""
    first = await base.read(base.write(NOTES))
    before = await base.listed(first.source.id)
    base.reader.names.clear()
    await base.restart()
    again = await base.read()
    assert base.reader.names == []
    assert again.tally.unchanged == 3
    assert await base.listed(first.source.id) == before


async def test_only_what_changed_is_read_again(base: KnowledgeBase) -> None:
    """A changed file has its new text, a new one is there, a removed one is gone; each keeps its id."""
    source = (await base.read(base.write(NOTES))).source
    before = await base.listed(source.id)
    base.reader.names.clear()
    base.write({"a.txt": "Avocados grow on trees.", "d.txt": "Dates grow on palms."})
    (base.folder / "c.txt").unlink()
    outcome = await base.read()
    assert sorted(base.reader.names) == ["a.txt", "d.txt"]
    assert (outcome.tally.indexed, outcome.tally.unchanged, outcome.tally.removed) == (2, 1, 1)
    after = await base.listed(source.id)
    assert list(after) == ["a.txt", "b/b.md", "d.txt"]
    assert after["a.txt"].id == before["a.txt"].id
    assert await base.names("cherries apples") == []
    assert set(await base.names("avocados dates")) == {"a.txt", "d.txt"}


async def test_a_file_that_only_looks_newer_is_not_indexed_again(base: KnowledgeBase) -> None:
    """Another time with the same content is noted, so that the next run need not look into it."""
    source = (await base.read(base.write(NOTES))).source
    base.reader.names.clear()
    base.write(NOTES)
    await base.read()
    assert base.reader.names == []
    assert await base.names("apples") == ["a.txt"]
    listed = await base.listed(source.id)
    assert listed["a.txt"].modified_ns == (base.folder / "a.txt").stat().st_mtime_ns


async def test_a_file_that_cannot_be_read_is_listed_and_stops_nobody(base: KnowledgeBase) -> None:
    """It stays with its reason, the others are found, and once it is mended it is found too."""
    source = (await base.read(base.write({**NOTES, "broken.txt": "BROKEN", "empty.txt": ""}))).source
    listed = await base.listed(source.id)
    assert (listed["broken.txt"].status, listed["broken.txt"].reason) == ("failed", "This file is damaged.")
    assert listed["empty.txt"].reason == "There is no text in this file."
    assert (source.status, source.failed_count) == ("ready", 2)
    assert source.error_message == "2 of 5 files could not be read."
    assert len(await base.names("what grows")) == 3
    base.write({"broken.txt": "Mended: durians grow in Asia.", "empty.txt": "Elderberries."})
    mended = (await base.read()).source
    assert (mended.failed_count, mended.error_message) == (0, None)
    assert await base.names("durians") == ["broken.txt"]


async def test_what_failed_for_a_while_is_read_at_the_next_run(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file nobody was allowed to open, and one whose reader was ended: the cause has gone, the files look
    as they did, and both are found, while what was ready is not looked into."""
    source = await base.ingest.folder(TENANT, base.write(NOTES))
    whole = reading.digest_of

    def guarded(content: Path | bytes) -> str:
        if content == base.folder / "a.txt":
            raise PermissionError(13, "Permission denied")
        return whole(content)

    monkeypatch.setattr(reading, "digest_of", guarded)
    base.reader.ended.add("b.md")
    first = await base.ingest.index(TENANT, source.id)
    assert first.source.error_message == "2 of 3 files could not be read."
    assert "Permission denied" in ((await base.listed(source.id))["a.txt"].reason or "")
    monkeypatch.undo()
    base.reader.ended.clear()
    base.reader.names.clear()
    again = await base.read()
    assert (again.tally.indexed, again.tally.unchanged, again.tally.failed) == (2, 1, 0)
    assert (again.source.status, again.source.error_message) == ("ready", None)
    assert sorted(base.reader.names) == ["a.txt", "b.md"]
    assert set(await base.names("apples bananas")) == {"a.txt", "b.md"}


async def test_what_stays_broken_is_counted_as_before_and_read_last(base: KnowledgeBase) -> None:
    """Run after run it costs one reading, after all the others, and nothing is written about it."""
    source = (await base.read(base.write({**NOTES, "a broken.txt": "BROKEN"}))).source
    before = await base.listed(source.id)
    base.clock.advance(60)
    base.reader.names.clear()
    base.write({"z.txt": "Zucchini."})
    again = await base.read()
    assert base.reader.names == ["z.txt", "a broken.txt"]
    assert (again.tally.indexed, again.tally.unchanged, again.tally.failed) == (1, 3, 1)
    after = await base.listed(source.id)
    assert {path: after[path] for path in before} == before
    assert again.source.error_message == "1 of 5 files could not be read."


async def test_an_upload_that_failed_for_a_while_may_be_sent_again(base: KnowledgeBase) -> None:
    """The same bytes under the same name are the same source, and this time they are found."""
    for is_ended in (True, False):
        base.reader.ended = {"note.txt"} if is_ended else set()
        source = await base.send("note.txt", b"Apples grow on trees.")
        outcome = await base.ingest.index(TENANT, source.id)
        assert outcome.source.status == ("error" if is_ended else "ready")
    assert await base.names("apples") == ["note.txt"]


async def test_an_upload_that_could_not_be_read_is_read_again(base: KnowledgeBase) -> None:
    """Its bytes are kept until they can be read, over restarts that leave it alone; then they are dropped,
    and there is nothing left to read again."""
    source = await base.send("note.txt", b"Apples grow on trees.")
    base.reader.ended = {"note.txt"}
    assert (await base.ingest.index(TENANT, source.id)).source.status == "error"
    await base.restart()
    assert await base.ingest.recover(TENANT) == []
    for is_ended, status in ((True, "error"), (False, "ready")):
        base.reader.ended = {"note.txt"} if is_ended else set()
        waiting, is_new = await base.ingest.again(TENANT, source.id)
        assert (waiting.status, is_new) == ("pending", True)
        waiting, is_new = await base.ingest.again(TENANT, source.id)
        assert (waiting.status, is_new) == ("pending", False)
        assert (await base.ingest.index(TENANT, source.id)).source.status == status
    assert await base.names("apples") == ["note.txt"]
    assert base.unread == []
    with pytest.raises(Conflict):
        await base.ingest.again(TENANT, source.id)


async def test_what_shall_be_read_again_is_read_after_a_restart(base: KnowledgeBase) -> None:
    """Whether somebody asked for it or sent it again."""
    base.reader.ended = {"asked.txt", "sent.txt"}
    asked, sent = [await base.send(name, b"Apples grow on trees.") for name in ("asked.txt", "sent.txt")]
    for each in (asked, sent):
        await base.ingest.index(TENANT, each.id)
    await base.ingest.again(TENANT, asked.id)
    await base.send("sent.txt", b"Apples grow on trees.")
    await base.restart()
    assert {each.id for each in await base.ingest.recover(TENANT)} == {asked.id, sent.id}


async def test_what_cannot_be_read_again_says_so(base: KnowledgeBase) -> None:
    """Bytes that are gone; a source of nobody, or of somebody else. It stays listed with its reason."""
    base.reader.ended = {"note.txt"}
    source = await base.send("note.txt", b"Apples grow on trees.")
    failed = (await base.ingest.index(TENANT, source.id)).source
    for path in (base.data_dir / "received").iterdir():
        path.unlink()
    with pytest.raises(NotKept):
        await base.ingest.again(TENANT, source.id)
    assert await base.sources.get(TENANT, source.id) == failed
    for tenant_id, source_id in ((TENANT, "src_unknown"), ("other", source.id)):
        with pytest.raises(NotFound):
            await base.ingest.again(tenant_id, source_id)


async def test_a_file_that_breaks_is_not_found_any_more(base: KnowledgeBase) -> None:
    """Its old text would be an answer from a document that says something else now."""
    source = (await base.read(base.write(NOTES))).source
    base.write({"a.txt": "BROKEN"})
    await base.read()
    assert (await base.listed(source.id))["a.txt"].status == "failed"
    assert await base.names("apples") == []
    assert await base.documents.text(TENANT, (await base.listed(source.id))["a.txt"].id) is None


async def test_a_reader_that_fails_is_the_files_reason(
    base: KnowledgeBase, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a word of the exception is shown; it is in the log."""

    async def parse(content: Path | bytes, filename: str) -> Parsed:
        raise ValueError("secret details")

    monkeypatch.setattr(base.ingest, "_parse", parse)
    outcome = await base.read(base.write({"a.txt": "Apples."}))
    assert (await base.listed(outcome.source.id))["a.txt"].reason == "This file could not be read."
    assert (outcome.source.status, outcome.source.error_message) == ("error", "This file could not be read.")
    assert "secret details" in caplog.text


async def test_what_hides_and_what_nobody_reads_is_passed_over(base: KnowledgeBase) -> None:
    """Hidden names, folders of tools and unsupported files; the last are counted."""
    base.write(
        {
            **NOTES,
            ".env.txt": "Key",
            ".git/x.txt": "Git",
            "node_modules/y.txt": "Tool",
            "photo.jpg": "",
            "z": "",
        }
    )
    os.mkfifo(base.folder / "pipe.txt")
    outcome = await base.read()
    assert list(await base.listed(outcome.source.id)) == list(NOTES)
    assert outcome.tally.unsupported == 2


async def test_no_link_leads_out_of_the_folder(base: KnowledgeBase) -> None:
    """Neither to a file nor to a folder elsewhere nor round in a circle; one within it is not a second
    document."""
    outside = base.write({"secret.txt": "Secret apples."}, base.folder.parent / "outside")
    base.write(NOTES)
    (base.folder / "out.txt").symlink_to(outside / "secret.txt")
    (base.folder / "out").symlink_to(outside, target_is_directory=True)
    (base.folder / "round").symlink_to(base.folder, target_is_directory=True)
    (base.folder / "nowhere.txt").symlink_to(base.folder / "missing.txt")
    (base.folder / "same.txt").symlink_to(base.folder / "a.txt")
    outcome = await base.read()
    assert list(await base.listed(outcome.source.id)) == list(NOTES)
    assert await base.names("secret") == []


async def test_a_huge_file_is_refused_without_being_read(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two gigabytes take no longer than two bytes."""
    base.write(NOTES)
    with (base.folder / "huge.txt").open("wb") as file:
        file.truncate(2 << 30)

    def opened(content: object) -> str:
        assert content != base.folder / "huge.txt"
        return "digest"

    monkeypatch.setattr(reading, "digest_of", opened)
    outcome = await base.read()
    listed = await base.listed(outcome.source.id)
    assert listed["huge.txt"].reason == "This file is larger than 256 MiB."
    assert "huge.txt" not in base.reader.names
    assert outcome.source.document_count == 4


async def test_a_folder_nobody_may_open_is_listed_and_forgets_nothing(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be read before stays found: that it cannot be seen does not mean that it is gone."""
    source = (await base.read(base.write(NOTES))).source
    scan = os.scandir

    def guarded(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(folder_module.os, "scandir", guarded)
    await base.read()
    monkeypatch.undo()
    listed = await base.listed(source.id)
    assert listed["b"].reason == "This folder cannot be opened: Permission denied."
    assert listed["b/b.md"].status == "ready"
    await base.read()
    assert "b" not in await base.listed(source.id)


async def test_a_folder_that_has_gone_keeps_its_documents(base: KnowledgeBase) -> None:
    """A disk that is not mounted is an error of the source, not the end of what was read from it."""
    source = (await base.read(base.write(NOTES))).source
    base.folder.rename(base.folder.with_name("moved"))
    with pytest.raises(InvalidRequest):
        await base.ingest.index(TENANT, source.id)
    marked = await base.sources.get(TENANT, source.id)
    assert marked is not None
    assert (marked.status, marked.document_count) == ("error", 3)
    assert await base.names("apples") == ["a.txt"]


@pytest.mark.parametrize("name", ["missing", "a.txt", "x" * 5_000, "nul\x00"])
async def test_what_is_no_folder_is_refused(base: KnowledgeBase, name: str) -> None:
    """A file, a missing path, one that is too long or has a NUL in it."""
    base.write(NOTES)
    with pytest.raises(InvalidRequest):
        await base.ingest.folder(TENANT, base.folder / name)


async def test_a_file_is_a_source_too_and_may_be_of_any_kind(base: KnowledgeBase) -> None:
    """Named by somebody, an unsupported file is tried, and listed with its reason when that fails."""
    base.write({"note.xyz": "Apples grow.", "bad.xyz": "BROKEN"})
    good = await base.ingest.file(TENANT, base.folder / "note.xyz")
    assert (await base.ingest.index(TENANT, good.id)).source.status == "ready"
    bad = await base.ingest.file(TENANT, base.folder / "bad.xyz")
    outcome = await base.ingest.index(TENANT, bad.id)
    assert (outcome.source.status, outcome.source.error_message) == ("error", "This file is damaged.")
    with pytest.raises(InvalidRequest):
        await base.ingest.file(TENANT, base.folder)


async def test_an_upload_sent_a_hundred_times_is_read_once(base: KnowledgeBase) -> None:
    """One source, one document, one reading, however many send the same bytes under the same name at once."""

    async def send() -> str:
        source = await base.send("note.txt", b"Apples grow on trees.")
        return (await base.ingest.index(TENANT, source.id)).source.id

    assert len(set(await asyncio.gather(*(send() for _ in range(100))))) == 1
    assert base.reader.names == ["note.txt"]
    assert await base.names("apples") == ["note.txt"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\docs\\note.txt", "note.txt"),
        ("a\nb\x00\u202ec.txt", "abc.txt"),
        ("", "upload"),
        ("..", "upload"),
        ("x" * 4_000 + ".txt", "x" * 196 + ".txt"),
        ("half\ud800.txt", "half\\ud800.txt"),
    ],
)
async def test_an_uploads_name_is_only_a_name(base: KnowledgeBase, sent: str, kept: str) -> None:
    """No path, no controls, no direction marks, not too long."""
    source = await base.send(sent, b"Apples.")
    assert source.title == kept
    await base.ingest.index(TENANT, source.id)
    assert list(await base.listed(source.id)) == [kept]


async def test_a_text_is_a_document(base: KnowledgeBase) -> None:
    """What somebody pastes is found by its words and its title, even with NUL and half characters in it."""
    source = await base.ingest.text(TENANT, "Fruit: a note", "\n Apples\x00grow on \ud800 trees.")
    await base.ingest.index(TENANT, source.id)
    (hit,) = (await base.found("apples")).hits
    assert hit.text == "Apples\ufffdgrow on \ufffd trees."
    assert hit.title == "Fruit: a note"
    assert await base.documents.text(TENANT, hit.document_id) == hit.text
    assert (await base.found("a note about fruit")).hits


async def test_what_was_sent_is_read_after_a_restart(base: KnowledgeBase) -> None:
    """An upload and a text that nobody read before the process ended wait for the next one, whole; one that
    was read does not, and what was read leaves nothing behind."""
    upload = await base.send("note.txt", b"Apples grow on trees.")
    text = await base.ingest.text(TENANT, "Fruit: a note", "Bananas grow \ud800 in bunches.")
    read = await base.send("read.txt", b"Cherries grow in pairs.")
    await base.ingest.index(TENANT, read.id)
    await base.restart()
    waiting = [source.id for source in await base.ingest.recover(TENANT)]
    assert waiting == [upload.id, text.id]
    for each in waiting:
        assert (await base.ingest.index(TENANT, each)).source.status == "ready"
    assert sorted(filter(None, await base.names("what grows"))) == ["Fruit: a note", "note.txt", "read.txt"]
    assert (await base.found("bananas")).hits[0].text == "Bananas grow \ufffd in bunches."
    assert base.unread == []


async def test_what_is_gone_and_was_never_read_says_so(base: KnowledgeBase) -> None:
    """A source whose file somebody removed is an error that says what to do; sent again, it is the same
    source and is read."""
    lost = await base.send("lost.txt", b"Lost apples.")
    for path in (base.data_dir / "received").iterdir():
        path.unlink()
    await base.restart()
    assert await base.ingest.recover(TENANT) == []
    marked = await base.sources.get(TENANT, lost.id)
    assert marked is not None
    assert (marked.status, (marked.error_message or "")[-14:]) == ("error", "send it again.")
    again = await base.send("lost.txt", b"Lost apples.")
    assert again.id == lost.id
    assert (await base.ingest.index(TENANT, again.id)).source.status == "ready"


async def test_a_run_that_ended_before_its_last_word_gets_it(base: KnowledgeBase) -> None:
    """Killed between reading and saying so: nothing is read twice, and the source is ready."""
    source = await base.send("note.txt", b"Apples grow on trees.")
    done = (await base.ingest.index(TENANT, source.id)).source
    await base.sources.mark(TENANT, msgspec.structs.replace(done, status="processing"))
    await base.restart()
    base.reader.names.clear()
    assert await base.ingest.recover(TENANT) == []
    assert [each.status for each in await base.sources.all(TENANT)] == ["ready"]
    assert base.reader.names == []


async def test_what_could_not_be_indexed_is_kept_for_the_next_start(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is not the end of what was accepted."""

    async def add(*_: object) -> bool:
        raise StorageFull

    source = await base.send("note.txt", b"Apples grow on trees.")
    monkeypatch.setattr(base.indexer, "add", add)
    with pytest.raises(StorageFull):
        await base.ingest.index(TENANT, source.id)
    assert base.unread == [b"Apples grow on trees."]
    await base.restart()
    assert [each.id for each in await base.ingest.recover(TENANT)] == [source.id]
    assert (await base.ingest.index(TENANT, source.id)).source.status == "ready"
    assert base.unread == []


async def test_what_is_sent_while_the_server_recovers_is_not_lost(base: KnowledgeBase) -> None:
    """The clean-up after a restart leaves alone what this process has received and will read."""
    source = await base.send("new.txt", b"New apples.")
    await base.ingest.recover(TENANT)
    assert [each.status for each in await base.sources.all(TENANT)] == ["pending"]
    assert (await base.ingest.index(TENANT, source.id)).source.status == "ready"


async def test_what_was_sent_goes_with_its_source(base: KnowledgeBase) -> None:
    """Deleted before it was read, it leaves nothing on the disk; sent again, it is another source."""
    source = await base.send("note.txt", b"Apples grow on trees.")
    assert await base.ingest.delete(TENANT, source.id)
    assert base.unread == []
    again = await base.send("note.txt", b"Apples grow on trees.")
    assert again.id != source.id
    assert (await base.ingest.index(TENANT, again.id)).source.status == "ready"


async def test_what_no_source_asks_for_is_removed_at_the_start(base: KnowledgeBase) -> None:
    """Left by a process that was killed before its row was written, or after it was deleted."""
    kept = await base.send("note.txt", b"Apples grow on trees.")
    gone = await base.send("gone.txt", b"Gone apples.")
    assert await base.sources.delete(TENANT, gone.id)
    await base.restart()
    assert [each.id for each in await base.ingest.recover(TENANT)] == [kept.id]
    assert base.unread == [b"Apples grow on trees."]


async def test_what_cannot_become_a_source_is_not_kept(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused because the database is full, nothing of it stays, except what an earlier sender waits for."""

    async def add(*_: object) -> Source:
        raise StorageFull

    first = await base.send("first.txt", b"First apples.")
    monkeypatch.setattr(base.sources, "add", add)
    for name, content in (("first.txt", b"First apples."), ("second.txt", b"Second apples.")):
        with pytest.raises(StorageFull):
            await base.send(name, content)
    assert base.unread == [b"First apples."]
    assert (await base.ingest.index(TENANT, first.id)).source.status == "ready"


async def test_progress_is_told_for_every_file(base: KnowledgeBase) -> None:
    """How many are done, of how many, and which; it ends with all."""
    base.write({**NOTES, "broken.txt": "BROKEN"})
    source = await base.ingest.folder(TENANT, base.folder)
    told: list[tuple[int, int, str]] = []
    await base.ingest.index(TENANT, source.id, lambda *each: told.append(each))
    assert told == [(1, 4, "a.txt"), (2, 4, "b/b.md"), (3, 4, "broken.txt"), (4, 4, "c.txt")]


async def test_a_source_deleted_while_it_is_read_leaves_nothing(base: KnowledgeBase) -> None:
    """The run ends, nothing of it is found, nothing of it stays on the disk."""
    base.write({f"{n}.txt": f"Apples, note {n}. " * 50 for n in range(30)})
    source = await base.ingest.folder(TENANT, base.folder)

    def delete(done: int, total: int, path: str) -> None:
        if done == 10:
            deleting.append(asyncio.ensure_future(base.ingest.delete(TENANT, source.id)))

    deleting: list[asyncio.Future[bool]] = []
    with pytest.raises(NotFound):
        await base.ingest.index(TENANT, source.id, delete)
    assert await deleting[0]
    await base.indexer.tidy(TENANT)
    assert await base.names("apples") == []
    for table in ("sources", "documents", "chunks", "postings", "segments", "retired"):
        assert await base.count(table) == 0, table


async def test_a_run_that_is_cancelled_goes_on_where_it_was(base: KnowledgeBase) -> None:
    """What was published stays and is not read again; the source is still waiting for the rest."""
    base.write({f"{n:02}.txt": "\n\n".join(f"Apples, {n}, {p}. " * 30 for p in range(40)) for n in range(20)})
    source = await base.ingest.folder(TENANT, base.folder)

    def stop(done: int, total: int, path: str) -> None:
        if done == 18:
            running.cancel()

    running = asyncio.ensure_future(base.ingest.index(TENANT, source.id, stop))
    with pytest.raises(asyncio.CancelledError):
        await running
    published = len(await base.listed(source.id))
    assert 0 < published < 20
    base.reader.names.clear()
    outcome = await base.ingest.index(TENANT, source.id)
    assert (outcome.source.status, outcome.source.document_count) == ("ready", 20)
    assert len(base.reader.names) == 20 - published
    assert await base.db.read(lambda db: db.execute("SELECT DISTINCT state FROM segments").fetchall()) == [
        ("published",)
    ]


async def test_the_memory_of_words_is_given_back(base: KnowledgeBase) -> None:
    """After a large run the analyser holds nothing of it."""
    rare = [" ".join(f"word{n}x{m}" for m in range(3_000)) for n in range(10)]
    await base.read(base.write({f"{n}.txt": text for n, text in enumerate(rare)}))
    assert len(base.analyser) < 1_000


async def test_deleting_a_source_takes_it_off_the_disk(base: KnowledgeBase) -> None:
    """Rows, texts and words of it are gone; those of others stay."""
    source = (await base.read(base.write(NOTES))).source
    other = await base.put({"d.txt": "Dates grow on palms."})
    assert await base.ingest.delete(TENANT, source.id)
    assert not await base.ingest.delete(TENANT, source.id)
    assert not await base.ingest.delete("other tenant", other)
    assert await base.names("what grows") == ["d.txt"]
    assert (await base.count("chunks"), await base.count("documents"), await base.count("retired")) == (
        1,
        1,
        0,
    )
    await base.close()
    with closing(sqlite3.connect(base.data_dir / "rivulet.db")) as db:
        db.execute("VACUUM")  # what is in no row any more stays in free pages until they are used again
    assert b"herries grow" not in (base.data_dir / "rivulet.db").read_bytes()


async def test_many_small_documents_end_in_few_segments(base: KnowledgeBase) -> None:
    """Fifty files added one at a time are merged as they come, and all stay found."""
    for number in range(50):
        await base.put({f"{number}.txt": f"Apples, kind number {number}."}, name="grows")
    assert await base.count("segments") < 20
    assert await base.count("retired") == 0
    assert len(await base.names("apples", limit=100)) == 50


async def test_a_failed_write_is_the_sources_error(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in the index is not silence: the source says that it failed, and the next run mends it."""

    async def add(*_: object) -> bool:
        raise RuntimeError("a bug")

    base.write(NOTES)
    monkeypatch.setattr(base.indexer, "add", add)
    with pytest.raises(Exception, match="server failed"):
        await base.read()
    (source,) = await base.sources.all(TENANT)
    assert source.status == "error"
    monkeypatch.undo()
    assert (await base.read()).source.status == "ready"
    assert await base.names("apples") == ["a.txt"]


async def test_file_names_that_are_not_text_are_shown_and_found(base: KnowledgeBase) -> None:
    """A name of bytes that are no UTF-8 is listed with them written out, once, run after run."""
    base.write({os.fsdecode(b"caf\xe9.txt"): "Apples."})
    source = (await base.read()).source
    assert list(await base.listed(source.id)) == ["caf\\udce9.txt"]
    assert (await base.read()).tally.unchanged == 1
