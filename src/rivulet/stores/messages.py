"""What a turn leaves beside its log: the question it opens with, the answer it ends with, its key."""

import msgspec

from rivulet.domain.chat import Message
from rivulet.domain.events import TurnFinished
from rivulet.ports.turns import Opening

KEY_MS = 48 * 3600 * 1000
"""How long an Idempotency-Key is remembered. Clients are promised a day; the other one is for clocks that
are set while the server runs."""


def asked(opening: Opening) -> Message | None:
    """The question; None for a retry, whose question is in the chat already."""
    started = opening.started
    if started.retry_of is not None:
        return None
    return Message(
        id=started.user_message_id,
        chat_id=started.chat_id,
        turn_id=started.turn_id,
        role="user",
        text=opening.question,
        created_at=started.at,
    )


def answered(answer: Message, finished: TurnFinished) -> Message:
    """The answer with what only the terminal event knows."""
    return msgspec.structs.replace(
        answer, status=finished.status, error=finished.error, usage=finished.usage, timing=finished.timing
    )
