"""What readers thought of answers, in SQLite."""

import apsw

from rivulet.domain.chat import Feedback
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.statements import rows, statements, value

_TURNS = statements("turns.sql")
_SQL = statements("branches.sql")


class SqliteFeedbacks:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, tenant_id: str, turn_id: str, feedback: Feedback | None) -> bool:
        named: dict[str, object] = {"tenant_id": tenant_id, "turn_id": turn_id, "id": turn_id}

        def change(db: apsw.Connection) -> bool:
            if value(db, _TURNS["turn_exists"], named) is None:
                return False
            if feedback is None:
                db.execute(_SQL["remove_feedback"], named)
            else:
                db.execute(_SQL["put_feedback"], {**named, **_columns(feedback)})
            return True

        return await self._db.write(change, durable=True, uses_reserve=feedback is None)

    async def of_chat(self, tenant_id: str, chat_id: str) -> dict[str, Feedback]:
        named = {"tenant_id": tenant_id, "chat_id": chat_id}
        found = await self._db.read(lambda db: rows(db, _SQL["feedback_of_chat"], named))
        return {
            turn_id: Feedback(rating=rating, reason=reason, comment=comment, updated_at=updated_at)
            for turn_id, rating, reason, comment, updated_at in found
        }


def _columns(feedback: Feedback) -> dict[str, object]:
    return {
        "rating": feedback.rating,
        "reason": feedback.reason,
        "comment": feedback.comment,
        "updated_at": feedback.updated_at,
    }
