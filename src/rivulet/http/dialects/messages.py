"""The Vue chat's conversations, which are chats that the client may have named, and its list of models."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects import requests
from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat, Message
from rivulet.http.dialects.desk import Around, Desk, page
from rivulet.http.errors import reply
from rivulet.http.turns import who

_ALL = "/api/v1/conversations"
_ONE = "/api/v1/conversations/{conversation_id}"


class _Title(msgspec.Struct, frozen=True):
    title: str = ""


def around(desk: Desk) -> Around:
    talks = _Conversations(desk)
    return Around(
        routes={
            f"GET {_ALL}": talks.recent,
            f"POST {_ALL}": talks.make,
            f"GET {_ONE}": talks.get,
            f"PUT {_ONE}": talks.rename,
            f"DELETE {_ONE}": talks.delete,
            "GET /api/v1/models": talks.models,
        }
    )


class _Conversations:
    def __init__(self, desk: Desk) -> None:
        self._house = desk.house
        self._service = desk.service

    async def recent(self, request: Request) -> Response:
        chats = await self._service.chats.recent(who(request), *page(request))
        return _told(conversations=[_conversation(chat) for chat in chats])

    async def make(self, request: Request) -> Response:
        raw = await request.body()
        title = requests.body(raw, _Title).title if raw else ""
        return _told(201, conversation=_conversation(await self._service.chats.make(who(request), title)))

    async def get(self, request: Request) -> Response:
        chat = await self._service.chats.get(who(request), _id(request))
        said = await self._service.chats.messages(who(request), chat.id)
        messages = [_message(message) for message in said]
        return _told(conversation=_conversation(chat) | {"messages": messages})

    async def rename(self, request: Request) -> Response:
        body = requests.body(await request.body(), _Title)
        chat = await self._service.chats.rename(who(request), _id(request), body.title)
        return _told(conversation=_conversation(chat))

    async def delete(self, request: Request) -> Response:
        await self._service.chats.delete(who(request), _id(request))
        return _told()

    async def models(self, _: Request) -> Response:
        default = self._house.settings.model
        found = [_model(name, name == default) for name in await self._house.models()]
        return reply({"models": found})


def _id(request: Request) -> str:
    return request.path_params["conversation_id"]


def _told(status: int = 200, **more: object) -> Response:
    return reply({"status": "success", **more}, status)


def _conversation(chat: Chat) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "createdAt": iso(chat.created_at),
        "updatedAt": iso(chat.updated_at),
    }


def _message(message: Message) -> dict[str, Any]:
    """Its `system` is what answers."""
    return {
        "id": message.id,
        "sender": "user" if message.role == "user" else "system",
        "text": message.text,
        "timestamp": iso(message.created_at),
    }


def _model(name: str, is_default: bool) -> dict[str, Any]:
    provider, _, rest = name.partition(":")
    shown = rest or provider
    return {
        "id": name,
        "name": shown,
        "description": f"{shown} of {provider}" if rest else "Quotes your documents" * (name == "extractive"),
        "provider": provider,
        "default": is_default,
    }
