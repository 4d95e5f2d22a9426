"""The document assistant's sessions, which are chats under integers, and what its integers stand for."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects import requests
from rivulet.dialects.numbers import number_of, prefix_of
from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.http.dialects.desk import Around, Desk, Handler, page
from rivulet.http.errors import reply
from rivulet.http.turns import who
from rivulet.ports.dialect import Ask

ROOTS = ("/chat", "/api/chat")

SEARCHED = 2_000
"""Chats looked through for a number that is no id's beginning: those that a client gave a name of its own."""


class _Title(msgspec.Struct, frozen=True):
    title: str = ""


def around(desk: Desk) -> Around:
    sessions = _Sessions(desk)
    routes: dict[str, Handler] = {}
    for root in ROOTS:
        routes |= {
            f"GET {root}/chat_sessions": sessions.recent,
            f"POST {root}/chat_sessions": sessions.make,
            f"GET {root}/chat_sessions/{{session_id}}": sessions.get,
            f"PUT {root}/chat_sessions/{{session_id}}": sessions.rename,
            f"DELETE {root}/chat_sessions/{{session_id}}": sessions.delete,
            f"GET {root}/{{session_id}}/messages": sessions.messages,
            f"GET {root}/models": sessions.models,
        }
    return Around(routes=routes, resolve=sessions.resolve)


class _Sessions:
    def __init__(self, desk: Desk) -> None:
        self._house = desk.house
        self._service = desk.service

    async def resolve(self, principal: Principal, ask: Ask) -> Ask:
        """The question with the ids that its integers stand for. Raises `NotFound` for the chat's."""
        chat = await self._chat(principal, ask.chat_id or "")
        if ask.source_ids is None:
            return msgspec.structs.replace(ask, chat_id=chat.id)
        sources = await self._house.library.sources.all(principal.tenant_id)
        ids = {str(number_of(source.id)): source.id for source in sources}
        # A number that stands for nothing selects nothing, as an unknown id does.
        chosen = tuple(ids.get(number, number) for number in ask.source_ids)
        return msgspec.structs.replace(ask, chat_id=chat.id, source_ids=chosen)

    async def recent(self, request: Request) -> Response:
        return reply(
            [_session(chat) for chat in await self._service.chats.recent(who(request), *page(request))]
        )

    async def make(self, request: Request) -> Response:
        raw = await request.body()
        title = requests.body(raw, _Title).title if raw else ""
        return reply(_session(await self._service.chats.make(who(request), title)), 201)

    async def get(self, request: Request) -> Response:
        return reply(_session(await self._of(request)))

    async def rename(self, request: Request) -> Response:
        body = requests.body(await request.body(), _Title)
        chat = await self._of(request)
        return reply(_session(await self._service.chats.rename(who(request), chat.id, body.title)))

    async def delete(self, request: Request) -> Response:
        await self._service.chats.delete(who(request), (await self._of(request)).id)
        return Response(status_code=204)

    async def messages(self, request: Request) -> Response:
        chat = await self._of(request)
        said = await self._service.chats.messages(who(request), chat.id)
        return reply([_message(chat, message) for message in said])

    async def models(self, _: Request) -> Response:
        default = self._house.settings.model
        return reply({"models": await self._house.models(), "default": default})

    async def _of(self, request: Request) -> Chat:
        return await self._chat(who(request), request.path_params["session_id"])

    async def _chat(self, principal: Principal, text: str) -> Chat:
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise NotFound
        prefix = prefix_of("cht", int(text))
        if prefix is not None:
            return await self._service.chats.starting(principal, prefix)
        return await self._named(principal, int(text))

    async def _named(self, principal: Principal, number: int) -> Chat:
        before, seen = None, 0
        while seen < SEARCHED and (chats := await self._service.chats.recent(principal, before, 200)):
            for chat in chats:
                if number_of(chat.id) == number:
                    return chat
            before, seen = chats[-1].updated_at, seen + len(chats)
        raise NotFound


def _session(chat: Chat) -> dict[str, Any]:
    return {
        "id": number_of(chat.id),
        "title": chat.title,
        "created_at": iso(chat.created_at),
        "updated_at": iso(chat.updated_at),
    }


def _message(chat: Chat, message: Message) -> dict[str, Any]:
    return {
        "id": number_of(message.id),
        "session_id": number_of(chat.id),
        "role": message.role,
        "content": message.text,
        "created_at": iso(message.created_at),
    }
