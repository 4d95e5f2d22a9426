"""One commit of the group: the waiting drafts numbered, encoded and inserted under their claims."""

import logging
from collections.abc import Callable

import apsw

from rivulet.domain.errors import Internal, LostClaim, RivuletError, StorageFull
from rivulet.domain.events import AnyEvent, encode, numbered
from rivulet.stores.group_commit import Entry, deliver
from rivulet.stores.sqlite.lane import SqliteLane
from rivulet.stores.sqlite.places import Places
from rivulet.stores.sqlite.statements import first, statements, value

log = logging.getLogger(__name__)

_SQL = statements("turns.sql")
_APPEND = _SQL["append_event"]

Row = tuple[int, int, bytes, int, int, str]


class Commit:
    """`run` and `settle` in the writer's thread, `done` on the loop. What waits is taken when the writer
    comes to it, so everything that gathered until then goes along."""

    def __init__(
        self, take: Callable[[], list[Entry[SqliteLane]]], places: Places, is_full: Callable[[], bool]
    ) -> None:
        self._take = take
        self._places = places
        self._is_full = is_full
        self._entries: list[Entry[SqliteLane]] | None = None
        self._rows: list[Row] = []

    def run(self, connection: apsw.Connection) -> None:
        """The condition is in the statement: a row whose claim does not hold is not inserted."""
        if self._entries is None:
            self._entries = self._take()
            for entry in self._entries:
                self._prepare(connection, entry)
        if self._is_full():
            self._refuse(self._entries)
        before = connection.total_changes()
        connection.executemany(_APPEND, self._rows)
        if connection.total_changes() - before != len(self._rows):
            self._find_lost(connection, self._entries)

    def settle(self, error: Exception | None) -> None:
        """Every claim that took part is void when the commit failed."""
        if self._entries is None:
            self._entries = self._take()
        if error is not None:
            for entry in self._entries:
                entry.fail(error if isinstance(error, RivuletError) else Internal())

    def done(self, result: None, error: Exception | None) -> None:
        for entry in self._entries or ():
            if entry.error is None:
                entry.lane.shown = entry.events[-1].seq
        deliver(self._entries or ())

    def _prepare(self, connection: apsw.Connection, entry: Entry[SqliteLane]) -> None:
        lane = entry.lane
        if lane.key is None and not find(connection, lane):
            entry.fail(LostClaim())
            return
        assert lane.key is not None
        claim, key, seq = lane.claim, lane.key, lane.seq
        first = place = self._places.next(connection)
        events: list[AnyEvent] = []
        rows: list[Row] = []
        try:
            for draft in entry.events:
                seq += 1
                event = numbered(draft, seq)
                rows.append((place, seq, encode(event), key, claim.epoch, claim.tenant_id))
                events.append(event)
                place += 1
        except (TypeError, ValueError, OverflowError, RecursionError) as problem:
            log.error("turn %s: an event cannot be written: %r", claim.turn_id, problem)
            entry.fail(Internal("The answer held something that cannot be stored."))
            return
        self._rows += rows
        self._places.used(place)
        entry.events = events
        lane.seq = seq
        lane.places.extend(range(first, place))

    def _refuse(self, entries: list[Entry[SqliteLane]]) -> None:
        """The disk is full: what room the reserve leaves belongs to the turns that are being ended."""
        for entry in entries:
            if entry.error is None and not entry.lane.is_closing:
                entry.fail(StorageFull())
        kept = {entry.lane.key for entry in entries if entry.error is None}
        self._rows = [row for row in self._rows if row[3] in kept]

    def _find_lost(self, connection: apsw.Connection, entries: list[Entry[SqliteLane]]) -> None:
        for entry in entries:
            lane = entry.lane
            if entry.error is None and not holds(connection, lane):
                entry.fail(LostClaim())


def holds(connection: apsw.Connection, lane: SqliteLane) -> bool:
    """Whether the lane's claim is still the turn's."""
    claim = lane.claim
    named = {"turn_key": lane.key, "epoch": claim.epoch, "tenant_id": claim.tenant_id}
    return value(connection, _SQL["holds"], named) is not None


def find(connection: apsw.Connection, lane: SqliteLane) -> bool:
    """Looks up the turn of a claim that was not made here; False when it does not hold."""
    claim = lane.claim
    named = {"tenant_id": claim.tenant_id, "id": claim.turn_id, "epoch": claim.epoch}
    found = first(connection, _SQL["held_turn"], named)
    if found is None:
        return False
    lane.key, lane.seq = found
    lane.base = lane.shown = lane.seq
    return True
