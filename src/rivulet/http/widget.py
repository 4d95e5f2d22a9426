"""/v1/widget: why a widget gets no answers where it stands, in words that its page may read."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from rivulet.http.errors import reply
from rivulet.http.shapes import described
from rivulet.http.visitors import Visitors


class Welcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """PROTOCOL.md §10.2."""

    is_welcome: bool
    message: str | None = None


def routes(visitors: Visitors) -> APIRouter:
    router = APIRouter(prefix="/v1/widget", tags=["operation"])

    @router.get("", responses=described(200, None, "Whether this page may use the key"))
    async def welcome(
        key: Annotated[str, Query(max_length=200)], origin: Annotated[str | None, Header()] = None
    ) -> Response:
        """A refused page cannot read the refusal itself, only that there was one: browsers see to that.
        Any page may read this."""
        answer = Welcome(is_welcome=visitors.is_welcome(key, origin))
        if not answer.is_welcome:
            answer = msgspec.structs.replace(
                answer, message=f"This key is not for pages of {origin}." if origin else "No page is asking."
            )
        return reply(answer, 200, {"access-control-allow-origin": "*", "vary": "Origin"})

    return router
