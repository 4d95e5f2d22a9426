"""Everything in memory: the shortest honest reading of the ports, which other stores are held against."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from rivulet.domain.chat import Chat, Feedback, Message
from rivulet.domain.errors import ChatBusy, IdempotencyMismatch, LostClaim, NotFound
from rivulet.domain.events import AnyEvent, TurnFinished, merged, numbered
from rivulet.domain.tree import Node, Tree
from rivulet.ports.shares import Share
from rivulet.ports.turns import Claim, Clock, Committed, Opening, Replayed, TurnRecord
from rivulet.stores.group_commit import tell
from rivulet.stores.leases import Leases
from rivulet.stores.messages import KEY_MS, answered, asked


@dataclass(slots=True)
class _Turn:
    record: TurnRecord
    events: list[AnyEvent]
    messages: list[Message]
    """The question, unless an earlier turn asked it, and the answer, once there is one."""
    parent_id: str | None
    feedback: Feedback | None = None

    def holds(self, claim: Claim) -> bool:
        return self.record.status == "in_progress" and self.record.epoch == claim.epoch


@dataclass(slots=True)
class Tables:
    """What would be on disk, by tenant and id. Turns are in the order of their opening."""

    turns: dict[tuple[str, str], _Turn] = field(default_factory=dict[tuple[str, str], _Turn])
    chats: dict[tuple[str, str], Chat] = field(default_factory=dict[tuple[str, str], Chat])
    leaves: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    shares: dict[str, Share] = field(default_factory=dict[str, Share])
    preferences: dict[tuple[str, str | None], dict[str, str]] = field(
        default_factory=dict[tuple[str, str | None], dict[str, str]]
    )
    keys: dict[tuple[str, str], tuple[bytes, str, int]] = field(
        default_factory=dict[tuple[str, str], tuple[bytes, str, int]]
    )

    def of_chat(self, tenant_id: str, chat_id: str) -> list[_Turn]:
        records = (each for (tenant, _), each in self.turns.items() if tenant == tenant_id)
        return [each for each in records if each.record.chat_id == chat_id]


class MemoryStore:
    """The ports over one set of tables. A second store over the same tables is what a process that is
    started again finds: the rows are there, the leases are not."""

    def __init__(self, clock: Clock, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()
        leases = Leases(clock)
        self.log = MemoryTurnLog(self.tables, leases)
        self.turns = MemoryTurns(self.tables, leases)
        self.chats = MemoryChats(self.tables)
        self.branches = MemoryBranches(self.tables)
        self.feedback = MemoryFeedbacks(self.tables)
        self.shares = MemoryShares(self.tables)
        self.preferences = MemoryPreferences(self.tables)


class MemoryTurnLog:
    """A commit is whatever one round of the event loop appended."""

    def __init__(self, tables: Tables, leases: Leases) -> None:
        self._tables = tables
        self._leases = leases
        self._waiting: dict[Claim, tuple[list[AnyEvent], Committed]] = {}
        self._void: set[Claim] = set()

    async def open(self, opening: Opening, owner: str, lease_ms: int) -> Claim | Replayed:
        tables, tenant_id, started = self._tables, opening.tenant_id, opening.started
        if (turn_id := self._answered(opening)) is not None:
            return Replayed(turn_id=turn_id)
        chat = tables.chats.get((tenant_id, started.chat_id))
        if chat is None and not opening.new_chat:
            raise NotFound
        for turn in tables.of_chat(tenant_id, started.chat_id):
            if opening.exclusive and turn.record.status == "in_progress":
                raise ChatBusy(turn.record.id)
        parent_id = self._parent_of(opening)
        if chat is None:
            chat = Chat(id=started.chat_id, title=opening.chat_title, created_at=started.at, updated_at=0)
        title = chat.title or opening.chat_title
        tables.chats[tenant_id, chat.id] = msgspec.structs.replace(chat, title=title, updated_at=started.at)
        question = asked(opening)
        messages = [question] if question else []
        turn = _Turn(_record(opening, owner), [numbered(started, 1)], messages, parent_id)
        tables.turns[tenant_id, started.turn_id] = turn
        tables.leaves[tenant_id, chat.id] = started.turn_id
        if opening.idempotency_key is not None:
            key = (tenant_id, opening.idempotency_key)
            tables.keys[key] = (opening.request_digest, started.turn_id, started.at)
        self._leases.take(tenant_id, started.turn_id, owner, lease_ms)
        return _claim(turn)

    def _answered(self, opening: Opening) -> str | None:
        """The turn this request has opened before."""
        keys, now = self._tables.keys, opening.started.at
        for key in [key for key, (_, _, at) in keys.items() if at < now - KEY_MS]:
            del keys[key]
        if opening.idempotency_key is None:
            return None
        digest, turn_id, _ = keys.get((opening.tenant_id, opening.idempotency_key), (b"", None, 0))
        if turn_id is not None and digest != opening.request_digest:
            raise IdempotencyMismatch
        return turn_id

    def _parent_of(self, opening: Opening) -> str | None:
        tenant_id, chat_id = opening.tenant_id, opening.started.chat_id
        beside = opening.started.retry_of or opening.edit_of
        if beside is None and opening.parent_id is None:
            return self._tables.leaves.get((tenant_id, chat_id))
        turn = self._tables.turns.get((tenant_id, beside or opening.parent_id or ""))
        if turn is None or turn.record.chat_id != chat_id:
            raise NotFound
        return turn.record.id if beside is None else turn.parent_id

    async def claim(self, tenant_id: str, turn_id: str, owner: str, lease_ms: int) -> Claim | None:
        turn = self._tables.turns.get((tenant_id, turn_id))
        if turn is None or turn.record.status != "in_progress":
            return None
        is_renewed = self._leases.is_known(tenant_id, turn_id, owner)
        if not self._leases.take(tenant_id, turn_id, owner, lease_ms):
            return None
        self._commit()
        record = turn.record
        if not is_renewed:
            turn.record = msgspec.structs.replace(record, owner=owner, epoch=record.epoch + 1)
        return _claim(turn)

    def append(self, claim: Claim, drafts: Sequence[AnyEvent], committed: Committed) -> None:
        if not drafts:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._commit)
        before, _ = self._waiting.get(claim, ([], committed))
        self._waiting[claim] = ([*before, *drafts], committed)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for claim, (drafts, committed) in waiting.items():
            turn = self._tables.turns.get((claim.tenant_id, claim.turn_id))
            if turn is not None and turn.holds(claim):
                first = len(turn.events) + 1
                events = [numbered(draft, seq) for seq, draft in enumerate(merged(drafts), first)]
                turn.events.extend(events)
                tell(committed, events, None)
            elif claim not in self._void:
                self._void.add(claim)
                tell(committed, (), LostClaim())

    async def finish(self, claim: Claim, finished: TurnFinished, answer: Message) -> TurnFinished:
        self._commit()
        turn = self._tables.turns.get((claim.tenant_id, claim.turn_id))
        if turn is None or not turn.holds(claim):
            raise LostClaim
        event = msgspec.structs.replace(finished, seq=len(turn.events) + 1)
        turn.events.append(event)
        turn.messages.append(answered(answer, finished))
        turn.record = msgspec.structs.replace(turn.record, status=finished.status)
        place = (claim.tenant_id, turn.record.chat_id)
        chat = self._tables.chats[place]
        self._tables.chats[place] = msgspec.structs.replace(chat, updated_at=finished.at)
        self._leases.drop(claim.tenant_id, claim.turn_id)
        return event

    async def read(self, tenant_id: str, turn_id: str, after: int, limit: int) -> list[AnyEvent]:
        turn = self._tables.turns.get((tenant_id, turn_id))
        if turn is None:
            raise NotFound
        return turn.events[after : after + limit]


class MemoryTurns:
    def __init__(self, tables: Tables, leases: Leases) -> None:
        self._tables = tables
        self._leases = leases

    async def get(self, tenant_id: str, turn_id: str) -> TurnRecord | None:
        turn = self._tables.turns.get((tenant_id, turn_id))
        return None if turn is None else _so_far(turn)

    async def recent(
        self, tenant_id: str, user_id: str | None, before: str | None, limit: int, chat_id: str | None = None
    ) -> list[TurnRecord]:
        ids = [turn_id for tenant, turn_id in self._tables.turns if tenant == tenant_id]
        if before is not None:
            ids = ids[: ids.index(before)] if before in ids else []
        records = [_so_far(self._tables.turns[tenant_id, turn_id]) for turn_id in reversed(ids)]
        records = [each for each in records if user_id in (None, each.user_id)]
        return [each for each in records if chat_id in (None, each.chat_id)][:limit]

    async def unfinished(self) -> list[TurnRecord]:
        turns = [_so_far(turn) for turn in self._tables.turns.values()]
        return [each for each in turns if _runs(each) and not self._leases.is_held(each.tenant_id, each.id)]

    async def renew(self, claims: Sequence[Claim], lease_ms: int) -> None:
        for claim in claims:
            turn = self._tables.turns.get((claim.tenant_id, claim.turn_id))
            if turn is not None and turn.holds(claim):
                self._leases.renew(claim.tenant_id, claim.turn_id, claim.owner, lease_ms)

    async def running_in(self, tenant_id: str, chat_id: str) -> list[TurnRecord]:
        return [_so_far(turn) for turn in self._tables.of_chat(tenant_id, chat_id) if _runs(turn.record)]


class MemoryChats:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def recent(self, tenant_id: str, before: int | None, limit: int) -> list[Chat]:
        chats = [chat for (tenant, _), chat in reversed(self._tables.chats.items()) if tenant == tenant_id]
        chats = [chat for chat in chats if before is None or chat.updated_at < before]
        chats.sort(key=lambda chat: chat.updated_at, reverse=True)
        last = chats[limit - 1].updated_at if len(chats) >= limit else 0
        return [chat for chat in chats if chat.updated_at >= last]

    async def get(self, tenant_id: str, chat_id: str) -> Chat | None:
        return self._tables.chats.get((tenant_id, chat_id))

    async def starting(self, tenant_id: str, prefix: str) -> Chat | None:
        chats = sorted(key for key in self._tables.chats if key[0] == tenant_id and key[1].startswith(prefix))
        return self._tables.chats[chats[0]] if chats else None

    async def put(self, tenant_id: str, chat: Chat, *, is_new: bool) -> bool:
        present = self._tables.chats.get((tenant_id, chat.id))
        if (present is None) != is_new:
            return False
        put = chat if present is None else msgspec.structs.replace(present, title=chat.title)
        self._tables.chats[tenant_id, chat.id] = put
        return True

    async def messages(
        self, tenant_id: str, chat_id: str, turn_ids: Sequence[str] | None = None
    ) -> list[Message]:
        said = [message for turn in self._tables.of_chat(tenant_id, chat_id) for message in turn.messages]
        return [message for message in said if turn_ids is None or message.turn_id in turn_ids]

    async def delete(self, tenant_id: str, chat_id: str) -> bool:
        turns = self._tables.of_chat(tenant_id, chat_id)
        for turn in turns:
            if _runs(turn.record):
                raise ChatBusy(turn.record.id)
        gone = {turn.record.id for turn in turns}
        for turn_id in gone:
            del self._tables.turns[tenant_id, turn_id]
        for key, (_, turn_id, _) in list(self._tables.keys.items()):
            if key[0] == tenant_id and turn_id in gone:
                del self._tables.keys[key]
        for share in list(self._tables.shares.values()):
            if (share.tenant_id, share.chat_id) == (tenant_id, chat_id):
                del self._tables.shares[share.id]
        self._tables.leaves.pop((tenant_id, chat_id), None)
        return self._tables.chats.pop((tenant_id, chat_id), None) is not None


class MemoryBranches:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def tree(self, tenant_id: str, chat_id: str) -> Tree:
        turns = self._tables.of_chat(tenant_id, chat_id)
        return Tree([_node(turn) for turn in turns], self._tables.leaves.get((tenant_id, chat_id)))

    async def choose(self, tenant_id: str, chat_id: str, turn_id: str) -> bool:
        if turn_id not in await self.tree(tenant_id, chat_id):
            return False
        self._tables.leaves[tenant_id, chat_id] = turn_id
        return True


class MemoryFeedbacks:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, tenant_id: str, turn_id: str, feedback: Feedback | None) -> bool:
        turn = self._tables.turns.get((tenant_id, turn_id))
        if turn is None:
            return False
        turn.feedback = feedback
        return True

    async def of_chat(self, tenant_id: str, chat_id: str) -> dict[str, Feedback]:
        turns = self._tables.of_chat(tenant_id, chat_id)
        return {turn.record.id: turn.feedback for turn in turns if turn.feedback is not None}


class MemoryPreferences:
    def __init__(self, tables: Tables) -> None:
        self._kept = tables.preferences

    async def put(self, tenant_id: str, user_id: str | None, chosen: Mapping[str, str]) -> None:
        self._kept.setdefault((tenant_id, user_id), {}).update(chosen)

    async def of_user(self, tenant_id: str, user_id: str | None) -> dict[str, str]:
        return dict(self._kept.get((tenant_id, user_id), {}))


class MemoryShares:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, share: Share) -> bool:
        turn = self._tables.turns.get((share.tenant_id, share.leaf_id))
        if turn is None or turn.record.chat_id != share.chat_id:
            return False
        self._tables.shares[share.id] = share
        return True

    async def find(self, share_id: str) -> Share | None:
        return self._tables.shares.get(share_id)

    async def of_chat(self, tenant_id: str, chat_id: str) -> list[Share]:
        shares = reversed(self._tables.shares.values())
        found = [share for share in shares if (share.tenant_id, share.chat_id) == (tenant_id, chat_id)]
        return sorted(found, key=lambda share: share.created_at, reverse=True)

    async def remove(self, tenant_id: str, chat_id: str, share_id: str) -> bool:
        share = self._tables.shares.get(share_id)
        if share is None or (share.tenant_id, share.chat_id) != (tenant_id, chat_id):
            return False
        del self._tables.shares[share_id]
        return True


def _node(turn: _Turn) -> Node:
    return Node(
        turn_id=turn.record.id,
        parent_id=turn.parent_id,
        user_message_id=turn.record.user_message_id,
        message_id=turn.record.message_id,
        status=turn.record.status,
    )


def _record(opening: Opening, owner: str) -> TurnRecord:
    started = opening.started
    return TurnRecord(
        tenant_id=opening.tenant_id,
        id=started.turn_id,
        chat_id=started.chat_id,
        user_id=opening.user_id,
        status="in_progress",
        epoch=1,
        owner=owner,
        last_seq=1,
        created_at=started.at,
        message_id=started.message_id,
        user_message_id=started.user_message_id,
        model=started.model,
        question=opening.question,
        request=opening.request,
        retry_of=started.retry_of,
    )


def _claim(turn: _Turn) -> Claim:
    record = turn.record
    return Claim(
        tenant_id=record.tenant_id,
        turn_id=record.id,
        owner=record.owner,
        epoch=record.epoch,
        last_seq=len(turn.events),
    )


def _so_far(turn: _Turn) -> TurnRecord:
    return msgspec.structs.replace(turn.record, last_seq=len(turn.events))


def _runs(record: TurnRecord) -> bool:
    return record.status == "in_progress"
