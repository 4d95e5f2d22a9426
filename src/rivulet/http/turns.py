"""/v1/turns once they are asked: the list, and one to read, follow and stop (PROTOCOL.md §3 to §5, §7)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from rivulet.dialects.native import Native
from rivulet.domain.tenant import Principal
from rivulet.domain.turn import Turn
from rivulet.engine.runner import Receipt
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.shapes import TurnListed, TurnPage, described
from rivulet.http.stream import EventStream, Pulse
from rivulet.ports.dialect import Dialect
from rivulet.ports.turns import TurnRecord

QUESTION_CHARS = 200
"""Of each question in the list: two lines of a page, where a whole one may have 32,000 characters."""

NATIVE: Dialect = Native()


def routes(service: Service, pulse: Pulse) -> APIRouter:
    """The native dialect's doors to the turns there are."""
    router = APIRouter(prefix="/v1/turns", tags=["turns"])

    @router.get("", responses=described(200, TurnPage, "Turns, the one asked last first"))
    async def recent(
        request: Request,
        before: Annotated[str | None, Query(max_length=128)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        chat_id: Annotated[str | None, Query(max_length=128)] = None,
    ) -> Response:
        """The turns, of all chats or of one. `before` is the `next_before` of the page before."""
        records = await service.recent(who(request), before, limit, chat_id)
        page = [listed(record) for record in records]
        return reply(TurnPage(turns=page, next_before=page[-1].id if len(page) >= limit else None))

    @router.get("/{turn_id}", responses=described(200, Turn, "The turn as far as it has come"))
    async def get(request: Request, turn_id: str) -> Response:
        """The turn folded from its log, as far as it has come."""
        return reply(await service.get(who(request), turn_id))

    @router.get("/{turn_id}/events", responses=_STREAM)
    async def follow(
        request: Request,
        turn_id: str,
        last_event_id: Annotated[str | None, Header()] = None,
        after: Annotated[str | None, Query()] = None,
    ) -> Response:
        """Follow the turn from a cursor: history first, then what happens."""
        cursor = last_event_id if last_event_id is not None else after
        cursor = "0" if cursor is None else cursor
        follower = await service.follow(who(request), turn_id, NATIVE, cursor)
        if follower is None:
            return Response(status_code=204)
        return EventStream(follower, NATIVE, pulse, {"rivulet-resumed-from": cursor})

    @router.post("/{turn_id}/stop", responses=described(200, Receipt, "What stopping did"))
    async def stop(request: Request, turn_id: str) -> Response:
        """Stop the turn, in any state and any number of times; the text so far is kept."""
        return reply(await service.stop(who(request), turn_id))

    return router


def who(request: Request) -> Principal:
    """The principal the door has resolved."""
    return request.state.who


def listed(record: TurnRecord) -> TurnListed:
    """The turn as the list shows it."""
    return TurnListed(
        id=record.id,
        chat_id=record.chat_id,
        status=record.status,
        question=record.question[:QUESTION_CHARS],
        model=record.model,
        created_at=record.created_at,
        retry_of=record.retry_of,
    )


_STREAM: dict[int | str, dict[str, Any]] = described(
    204, None, "The turn is finished and the cursor is its end"
) | {200: {"description": "Events from the cursor on", "content": {"text/event-stream": {}}}}
