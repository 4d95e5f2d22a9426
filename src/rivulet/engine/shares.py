"""The verbs on shares: make a link to what was said, list the links, end one, read under one."""

from collections.abc import Callable

from rivulet.domain.chat import Message
from rivulet.domain.errors import Conflict, NotFound
from rivulet.domain.ids import is_id
from rivulet.domain.tenant import Principal
from rivulet.engine.access import Access
from rivulet.engine.branches import Branching
from rivulet.ports.shares import Share, Shares
from rivulet.ports.turns import Chats, Clock

LINKS = 100
"""Of one chat: more than anybody keeps apart."""


class Sharing:
    """`new_id` makes an id that nobody can guess and that is related to no other credential."""

    def __init__(
        self,
        access: Access,
        branching: Branching,
        chats: Chats,
        shares: Shares,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._access = access
        self._branching = branching
        self._chats = chats
        self._shares = shares
        self._clock = clock
        self._new_id = new_id

    async def make(self, who: Principal, chat_id: str) -> Share:
        """Of the chosen path as far as it is finished now. Raises NotFound, Conflict."""
        transcript = await self._branching.transcript(who, chat_id)
        finished = transcript.finished()
        if not finished:
            raise Conflict("Nothing has been answered in this chat yet, so there is nothing to share.")
        if len(await self._shares.of_chat(who.tenant_id, chat_id)) >= LINKS:
            raise Conflict(f"There are {LINKS} links to this chat already; end some of them first.")
        leaf_id = finished[-1].turn_id
        share = Share(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            chat_id=chat_id,
            leaf_id=leaf_id,
            title=transcript.chat.title,
            message_count=len(transcript.up_to(leaf_id)),
            created_at=self._clock.now_ms(),
        )
        if not await self._shares.add(share):
            raise NotFound
        return share

    async def of_chat(self, who: Principal, chat_id: str) -> list[Share]:
        """Newest first. Raises NotFound."""
        return await self._shares.of_chat(who.tenant_id, (await self._access.chat(who, chat_id)).id)

    async def end(self, who: Principal, chat_id: str, share_id: str) -> None:
        """The link leads nowhere once this returns. Raises NotFound."""
        chat = await self._access.chat(who, chat_id)
        if not await self._shares.remove(who.tenant_id, chat.id, share_id):
            raise NotFound

    async def read(self, share_id: str) -> tuple[Share, list[Message]]:
        """For anybody: the only verb without a principal, because whoever knows the id may read what is
        under it, and nothing else. Raises NotFound."""
        share = await self._shares.find(share_id) if is_id("shr", share_id) else None
        chat = None if share is None else await self._chats.get(share.tenant_id, share.chat_id)
        if share is None or chat is None:
            raise NotFound
        transcript = await self._branching.of(share.tenant_id, chat)
        return share, transcript.up_to(share.leaf_id)
