"""MiniRAG's chats beside its answers: the list, one chat with its figures, what was said in it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat, Message
from rivulet.domain.events import Usage
from rivulet.http.dialects.desk import Around, Desk, page
from rivulet.http.errors import reply
from rivulet.http.turns import who


def around(desk: Desk) -> Around:
    service = desk.service

    async def recent(request: Request) -> Response:
        return reply([_chat(chat) for chat in await service.chats(who(request), *page(request))])

    async def get(request: Request) -> Response:
        chat = await service.chat(who(request), request.path_params["chat_id"])
        return reply(_chat(chat) | _figures(await service.messages(who(request), chat.id)))

    async def messages(request: Request) -> Response:
        said = await service.messages(who(request), request.path_params["chat_id"])
        return reply([_message(message) for message in said])

    return Around(
        routes={
            "GET /v1/chat": recent,
            "GET /v1/chat/{chat_id}": get,
            "GET /v1/chat/{chat_id}/messages": messages,
        }
    )


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
        "feedback": None,
        "created_at": iso(message.created_at),
    }
