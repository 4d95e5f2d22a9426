"""/v1/widget: why a widget gets no answers where it stands, in words that its page may read; its visitors'
sessions."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from rivulet.domain.errors import Forbidden
from rivulet.http.errors import reply
from rivulet.http.page import FIXED, Page
from rivulet.http.shapes import described
from rivulet.http.visitors import VISITOR, Visitors


class Welcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """PROTOCOL.md §10.2."""

    is_welcome: bool
    message: str | None = None
    script: str
    """The path of the widget in exactly this version."""
    integrity: str
    """Its hash, for a script tag that names it."""


def routes(visitors: Visitors, page: Page) -> APIRouter:
    router = APIRouter(prefix="/v1/widget", tags=["operation"])

    @router.get("", responses=described(200, None, "Whether this page may use the key"))
    async def welcome(
        key: Annotated[str, Query(max_length=200)], origin: Annotated[str | None, Header()] = None
    ) -> Response:
        """A refused page cannot read the refusal itself, only that there was one: browsers see to that.
        Any page may read this."""
        is_welcome = visitors.is_welcome(key, origin)
        answer = Welcome(is_welcome=is_welcome, script=f"/{FIXED}", integrity=page.integrity)
        if not answer.is_welcome:
            answer = msgspec.structs.replace(
                answer, message=f"This key is not for pages of {origin}." if origin else "No page is asking."
            )
        return reply(answer, 200, {"access-control-allow-origin": "*", "vary": "Origin"})

    @router.post("/session", responses=described(200, None, "A session for the visitor"))
    async def session(
        request: Request, visitor: Annotated[str, Header(alias=VISITOR, max_length=300)] = ""
    ) -> Response:
        """The same visitor's while the token that comes along is good, and a new visitor's otherwise."""
        key = getattr(request.state, "publishable_key", None)
        if key is None:
            raise Forbidden("Sessions are for publishable keys.")
        return reply(visitors.session(key, visitor), 200, {"cache-control": "no-store"})

    return router
