"""Links to what was said: made and ended with a key, read by anybody who has one (PROTOCOL.md §7.4)."""

from collections.abc import Callable, Sequence

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from rivulet.domain.chat import Message
from rivulet.domain.errors import RateLimited
from rivulet.domain.events import CitationAdded, Passage
from rivulet.engine.service import Service
from rivulet.http.errors import reply
from rivulet.http.page import UNLISTED
from rivulet.http.shapes import (
    SharedChat,
    SharedCitation,
    SharedMessage,
    SharedSource,
    ShareList,
    ShareShown,
    described,
)
from rivulet.http.turns import who
from rivulet.ports.shares import Share

READS = 100.0
"""Links read at once, whoever reads them: what a class that opens one together needs."""

READS_PER_S = 20.0
"""And from then on: a few per cent of what the server can do, so that whoever has no key cannot keep those
waiting who have one."""


def routes(service: Service, now: Callable[[], float]) -> APIRouter:
    """`now` counts seconds steadily."""
    router = APIRouter(prefix="/v1", tags=["shares"])
    allowance = _Allowance(now)

    @router.post("/chats/{chat_id}/shares", status_code=201, responses=described(201, ShareShown, "The link"))
    async def make(request: Request, chat_id: str) -> Response:
        """Make a link to what is said on the chosen path now. What is said later is not under it."""
        return reply(_shown(await service.shares.make(who(request), chat_id)), 201)

    @router.get("/chats/{chat_id}/shares", responses=described(200, ShareList, "Newest first"))
    async def of_chat(request: Request, chat_id: str) -> Response:
        """The links to a chat."""
        shares = await service.shares.of_chat(who(request), chat_id)
        return reply(ShareList(shares=[_shown(each) for each in shares]))

    @router.delete(
        "/chats/{chat_id}/shares/{share_id}", status_code=204, responses=described(204, None, "Ended")
    )
    async def end(request: Request, chat_id: str, share_id: str) -> Response:
        """End a link: it leads nowhere from now on."""
        await service.shares.end(who(request), chat_id, share_id)
        return Response(status_code=204)

    @router.get("/shared/{share_id}", responses=described(200, SharedChat, "What was said"))
    async def read(share_id: str) -> Response:
        """Read what is under a link. This needs no key."""
        allowance.take()
        share, messages = await service.shares.read(share_id)
        shared = SharedChat(
            title=share.title, created_at=share.created_at, messages=[_message(each) for each in messages]
        )
        return reply(shared, headers=UNLISTED)

    return router


class _Allowance:
    """One for all readers without a key."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left = READS
        self._at = now()

    def take(self) -> None:
        """Raises RateLimited."""
        now = self._now()
        self._left = min(READS, self._left + (now - self._at) * READS_PER_S)
        self._at = now
        if self._left < 1:
            raise RateLimited("Many are reading links just now; try again in a moment.")
        self._left -= 1


def _shown(share: Share) -> ShareShown:
    return ShareShown(
        id=share.id,
        chat_id=share.chat_id,
        title=share.title,
        message_count=share.message_count,
        created_at=share.created_at,
        url=f"/share/{share.id}",
    )


def _message(message: Message) -> SharedMessage:
    return SharedMessage(
        role=message.role,
        text=message.text,
        created_at=message.created_at,
        status=message.status,
        sources=[_source(each) for each in message.sources],
        citations=_citations(message.citations),
    )


def _source(passage: Passage) -> SharedSource:
    is_public = passage.url.startswith(("https://", "http://"))
    return SharedSource(
        n=passage.n,
        title=passage.title,
        text=passage.text,
        filename=passage.filename,
        media_type=passage.media_type,
        page=passage.page,
        heading=passage.heading,
        url=passage.url if is_public else None,
    )


def _citations(citations: Sequence[CitationAdded]) -> list[SharedCitation]:
    return [msgspec.convert(each, SharedCitation, from_attributes=True) for each in citations]
