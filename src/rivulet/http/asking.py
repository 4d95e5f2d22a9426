"""/v1/turns as questions: ask one, or the same one again (PROTOCOL.md §2, §6)."""

import re
from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from rivulet.config import PublishableKey
from rivulet.domain.errors import Forbidden, InvalidRequest
from rivulet.engine.branches import Place
from rivulet.engine.service import Service, Started
from rivulet.http.errors import reply
from rivulet.http.shapes import TurnAccepted, TurnBody, described
from rivulet.http.stream import EventStream, Pulse
from rivulet.http.turns import NATIVE, who
from rivulet.ports.answering import Exchange
from rivulet.ports.dialect import Ask

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def routes(service: Service, pulse: Pulse) -> APIRouter:
    """The native dialect's doors to what begins a turn."""
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
