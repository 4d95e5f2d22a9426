"""/v1/turns/{id}/image: an image that an answer names, fetched for its reader (PROTOCOL.md §7.6)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rivulet.engine.images import Picturing
from rivulet.http.shapes import described
from rivulet.http.turns import who

URL_CHARS = 4_000
"""The longest address: signed ones have a thousand or two."""

_ALONE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    # A day: whoever comes back to a chat need not have it fetched again, and its host learns less.
    "cache-control": "private, max-age=86400",
}
"""Somebody's bytes under our own address: an image, for our own pages, and nothing else."""

_IMAGE: dict[int | str, dict[str, Any]] = described(200, None) | {
    200: {"description": "The image", "content": {"image/*": {}}}
}


def routes(picturing: Picturing) -> APIRouter:
    router = APIRouter(prefix="/v1/turns/{turn_id}/image", tags=["turns"])

    @router.get("", responses=_IMAGE)
    async def image(
        request: Request, turn_id: str, url: Annotated[str, Query(max_length=URL_CHARS)]
    ) -> Response:
        """An image that the answer names, fetched by the server: its host never hears of the reader."""
        found = await picturing.image(who(request), turn_id, url)
        return Response(found.content, media_type=found.media_type, headers=_ALONE)

    return router
