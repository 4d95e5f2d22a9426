"""What readers thought of answers."""

from typing import Protocol

from rivulet.domain.chat import Feedback


class Feedbacks(Protocol):
    """At most one per turn. It has a place of its own, because a turn's log has ended before anybody can say
    what they thought of the answer, and nothing follows the end of a log."""

    async def put(self, tenant_id: str, turn_id: str, feedback: Feedback | None) -> bool:
        """Instead of what was there before; None removes it. False, and nothing done, when there is no such
        turn. Survives power loss."""
        ...

    async def of_chat(self, tenant_id: str, chat_id: str) -> dict[str, Feedback]:
        """By turn."""
        ...
