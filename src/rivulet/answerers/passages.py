"""From what the search found to the numbered sources of a turn."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rivulet.domain.events import Passage
from rivulet.ports.knowledge import Hit

FAR_BELOW = 0.5
"""Share of the best score under which a hit is left out. On 1,057 questions over 490 articles the answer is
among the sources as often (.940) from no floor at all up to .6, while the prompt shrinks by a quarter at .5
and by two fifths at .6; from .7 on answers are lost."""

PER_DOCUMENT = 4
"""Passages one document may have while another still has something: no document fills the prompt alone. There
3 keeps .940 of the answers, 4 .943, no share at all .946."""

CHARS_PER_SOURCE = 1_200
"""Room in the prompt for each source asked for. A chunk has at most 800 characters; half as much again is for
neighbours. Six sources are then about 1,800 tokens, which the smallest local models read."""

LONGEST = 2_400
"""Characters of neighbours joined into one passage: three chunks. Longer ones say too little about where the
answer stands."""

GAP = 2
"""Characters between neighbouring chunks that are taken to be white space: a blank line."""


def own_url(hit: Hit) -> str:
    """The document on this server, for those without an address of their own that a page may link to."""
    is_link = hit.url.startswith(("https://", "http://", "/"))
    return hit.url if is_link else f"/v1/documents/{hit.document_id}"


class Desk:
    """The sources of one turn, numbered from 1 in the order they were laid out; no chunk lies here twice."""

    def __init__(self, url_of: Callable[[Hit], str] = own_url) -> None:
        self._url_of = url_of
        self._by_chunk: dict[str, Passage] = {}
        self._count = 0

    def lay_out(self, hits: Sequence[Hit], limit: int) -> tuple[list[Passage], list[Passage]]:
        """At most `limit` passages for what was found, and those among them that are new."""
        known = {self._by_chunk[hit.chunk_id].n: self._by_chunk[hit.chunk_id]
                 for hit in hits if hit.chunk_id in self._by_chunk}  # fmt: skip
        fresh = [hit for hit in hits if hit.chunk_id not in self._by_chunk]
        shown = list(known.values())[:limit]
        new = [self._number(group) for group in chosen(fresh, limit - len(shown))]
        return shown + new, new

    def _number(self, hits: Sequence[Hit]) -> Passage:
        self._count += 1
        best = max(hits, key=lambda hit: hit.score)
        metadata = {"heading": best.heading} if best.heading else {}
        passage = Passage(
            id=f"s{self._count}",
            n=self._count,
            source_id=best.source_id,
            document_id=best.document_id,
            chunk_id=best.chunk_id,
            title=best.title,
            url=self._url_of(best),
            text=_joined(hits),
            score=round(best.score, 4),
            filename=best.filename,
            media_type=best.media_type,
            start=hits[0].start,
            end=max(hit.end for hit in hits),
            page=hits[0].page,
            metadata=metadata or None,
        )
        for hit in hits:
            self._by_chunk[hit.chunk_id] = passage
        return passage


def chosen(hits: Sequence[Hit], limit: int) -> list[list[Hit]]:
    """At most `limit` groups of neighbouring hits, best first, each group in the order of its document.

    What scores far below the best is left out, no document crowds out the others, and all together fit the
    room that `limit` sources have in a prompt.
    """
    if not hits or limit < 1:
        return []
    floor = FAR_BELOW * max(hit.score for hit in hits)
    room = limit * CHARS_PER_SOURCE
    groups: list[list[Hit]] = []
    for hit in _spread(hit for hit in hits if hit.score >= floor):
        size = len(hit.text)
        if groups and size > room:
            continue
        group = next((group for group in groups if _touches(group, hit)), None)
        if group is not None:
            group.append(hit)
            group.sort(key=lambda each: each.start)
        elif len(groups) < limit:
            groups.append([hit])
        else:
            continue
        room -= size
    return groups


def _spread(hits: Iterable[Hit]) -> Iterator[Hit]:
    """The same hits; those a document has beyond its share come after everybody else's."""
    taken: dict[str, int] = {}
    rest: list[Hit] = []
    for hit in hits:
        taken[hit.document_id] = taken.get(hit.document_id, 0) + 1
        if taken[hit.document_id] <= PER_DOCUMENT:
            yield hit
        else:
            rest.append(hit)
    yield from rest


def _touches(group: Sequence[Hit], hit: Hit) -> bool:
    start, end = group[0].start, max(each.end for each in group)
    return (
        group[0].document_id == hit.document_id
        and hit.start <= end + GAP
        and start <= hit.end + GAP
        and max(end, hit.end) - min(start, hit.start) <= LONGEST
    )


def _joined(hits: Sequence[Hit]) -> str:
    """The document's text from the first to the last, letter for letter."""
    text, end, tail = hits[0].text, hits[0].end, hits[0].tail
    for hit in hits[1:]:
        gap = hit.start - end
        text += tail[:gap].ljust(gap) + hit.text if gap >= 0 else hit.text[-gap:]
        if hit.end > end:
            end, tail = hit.end, hit.tail
    return text
