"""A process that indexes a folder and says each step before it takes it, so that it can be killed at any.

    python -m tests.knowledge.indexing HOME [STEPS]

Behind so many steps it does not take another one: whoever wants to kill it there need not hurry.
"""

import asyncio
import itertools
import signal
import sys
from pathlib import Path
from typing import Any

from tests.knowledge.knowledge_base import KnowledgeBase


async def index(home: Path) -> None:
    base = KnowledgeBase(home)
    for name in ("open", "write", "publish", "replace", "sweep"):
        setattr(base.index, name, _announced(name, getattr(base.index, name)))
    await base.ingest.recover("acme")
    source = await base.ingest.folder("acme", base.folder)
    await base.ingest.index("acme", source.id, lambda done, total, path: _say(path))
    await base.close()


def _announced(name: str, verb: Any) -> Any:
    async def announced(*arguments: Any, **named: Any) -> Any:
        _say(name)
        return await verb(*arguments, **named)

    return announced


def _say(step: str) -> None:
    if next(_STEPS) == _LAST:
        signal.pause()
    sys.stdout.write(f"{step}\n")
    sys.stdout.flush()


_STEPS = itertools.count()
_LAST = int(sys.argv[2]) if len(sys.argv) > 2 else None


if __name__ == "__main__":
    asyncio.run(index(Path(sys.argv[1])))
