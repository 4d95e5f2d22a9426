"""The turn log in SQLite: opened and finished durably, appended to by group commit, read back by place."""

from array import array
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import apsw
import msgspec

from rivulet.domain.chat import Message
from rivulet.domain.errors import ChatBusy, IdempotencyMismatch, LostClaim, NotFound
from rivulet.domain.events import AnyEvent, TurnFinished, decode, encode, numbered
from rivulet.ports.turns import Claim, Committed, Opening, Replayed
from rivulet.stores.group_commit import GroupCommit
from rivulet.stores.leases import Leases
from rivulet.stores.messages import KEY_MS, answered, asked
from rivulet.stores.sqlite.branches import grow, parent_of
from rivulet.stores.sqlite.commit import Commit
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.lane import SqliteLane
from rivulet.stores.sqlite.places import Places
from rivulet.stores.sqlite.statements import first, rows, statements, value
from rivulet.stores.sqlite.writer import Job

_SQL = statements("turns.sql")
_LAST = (1 << 63) - 1
_STRANGERS = 1_000
"""Void claims that are remembered so that each is told only once; their owners stop at the first error."""


class _Held(NamedTuple):
    """A claim and the row it is on."""

    claim: Claim
    key: int


class SqliteTurnLog:
    """Knows the lanes of the turns that are written here; everything it refuses, the SQL refuses too."""

    def __init__(self, db: Database, leases: Leases) -> None:
        self._db = db
        self._leases = leases
        self._places = Places()
        self._group: GroupCommit[SqliteLane] = GroupCommit(self._hand_over)
        self._lanes: dict[tuple[str, str], SqliteLane] = {}
        """The present claim of each turn that runs here, from `open` or `claim` until `finish`."""
        self._strangers: dict[tuple[str, str, int], SqliteLane] = {}
        """Claims that are not, or no longer, anybody's here."""

    # ---- opening and claiming

    async def open(self, opening: Opening, owner: str, lease_ms: int) -> Claim | Replayed:
        event = encode(numbered(opening.started, 1))

        def then(result: _Held | Replayed) -> None:
            if isinstance(result, _Held):
                self._hold(result, owner, lease_ms)

        change = partial(self._open, opening=opening, owner=owner, event=event)
        result = await self._db.write(change, durable=True, then=then)
        return result if isinstance(result, Replayed) else result.claim

    def _open(
        self, connection: apsw.Connection, opening: Opening, owner: str, event: bytes
    ) -> _Held | Replayed:
        names = _names(opening, owner)
        if (turn_id := _known(connection, opening, names)) is not None:
            return Replayed(turn_id=turn_id)
        if opening.new_chat:
            connection.execute(_SQL["make_chat"], names)
        connection.execute(_SQL["ask_in_chat"], names)
        if not connection.changes():
            raise NotFound
        busy_with = value(connection, _SQL["busy_with"], names)
        if opening.exclusive and busy_with is not None:
            raise ChatBusy(busy_with)
        parent_key = parent_of(connection, opening)
        place = self._places.next(connection)
        connection.execute(_SQL["open_turn"], {**names, "place": place})
        key = connection.last_insert_rowid()
        grow(connection, opening, key, parent_key)
        connection.execute(_SQL["put_event"], (place, opening.tenant_id, key, 1, event))
        self._places.used(place + 1)
        connection.execute(_SQL["index_places"], {**names, "turn_key": key, "places": _array([place])})
        if (question := asked(opening)) is not None:
            _add_message(connection, opening.tenant_id, key, question)
        if opening.idempotency_key is not None:
            connection.execute(_SQL["remember_key"], {**names, "turn_key": key})
        claim = Claim(
            tenant_id=opening.tenant_id, turn_id=opening.started.turn_id, owner=owner, epoch=1, last_seq=1
        )
        return _Held(claim, key)

    async def claim(self, tenant_id: str, turn_id: str, owner: str, lease_ms: int) -> Claim | None:
        if not self._leases.take(tenant_id, turn_id, owner, lease_ms):
            return None
        lane = self._lanes.get((tenant_id, turn_id))
        if lane is not None and lane.claim.owner == owner and lane.error is None and not lane.is_closing:
            return msgspec.structs.replace(lane.claim, last_seq=lane.shown)
        self._group.flush()
        held = None
        try:
            held = await self._db.write(
                partial(self._take_over, tenant_id=tenant_id, turn_id=turn_id, owner=owner),
                durable=False,
                uses_reserve=True,
                then=lambda held: None if held is None else self._hold(held, owner, lease_ms),
            )
        finally:
            if held is None:
                self._leases.drop(tenant_id, turn_id)
        return None if held is None else held.claim

    def _take_over(
        self, connection: apsw.Connection, tenant_id: str, turn_id: str, owner: str
    ) -> _Held | None:
        """The same owner gets a higher epoch too: its old claim is void, or it would not ask."""
        names: dict[str, object] = {"tenant_id": tenant_id, "id": turn_id, "owner": owner}
        found = first(connection, _SQL["running_turn"], names)
        if found is None:
            return None
        key, epoch = found
        names |= {"turn_key": key, "epoch": epoch + 1}
        before = self._lanes.get((tenant_id, turn_id))
        if before is not None:
            connection.execute(_SQL["index_places"], {**names, "places": _array(before.places)})
        last_seq = value(connection, _SQL["last_indexed"], names)
        connection.execute(_SQL["take_over"], {**names, "last_seq": last_seq})
        claim = Claim(tenant_id=tenant_id, turn_id=turn_id, owner=owner, epoch=epoch + 1, last_seq=last_seq)
        return _Held(claim, key)

    def _hold(self, held: _Held, owner: str, lease_ms: int) -> None:
        claim = held.claim
        lane = SqliteLane(claim, held.key)
        lane.is_closing = self._db.is_full
        before = self._lanes.get((claim.tenant_id, claim.turn_id))
        if before is not None:
            self._estrange(before)
        self._lanes[claim.tenant_id, claim.turn_id] = lane
        self._leases.take(claim.tenant_id, claim.turn_id, owner, lease_ms)

    # ---- writing

    def append(self, claim: Claim, drafts: Sequence[AnyEvent], committed: Committed) -> None:
        self._group.append(self._lane(claim), drafts, committed)

    def _lane(self, claim: Claim) -> SqliteLane:
        lane = self._lanes.get((claim.tenant_id, claim.turn_id))
        if lane is not None and lane.claim.epoch == claim.epoch:
            return lane
        lane = self._strangers.get((claim.tenant_id, claim.turn_id, claim.epoch))
        return lane or self._estrange(SqliteLane(claim))

    def _estrange(self, lane: SqliteLane) -> SqliteLane:
        claim = lane.claim
        self._strangers[claim.tenant_id, claim.turn_id, claim.epoch] = lane
        if len(self._strangers) > _STRANGERS:
            del self._strangers[next(iter(self._strangers))]
        return lane

    def _hand_over(self) -> None:
        commit = Commit(self._group.take, self._places, lambda: self._db.is_full)
        self._db.submit(
            Job(
                commit.run,
                commit.done,
                is_durable=False,
                uses_reserve=True,
                settle=commit.settle,
                is_single=True,
            )
        )

    async def finish(self, claim: Claim, finished: TurnFinished, answer: Message) -> TurnFinished:
        lane = self._lane(claim)
        lane.is_closing = True
        self._group.flush()
        message = answered(answer, finished)
        return await self._db.write(
            partial(self._finish, lane=lane, finished=finished, answer=message),
            durable=True,
            uses_reserve=True,
            then=lambda _: self._forget(claim),
        )

    def _finish(
        self, connection: apsw.Connection, lane: SqliteLane, finished: TurnFinished, answer: Message
    ) -> TurnFinished:
        if lane.error is not None:
            raise lane.error
        if lane.key is None:
            raise LostClaim
        claim = lane.claim
        event = msgspec.structs.replace(finished, seq=lane.seq + 1)
        names: dict[str, object] = {
            "tenant_id": claim.tenant_id,
            "turn_key": lane.key,
            "epoch": claim.epoch,
            "status": finished.status,
            "last_seq": event.seq,
            "chat_id": answer.chat_id,
            "now": finished.at,
        }
        connection.execute(_SQL["end_turn"], names)
        if not connection.changes():
            raise LostClaim
        place = self._places.next(connection)
        connection.execute(_SQL["put_event"], (place, claim.tenant_id, lane.key, event.seq, encode(event)))
        self._places.used(place + 1)
        connection.execute(_SQL["index_places"], {**names, "places": _array([*lane.places, place])})
        _add_message(connection, claim.tenant_id, lane.key, answer)
        connection.execute(_SQL["touch_chat"], names)
        return event

    def _forget(self, claim: Claim) -> None:
        self._lanes.pop((claim.tenant_id, claim.turn_id), None)
        self._leases.drop(claim.tenant_id, claim.turn_id)

    # ---- reading

    async def read(self, tenant_id: str, turn_id: str, after: int, limit: int) -> list[AnyEvent]:
        lane = self._written_here(tenant_id, turn_id)
        return await self._db.read(
            partial(
                _read, lane=lane, tenant_id=tenant_id, turn_id=turn_id, after=min(after, _LAST), limit=limit
            )
        )

    def holds(self, claim: Claim) -> bool:
        """Whether it is the present claim of a turn that runs here."""
        lane = self._written_here(claim.tenant_id, claim.turn_id)
        return lane is not None and lane.claim.epoch == claim.epoch

    def last_seq(self, tenant_id: str, turn_id: str) -> int:
        """Where the log of a turn that runs here ends; 0 for one that does not."""
        lane = self._written_here(tenant_id, turn_id)
        return 0 if lane is None else lane.shown

    def _written_here(self, tenant_id: str, turn_id: str) -> SqliteLane | None:
        """None also when the database knows of another claim: it has more than this process knows."""
        lane = self._lanes.get((tenant_id, turn_id))
        return None if lane is None or isinstance(lane.error, LostClaim) else lane


def _names(opening: Opening, owner: str) -> dict[str, object]:
    started = opening.started
    return {
        "tenant_id": opening.tenant_id,
        "id": started.turn_id,
        "chat_id": started.chat_id,
        "user_id": opening.user_id,
        "owner": owner,
        "now": started.at,
        "before": started.at - KEY_MS,
        "message_id": started.message_id,
        "user_message_id": started.user_message_id,
        "model": started.model,
        "retry_of": started.retry_of,
        "question": opening.question,
        "request": opening.request,
        "title": opening.chat_title,
        "key": opening.idempotency_key,
        "digest": opening.request_digest,
    }


def _known(connection: apsw.Connection, opening: Opening, names: dict[str, object]) -> str | None:
    """The turn this request has opened before."""
    connection.execute(_SQL["forget_keys"], names)
    if opening.idempotency_key is None:
        return None
    found = first(connection, _SQL["known_key"], names)
    if found is None:
        return None
    digest, turn_id = found
    if digest != opening.request_digest:
        raise IdempotencyMismatch
    return turn_id


def _add_message(connection: apsw.Connection, tenant_id: str, key: int, message: Message) -> None:
    names = {
        "tenant_id": tenant_id,
        "chat_id": message.chat_id,
        "turn_key": key,
        "role": message.role,
        "id": message.id,
        "body": msgspec.json.encode(message),
    }
    connection.execute(_SQL["add_message"], names)


def _array(places: Sequence[int]) -> Any:
    """Places as a table. It may not be empty, but nothing is at place 0."""
    return apsw.carray(array("q", places or (0,)))


def _read(
    connection: apsw.Connection,
    lane: SqliteLane | None,
    tenant_id: str,
    turn_id: str,
    after: int,
    limit: int,
) -> list[AnyEvent]:
    found: list[tuple[Any, ...]] = []
    indexed = _LAST if lane is None else lane.base
    if after < indexed:
        found = rows(connection, _SQL["read_indexed"], (tenant_id, turn_id, after, indexed, limit))
    if lane is not None and len(found) < limit:
        places = lane.places_after(max(after, indexed), limit - len(found))
        found += rows(connection, _SQL["read_places"], (_array(places), tenant_id, lane.key))
    if not found and not value(connection, _SQL["turn_exists"], {"tenant_id": tenant_id, "id": turn_id}):
        raise NotFound
    return [decode(payload) for (payload,) in found]
