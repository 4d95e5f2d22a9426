"""The branches of a chat: the tree its turns form, and which path through it is chosen."""

from typing import Protocol

from rivulet.domain.tree import Tree


class Branches(Protocol):
    """A turn gets its place in the tree when it is opened (`Opening`), and keeps it."""

    async def tree(self, tenant_id: str, chat_id: str) -> Tree:
        """Every turn of the chat; an empty one for a chat without turns."""
        ...

    async def choose(self, tenant_id: str, chat_id: str, turn_id: str) -> bool:
        """Makes that turn the leaf of the chat's path. False when it is no turn of the chat."""
        ...
