"""One commit of the group: the waiting drafts numbered, encoded and inserted under their claims."""

import logging
from collections.abc import Callable

import apsw

from rivulet.domain.errors import Internal, LostClaim, RivuletError, StorageFull
from rivulet.domain.events import encode, numbered
from rivulet.stores.group_commit import Entry, deliver
from rivulet.stores.sqlite.lane import SqliteLane
from rivulet.stores.sqlite.places import Places
from rivulet.stores.sqlite.statements import statements, value

log = logging.getLogger(__name__)

_SQL = statements("turns.sql")
_APPEND = _SQL["append_events"]


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
        self._rows: list[bytes] = []
        self._parts: list[tuple[Entry[SqliteLane], int, int]] = []
        self._before = 0

    def run(self, connection: apsw.Connection) -> None:
        """One statement whatever the number of turns: after each the writer needs the interpreter's lock
        again, and a busy loop may keep it for 5 ms."""
        if self._entries is None:
            self._entries = self._take()
            self._prepare(connection, self._entries)
        if self._is_full():
            self._refuse()
        if self._rows:
            before = connection.total_changes()
            connection.execute(_APPEND, (self._before, apsw.carray(tuple(self._rows))))
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
        deliver(self._entries or ())

    def _prepare(self, connection: apsw.Connection, entries: list[Entry[SqliteLane]]) -> None:
        """The drafts become events with a number, a place and their bytes; twenty thousand times a second."""
        rows, first = self._rows, self._places.next(connection)
        self._before = first - 1
        for entry in entries:
            lane, events, begin = entry.lane, entry.events, len(rows)
            if lane.key is None:
                entry.fail(LostClaim())
                continue
            prefix, seq, places = lane.prefix, lane.seq, lane.places
            try:
                for index, draft in enumerate(events):
                    seq += 1
                    event = events[index] = numbered(draft, seq)
                    rows.append(prefix + b"%012d" % seq + encode(event))
                    places.append(self._before + len(rows))
            except (TypeError, ValueError, OverflowError, RecursionError) as problem:
                log.error("turn %s: an event cannot be written: %r", lane.claim.turn_id, problem)
                entry.fail(Internal("The answer held something that cannot be stored."))
                del rows[begin:]
                continue
            lane.seq = seq
            self._parts.append((entry, begin, len(rows)))
        self._places.used(first + len(rows))

    def _refuse(self) -> None:
        """The disk is full: what room the reserve leaves belongs to the turns that are being ended. An empty
        row matches no turn, and the others keep their places."""
        for entry, begin, end in self._parts:
            if entry.error is None and not entry.lane.is_closing:
                entry.fail(StorageFull())
                self._rows[begin:end] = [b""] * (end - begin)

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
