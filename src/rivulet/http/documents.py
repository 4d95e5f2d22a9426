"""/v1/documents: a document's text, and the file it was read from (PROTOCOL.md §8)."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.http.errors import reply
from rivulet.http.shapes import DocumentText, described
from rivulet.http.turns import who
from rivulet.knowledge.original import original
from rivulet.ports.knowledge import Document
from rivulet.wiring import Library


def routes(library: Library) -> APIRouter:
    router = APIRouter(prefix="/v1/documents", tags=["sources"])

    async def readable(principal: Principal, document_id: str) -> Document:
        known = await library.documents.get(principal.tenant_id, document_id)
        if known is None:
            raise NotFound
        return known

    async def file_of(principal: Principal, document: Document) -> Path | None:
        source = await library.sources.get(principal.tenant_id, document.source_id)
        return await asyncio.to_thread(original, source, document) if source else None

    @router.get("/{document_id}", responses=described(200, DocumentText))
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
            **known_as(known), start=start, length=len(text), has_original=has_original, text=text[start:end]
        )
        return reply(part)

    @router.get("/{document_id}/original", responses=described(200, None, "The file"))
    async def file(request: Request, document_id: str) -> Response:
        """The file the document was read from, where the server still has it."""
        known = await readable(who(request), document_id)
        path = await file_of(who(request), known)
        if path is None:
            raise NotFound
        return _file(path, known)

    return router


def known_as(document: Document) -> dict[str, Any]:
    """What every answer about a document says of it."""
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
