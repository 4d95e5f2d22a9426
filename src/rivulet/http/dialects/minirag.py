"""MiniRAG's chats beside its answers: the list, one chat with its figures, what was said in it and what a
reader thinks of it, and a chat as a file."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects import requests
from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import InvalidRequest, NotFound
from rivulet.domain.events import Usage
from rivulet.http.dialects.desk import Around, Desk, page
from rivulet.http.errors import reply
from rivulet.http.export import exported
from rivulet.http.turns import who


def around(desk: Desk) -> Around:
    service = desk.service

    async def recent(request: Request) -> Response:
        return reply([_chat(chat) for chat in await service.chats.recent(who(request), *page(request))])

    async def get(request: Request) -> Response:
        chat = await service.chats.get(who(request), request.path_params["chat_id"])
        return reply(_chat(chat) | _figures(await service.chats.messages(who(request), chat.id)))

    async def messages(request: Request) -> Response:
        said = await service.chats.messages(who(request), request.path_params["chat_id"])
        return reply([_message(message) for message in said])

    async def rate(request: Request) -> Response:
        body = requests.body(await request.body(), _Opinion)
        transcript = await service.branches.transcript(who(request), request.path_params["chat_id"])
        wanted = request.path_params["message_id"]
        message = next((each for each in transcript.said if each.id == wanted), None)
        if message is None:
            raise NotFound
        if message.role == "user":
            raise InvalidRequest("Only answers take feedback.", param="message_id")
        if body.feedback is None:
            await service.feedback.take_back(who(request), message.turn_id)
            return reply(_message(msgspec.structs.replace(message, feedback=None)))
        feedback = await service.feedback.rate(who(request), message.turn_id, _RATINGS[body.feedback])
        return reply(_message(msgspec.structs.replace(message, feedback=feedback)))

    async def export(request: Request) -> Response:
        match request.query_params.get("format", "json"):
            case "json" | "csv" as format:
                return await exported(service, who(request), request.path_params["chat_id"], format)
            case _:
                raise InvalidRequest("format: json or csv is expected", param="format")

    return Around(
        routes={
            "GET /v1/chat": recent,
            "GET /v1/chat/{chat_id}": get,
            "GET /v1/chat/{chat_id}/messages": messages,
            "GET /v1/chat/{chat_id}/export": export,
            "PATCH /v1/chat/{chat_id}/messages/{message_id}/feedback": rate,
        }
    )


class _Opinion(msgspec.Struct, frozen=True):
    feedback: Literal["positive", "negative"] | None


_RATINGS: Mapping[str, Literal["up", "down"]] = {"positive": "up", "negative": "down"}
_OPINIONS = {rating: opinion for opinion, rating in _RATINGS.items()}


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "created_at": iso(chat.created_at),
        "updated_at": iso(chat.updated_at),
    }


def _figures(messages: list[Message]) -> dict[str, Any]:
    usages = [message.usage for message in messages if message.usage is not None]
    return {
        "message_count": len(messages),
        "total_prompt_tokens": sum(usage.input_tokens for usage in usages),
        "total_completion_tokens": sum(usage.output_tokens for usage in usages),
    }


def _message(message: Message) -> dict[str, Any]:
    usage = message.usage or Usage()
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "role": message.role,
        "content": message.text,
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "feedback": message.feedback and _OPINIONS[message.feedback.rating],
        "created_at": iso(message.created_at),
    }
