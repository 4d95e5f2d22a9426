"""Who may write which turn, and for how long without saying so again, in a process that owns its store alone.

A lease lives in memory and is counted on a steady clock: no jump of the wall clock can end or extend it, and
when the process dies its leases die with it, so that every turn it left is free at the next start.
"""

from rivulet.ports.turns import Clock


class Leases:
    """One holder a turn. Used from the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[tuple[str, str], tuple[str, float]] = {}

    def take(self, tenant_id: str, turn_id: str, owner: str, lease_ms: int) -> bool:
        """Takes or renews it; False while somebody else's runs."""
        if self.is_held(tenant_id, turn_id, but_by=owner):
            return False
        self._held[tenant_id, turn_id] = (owner, self._clock.monotonic() + lease_ms / 1000)
        return True

    def renew(self, tenant_id: str, turn_id: str, owner: str, lease_ms: int) -> None:
        """Extends what this owner was the last to hold, lapsed or not; anybody else's, and none, stays as it
        is."""
        if self.is_known(tenant_id, turn_id, owner):
            self._held[tenant_id, turn_id] = (owner, self._clock.monotonic() + lease_ms / 1000)

    def is_held(self, tenant_id: str, turn_id: str, but_by: str | None = None) -> bool:
        """Whether a lease on the turn runs; one held by `but_by` does not count."""
        owner, until = self._held.get((tenant_id, turn_id), (None, 0.0))
        return owner is not None and owner != but_by and self._clock.monotonic() < until

    def is_known(self, tenant_id: str, turn_id: str, owner: str) -> bool:
        """Whether this owner was the last to hold it, lapsed or not."""
        return self._held.get((tenant_id, turn_id), ("", 0.0))[0] == owner

    def drop(self, tenant_id: str, turn_id: str) -> None:
        """The turn is over."""
        self._held.pop((tenant_id, turn_id), None)
