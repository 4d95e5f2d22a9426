"""From folders, files, uploads and texts to documents that are found.

A run over a source can end at any moment, by `kill -9` too: what was published stays, what was not was never
seen, and the next run goes on with the files that are new or different. A document's id comes from its source
and its path, so it cannot be there twice. What somebody sent is kept until a run could read it.
"""

import asyncio
import io
import logging
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal
from weakref import WeakValueDictionary

import msgspec

from rivulet.domain.errors import Conflict, Internal, InvalidRequest, NotFound, NotKept, RivuletError
from rivulet.domain.ids import make_id
from rivulet.knowledge.folder import FoundFile, Listing, found_file, listing, shown
from rivulet.knowledge.indexer import Indexer
from rivulet.knowledge.reading import FILE_BYTES, Parse, Reading, digest_of, stream_digest
from rivulet.knowledge.refresh import Progress, Refresh, Tally
from rivulet.ports.knowledge import Documents, Parsed, Received, Source, Sources
from rivulet.ports.turns import Clock

log = logging.getLogger(__name__)

Kind = Literal["folder", "file", "upload", "text"]
Status = Literal["pending", "processing", "ready", "error"]
_Key = tuple[str, str]
"""A tenant and one of its sources: by id while it is read, by location while what was sent for it comes or
goes."""

_LOST = "What was sent is not there any more and was never read: send it again."

_LONGEST_NAME = 200
"""Characters of a file's name or a title; file systems end at 255 bytes."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The source after a run, and what the run did."""

    source: Source
    tally: Tally


class Ingest:
    """`is_supported` says of a file's name whether a parser reads such files; `entropy` gives random
    bytes."""

    def __init__(
        self,
        *,
        sources: Sources,
        documents: Documents,
        received: Received,
        indexer: Indexer,
        parse: Parse,
        is_supported: Callable[[str], bool],
        clock: Clock,
        entropy: Callable[[int], bytes],
        file_bytes: int = FILE_BYTES,
    ) -> None:
        self._sources = sources
        self._documents = documents
        self._received = received
        self._indexer = indexer
        self._parse = parse
        self._is_supported = is_supported
        self._clock = clock
        self._entropy = entropy
        self._file_bytes = file_bytes
        self._locks: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def folder(self, tenant_id: str, path: Path) -> Source:
        """The source for a folder, new or known; `index` reads it. Raises InvalidRequest."""
        place = await asyncio.to_thread(_place, path, Path.is_dir)
        if place is None:
            raise InvalidRequest(f"There is no folder {shown(str(path))}.")
        return await self._add(tenant_id, "folder", place.name or "/", str(place))

    async def file(self, tenant_id: str, path: Path) -> Source:
        """The source for one file, of whatever kind. Raises InvalidRequest."""
        place = await asyncio.to_thread(_place, path, Path.is_file)
        if place is None:
            raise InvalidRequest(f"There is no file {shown(str(path))}.")
        return await self._add(tenant_id, "file", place.name, str(place))

    async def upload(self, tenant_id: str, filename: str, content: BinaryIO) -> Source:
        """The source for a file somebody sent; it is kept until `index` has read it. The same content under
        the same name is the same source. Raises StorageFull, StorageFailed."""
        name = _plain_name(filename)
        digest = await asyncio.to_thread(_sent_digest, content)
        return await self._receive(tenant_id, "upload", name, f"{digest}/{name}", content)

    async def text(self, tenant_id: str, title: str, text: str) -> Source:
        """The source for a text somebody wrote or pasted. Raises StorageFull, StorageFailed."""
        title = " ".join(shown(title).split())[:_LONGEST_NAME] or "Text"
        location = digest_of(f"{title}\n{text}".encode("utf-8", "replace"))
        content = io.BytesIO(text.encode("utf-8", "surrogatepass"))
        return await self._receive(tenant_id, "text", title, location, content)

    async def index(self, tenant_id: str, source_id: str, progress: Progress | None = None) -> Outcome:
        """Brings the index up to date with the source. A file that cannot be read is listed with its reason.
        Raises NotFound, StorageFull, StorageFailed, Internal; the source then says so too."""
        async with self._lock(tenant_id, source_id):
            source = await self._sources.get(tenant_id, source_id)
            if source is None:
                raise NotFound
            try:
                await self._mark(tenant_id, source, "processing")
                tally = await self._refreshed(tenant_id, source, progress or _silent)
            except RivuletError as problem:
                await self._give_up(tenant_id, source, problem)
                raise
            except Exception as problem:
                log.exception("source %s cannot be indexed", source_id)
                await self._give_up(tenant_id, source, Internal())
                raise Internal from problem
            finally:
                self._indexer.rest()
            concluded = await self._conclude(tenant_id, source_id)
            await self._forget(tenant_id, concluded)
            return Outcome(source=concluded, tally=tally)

    async def again(self, tenant_id: str, source_id: str) -> tuple[Source, bool]:
        """The source, waiting for `index` to read once more what it could not, and whether it waits only
        now; one that waited already stays as it is. Raises NotFound, NotKept, and Conflict when there is
        nothing left to read."""
        source = await self._sources.get(tenant_id, source_id)
        if source is None:
            raise NotFound
        if source.status in ("pending", "processing"):
            return source, False
        if source.status == "ready" and not source.failed_count:
            raise Conflict("Every document of this source has been read.")
        is_sent = source.kind in ("upload", "text")
        if is_sent and await self._received.find(tenant_id, source.location) is None:
            raise NotKept
        return await self._mark(tenant_id, source, "pending"), True

    async def delete(self, tenant_id: str, source_id: str) -> bool:
        """From now on nothing of it is found; then it is removed from the index and the disk."""
        source = await self._sources.get(tenant_id, source_id)
        if source is None:
            return False
        async with self._lock(tenant_id, source.location):
            if not await self._sources.delete(tenant_id, source_id):
                return False
            await self._received.drop(tenant_id, source.location)
        await self._indexer.tidy(tenant_id)
        return True

    async def recover(self, tenant_id: str) -> list[Source]:
        """At start: tidies what an earlier process left half done. Returns the sources that wait for `index`
        with what was sent for them; folders and files are read again by whoever names them."""
        await self._indexer.tidy(tenant_id)
        sent = [each for each in await self._sources.all(tenant_id) if each.kind in ("upload", "text")]
        await self._received.tidy(tenant_id, [each.location for each in sent])
        return [each for each in sent if await self._is_waiting(tenant_id, each.id)]

    async def _is_waiting(self, tenant_id: str, source_id: str) -> bool:
        """Whether what was sent is still to be read; when it is not, the source says what became of it. What
        could not be read is kept, but no start reads it again: it may be what no reader survives."""
        async with self._lock(tenant_id, source_id):
            source = await self._sources.get(tenant_id, source_id)
            if source is None or (source.status == "error" and source.failed_count):
                return False
            if await self._received.find(tenant_id, source.location) is not None:
                return True
            if source.status in ("pending", "processing"):
                if source.document_count:
                    await self._conclude(tenant_id, source_id)
                else:
                    await self._mark(tenant_id, source, "error", _LOST)
            return False

    async def _receive(
        self, tenant_id: str, kind: Kind, title: str, location: str, content: BinaryIO
    ) -> Source:
        """The source for what somebody sent. That is kept before its row is seen: nobody may call it lost."""
        async with self._lock(tenant_id, location):
            is_new = await self._received.keep(tenant_id, location, content)
            try:
                source = await self._add(tenant_id, kind, title, location)
                # A start reads what waits, and not what failed: it would not know that it was sent again.
                return await self._mark(tenant_id, source, "pending") if source.status == "error" else source
            except BaseException:
                if is_new:
                    await self._received.drop(tenant_id, location)
                raise

    async def _forget(self, tenant_id: str, source: Source) -> None:
        """What was sent has been read, unless it failed and somebody may try again; what was sent again since
        this source was deleted is another's."""
        if source.failed_count:
            return
        async with self._lock(tenant_id, source.location):
            if await self._sources.get(tenant_id, source.id) is not None:
                await self._received.drop(tenant_id, source.location)

    def _lock(self, tenant_id: str, name: str) -> asyncio.Lock:
        return self._locks.setdefault((tenant_id, name), asyncio.Lock())

    async def _add(self, tenant_id: str, kind: Kind, title: str, location: str) -> Source:
        if shown(location) != location:
            raise InvalidRequest(f"The name {shown(location)} is not text.")
        now = self._clock.now_ms()
        source = Source(
            id=make_id("src", self._entropy(16)),
            kind=kind,
            title=shown(title),
            location=location,
            created_at=now,
            updated_at=now,
        )
        return await self._sources.add(tenant_id, source)

    async def _refreshed(self, tenant_id: str, source: Source, progress: Progress) -> Tally:
        found = await self._found(tenant_id, source)
        if found is None:
            return Tally(unchanged=source.document_count)
        reading = Reading(source.id, self._parse, self._clock, self._file_bytes)
        refresh = Refresh(tenant_id, source.id, self._documents, self._indexer, reading)
        try:
            await refresh.run(found, progress)
        except Exception:  # but not when the server stops: the next start tidies up
            await self._indexer.tidy(tenant_id)
            raise
        await self._indexer.tidy(tenant_id)
        return refresh.tally

    async def _found(self, tenant_id: str, source: Source) -> Listing | None:
        """The files there are now; None for what was sent once and has been read."""
        if source.kind in ("folder", "file"):
            return await asyncio.to_thread(self._listing, source)
        content = await self._received.find(tenant_id, source.location)
        if content is not None:
            file = await asyncio.to_thread(_sent_file, source, content)
            return Listing(files=[file], unsupported_count=0, closed=[])
        if not source.document_count:
            raise InvalidRequest(_LOST)
        return None

    def _listing(self, source: Source) -> Listing:
        path = Path(source.location)
        try:
            if source.kind == "folder":
                return listing(path, self._is_supported)
            return Listing(files=[found_file(path, path.name)], unsupported_count=0, closed=[])
        except OSError as problem:
            raise InvalidRequest(
                f"{source.location} cannot be read: {problem.strerror or problem}."
            ) from None

    async def _conclude(self, tenant_id: str, source_id: str) -> Source:
        """Ready when anything can be found of it, or when there was nothing to read."""
        source = await self._sources.get(tenant_id, source_id)
        if source is None:
            raise NotFound("The source was deleted while it was read.")
        failed, count = source.failed_count, source.document_count
        reason = f"{failed} of {count} files could not be read." if failed else None
        if failed and count == 1:
            (document,) = await self._documents.of(tenant_id, source_id)
            reason = document.reason
        return await self._mark(tenant_id, source, "error" if failed and failed == count else "ready", reason)

    async def _give_up(self, tenant_id: str, source: Source, problem: RivuletError) -> None:
        try:
            await self._mark(tenant_id, source, "error", problem.message)
        except RivuletError:
            log.warning("source %s: %s", source.id, problem.message)

    async def _mark(
        self, tenant_id: str, source: Source, status: Status, reason: str | None = None
    ) -> Source:
        marked = msgspec.structs.replace(
            source, status=status, error_message=reason, updated_at=self._clock.now_ms()
        )
        await self._sources.mark(tenant_id, marked)
        return marked


def _place(path: Path, is_right: Callable[[Path], bool]) -> Path | None:
    try:
        return path.resolve() if is_right(path) else None
    except (OSError, ValueError):  # a name too long, a link to itself, a NUL
        return None


def _sent_digest(content: BinaryIO) -> str:
    content.seek(0)
    return stream_digest(content)


def _sent_file(source: Source, content: Path | bytes) -> FoundFile:
    """Raises NotFound when it was deleted a moment ago."""
    try:
        if source.kind == "text":
            raw = content if isinstance(content, bytes) else content.read_bytes()
            text = raw.decode("utf-8", "surrogatepass")
            parsed = Parsed(text=text, title=source.title, media_type="text/plain")
            return FoundFile(content=parsed, name=_plain_name(source.title), size=len(raw), modified_ns=0)
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
    except FileNotFoundError:
        raise NotFound("The source was deleted while it was read.") from None
    _, _, name = source.location.partition("/")
    return FoundFile(content=content, name=name, size=size, modified_ns=0)


def _silent(done: int, total: int, path: str) -> None:
    pass


def _plain_name(filename: str) -> str:
    """The last part of a path of any system, without what does not belong into a name."""
    name = shown(PurePosixPath(filename.replace("\\", "/")).name)
    name = "".join(character for character in name if character.isprintable()).strip(" .")
    return name[-_LONGEST_NAME:] or "upload"
