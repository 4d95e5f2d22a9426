"""The agent chat beside its questions: an EventSource that comes back, its tickets, chats and messages."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Scope

from rivulet.dialects import requests
from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import ChatBusy, CursorGone, NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.question import clean
from rivulet.http.dialects.desk import Around, Desk, Handler, page
from rivulet.http.dialects.tickets import UNUSED_S, Ticket, Tickets
from rivulet.http.errors import reply
from rivulet.http.turns import who
from rivulet.ports.dialect import Asked

ROOTS = ("/chats", "/api/v1/chats")

_STREAMS = tuple(compile_path(f"{root}/{{session_id}}/stream")[0] for root in ROOTS)
_STATES = {"completed": "completed", "incomplete": "completed", "failed": "error", "cancelled": "cancelled"}


class _Title(msgspec.Struct, frozen=True):
    title: str = ""


def around(desk: Desk) -> Around:
    tickets = Tickets(time.monotonic, lambda: secrets.token_urlsafe(32))
    shelf = _Chats(desk, tickets)
    routes: dict[str, Handler] = {}
    for root in ROOTS:
        stream = _Stream(desk, f"GET {root}/{{session_id}}/stream")
        routes |= {
            stream.route: stream,
            f"POST {root}": shelf.make,
            f"GET {root}": shelf.recent,
            f"GET {root}/{{session_id}}": shelf.get,
            f"PATCH {root}/{{session_id}}": shelf.rename,
            f"DELETE {root}/{{session_id}}": shelf.delete,
            f"POST {root}/{{session_id}}/ticket": shelf.ticket,
            f"GET {root}/{{session_id}}/messages": shelf.messages,
            f"GET {root}/{{session_id}}/messages/{{message_id}}": shelf.message,
        }

    def admit(scope: Scope) -> Principal | None:
        """Whom a ticket in the query speaks for."""
        query = Request(scope).query_params
        found = next((found for one in _STREAMS if (found := one.fullmatch(scope["path"]))), None)
        if found is None or "ticket" not in query:
            return None
        ticket = tickets.find(query["ticket"], found["session_id"])
        scope["state"]["ticket"] = (tickets, ticket)
        return ticket.who

    changes = frozenset(name for name in routes if name.endswith("/stream"))
    return Around(routes=routes, changes=changes, admit=admit, accepted=202)


class _Stream:
    """GET with `promptText`. An EventSource repeats its request when it was cut: with the id it has seen,
    with its ticket, or while the chat still answers this very question, it gets its turn and no second."""

    def __init__(self, desk: Desk, route: str) -> None:
        self._desk = desk
        self.route = route

    async def __call__(self, request: Request) -> Response:
        asked = await self._desk.asked(request, self.route)
        cursor = request.headers.get("last-event-id") or request.query_params.get("lastEventId")
        tickets, ticket = getattr(request.state, "ticket", (None, None))
        if ticket is not None and ticket.turn_id is not None:
            return await self._resume(request, ticket.turn_id, cursor or "0")
        if cursor is not None:
            return await self._resume(request, await self._turn_of(request, asked), cursor)
        if tickets is not None and ticket is not None:
            tickets.use(ticket)
        return await self._begin(request, asked, ticket)

    async def _begin(self, request: Request, asked: Asked, ticket: Ticket | None) -> Response:
        try:
            started = await self._desk.begin(request, asked)
        except ChatBusy as busy:
            record = await self._desk.service.record(who(request), busy.turn_id)
            if ticket is not None or record.question != clean(asked.ask.input):
                raise
            return await self._resume(request, record.id, "0")
        if ticket is not None:
            ticket.turn_id = started.turn_id
        return await self._desk.answer(request, asked, started)

    async def _turn_of(self, request: Request, asked: Asked) -> str:
        """The last turn of the chat that was asked this. Raises `CursorGone` when none was."""
        question = clean(asked.ask.input)
        for message in reversed(
            await self._desk.service.chats.messages(who(request), asked.ask.chat_id or "")
        ):
            if message.role == "user" and message.text == question:
                return message.turn_id
        raise CursorGone

    async def _resume(self, request: Request, turn_id: str, cursor: str) -> Response:
        headers = {"location": f"/v1/turns/{turn_id}"}
        return await self._desk.stream(request, turn_id, after=cursor, headers=headers)


class _Chats:
    """Everything in the envelope `{status, data}`."""

    def __init__(self, desk: Desk, tickets: Tickets) -> None:
        self._desk = desk
        self._service = desk.service
        self._tickets = tickets

    async def make(self, request: Request) -> Response:
        raw = await request.body()
        title = requests.body(raw, _Title).title if raw else ""
        return _told(_chat(await self._service.chats.make(who(request), title)), 201)

    async def recent(self, request: Request) -> Response:
        return _told([_chat(chat) for chat in await self._service.chats.recent(who(request), *page(request))])

    async def get(self, request: Request) -> Response:
        return _told(_chat(await self._service.chats.get(who(request), _id(request))))

    async def rename(self, request: Request) -> Response:
        body = requests.body(await request.body(), _Title)
        return _told(_chat(await self._service.chats.rename(who(request), _id(request), body.title)))

    async def delete(self, request: Request) -> Response:
        await self._service.chats.delete(who(request), _id(request))
        return _told({"id": _id(request), "deleted": True})

    async def ticket(self, request: Request) -> Response:
        chat = await self._service.chats.get(who(request), _id(request))
        word = self._tickets.make(who(request), chat.id)
        return _told({"ticket": word, "sessionId": chat.id, "expiresIn": int(UNUSED_S)}, 201)

    async def messages(self, request: Request) -> Response:
        """With the answers that are being written, as far as they are."""
        return _told(await self._all(request))

    async def message(self, request: Request) -> Response:
        for message in await self._all(request):
            if message["id"] == request.path_params["message_id"]:
                return _told(message)
        raise NotFound

    async def _all(self, request: Request) -> list[dict[str, Any]]:
        running = await self._service.chats.unfinished(who(request), _id(request))
        said = await self._service.chats.messages(who(request), _id(request))
        written = {message.id for message in said}
        partial = [
            self._desk.dialect.answer(
                await self._service.log(who(request), record.id), request.state.request_id
            ).body["data"]
            for record in running
            if record.message_id not in written
        ]
        return [*_messages(said), *partial]


def _id(request: Request) -> str:
    return request.path_params["session_id"]


def _told(data: object, status: int = 200) -> Response:
    return reply({"status": "success", "data": data}, status)


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "createdAt": iso(chat.created_at),
        "updatedAt": iso(chat.updated_at),
    }


def _messages(said: Sequence[Message]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "sessionId": one.chat_id,
            "role": one.role,
            "content": one.text,
            "status": _STATES[one.status] if one.status else "completed",
            "createdAt": iso(one.created_at),
            **({"error": {"message": one.error.message, "code": one.error.code}} if one.error else {}),
        }
        for one in said
    ]
