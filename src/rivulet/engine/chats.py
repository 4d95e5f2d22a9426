"""The verbs on chats: list, look up, make, rename, delete them, and what is said and answered in one."""

from collections.abc import Callable

import msgspec

from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import Conflict, NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.access import Access
from rivulet.engine.branches import Branching
from rivulet.ports.turns import Chats, Clock, TurnRecord, Turns

TITLE_CHARS = 80


class Chatting:
    """`new_id` makes the id of a chat that nobody has named."""

    def __init__(
        self,
        access: Access,
        branches: Branching,
        turns: Turns,
        chats: Chats,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._access = access
        self._branches = branches
        self._turns = turns
        self._chats = chats
        self._clock = clock
        self._new_id = new_id

    async def recent(self, who: Principal, before: int | None, limit: int) -> list[Chat]:
        """Those last used before that time in milliseconds, newest first."""
        return await self._chats.recent(who.tenant_id, before, limit)

    async def get(self, who: Principal, chat_id: str) -> Chat:
        """Raises NotFound."""
        return await self._access.chat(who, chat_id)

    async def has(self, who: Principal, chat_id: str) -> bool:
        """Whether there is such a chat."""
        return await self._chats.get(who.tenant_id, chat_id) is not None

    async def starting(self, who: Principal, prefix: str) -> Chat:
        """The chat whose id begins so. Raises NotFound."""
        chat = await self._chats.starting(who.tenant_id, prefix)
        if chat is None:
            raise NotFound
        return await self._access.chat(who, chat.id)

    async def make(self, who: Principal, title: str, chat_id: str | None = None) -> Chat:
        """An empty chat; with "" as its title it is called by its first question. Raises Conflict when the
        id is taken."""
        now = self._clock.now_ms()
        chat = Chat(id=chat_id or self._new_id(), title=titled(title), created_at=now, updated_at=now)
        if not await self._chats.put(who.tenant_id, chat, is_new=True):
            raise Conflict("There is a chat under that id already.")
        return chat

    async def rename(self, who: Principal, chat_id: str, title: str) -> Chat:
        """Raises NotFound."""
        chat = msgspec.structs.replace(await self._access.chat(who, chat_id), title=titled(title))
        if not await self._chats.put(who.tenant_id, chat, is_new=False):
            raise NotFound
        return chat

    async def delete(self, who: Principal, chat_id: str) -> None:
        """With everything said in it. Raises NotFound, ChatBusy."""
        await self._access.chat(who, chat_id)
        await self._chats.delete(who.tenant_id, chat_id)

    async def messages(self, who: Principal, chat_id: str) -> list[Message]:
        """Those of the chosen path, oldest first. Raises NotFound."""
        return (await self._branches.transcript(who, chat_id)).messages()

    async def running(self, who: Principal, chat_id: str) -> str | None:
        """The id of the turn the chat is waiting for, the oldest when several are queued."""
        running = await self.unfinished(who, chat_id)
        return running[0].id if running else None

    async def unfinished(self, who: Principal, chat_id: str) -> list[TurnRecord]:
        """The chat's turns that are being answered or queued, oldest first."""
        return await self._turns.running_in(who.tenant_id, chat_id)


def titled(text: str) -> str:
    """One line of it, as a chat is called, without what no store can carry."""
    return " ".join(text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").split())[:TITLE_CHARS]
