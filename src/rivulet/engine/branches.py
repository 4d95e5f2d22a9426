"""The verbs on a chat as a whole: what was said on its chosen path, and choosing another branch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.domain.transcript import Transcript
from rivulet.domain.tree import Node, Tree, along, rated
from rivulet.engine.access import Access
from rivulet.ports.answering import Exchange
from rivulet.ports.branches import Branches
from rivulet.ports.feedback import Feedbacks
from rivulet.ports.turns import Chats


@dataclass(frozen=True)
class Place:
    """Where in its chat's tree a question is asked: it continues `parent_id`, or stands in for the question
    of turn `edit_of`, or continues the chosen path."""

    parent_id: str | None = None
    edit_of: str | None = None

    @property
    def beside(self) -> str | None:
        """The turn it names."""
        return self.edit_of or self.parent_id


@dataclass(frozen=True)
class Page:
    """The end of a path, oldest first. `next_before` is for what was said before it; None if that is all."""

    path: Sequence[Node]
    messages: list[Message]
    next_before: str | None


class Branching:
    """Reads the tree and the messages of a chat, and moves its leaf."""

    def __init__(self, access: Access, chats: Chats, branches: Branches, feedback: Feedbacks) -> None:
        self._access = access
        self._chats = chats
        self._branches = branches
        self._feedback = feedback

    async def transcript(self, who: Principal, chat_id: str) -> Transcript:
        """Raises NotFound."""
        return await self.of(who.tenant_id, await self._access.chat(who, chat_id))

    async def page(self, who: Principal, chat_id: str, before: str | None, limit: int) -> Page:
        """So many turns at the end of the chosen path; or of the path that leads to the turn `before`, and
        not it, whichever is chosen now. Raises NotFound."""
        chat = await self._access.chat(who, chat_id)
        tree = await self._branches.tree(who.tenant_id, chat.id)
        if before is not None and before not in tree:
            raise NotFound
        path = tree.chosen() if before is None else tree.before(before)
        shown = path[-limit:]
        said, feedback = await asyncio.gather(
            self._chats.messages(who.tenant_id, chat.id, tree.telling(shown)),
            self._feedback.of_chat(who.tenant_id, chat.id),
        )
        is_all = len(shown) == len(path)
        return Page(shown, along(tree, shown, rated(said, feedback)), None if is_all else shown[0].turn_id)

    async def of(self, tenant_id: str, chat: Chat) -> Transcript:
        """Everything said in a chat of that tenant, whoever asks."""
        # The tree first: an answer that ends in between is then shown beside its turn, never without one.
        tree = await self._branches.tree(tenant_id, chat.id)
        said, feedback = await asyncio.gather(
            self._chats.messages(tenant_id, chat.id), self._feedback.of_chat(tenant_id, chat.id)
        )
        return Transcript(chat, tree, rated(said, feedback))

    async def tree(self, who: Principal, chat_id: str) -> Tree:
        """Raises NotFound."""
        return await self._branches.tree(who.tenant_id, (await self._access.chat(who, chat_id)).id)

    async def choose(self, who: Principal, chat_id: str, turn_id: str) -> None:
        """Lets the chosen path go through that turn and on to where its branch was continued last. Raises
        NotFound."""
        tree = await self.tree(who, chat_id)
        record = await self._access.turn(who, turn_id)
        if record.id not in tree:
            raise NotFound
        leaf = tree.newest_below(record.id)
        if not await self._branches.choose(who.tenant_id, chat_id, leaf):
            raise NotFound

    async def history(self, tenant_id: str, chat_id: str, turn_id: str) -> tuple[Exchange, ...]:
        """What was said before that turn's question: the path to its parent."""
        tree = await self._branches.tree(tenant_id, chat_id)
        before = tree.before(turn_id)
        said = await self._chats.messages(tenant_id, chat_id) if before else []
        return tuple(
            Exchange(role=each.role, text=each.text) for each in along(tree, before, said) if each.text
        )
