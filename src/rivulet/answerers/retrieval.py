"""Searching as a turn wants it: everywhere, in what was selected, or in both with the selected first."""

import msgspec

from rivulet.ports.answering import Task
from rivulet.ports.knowledge import Found, Hit, Query, Search

SELECTED_FIRST = 1.5
"""In a hybrid search what was selected goes before everything that does not match half as well again."""

LONGEST_QUERY = 2_000
"""Characters of a question that are searched with: more words than a passage has. What is pasted is cut."""

NOTHING = Found(hits=(), is_supported=False)


async def find(search: Search, task: Task, text: str, limit: int, earlier: tuple[str, ...] = ()) -> Found:
    """Raises RetrievalFailed. An empty selection finds nothing, and so does a turn that may not search."""
    if task.search_mode == "none":
        return NOTHING
    selected = task.source_ids
    if selected is None and task.search_mode == "selected_only":
        return NOTHING
    query = Query(
        tenant_id=task.tenant_id,
        text=text[:LONGEST_QUERY],
        earlier=tuple(question[:LONGEST_QUERY] for question in earlier),
        limit=limit,
    )
    if selected is None:
        return await search.search(query)
    inside = await _among(search, query, selected)
    if task.search_mode != "hybrid":
        return inside
    return _preferring(inside, await search.search(query))


def account(task: Task, text: str, found: Found) -> dict[str, object]:
    """What a search tells of itself: what it looked for, and where, and how much there was."""
    return {
        "query": text[:LONGEST_QUERY],
        "search_mode": task.search_mode,
        "doc_count": len({hit.document_id for hit in found.hits}),
        "count": len(found.hits),
        "is_supported": found.is_supported,
    }


async def _among(search: Search, query: Query, selected: tuple[str, ...]) -> Found:
    if not selected:
        return NOTHING
    return await search.search(msgspec.structs.replace(query, source_ids=selected))


def _preferring(inside: Found, everywhere: Found) -> Found:
    chosen = {hit.chunk_id for hit in inside.hits}

    def rank(hit: Hit) -> float:
        return hit.score * (SELECTED_FIRST if hit.chunk_id in chosen else 1.0)

    others = [hit for hit in everywhere.hits if hit.chunk_id not in chosen]
    hits = sorted([*inside.hits, *others], key=rank, reverse=True)
    return Found(hits=tuple(hits), is_supported=inside.is_supported or everywhere.is_supported)
