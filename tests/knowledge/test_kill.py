"""Killed while it indexes, at every step: what was there stays whole, and the next run ends as if nothing had
been."""

import asyncio
import random
import shutil
import sys
from pathlib import Path

import pytest

from tests.knowledge.knowledge_base import TENANT, KnowledgeBase

pytestmark = pytest.mark.anyio

FILES = 40


def library(edition: str) -> dict[str, str]:
    """Files of about twenty chunks, each saying in every sentence which file of which edition it is."""
    return {
        f"{number:02}.txt": "\n\n".join(
            f"Paragraph {paragraph} of volume {number}, {edition} edition. " * 12 for paragraph in range(20)
        )
        for number in range(FILES)
    }


async def killed_after(home: Path, steps: int) -> bool:
    """Starts the indexing and kills it within the last of so many steps; False when it came to its end."""
    child = await begun(home, str(steps))
    assert child.stdout is not None
    for _ in range(steps):
        if not await child.stdout.readline():
            break
    else:
        child.kill()
    await child.communicate()
    return child.returncode != 0


async def indexed(home: Path) -> None:
    """Undisturbed, to the end."""
    child = await begun(home)
    await child.communicate()
    assert child.returncode == 0


async def begun(home: Path, *steps: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.knowledge.indexing", str(home), *steps), stdout=asyncio.subprocess.PIPE
    )


async def is_whole(home: Path, *editions: dict[str, str]) -> None:
    """Every document that is there is one of its editions from end to end, and is found in no other."""
    copy = home.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*-shm"))
    base = KnowledgeBase(copy)
    texts: dict[str, str] = {}
    for source in await base.sources.all(TENANT):
        for path, document in (await base.listed(source.id)).items():
            texts[document.id] = await base.documents.text(TENANT, document.id) or ""
            assert texts[document.id] in [edition[path] for edition in editions]
    for number in random.Random(1).sample(range(FILES), 5):
        hits = (await base.found(f"volume {number} edition paragraph", limit=50)).hits
        places = [(hit.document_id, hit.start) for hit in hits]
        assert len(places) == len(set(places))
        assert all(texts[hit.document_id][hit.start : hit.end] == hit.text for hit in hits)
    await base.close()


async def left(home: Path) -> dict[str, object]:
    """What the database holds in the end, apart from numbers that say how often it was tried."""
    base = KnowledgeBase(home)
    tables = ("sources", "documents", "chunks", "retired")
    counts = {table: await base.count(table) for table in tables}
    unpublished = await base.db.read(
        lambda db: db.execute("SELECT count(*) FROM segments WHERE state <> 'published'").get
    )
    orphans = await base.db.read(
        lambda db: (
            db.execute(
                "SELECT count(*) FROM postings WHERE segment_id NOT IN (SELECT segment_id FROM segments)"
            ).get
        )
    )
    found = [
        [(hit.filename, hit.start, hit.text) for hit in (await base.found(f"volume {number} edition")).hits]
        for number in range(FILES)
    ]
    await base.close()
    return {**counts, "unpublished": unpublished, "orphans": orphans, "found": found}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


async def undisturbed(home: Path) -> dict[str, object]:
    other = home.with_name("undisturbed")
    shutil.copytree(home / "docs", other / "docs")
    await indexed(other)
    return await left(other)


async def test_killed_while_a_folder_is_new_it_resumes_without_a_trace(home: Path) -> None:
    """After each kill all that is there is whole, and the end is that of a run that nobody killed. A run's
    steps are: sweep, 25 files, open, write, write, write, publish, sweep, and the same for the others."""
    base = KnowledgeBase(home)
    first = library("first")
    base.write(first)
    await base.close()
    for steps in (3, 28, 30, 19):
        assert await killed_after(home, steps)
        await is_whole(home, first)
    await indexed(home)
    expected = await undisturbed(home)
    assert (expected["documents"], expected["retired"], expected["orphans"]) == (FILES, 0, 0)
    assert await left(home) == expected


async def test_killed_while_every_file_is_replaced_each_is_old_or_new(home: Path) -> None:
    """Never half of both, never twice; and in the end all are new. Here the steps after publishing are: open,
    replace, sweep."""
    base = KnowledgeBase(home)
    base.write(library("first"))
    await base.read()
    base.write(library("second"))
    await base.close()
    for steps in (28, 30, 2):
        assert await killed_after(home, steps)
        await is_whole(home, library("first"), library("second"))
    await indexed(home)
    assert await left(home) == await undisturbed(home)
