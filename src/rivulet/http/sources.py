"""/v1/sources: what the answers come from (PROTOCOL.md §8)."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, File, Request, UploadFile
from starlette.responses import Response

from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.http.documents import known_as
from rivulet.http.errors import reply
from rivulet.http.shapes import (
    DocumentShown,
    SourceList,
    SourceShown,
    SourceWithDocuments,
    TextSourceBody,
    described,
)
from rivulet.http.turns import who
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
        house.begin_index(principal.tenant_id, source.id)

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
            source = await library.ingest.upload(who(request).tenant_id, each.filename or "upload", each.file)
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

    @router.post(
        "/sources/{source_id}/retry",
        status_code=202,
        responses=described(202, SourceShown, "To be read again"),
    )
    async def retry(request: Request, source_id: str) -> Response:
        """Read again what could not be read of the source."""
        source, is_new = await library.ingest.again(who(request).tenant_id, source_id)
        if is_new:
            begin(who(request), source)
        return reply(shown(source), 202)

    @router.delete("/sources/{source_id}", status_code=204, responses=described(204, None, "Gone"))
    async def delete(request: Request, source_id: str) -> Response:
        """Delete the source; its passages are not found from then on."""
        if not await library.ingest.delete(who(request).tenant_id, source_id):
            raise NotFound
        return Response(status_code=204)

    return router


def shown(source: Source) -> SourceShown:
    """Without the place on our disk."""
    fields = msgspec.structs.asdict(source)
    del fields["location"]
    return SourceShown(**fields)


def _document(document: Document) -> DocumentShown:
    return DocumentShown(
        **known_as(document),
        status=document.status,
        reason=document.reason,
        chunk_count=document.chunk_count,
    )
