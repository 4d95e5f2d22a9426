"""The best candidates read once more: do the query's words stand together in them?

On 1,000 SQuAD questions over 27,000 chunks the answer is in the first chunk for .813 instead of .767
(reciprocal rank .864 instead of .831); reading 20 candidates gives as much as reading 50.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rivulet.knowledge.words import Words

_WINDOW = 20
"""Words; longer or shorter by half changes nothing."""

_NEAR = 0.2
_PAIRED = 0.2
"""Weights beside a BM25 score over its ceiling; half or double is worse by .005 or less."""


class Reader:
    """Reads the candidates of one query. `idf` has every term of it."""

    def __init__(self, words: Words, idf: Mapping[str, float]) -> None:
        self._worth = {term: min(weight, 1.0) * idf[term] for term, weight in words.weights.items()}
        self._pairs = {pair: idf[pair[0]] + idf[pair[1]] for pair in words.pairs}
        self._all_words = sum(self._worth.values()) or 1.0
        self._all_pairs = sum(self._pairs.values()) or 1.0

    def score(self, score: float, terms: Sequence[str]) -> float:
        """The absolute score, 0 to about 1, of a candidate with these terms."""
        places = [(place, term) for place, term in enumerate(terms) if term in self._worth]
        read = score + _NEAR * self._nearness(places) + _PAIRED * self._pairing(places)
        return read / (1 + _NEAR + _PAIRED)

    def _nearness(self, places: Sequence[tuple[int, str]]) -> float:
        """Share of the query, by idf, that the best window of the text holds."""
        worth = self._worth
        inside: dict[str, int] = dict.fromkeys(worth, 0)
        first = 0
        sum_inside = best = 0.0
        for place, term in places:
            if not inside[term]:
                sum_inside += worth[term]
            inside[term] += 1
            while places[first][0] <= place - _WINDOW:
                left = places[first][1]
                inside[left] -= 1
                if not inside[left]:
                    sum_inside -= worth[left]
                first += 1
            best = max(best, sum_inside)
        return best / self._all_words

    def _pairing(self, places: Sequence[tuple[int, str]]) -> float:
        """Share of the query's neighbouring pairs, by idf, that are neighbours in the text too."""
        present = dict.fromkeys(
            (term, next_term)
            for (place, term), (next_place, next_term) in pairwise(places)
            if next_place == place + 1
        )
        return sum(self._pairs.get(pair, 0.0) for pair in present) / self._all_pairs
