"""One source brought up to date: files read ahead, documents published in batches, what is gone removed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import msgspec

from rivulet.domain.errors import NotFound
from rivulet.knowledge.folder import FoundFile, Listing
from rivulet.knowledge.indexer import Indexer, Prepared
from rivulet.knowledge.layout import LARGEST_SEGMENT
from rivulet.knowledge.reading import Reading
from rivulet.ports.knowledge import Document, Documents

Progress = Callable[[int, int, str], None]
"""Called after each file with how many are done, of how many, and its path."""

_READ_AHEAD = 4
"""Files that are read while others are indexed: enough for a few readers, few enough to hold in memory."""

_FIRST_BATCH = 500
_LARGEST_BATCH = 8_000
"""Chunks that are published together. Small batches are found sooner, large ones make fewer segments to
merge; so the first is small and each one is twice as large as the one before it."""

_BATCH_DOCUMENTS = 200
"""Rows of documents in one transaction: five milliseconds of the writer."""

_Read = Prepared | Document | None


class Tally(msgspec.Struct):
    """Files by what became of them."""

    indexed: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    unsupported: int = 0


class Refresh:
    """Made for one run over one source."""

    def __init__(
        self, tenant_id: str, source_id: str, documents: Documents, indexer: Indexer, reading: Reading
    ) -> None:
        self._tenant_id = tenant_id
        self._source_id = source_id
        self._documents = documents
        self._indexer = indexer
        self._reading = reading
        self._known: dict[str, Document] = {}
        self._batch: list[Prepared] = []
        self._enough = _FIRST_BATCH
        self._noted: list[Document] = []
        self.tally = Tally()

    async def run(self, found: Listing, progress: Progress) -> None:
        """Raises NotFound when the source is deleted meanwhile."""
        self._known = {each.path: each for each in await self._documents.of(self._tenant_id, self._source_id)}
        self.tally.unsupported = found.unsupported_count
        self._noted += [self._reading.closed(name, reason) for name, reason in found.closed]
        done = 0
        for files in self._in_turn(found.files):
            async with aclosing(self._read_all(files)) as results:
                async for file, result in results:
                    await self._take(file, result)
                    done += 1
                    progress(done, len(found.files), file.name)
            await self._publish()
            await self._note()
        await self._remove_missing(found)

    def _in_turn(self, files: Sequence[FoundFile]) -> tuple[list[FoundFile], list[FoundFile]]:
        """Those that failed the last time come when the others can be found: each may cost its reader the
        longest it is given."""
        failed = {path for path, document in self._known.items() if document.status == "failed"}
        return [file for file in files if file.name not in failed], [
            file for file in files if file.name in failed
        ]

    async def _read_all(self, files: Sequence[FoundFile]) -> AsyncGenerator[tuple[FoundFile, _Read], None]:
        """In the order of the files, a few of them at a time."""
        waiting: deque[tuple[FoundFile, asyncio.Task[_Read]]] = deque()
        try:
            for file in files:
                reading = self._reading.read(file, self._known.get(file.name))
                waiting.append((file, asyncio.create_task(reading)))
                if len(waiting) == _READ_AHEAD:
                    first, task = waiting.popleft()
                    yield first, await task
            while waiting:
                first, task = waiting.popleft()
                yield first, await task
        finally:
            for _, task in waiting:
                task.cancel()
            await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)

    async def _take(self, file: FoundFile, result: _Read) -> None:
        if isinstance(result, Prepared):
            self.tally.indexed += 1
            if self._chunk_count + len(result.chunks) > LARGEST_SEGMENT:
                await self._publish()
            self._batch.append(result)
            if self._chunk_count >= self._enough or len(self._batch) >= _BATCH_DOCUMENTS:
                await self._publish()
            return
        if isinstance(result, Document):
            self._noted.append(result)
            if len(self._noted) >= _BATCH_DOCUMENTS:
                await self._note()
        stays = result or self._known.get(file.name)
        if stays and stays.status == "failed":
            self.tally.failed += 1
        elif stays:
            self.tally.unchanged += 1

    @property
    def _chunk_count(self) -> int:
        return sum(len(each.chunks) for each in self._batch)

    async def _publish(self) -> None:
        batch, self._batch = self._batch, []
        self._enough = min(2 * self._enough, _LARGEST_BATCH)
        if batch and not await self._indexer.add(self._tenant_id, self._source_id, batch):
            raise NotFound("The source was deleted while it was read.")
        if len(batch) > 1:
            await self._indexer.tidy(self._tenant_id)

    async def _note(self) -> None:
        noted, self._noted = self._noted, []
        if noted:
            await self._documents.note(self._tenant_id, noted)

    async def _remove_missing(self, found: Listing) -> None:
        """What is in a folder that may not be read any more is not missing; nobody can tell."""
        there = {file.name for file in found.files} | {name for name, _ in found.closed}
        closed = tuple(f"{name}/" for name, _ in found.closed)
        missing = [
            document.id
            for path, document in self._known.items()
            if path not in there and not path.startswith(closed)
        ]
        self.tally.removed = len(missing)
        for start in range(0, len(missing), _BATCH_DOCUMENTS):
            ids = missing[start : start + _BATCH_DOCUMENTS]
            await self._documents.delete(self._tenant_id, self._source_id, ids)
