"""Durable Streams' ways to read a turn: what there is from an offset on, at once or as it comes."""

from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects.durable import Durable, cursor_of, offset_of
from rivulet.domain.errors import CursorGone, InvalidRequest
from rivulet.domain.events import TurnFinished
from rivulet.http.dialects.desk import Around, Desk
from rivulet.http.errors import reply
from rivulet.http.turns import who

_PATH = "GET /v1/turns/{turn_id}/durable"


def around(desk: Desk) -> Around:
    async def read(request: Request) -> Response:
        turn_id, offset = request.path_params["turn_id"], request.query_params.get("offset", "-1")
        live = request.query_params.get("live")
        if live not in (None, "sse"):
            raise InvalidRequest("live: only sse is offered", param="live")
        log = await desk.service.log(who(request), turn_id)
        after = log[-1].seq if offset == "now" else int(cursor_of(offset))
        if after > log[-1].seq:
            raise CursorGone
        is_closed = isinstance(log[-1], TurnFinished)
        headers = {"stream-next-offset": offset_of(log[-1].seq), "cache-control": "no-store"}
        headers |= {"stream-closed": "true"} if is_closed else {}
        if live == "sse" and not (is_closed and after == log[-1].seq):
            return await desk.stream(request, turn_id, Durable(), str(after))
        return reply(log[after:], headers=headers | {"stream-up-to-date": "true"})

    return Around(routes={_PATH: read})
