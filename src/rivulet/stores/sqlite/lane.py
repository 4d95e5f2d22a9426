"""A claim's lane in SQLite: its turn's row, and where the events are that no index knows yet."""

from array import array

from rivulet.ports.turns import Claim
from rivulet.stores.group_commit import Lane


class SqliteLane(Lane):
    """`key` is the turn's row, None for a claim that is nobody's here any more; `prefix` is key and epoch as
    the rows of a commit begin with. Events up to `base` are found by index, the later ones at `places`.
    `is_closing` says that the claim may write what ends the turn though the disk is full."""

    __slots__ = ("base", "is_closing", "key", "places", "prefix")

    def __init__(self, claim: Claim, key: int | None = None) -> None:
        super().__init__(claim)
        self.key = key
        self.prefix = b"%012d%012d" % (key or 0, claim.epoch)
        self.base = claim.last_seq
        self.places: array[int] = array("q")
        self.is_closing = False

    def places_after(self, seq: int, limit: int) -> "array[int]":
        """Where the events after `seq` are, which is at least `base`."""
        begin = seq - self.base
        return self.places[begin : begin + limit]
