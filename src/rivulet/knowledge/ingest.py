"""From folders, files, uploads and texts to documents that are found.

A run over a source can end at any moment, by `kill -9` too: what was published stays, what was not was never
seen, and the next run goes on with the files that are new or different. A document's id comes from its source
and its path, so it cannot be there twice.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal
from weakref import WeakValueDictionary

import msgspec

from rivulet.domain.errors import Internal, InvalidRequest, NotFound, RivuletError
from rivulet.domain.ids import make_id
from rivulet.knowledge.folder import FoundFile, Listing, found_file, listing, shown
from rivulet.knowledge.indexer import Indexer
from rivulet.knowledge.reading import FILE_BYTES, Parse, Reading, digest_of
from rivulet.knowledge.refresh import Progress, Refresh, Tally
from rivulet.ports.knowledge import Documents, Parsed, Source, Sources
from rivulet.ports.turns import Clock

log = logging.getLogger(__name__)

Kind = Literal["folder", "file", "upload", "text"]
Status = Literal["pending", "processing", "ready", "error"]
_Key = tuple[str, str]
"""A tenant and one of its sources, by id or by location."""

_LOST = "The server stopped before this was read: send it again."

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
        indexer: Indexer,
        parse: Parse,
        is_supported: Callable[[str], bool],
        clock: Clock,
        entropy: Callable[[int], bytes],
        file_bytes: int = FILE_BYTES,
    ) -> None:
        self._sources = sources
        self._documents = documents
        self._indexer = indexer
        self._parse = parse
        self._is_supported = is_supported
        self._clock = clock
        self._entropy = entropy
        self._file_bytes = file_bytes
        self._sent: dict[_Key, FoundFile] = {}
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

    async def upload(self, tenant_id: str, filename: str, content: bytes | Path) -> Source:
        """The source for a file somebody sent; the content must stay where it is until `index` has read it.
        The same content under the same name is the same source."""
        name = _plain_name(filename)
        digest, size = await asyncio.to_thread(_measured, content)
        sent = FoundFile(content=content, name=name, size=size, modified_ns=0)
        return await self._receive(tenant_id, "upload", name, f"{digest}/{name}", sent)

    async def text(self, tenant_id: str, title: str, text: str) -> Source:
        """The source for a text somebody wrote or pasted."""
        title = " ".join(shown(title).split())[:_LONGEST_NAME] or "Text"
        raw = f"{title}\n{text}".encode("utf-8", "replace")
        parsed = Parsed(text=text, title=title, media_type="text/plain")
        sent = FoundFile(content=parsed, name=_plain_name(title), size=len(raw), modified_ns=0)
        return await self._receive(tenant_id, "text", title, digest_of(raw), sent)

    async def index(self, tenant_id: str, source_id: str, progress: Progress | None = None) -> Outcome:
        """Brings the index up to date with the source. A file that cannot be read is listed with its reason.
        Raises NotFound, StorageFull, StorageFailed, Internal; the source then says so too."""
        async with self._locks.setdefault((tenant_id, source_id), asyncio.Lock()):
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
                self._sent.pop((tenant_id, source.location), None)
                self._indexer.rest()
            return Outcome(source=await self._conclude(tenant_id, source_id), tally=tally)

    async def delete(self, tenant_id: str, source_id: str) -> bool:
        """From now on nothing of it is found; then it is removed from the index and the disk."""
        if not await self._sources.delete(tenant_id, source_id):
            return False
        await self._indexer.tidy(tenant_id)
        return True

    async def recover(self, tenant_id: str) -> None:
        """At start: what an earlier process left half done. Folders and files are read again by `index`; what
        had been sent and not read yet is gone, and its source says so."""
        await self._indexer.tidy(tenant_id)
        for each in await self._sources.all(tenant_id):
            async with self._locks.setdefault((tenant_id, each.id), asyncio.Lock()):
                source = await self._sources.get(tenant_id, each.id)
                if source is not None and self._is_lost(tenant_id, source):
                    await self._mark(tenant_id, source, "error", _LOST)

    def _is_lost(self, tenant_id: str, source: Source) -> bool:
        """Whether it was sent to an earlier process and never read; not what this one is about to read."""
        is_waiting = source.status in ("pending", "processing") and not source.document_count
        was_sent = source.kind in ("upload", "text")
        return is_waiting and was_sent and (tenant_id, source.location) not in self._sent

    async def _receive(
        self, tenant_id: str, kind: Kind, title: str, location: str, sent: FoundFile
    ) -> Source:
        """The source for what somebody sent. It is held before its row is seen: nobody may call it lost."""
        self._sent[tenant_id, location] = sent
        try:
            return await self._add(tenant_id, kind, title, location)
        except BaseException:
            self._sent.pop((tenant_id, location), None)
            raise

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
        found = await asyncio.to_thread(self._listing, tenant_id, source)
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

    def _listing(self, tenant_id: str, source: Source) -> Listing | None:
        """The files there are now; None for what was sent once and has been read."""
        try:
            if source.kind == "folder":
                return listing(Path(source.location), self._is_supported)
            if source.kind == "file":
                path = Path(source.location)
                return Listing(files=[found_file(path, path.name)], unsupported_count=0, closed=[])
        except OSError as problem:
            raise InvalidRequest(
                f"{source.location} cannot be read: {problem.strerror or problem}."
            ) from None
        sent = self._sent.get((tenant_id, source.location))
        if sent is None and not source.document_count:
            raise InvalidRequest(_LOST)
        return None if sent is None else Listing(files=[sent], unsupported_count=0, closed=[])

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


def _measured(content: bytes | Path) -> tuple[str, int]:
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return digest_of(content), size


def _silent(done: int, total: int, path: str) -> None:
    pass


def _plain_name(filename: str) -> str:
    """The last part of a path of any system, without what does not belong into a name."""
    name = shown(PurePosixPath(filename.replace("\\", "/")).name)
    name = "".join(character for character in name if character.isprintable()).strip(" .")
    return name[-_LONGEST_NAME:] or "upload"
