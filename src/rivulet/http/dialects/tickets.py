"""Tickets: how an EventSource, which can send no key, is let in to ask one question in one chat."""

from collections.abc import Callable
from dataclasses import dataclass

from rivulet.domain.errors import RateLimited, Unauthorised
from rivulet.domain.tenant import Principal

UNUSED_S = 60.0
"""How long a ticket waits for its use: the page fetches it right before it connects."""

USED_S = 3600.0
"""How long the connection it was used for may come back to its own turn with it."""

KEPT = 10_000
"""Tickets remembered at once; about 4 MB."""


@dataclass
class Ticket:
    """Bound to a chat by whom it was made for; to a turn by its first use. `is_used` comes before the turn
    is open, so that two connections cannot both ask with it."""

    who: Principal
    chat_id: str
    ends_at: float
    is_used: bool = False
    turn_id: str | None = None


class Tickets:
    """Of one process. `now` counts seconds, `entropy` gives an unguessable word."""

    def __init__(self, now: Callable[[], float], entropy: Callable[[], str]) -> None:
        self._now = now
        self._entropy = entropy
        self._tickets: dict[str, Ticket] = {}

    def make(self, who: Principal, chat_id: str) -> str:
        """Raises `RateLimited` when too many are waiting."""
        now = self._now()
        self._tickets = {word: ticket for word, ticket in self._tickets.items() if ticket.ends_at > now}
        if len(self._tickets) >= KEPT:
            raise RateLimited
        word = self._entropy()
        self._tickets[word] = Ticket(who, chat_id, now + UNUSED_S)
        return word

    def find(self, word: str, chat_id: str) -> Ticket:
        """Raises `Unauthorised` for one that is unknown, over, or of another chat."""
        ticket = self._tickets.get(word)
        if ticket is None or ticket.ends_at <= self._now() or ticket.chat_id != chat_id:
            raise Unauthorised("This ticket is not valid for this chat; fetch a new one.")
        return ticket

    def use(self, ticket: Ticket) -> None:
        """Raises `Unauthorised` for the second use."""
        if ticket.is_used:
            raise Unauthorised("This ticket has been used; fetch a new one.")
        ticket.is_used = True
        ticket.ends_at = self._now() + USED_S
