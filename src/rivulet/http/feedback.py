"""/v1/turns/{id}/feedback: what a reader thinks of an answer (PROTOCOL.md §7.3)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from rivulet.domain.chat import Feedback
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.shapes import FeedbackBody, described
from rivulet.http.turns import who


def routes(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/turns/{turn_id}/feedback", tags=["turns"])

    @router.put("", responses=described(200, Feedback, "As it is stored"))
    async def rate(request: Request, turn_id: str, body: FeedbackBody) -> Response:
        """Say what you think of an answer, instead of what you said before."""
        comment = (body.comment or "").strip()
        return reply(
            await service.feedback.rate(who(request), turn_id, body.rating, body.reason, comment or None)
        )

    @router.delete("", status_code=204, responses=described(204, None, "There is none"))
    async def take_back(request: Request, turn_id: str) -> Response:
        """Take your feedback back; also when there is none."""
        await service.feedback.take_back(who(request), turn_id)
        return Response(status_code=204)

    return router
