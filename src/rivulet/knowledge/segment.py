"""Documents to one segment of the index: words are counted in numpy, because a chunk has about 150 of
them."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.layout import LARGEST_SEGMENT, MOST_OFTEN, TITLE
from rivulet.knowledge.postings import POSTING, Header, Ints
from rivulet.ports.knowledge import StoredChunk

TITLE_WEIGHT = 2
"""How often the title counts in each chunk (answer in SQuAD's first chunk: 0 .741, 1 .755, 2 .760, 3
.761)."""


_SHIFT = LARGEST_SEGMENT.bit_length() - 1


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a segment; the postings are in the order of their terms."""

    chunk_count: int
    header: bytes
    postings: list[tuple[str, bytes]]


class SegmentBuilder:
    """Takes documents one after the other; `seal` ends it."""

    def __init__(self, analyser: ScriptAnalyser) -> None:
        self._analyser = analyser
        self._word_ids: defaultdict[str, int] = defaultdict()
        self._word_ids.default_factory = self._word_ids.__len__
        self._words = array("I")
        self._word_counts: list[int] = []
        self._documents: list[tuple[int, int, int, int]] = []
        self._title_postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)

    @property
    def chunk_count(self) -> int:
        return len(self._word_counts)

    def has_room_for(self, chunk_count: int) -> bool:
        return self.chunk_count + chunk_count <= LARGEST_SEGMENT

    def add(self, number: int, source_number: int, title: str, chunks: Sequence[StoredChunk]) -> None:
        """`number` and `source_number` are what the store knows the document and its source by."""
        words = self._analyser.words
        id_of = self._word_ids.__getitem__
        title_words = words(title)
        for chunk in chunks:
            found = words(chunk.text) + title_words * TITLE_WEIGHT
            if chunk.heading:
                found += words(chunk.heading)
            self._words.extend(map(id_of, found))
            self._word_counts.append(len(found))
        terms = self._analyser.terms(title)
        for term in dict.fromkeys(terms):
            self._title_postings[term].append((len(self._documents), terms.count(term)))
        self._documents.append((number, source_number, len(chunks), len(terms)))

    def seal(self) -> Sealed:
        terms, occurrences, ordinals = self._occurrences()
        documents = np.array(self._documents, np.int64).reshape(-1, 4)
        header = Header(
            documents[:, 0],
            documents[:, 1],
            documents[:, 2],
            documents[:, 3].astype(np.float32),
            np.bincount(ordinals, minlength=self.chunk_count).astype(np.float32),
        )
        postings = [*self._title_blobs(), *_blobs(terms, occurrences, ordinals)]
        return Sealed(chunk_count=self.chunk_count, header=header.encode(), postings=postings)

    def _occurrences(self) -> tuple[list[str], Ints, Ints]:
        """The terms in order, and for each occurrence of one its place among them and its chunk's ordinal."""
        terms_of = [self._analyser[word] for word in self._word_ids]
        terms = sorted({term for found in terms_of for term in found})
        rank = {term: place for place, term in enumerate(terms)}
        ranks = np.array([rank[term] for found in terms_of for term in found], np.int64)
        counts = np.array([len(found) for found in terms_of], np.int64)
        starts = np.cumsum(counts) - counts
        words = np.array(self._words, np.int64)
        chunk_of = np.repeat(np.arange(self.chunk_count), self._word_counts)
        found: list[Ints] = []
        for is_meant in (counts == 1, counts > 1):  # nearly all words are one term, and that is quickly done
            chosen = is_meant[words]
            chosen_words = words[chosen]
            places = starts[chosen_words]
            found += [places, chunk_of[chosen], counts[chosen_words]]
        single_places, single_chunks, _, places, chunks, repeats = found
        within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        places = np.concatenate((single_places, np.repeat(places, repeats) + within))
        return terms, ranks[places], np.concatenate((single_chunks, np.repeat(chunks, repeats)))

    def _title_blobs(self) -> list[tuple[str, bytes]]:
        return [
            (TITLE + term, np.array(found, POSTING).tobytes())
            for term, found in sorted(self._title_postings.items())
        ]


def _blobs(terms: Sequence[str], occurrences: Ints, ordinals: Ints) -> list[tuple[str, bytes]]:
    """Each term's postings. One sort of all (term, chunk) pairs brings the terms, the chunks and the
    counts."""
    pairs, counts = _counted(occurrences << _SHIFT | ordinals)
    postings = np.empty(len(pairs), POSTING)
    postings["ordinal"] = pairs & (LARGEST_SEGMENT - 1)
    postings["frequency"] = np.minimum(counts, MOST_OFTEN)
    raw = postings.tobytes()
    ends = np.searchsorted(pairs, np.arange(len(terms) + 1) << _SHIFT) * POSTING.itemsize
    return [(term, raw[start:end]) for term, (start, end) in zip(terms, pairwise(ends.tolist()), strict=True)]


def _counted(pairs: Ints) -> tuple[Ints, Ints]:
    pairs.sort()
    is_new = np.ones(len(pairs), bool)
    is_new[1:] = pairs[1:] != pairs[:-1]
    starts = np.flatnonzero(is_new)
    return pairs[starts], np.diff(starts, append=len(pairs))
