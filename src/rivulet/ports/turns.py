"""The turn log and its neighbours: where turns are written, found and read back."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from rivulet.domain.chat import Chat, Message
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent, Status, TurnFinished, TurnStarted


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a turn. `request` is the JSON the turn was asked with, so that it can be retried."""

    tenant_id: str
    id: str
    chat_id: str
    user_id: str | None
    status: Status | Literal["in_progress"]
    epoch: int
    owner: str
    last_seq: int
    created_at: int
    message_id: str
    user_message_id: str
    model: str
    question: str
    request: bytes
    retry_of: str | None = None


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `open` writes: the chat when it is new, the question, the row, event 1.

    `exclusive` refuses the turn while another one runs in the chat. `new_chat` says whether the chat
    is made or must exist. A retry has `retry_of` in `started` and writes no second question.

    The turn stands beside the one it retries or `edit_of`, or else continues `parent_id`, or else the chat's
    leaf, and becomes the leaf itself.
    """

    tenant_id: str
    user_id: str | None
    started: TurnStarted
    question: str
    request: bytes
    new_chat: bool
    chat_title: str = ""
    exclusive: bool = True
    idempotency_key: str | None = None
    request_digest: bytes = b""
    parent_id: str | None = None
    edit_of: str | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One owner's right to append to one turn; void as soon as the row has a higher epoch."""

    tenant_id: str
    turn_id: str
    owner: str
    epoch: int
    last_seq: int


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """The turn an Idempotency-Key already opened with the same request."""

    turn_id: str


Committed = Callable[[Sequence[AnyEvent], RivuletError | None], None]
"""Called on the event loop once per commit, in order: the events now in the log, or why they are not."""


class TurnLog(Protocol):
    """An append-only log per turn. Whatever `committed` was told survives `kill -9`."""

    async def open(self, opening: Opening, owner: str, lease_ms: int) -> Claim | Replayed:
        """Durable (survives power loss) when it returns. Raises NotFound (chat, parent), ChatBusy,
        IdempotencyMismatch, StorageFull."""
        ...

    async def claim(self, tenant_id: str, turn_id: str, owner: str, lease_ms: int) -> Claim | None:
        """Renews the owner's own lease (same epoch) or takes over a lapsed one (epoch + 1);
        None when the turn is finished or somebody else's lease still runs."""
        ...

    def append(self, claim: Claim, drafts: Sequence[AnyEvent], committed: Committed) -> None:
        """Hands the drafts to the group commit and returns at once. Neighbouring deltas that wait together
        become one event. After a failure (LostClaim, StorageFull, StorageFailed) nothing more of this
        claim is written."""
        ...

    async def finish(self, claim: Claim, finished: TurnFinished, answer: Message) -> TurnFinished:
        """Everything appended before, then the terminal event and the stored answer, in one durable
        transaction. `answer` carries everything but what only the terminal event knows. Raises
        LostClaim, StorageFull."""
        ...

    async def read(self, tenant_id: str, turn_id: str, after: int, limit: int) -> list[AnyEvent]:
        """Up to `limit` events with seq > `after`, in order. Raises NotFound."""
        ...


class Turns(Protocol):
    """The rows of the turns, and whose they are."""

    async def get(self, tenant_id: str, turn_id: str) -> TurnRecord | None: ...

    async def recent(
        self, tenant_id: str, user_id: str | None, before: str | None, limit: int, chat_id: str | None = None
    ) -> list[TurnRecord]:
        """Last opened first, those opened before the turn `before`: none when there is no such turn. Of one
        user unless that is None, of one chat if it is named."""
        ...

    async def unfinished(self) -> list[TurnRecord]:
        """Turns of every tenant that have no terminal event and whose lease has lapsed."""
        ...

    async def renew(self, claims: Sequence[Claim], lease_ms: int) -> None:
        """Each claim that still holds does so for another `lease_ms`, also when its lease has lapsed and
        nobody has taken the turn over; one that is void, or whose turn is finished, stays what it is. One
        statement whatever the number of turns: an owner says so for all of them at once, a few times a
        lease."""
        ...

    async def running_in(self, tenant_id: str, chat_id: str) -> list[TurnRecord]:
        """The chat's turns without a terminal event, oldest first."""
        ...


class Chats(Protocol):
    """Chats and their messages; messages of a running answer are not among them until it ends."""

    async def recent(self, tenant_id: str, before: int | None, limit: int) -> list[Chat]:
        """Newest `updated_at` first, those updated before `before`."""
        ...

    async def get(self, tenant_id: str, chat_id: str) -> Chat | None: ...

    async def starting(self, tenant_id: str, prefix: str) -> Chat | None:
        """The first chat whose id begins so, for protocols that know only the beginning of an id."""
        ...

    async def put(self, tenant_id: str, chat: Chat, *, is_new: bool) -> bool:
        """Makes an empty chat, which is called by its first question when its title is ""; or, with
        `is_new=False`, gives the chat that is there this title and nothing else. False, and nothing done,
        when a new one is there already or an old one is not."""
        ...

    async def messages(
        self, tenant_id: str, chat_id: str, turn_ids: Sequence[str] | None = None
    ) -> list[Message]:
        """Questions and finished answers of all branches, oldest first; of these turns only, if they are
        named. A question is that of the turn which asked it first."""
        ...

    async def delete(self, tenant_id: str, chat_id: str) -> bool:
        """Removes the chat, its turns and their logs, feedback and shares. Raises ChatBusy while a turn
        runs."""
        ...


class Clock(Protocol):
    """Wall time for people and records, a steady count for durations and leases."""

    def now_ms(self) -> int: ...

    def monotonic(self) -> float: ...
