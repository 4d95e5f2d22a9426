"""Small segments to larger ones, so that a query has few places to look, and retired documents out of the
index."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import msgspec
import numpy as np

from rivulet.knowledge.layout import LARGEST_SEGMENT, TITLE
from rivulet.knowledge.postings import POSTING, Bools, Floats, Header, Ints
from rivulet.ports.knowledge import Segment, Snapshot

_SAME_SIZE = 4
"""So many segments of about one size (within this factor) become one: each chunk is moved once for every
fourfold growth of the index, and a query meets three segments of each size at most."""

_LARGE = LARGEST_SEGMENT // 2
"""Two of these may not fit into one."""

_MOSTLY_THERE = 0.75
"""A segment of which less is still to be found is written again without the rest."""

Row = tuple[str, int, bytes]
"""A term, a segment, its postings there."""


class Part(msgspec.Struct, frozen=True):
    """A segment to be merged, with what of it goes along."""

    id: int
    header: Header
    is_kept: Bools

    @property
    def chunk_count(self) -> int:
        return int(self.header.chunk_counts[self.is_kept].sum())


def due(snapshot: Snapshot) -> list[Part]:
    """The segments to be merged next; none when all is well. The snapshot has all headers."""
    retired = np.fromiter(snapshot.retired, np.int64, len(snapshot.retired))
    parts = [_part(segment, retired) for segment in snapshot.segments]
    for part in parts:
        if part.chunk_count < _MOSTLY_THERE * len(part.header.lengths):
            return [part]
    small = sorted((part for part in parts if part.chunk_count < _LARGE), key=_size)
    for _, same in groupby(small, key=_size):
        group = _fitting(list(same))
        if len(group) >= _SAME_SIZE:
            return sorted(group, key=lambda part: part.id)
    return []


def _part(segment: Segment, retired: Ints) -> Part:
    header = Header.decode(segment.header)
    return Part(segment.id, header, np.isin(header.numbers, retired, invert=True))


def _size(part: Part) -> int:
    """Which power of the factor it has reached."""
    return (part.chunk_count.bit_length() - 1) // (_SAME_SIZE.bit_length() - 1)


def _fitting(parts: Sequence[Part]) -> list[Part]:
    room = LARGEST_SEGMENT
    fitting: list[Part] = []
    for part in parts:
        if part.chunk_count <= room:
            room -= part.chunk_count
            fitting.append(part)
    return fitting


class Merge:
    """The parts one after the other, with new ordinals."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.ids = [part.id for part in parts]
        self.header = Header(
            np.concatenate([part.header.numbers[part.is_kept] for part in parts]),
            np.concatenate([part.header.sources[part.is_kept] for part in parts]),
            np.concatenate([part.header.chunk_counts[part.is_kept] for part in parts]),
            np.concatenate([part.header.title_lengths[part.is_kept] for part in parts]),
            np.concatenate([_kept_lengths(part) for part in parts]),
        )
        self.dropped = [int(number) for part in parts for number in part.header.numbers[~part.is_kept]]
        self._chunks = _Ordinals(parts, [part.is_kept[part.header.document_of] for part in parts])
        self._titles = _Ordinals(parts, [part.is_kept for part in parts])

    def rows(self, found: Sequence[Row]) -> list[tuple[str, bytes]]:
        """The postings of some terms, complete and in order, as they stand in the merged segment."""
        merged: list[tuple[str, bytes]] = []
        for is_title, rows in groupby(found, key=lambda row: row[0].startswith(TITLE)):
            merged += (self._titles if is_title else self._chunks).rows(list(rows))
        return merged


class _Ordinals:
    """From the ordinals of the parts to those of the whole; -1 for what is dropped."""

    def __init__(self, parts: Sequence[Part], kept: Sequence[Bools]) -> None:
        self._bases = dict(
            zip((part.id for part in parts), np.cumsum([0, *map(len, kept)]).tolist(), strict=False)
        )
        all_kept = np.concatenate(kept)
        self._new = np.where(all_kept, np.cumsum(all_kept) - 1, -1)

    def rows(self, found: Sequence[Row]) -> list[tuple[str, bytes]]:
        counts = [len(blob) // POSTING.itemsize for _, _, blob in found]
        postings = np.frombuffer(b"".join(blob for _, _, blob in found), POSTING)
        bases = np.repeat([self._bases[segment] for _, segment, _ in found], counts)
        ordinals = self._new[postings["ordinal"] + bases]
        is_kept = ordinals >= 0
        merged = postings[is_kept]
        merged["ordinal"] = ordinals[is_kept]
        raw = merged.tobytes()
        ends = np.concatenate(([0], np.cumsum(is_kept)))[np.cumsum([0, *counts])] * POSTING.itemsize
        spans = zip((term for term, _, _ in found), pairwise(ends.tolist()), strict=True)
        rows: list[tuple[str, bytes]] = []
        for term, same in groupby(spans, key=lambda each: each[0]):
            whole = [span for _, span in same]
            if whole[0][0] < whole[-1][1]:
                rows.append((term, raw[whole[0][0] : whole[-1][1]]))
        return rows


def _kept_lengths(part: Part) -> Floats:
    return part.header.lengths[part.is_kept[part.header.document_of]]
