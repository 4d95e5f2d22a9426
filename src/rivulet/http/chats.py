"""/v1/chats: the list, one chat, what was said in it, its branches, its end (PROTOCOL.md §7)."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rivulet.domain.chat import Chat
from rivulet.domain.tenant import Principal
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.shapes import BranchBody, ChatPage, ChatShown, MessageList, TitleBody, described
from rivulet.http.turns import who

TURNS = 100
"""On a page of what was said, unless asked for otherwise: more than anybody reads back at once, and read from
the disk, sent and drawn in the time of a short chat."""


def routes(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/chats", tags=["chats"])

    async def shown(principal: Principal, chat: Chat) -> ChatShown:
        running = await service.chats.running(principal, chat.id)
        return ChatShown(**msgspec.structs.asdict(chat), running_turn_id=running)

    async def said(
        principal: Principal, chat_id: str, before: str | None = None, limit: int = TURNS
    ) -> MessageList:
        # What runs first: a turn that ends in between is then still followed, and its end is found there.
        running = await service.chats.running(principal, chat_id)
        page = await service.branches.page(principal, chat_id, before, limit)
        return MessageList(
            messages=page.messages,
            path=[node.turn_id for node in page.path],
            next_before=page.next_before,
            running_turn_id=running,
        )

    @router.get("", responses=described(200, ChatPage, "Chats, the one last used first"))
    async def recent(
        request: Request,
        before: Annotated[int | None, Query(ge=0, le=1 << 53)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """The chats. `before` is the `next_before` of the page before."""
        chats = await service.chats.recent(who(request), before, limit)
        page = [await shown(who(request), chat) for chat in chats]
        return reply(ChatPage(chats=page, next_before=chats[-1].updated_at if len(chats) >= limit else None))

    @router.get("/{chat_id}", responses=described(200, ChatShown))
    async def get(request: Request, chat_id: str) -> Response:
        """One chat: what it is called, when it was last used, whether it answers."""
        return reply(await shown(who(request), await service.chats.get(who(request), chat_id)))

    @router.patch("/{chat_id}", responses=described(200, ChatShown, "Under its new title"))
    async def rename(request: Request, chat_id: str, body: TitleBody) -> Response:
        """Call the chat something else; 80 characters of it are kept."""
        return reply(await shown(who(request), await service.chats.rename(who(request), chat_id, body.title)))

    @router.get("/{chat_id}/messages", responses=described(200, MessageList, "Oldest first"))
    async def messages(
        request: Request,
        chat_id: str,
        before: Annotated[str | None, Query(max_length=128)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = TURNS,
    ) -> Response:
        """Questions and finished answers at the end of the chosen path, of so many turns. `before` is the
        `next_before` of the page that was read last, and gives what was said before it. An answer being
        written is followed by its `running_turn_id`."""
        return reply(await said(who(request), chat_id, before, limit))

    @router.put("/{chat_id}/branch", responses=described(200, MessageList, "What is said on that branch"))
    async def choose(request: Request, chat_id: str, body: BranchBody) -> Response:
        """Choose the branch that a turn is on: the path goes through it, and on to where that branch was
        continued last."""
        await service.branches.choose(who(request), chat_id, body.turn_id)
        return reply(await said(who(request), chat_id))

    @router.delete("/{chat_id}", status_code=204, responses=described(204, None, "Gone"))
    async def delete(request: Request, chat_id: str) -> Response:
        """Delete the chat with its turns, their logs, feedback and shares."""
        await service.chats.delete(who(request), chat_id)
        return Response(status_code=204)

    return router
