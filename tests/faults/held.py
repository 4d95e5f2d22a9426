"""`rivulet` whose search never comes back when it is asked for what is held."""

import asyncio
import runpy
import sys

from rivulet.knowledge.search import LexicalSearch
from rivulet.ports.knowledge import Found, Query

_search = LexicalSearch.search


async def _held(self: LexicalSearch, query: Query) -> Found:
    if "held" in query.text:
        await asyncio.Event().wait()
    return await _search(self, query)


if __name__ == "__main__":
    LexicalSearch.search = _held  # type: ignore[method-assign]
    sys.argv[0] = "rivulet"
    runpy.run_module("rivulet", run_name="__main__", alter_sys=True)
