"""One file to a document and its chunks, or to the reason why not."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from rivulet.domain.errors import Draining, Unreadable
from rivulet.domain.ids import make_id
from rivulet.knowledge.chunking import chunks
from rivulet.knowledge.folder import FoundFile
from rivulet.knowledge.indexer import Prepared
from rivulet.knowledge.layout import LARGEST_SEGMENT
from rivulet.ports.knowledge import Document, Parsed
from rivulet.ports.turns import Clock

log = logging.getLogger(__name__)

Parse = Callable[[Path | bytes, str], Awaitable[Parsed]]
"""Reads a file, or bytes, by its name. Raises Unreadable."""

FILE_BYTES = 256 << 20
"""A larger file is refused without being read."""

_PIECE = 1 << 20
"""Bytes read at a time where the whole is not needed."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SEPARATORS = re.compile(r"[\s_/\\]+")


class Reading:
    """Reads the files of one source."""

    def __init__(self, source_id: str, parse: Parse, clock: Clock, file_bytes: int = FILE_BYTES) -> None:
        self._source_id = source_id
        self._parse = parse
        self._clock = clock
        self._file_bytes = file_bytes

    async def read(self, file: FoundFile, known: Document | None) -> Prepared | Document | None:
        """A document to be indexed; or its row when it failed, or only looks newer; or None when it is as it
        was or has gone. One that failed before is read again even when it looks the same: what failed may
        have been the machine. Raises nothing that is the file's fault."""
        if known and known.status == "failed":
            result = await self._read(file, None)
            return None if isinstance(result, Document) and _is_same_failure(known, result) else result
        if known and (known.size, known.modified_ns) == (file.size, file.modified_ns):
            return None
        return await self._read(file, known)

    async def _read(self, file: FoundFile, known: Document | None) -> Prepared | Document | None:
        document = self._document(file)
        if file.size > self._file_bytes:
            return _failed(document, f"This file is larger than {self._file_bytes >> 20} MiB.")
        try:
            digest = await asyncio.to_thread(_digest, file.content)
            document = msgspec.structs.replace(document, digest=digest)
            if known and known.digest == digest:
                return msgspec.structs.replace(known, size=file.size, modified_ns=file.modified_ns)
            return await self._prepared(document, await self._parsed(file))
        except FileNotFoundError:
            return None
        except Draining:
            raise
        except Unreadable as problem:
            return _failed(document, problem.message)
        except OSError as problem:
            return _failed(document, f"This file cannot be opened: {problem.strerror or problem}.")
        except Exception:
            log.exception("%s cannot be read", file.name)
            return _failed(document, "This file could not be read.")

    def closed(self, name: str, reason: str) -> Document:
        """The row that says why nothing below a folder could be read."""
        file = FoundFile(content=b"", name=name, size=0, modified_ns=0)
        return _failed(self._document(file), f"This folder cannot be opened: {reason}.")

    async def _parsed(self, file: FoundFile) -> Parsed:
        if isinstance(file.content, Parsed):
            return file.content
        return await self._parse(file.content, PurePosixPath(file.name).name)

    async def _prepared(self, document: Document, parsed: Parsed) -> Prepared:
        parsed = _cleaned(parsed)
        found = await asyncio.to_thread(chunks, parsed)
        if not found:
            raise Unreadable("There is no text in this file.")
        if len(found) > LARGEST_SEGMENT:
            raise Unreadable("This file has more text than one document can have, about 40 MB: split it.")
        title = " ".join((parsed.title or "").split()) or document.title
        document = msgspec.structs.replace(
            document, title=title, media_type=parsed.media_type, chunk_count=len(found)
        )
        return Prepared(document=document, name=_name(title, document.path), chunks=found)

    def _document(self, file: FoundFile) -> Document:
        path = PurePosixPath(file.name)
        now = self._clock.now_ms()
        return Document(
            id=document_id(self._source_id, file.name),
            source_id=self._source_id,
            path=file.name,
            title=" ".join(path.stem.replace("_", " ").split()) or path.name,
            filename=path.name,
            media_type="application/octet-stream",
            url="",
            size=file.size,
            modified_ns=file.modified_ns,
            created_at=now,
            updated_at=now,
        )


def document_id(source_id: str, path: str) -> str:
    """The same for the same path of the same source; as hard to guess as the source's id."""
    return make_id("doc", hashlib.blake2b(f"{source_id}/{path}".encode(), digest_size=16).digest())


def digest_of(content: Path | bytes) -> str:
    """Raises OSError."""
    if isinstance(content, bytes):
        return hashlib.blake2b(content, digest_size=20).hexdigest()
    with content.open("rb") as file:
        return stream_digest(file)


def stream_digest(content: BinaryIO) -> str:
    """Of what is left of it."""
    digest = hashlib.blake2b(digest_size=20)
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _digest(content: Path | bytes | Parsed) -> str:
    return digest_of(content.text.encode("utf-8", "replace") if isinstance(content, Parsed) else content)


def _failed(document: Document, reason: str) -> Document:
    return msgspec.structs.replace(document, status="failed", reason=reason)


def _is_same_failure(known: Document, failed: Document) -> bool:
    """Whether its row can stay as it is, so that a run over broken files writes nothing."""
    return (known.reason, known.digest, known.size, known.modified_ns) == (
        failed.reason,
        failed.digest,
        failed.size,
        failed.modified_ns,
    )


def _name(title: str, path: str) -> str:
    """The words of the title, and those that only the path has: folders and file names often say what a text
    does not."""
    stem = str(PurePosixPath(path).with_suffix(""))
    known = set(_SEPARATORS.split(title.lower()))
    return " ".join([title, *(word for word in _SEPARATORS.split(stem) if word.lower() not in known)])


def _cleaned(parsed: Parsed) -> Parsed:
    """Without what no database takes, and without white space before it; the marks move with the text."""
    text = _storable(parsed.text)
    shift = len(text) - len(text.lstrip())
    return msgspec.structs.replace(
        parsed,
        text=text[shift:],
        title=None if parsed.title is None else _storable(parsed.title),
        pages=tuple((max(0, offset - shift), page) for offset, page in parsed.pages),
        headings=tuple(
            (max(0, offset - shift), level, _storable(text)) for offset, level, text in parsed.headings
        ),
    )


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
