"""The verbs on feedback: say what you think of an answer, say something else, take it back."""

from rivulet.domain.chat import Feedback
from rivulet.domain.errors import Conflict, NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.access import Access
from rivulet.ports.feedback import Feedbacks


class Rating:
    def __init__(self, access: Access, feedback: Feedbacks) -> None:
        self._access = access
        self._feedback = feedback

    async def put(self, who: Principal, turn_id: str, feedback: Feedback | None) -> None:
        """Instead of what was said before; None takes it back. Raises NotFound, and Conflict while there is
        no answer yet."""
        record = await self._access.turn(who, turn_id)
        if record.status == "in_progress":
            raise Conflict("This answer is still being written; say what you think of it when it has ended.")
        if not await self._feedback.put(record.tenant_id, record.id, feedback):
            raise NotFound
