"""/v1/chats: the list, one chat, its messages, its end (PROTOCOL.md §7)."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rivulet.domain.chat import Chat
from rivulet.domain.tenant import Principal
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.shapes import ChatPage, ChatShown, MessageList, described
from rivulet.http.turns import who


def routes(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/chats", tags=["chats"])

    async def shown(principal: Principal, chat: Chat) -> ChatShown:
        running = await service.running_in(principal, chat.id)
        return ChatShown(**msgspec.structs.asdict(chat), running_turn_id=running)

    @router.get("", responses=described(200, ChatPage, "Chats, the one last used first"))
    async def recent(
        request: Request,
        before: Annotated[int | None, Query(ge=0, le=1 << 53)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """`before` is the `next_before` of the page before."""
        chats = await service.chats(who(request), before, limit)
        page = [await shown(who(request), chat) for chat in chats]
        return reply(ChatPage(chats=page, next_before=chats[-1].updated_at if len(chats) >= limit else None))

    @router.get("/{chat_id}", responses=described(200, ChatShown))
    async def get(request: Request, chat_id: str) -> Response:
        return reply(await shown(who(request), await service.chat(who(request), chat_id)))

    @router.get("/{chat_id}/messages", responses=described(200, MessageList, "Oldest first"))
    async def messages(request: Request, chat_id: str) -> Response:
        """Questions and finished answers; an answer being written is followed by its `running_turn_id`."""
        running = await service.running_in(who(request), chat_id)
        found = await service.messages(who(request), chat_id)
        return reply(MessageList(messages=found, running_turn_id=running))

    @router.delete("/{chat_id}", status_code=204, responses=described(204, None, "Gone"))
    async def delete(request: Request, chat_id: str) -> Response:
        await service.delete_chat(who(request), chat_id)
        return Response(status_code=204)

    return router
