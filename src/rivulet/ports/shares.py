"""Links under which somebody without a key may read what was said in a chat."""

from typing import Protocol

import msgspec


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot: the path to turn `leaf_id`, as the chat was called then. A path to a finished turn never
    changes, so nothing needs to be copied."""

    id: str
    tenant_id: str
    chat_id: str
    leaf_id: str
    title: str
    message_count: int
    created_at: int


class Shares(Protocol):
    """They end with their chat."""

    async def add(self, share: Share) -> bool:
        """False, and nothing done, when there is no such turn in the chat. Survives power loss."""
        ...

    async def find(self, share_id: str) -> Share | None:
        """Of any tenant: whoever knows the id of a share may read it."""
        ...

    async def of_chat(self, tenant_id: str, chat_id: str) -> list[Share]:
        """Newest first."""
        ...

    async def remove(self, tenant_id: str, chat_id: str, share_id: str) -> bool:
        """False when there was none. Survives power loss."""
        ...
