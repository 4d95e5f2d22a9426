"""The verbs on feedback: say what you think of an answer, say something else, take it back."""

from typing import Literal

from rivulet.domain.chat import Feedback
from rivulet.domain.errors import Conflict, NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.access import Access
from rivulet.ports.feedback import Feedbacks
from rivulet.ports.turns import Clock, TurnRecord


class Rating:
    def __init__(self, access: Access, feedback: Feedbacks, clock: Clock) -> None:
        self._access = access
        self._feedback = feedback
        self._clock = clock

    async def rate(
        self,
        who: Principal,
        turn_id: str,
        rating: Literal["up", "down"],
        reason: str | None = None,
        comment: str | None = None,
    ) -> Feedback:
        """Instead of what was said before. Raises NotFound, and Conflict while there is no whole answer."""
        record = await self._access.turn(who, turn_id)
        if record.status == "in_progress":
            raise Conflict("This answer is still being written; say what you think of it when it has ended.")
        now = self._clock.now_ms()
        feedback = Feedback(rating=rating, reason=reason, comment=comment or None, updated_at=now)
        await self._put(record, feedback)
        return feedback

    async def take_back(self, who: Principal, turn_id: str) -> None:
        """There is no feedback on that answer afterwards. Raises NotFound."""
        await self._put(await self._access.turn(who, turn_id), None)

    async def _put(self, record: TurnRecord, feedback: Feedback | None) -> None:
        if not await self._feedback.put(record.tenant_id, record.id, feedback):
            raise NotFound
