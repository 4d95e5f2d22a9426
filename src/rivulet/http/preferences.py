"""/v1/preferences: what goes with a user from browser to browser (PROTOCOL.md §7.7)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from rivulet.domain.preferences import Preferences
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.shapes import PreferencesBody, described
from rivulet.http.turns import who


def routes(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/preferences", tags=["preferences"])

    @router.get("", responses=described(200, Preferences, "What you have chosen"))
    async def get(request: Request) -> Response:
        """What you have chosen, in whatever browser; what is missing you never chose."""
        return reply(await service.preferences.get(who(request)))

    @router.patch("", responses=described(200, Preferences, "All that you have chosen"))
    async def change(request: Request, body: PreferencesBody) -> Response:
        """Choose some of them; the others stay as they are."""
        chosen = Preferences(**body.model_dump(exclude_unset=True))
        return reply(await service.preferences.change(who(request), chosen))

    return router
