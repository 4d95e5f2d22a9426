"""The one place that says who may touch what: every verb finds here what is the principal's, by tenant."""

from rivulet.domain.chat import Chat
from rivulet.domain.errors import NotFound
from rivulet.domain.ids import is_id
from rivulet.domain.tenant import Principal
from rivulet.ports.turns import Chats, TurnRecord, Turns


class Access:
    """What is not the principal's own is answered exactly like what does not exist."""

    def __init__(self, turns: Turns, chats: Chats) -> None:
        self._turns = turns
        self._chats = chats

    async def turn(self, who: Principal, turn_id: str) -> TurnRecord:
        """Raises NotFound."""
        record = await self._turns.get(who.tenant_id, turn_id) if is_id("trn", turn_id) else None
        if record is None or not _is_own(who, record.user_id):
            raise NotFound
        return record

    async def turns(
        self, who: Principal, before: str | None, limit: int, chat_id: str | None = None
    ) -> list[TurnRecord]:
        """Those the principal may touch, last opened first, from the one opened before `before` on. Raises
        NotFound for a `before` or a chat that is not the principal's."""
        if before is not None:
            await self.turn(who, before)
        if chat_id is not None:
            await self.chat(who, chat_id)
        return await self._turns.recent(who.tenant_id, who.user_id, before, limit, chat_id)

    async def chat(self, who: Principal, chat_id: str) -> Chat:
        """Raises NotFound."""
        chat = await self._chats.get(who.tenant_id, chat_id)
        if chat is None or not await self._has_begun(who, chat_id):
            raise NotFound
        return chat

    def own(self, who: Principal) -> tuple[str, str | None]:
        """Whose it is what belongs to a person and not to a chat: the tenant and the user, who is None for a
        key that speaks for the whole tenant."""
        return who.tenant_id, who.user_id

    async def _has_begun(self, who: Principal, chat_id: str) -> bool:
        """A chat is that of the user who asked its first question."""
        if who.user_id is None:
            return True
        messages = await self._chats.messages(who.tenant_id, chat_id)
        first = await self._turns.get(who.tenant_id, messages[0].turn_id) if messages else None
        return first is not None and _is_own(who, first.user_id)


def _is_own(who: Principal, user_id: str | None) -> bool:
    """A key without a user speaks for its whole tenant."""
    return who.user_id is None or who.user_id == user_id
