"""/v1/sources and /v1/documents: what the answers come from (PROTOCOL.md §8)."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, File, Query, Request, UploadFile
from starlette.responses import FileResponse, Response

from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.http.errors import reply
from rivulet.http.shapes import (
    DocumentShown,
    DocumentText,
    SourceList,
    SourceShown,
    SourceWithDocuments,
    TextSourceBody,
    described,
)
from rivulet.http.turns import who
from rivulet.knowledge.original import original
from rivulet.ports.knowledge import Document, Source
from rivulet.wiring import House


def routes(house: House) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sources"])
    library = house.library

    async def found(principal: Principal, source_id: str) -> Source:
        source = await library.sources.get(principal.tenant_id, source_id)
        if source is None:
            raise NotFound
        return source

    def begin(principal: Principal, source: Source) -> None:
        """Indexes it after the answer has gone out; its status says how far it is."""
        house.jobs.start(f"index {source.id}", library.ingest.index(principal.tenant_id, source.id))

    @router.get("/sources", responses=described(200, SourceList, "Oldest first"))
    async def sources(request: Request) -> Response:
        """Everything answers may come from, the oldest first."""
        every = await library.sources.all(who(request).tenant_id)
        return reply(SourceList(sources=[shown(each) for each in every]))

    @router.post("/sources", status_code=202, responses=described(202, SourceShown, "Being indexed"))
    async def add(request: Request, body: TextSourceBody) -> Response:
        """Add a text as a source of its own."""
        source = await library.ingest.text(who(request).tenant_id, body.title, body.text)
        begin(who(request), source)
        return reply(shown(source), 202, {"location": f"/v1/sources/{source.id}"})

    @router.post("/sources/upload", status_code=202, responses=described(202, SourceList, "Being indexed"))
    async def upload(request: Request, file: Annotated[list[UploadFile], File()]) -> Response:
        """Upload files, each a source of its own."""
        made: list[SourceShown] = []
        for each in file:
            source = await library.ingest.upload(
                who(request).tenant_id, each.filename or "upload", await each.read()
            )
            begin(who(request), source)
            made.append(shown(source))
        return reply(SourceList(sources=made), 202)

    @router.get("/sources/{source_id}", responses=described(200, SourceWithDocuments))
    async def source(request: Request, source_id: str) -> Response:
        """The source with its documents, also those that could not be read."""
        principal = who(request)
        known = await found(principal, source_id)
        documents = await library.documents.of(principal.tenant_id, source_id)
        return reply(
            SourceWithDocuments(
                **msgspec.structs.asdict(shown(known)), documents=[_document(each) for each in documents]
            )
        )

    @router.delete("/sources/{source_id}", status_code=204, responses=described(204, None, "Gone"))
    async def delete(request: Request, source_id: str) -> Response:
        """Delete the source; its passages are not found from then on."""
        if not await library.ingest.delete(who(request).tenant_id, source_id):
            raise NotFound
        return Response(status_code=204)

    async def readable(principal: Principal, document_id: str) -> Document:
        known = await library.documents.get(principal.tenant_id, document_id)
        if known is None:
            raise NotFound
        return known

    async def file_of(principal: Principal, document: Document) -> Path | None:
        source = await library.sources.get(principal.tenant_id, document.source_id)
        return await asyncio.to_thread(original, source, document) if source else None

    @router.get("/documents/{document_id}", responses=described(200, DocumentText))
    async def document(
        request: Request,
        document_id: str,
        start: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
        end: Annotated[int, Query(ge=0, le=1 << 53)] = 1 << 53,
    ) -> Response:
        """A document's text, which the offsets of passages and citations count in, or a part of it."""
        known = await readable(who(request), document_id)
        text = await library.documents.text(who(request).tenant_id, document_id)
        if text is None:
            raise NotFound
        has_original = await file_of(who(request), known) is not None
        part = DocumentText(
            **_fields(known), start=start, length=len(text), has_original=has_original, text=text[start:end]
        )
        return reply(part)

    @router.get("/documents/{document_id}/original", responses=described(200, None, "The file"))
    async def file(request: Request, document_id: str) -> Response:
        """The file the document was read from, where the server still has it."""
        known = await readable(who(request), document_id)
        path = await file_of(who(request), known)
        if path is None:
            raise NotFound
        return _file(path, known)

    return router


def shown(source: Source) -> SourceShown:
    """Without the place on our disk."""
    fields = msgspec.structs.asdict(source)
    del fields["location"]
    return SourceShown(**fields)


def _document(document: Document) -> DocumentShown:
    return DocumentShown(
        **_fields(document),
        status=document.status,
        reason=document.reason,
        chunk_count=document.chunk_count,
    )


def _fields(document: Document) -> dict[str, Any]:
    names = ("id", "source_id", "title", "filename", "media_type")
    return {name: getattr(document, name) for name in names}


_SHOWN = ("application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp")
"""What a browser shows by itself and no script can hide in."""

_ALONE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
}


def _file(path: Path, document: Document) -> Response:
    """Somebody's file under our own address: nothing in it may run. Text of every kind is shown as text, what
    a browser cannot show is saved."""
    if document.media_type in _SHOWN:
        return _sent(path, document.media_type, "inline", _ALONE)
    if document.media_type.startswith("text/"):
        policy = {"content-security-policy": "sandbox; default-src 'none'"}
        return _sent(path, "text/plain; charset=utf-8", "inline", _ALONE | policy)
    return _sent(path, document.media_type, "attachment", _ALONE)


def _sent(path: Path, media_type: str, disposition: str, headers: dict[str, str]) -> FileResponse:
    return FileResponse(
        path, headers=headers, media_type=media_type, filename=path.name, content_disposition_type=disposition
    )
