"""/v1/chats/{id}/export: a chat as a file to keep (PROTOCOL.md §7.5)."""

import asyncio
import time
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from rivulet.domain.export import FORMATS, file_name
from rivulet.domain.tenant import Principal
from rivulet.engine.service import Service
from rivulet.http.shapes import described
from rivulet.http.turns import who


def routes(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/chats/{chat_id}/export", tags=["chats"])

    @router.get("", responses=_FILE)
    async def export(
        request: Request, chat_id: str, format: Literal["markdown", "json", "csv"] = "markdown"
    ) -> Response:
        """The chat as a file: Markdown and CSV have the chosen path, JSON every branch."""
        return await exported(service, who(request), chat_id, format)

    return router


async def exported(
    service: Service, principal: Principal, chat_id: str, format: Literal["markdown", "json", "csv"]
) -> Response:
    """The chat as a download. Raises NotFound."""
    transcript = await service.branches.transcript(principal, chat_id)
    kind, at = FORMATS[format], time.time_ns() // 1_000_000
    # A long chat takes a while to write, and others are being answered meanwhile.
    content = await asyncio.to_thread(kind.write, transcript, at)
    name = file_name(transcript.chat.title, at, kind.ending)
    return Response(content, media_type=kind.media_type, headers=_headers(name))


def _headers(name: str) -> dict[str, str]:
    """The name twice: in letters every program knows, and as it is (RFC 6266)."""
    plain = name.encode("ascii", "ignore").decode().lstrip("-.")
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


_FILE: dict[int | str, dict[str, Any]] = described(200, None) | {
    200: {
        "description": "The file",
        "content": {kind.media_type.partition(";")[0]: {} for kind in FORMATS.values()},
    }
}
