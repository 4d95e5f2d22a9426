"""/v1/turns: start, follow, stop, retry, read (PROTOCOL.md §2 to §7)."""

import re
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from rivulet.config import PublishableKey
from rivulet.dialects.native import Native
from rivulet.domain.errors import Forbidden, InvalidRequest
from rivulet.domain.tenant import Principal
from rivulet.domain.turn import Turn
from rivulet.engine.branches import Place
from rivulet.engine.runner import Receipt
from rivulet.engine.service import Service, Started
from rivulet.http.errors import reply
from rivulet.http.shapes import TurnAccepted, TurnBody, TurnListed, TurnPage, described
from rivulet.http.stream import EventStream, Pulse
from rivulet.ports.answering import Exchange
from rivulet.ports.dialect import Ask, Dialect
from rivulet.ports.turns import TurnRecord

QUESTION_CHARS = 200
"""Of each question in the list: two lines of a page, where a whole one may have 32,000 characters."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
NATIVE: Dialect = Native()


def routes(service: Service, pulse: Pulse) -> APIRouter:
    """The native dialect's doors to the turns."""
    router = APIRouter(prefix="/v1/turns", tags=["turns"])

    def opened(request: Request, started: Started, is_streamed: bool) -> Response:
        location = f"/v1/turns/{started.turn_id}"
        if is_streamed:
            follower = service.follow_opened(who(request), started, NATIVE)
            return EventStream(follower, NATIVE, pulse, {"location": location})
        accepted = TurnAccepted(**asdict(started), events_url=f"{location}/events")
        return reply(accepted, 202, {"location": location})

    @router.post(
        "", status_code=202, responses=described(202, TurnAccepted, "The turn is on disk and being answered")
    )
    async def ask(
        request: Request,
        body: TurnBody,
        accept: Annotated[str, Header()] = "",
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Ask a question. With `Accept: text/event-stream` or `stream: true` the answer is the stream."""
        wish = asked(body)
        if (key := getattr(request.state, "publishable_key", None)) is not None:
            wish = as_visitor(wish, key)
        started = await service.ask(who(request), wish, checked_key(idempotency_key), placed(body))
        is_streamed = body.stream if body.stream is not None else "text/event-stream" in accept
        return opened(request, started, is_streamed)

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

    @router.post("/{turn_id}/retry", status_code=202, responses=described(202, TurnAccepted, "The new turn"))
    async def retry(
        request: Request,
        turn_id: str,
        accept: Annotated[str, Header()] = "",
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Ask the turn's question again, as a new turn beside it."""
        started = await service.retry(who(request), turn_id, checked_key(idempotency_key))
        return opened(request, started, "text/event-stream" in accept)

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


def checked_key(given: str | None) -> str | None:
    """The Idempotency-Key, if there is one. Raises InvalidRequest."""
    if given is not None and not _KEY.fullmatch(given):
        raise InvalidRequest("Idempotency-Key takes 1 to 255 printable ASCII characters.")
    return given


def asked(body: TurnBody) -> Ask:
    """The body as the engine takes it."""
    return Ask(
        input=body.input,
        chat_id=body.chat_id,
        bot_id=body.bot_id,
        model=body.model,
        source_ids=None if body.source_ids is None else tuple(body.source_ids),
        search_mode=body.search_mode,
        on_disconnect=body.on_disconnect,
        on_busy=body.on_busy,
        history=None
        if body.history is None
        else tuple(Exchange(role=said.role, text=said.text) for said in body.history),
    )


def as_visitor(ask: Ask, key: PublishableKey) -> Ask:
    """What a visitor asks: of the key's bot, as the operator has set it up. Raises Forbidden."""
    plain = Ask(input=ask.input, chat_id=ask.chat_id, on_disconnect=ask.on_disconnect, on_busy=ask.on_busy)
    if msgspec.structs.replace(ask, bot_id=plain.bot_id) != plain or ask.bot_id not in (
        plain.bot_id,
        key.bot_id,
    ):
        raise Forbidden(
            "With a publishable key a request says its input, chat_id, on_busy and on_disconnect."
        )
    return msgspec.structs.replace(plain, bot_id=key.bot_id)


def placed(body: TurnBody) -> Place:
    """Where in the tree of its chat it is asked. Raises InvalidRequest."""
    if body.parent_id is not None and body.edit_of is not None:
        raise InvalidRequest("Send parent_id to continue a turn or edit_of to replace one, not both.")
    return Place(body.parent_id, body.edit_of)


_STREAM: dict[int | str, dict[str, Any]] = described(
    204, None, "The turn is finished and the cursor is its end"
) | {200: {"description": "Events from the cursor on", "content": {"text/event-stream": {}}}}
