"""Durable Streams' ways to read a turn: what there is from an offset on, at once or as it comes."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects.durable import Durable, cursor_of, offset_of
from rivulet.domain.errors import CursorGone, InvalidRequest
from rivulet.domain.events import AnyEvent, TurnFinished
from rivulet.http.dialects.desk import Around, Desk
from rivulet.http.errors import reply
from rivulet.http.turns import who

POLL_S = 20.0
"""How long a long poll waits for the next event; proxies give up on a silent answer after 30 to 60 s."""

_PATH = "GET /v1/turns/{turn_id}/durable"
_LIVE = (None, "sse", "long-poll")


def around(desk: Desk) -> Around:
    async def read(request: Request) -> Response:
        turn_id, live = request.path_params["turn_id"], request.query_params.get("live")
        if live not in _LIVE:
            raise InvalidRequest("live: there are sse and long-poll", param="live")
        log = await desk.service.log(who(request), turn_id)
        after = _after(request, log)
        is_over = isinstance(log[-1], TurnFinished) and after == log[-1].seq
        if live is not None and "offset" not in request.query_params:
            raise InvalidRequest("offset: this is required to follow", param="offset")
        if live == "sse" and not is_over:
            return await desk.stream(request, turn_id, Durable(), str(after))
        if live == "long-poll" and after == log[-1].seq and not is_over:
            await _more(request, turn_id, after)
            log = await desk.service.log(who(request), turn_id)
        if live == "long-poll" and after == log[-1].seq:
            return Response(status_code=204, headers=_headers(log))
        return reply(log[after:], headers=_headers(log))

    async def _more(request: Request, turn_id: str, after: int) -> None:
        """Returns when there is more, when the client has gone, or when it has waited long enough."""
        async with desk.following(request, turn_id, str(after)) as follower:
            try:
                async with asyncio.timeout(POLL_S):
                    await follower.next()
            except TimeoutError:
                pass

    return Around(routes={_PATH: read})


def _after(request: Request, log: list[AnyEvent]) -> int:
    """Behind which event to go on. Raises `CursorGone` for an offset that was never given out."""
    offset = request.query_params.get("offset", "-1")
    after = log[-1].seq if offset == "now" else int(cursor_of(offset))
    if after > log[-1].seq:
        raise CursorGone
    return after


def _headers(log: list[AnyEvent]) -> dict[str, str]:
    last = log[-1]
    headers = {
        "stream-next-offset": offset_of(last.seq),
        "stream-cursor": str(last.seq),
        "stream-up-to-date": "true",
        "cache-control": "no-store",
    }
    return headers | ({"stream-closed": "true"} if isinstance(last, TurnFinished) else {})
