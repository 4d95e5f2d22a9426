"""The form of the index on disk: packed arrays that numpy reads as they are.

A segment holds the chunks of up to some thousand documents, counted from 0 in the order of the documents:
their *ordinals*. For each term it has one blob of (ordinal, frequency), 3 bytes each, in the order of the
ordinals. The words of the documents' titles have blobs of their own, under the term with a mark before it,
whose ordinals count the documents.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

POSTING = np.dtype([("ordinal", "<u2"), ("frequency", "u1")])

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Sums = NDArray[np.float64]
Bools = NDArray[np.bool_]


class _Header(msgspec.Struct, array_like=True):
    numbers: bytes
    sources: bytes
    chunk_counts: bytes
    title_lengths: bytes
    lengths: bytes


class Header:
    """Which documents are in a segment, of which sources, with how many chunks, and how many terms there are
    in each title and each chunk."""

    __slots__ = (
        "chunk_counts",
        "document_of",
        "first_chunks",
        "lengths",
        "numbers",
        "sources",
        "title_lengths",
        "title_total",
        "total",
    )

    def __init__(
        self, numbers: Ints, sources: Ints, chunk_counts: Ints, title_lengths: Floats, lengths: Floats
    ) -> None:
        self.numbers = numbers
        self.sources = sources
        self.chunk_counts = chunk_counts
        self.title_lengths = title_lengths
        self.lengths = lengths
        self.first_chunks: Ints = np.concatenate((np.zeros(1, np.int64), np.cumsum(chunk_counts)))[:-1]
        self.total = float(lengths.sum(dtype=np.float64))
        self.title_total = float(title_lengths.sum(dtype=np.float64))
        self.document_of = np.repeat(np.arange(len(numbers), dtype=np.uint16), chunk_counts)

    @classmethod
    def decode(cls, raw: bytes) -> "Header":
        header = msgspec.msgpack.decode(raw, type=_Header)
        return cls(
            np.frombuffer(header.numbers, "<i8"),
            np.frombuffer(header.sources, "<i8"),
            np.frombuffer(header.chunk_counts, "<i8"),
            np.frombuffer(header.title_lengths, "<u2").astype(np.float32),
            np.frombuffer(header.lengths, "<u2").astype(np.float32),
        )

    def encode(self) -> bytes:
        longest = np.iinfo(np.uint16).max
        return msgspec.msgpack.encode(
            _Header(
                numbers=self.numbers.astype("<i8").tobytes(),
                sources=self.sources.astype("<i8").tobytes(),
                chunk_counts=self.chunk_counts.astype("<i8").tobytes(),
                title_lengths=np.minimum(self.title_lengths, longest).astype("<u2").tobytes(),
                lengths=np.minimum(self.lengths, longest).astype("<u2").tobytes(),
            )
        )
