"""Five hundred real articles and every kind of real file, from a folder to a cited answer."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rivulet.config import Settings
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import Turn
from rivulet.ports.dialect import Ask
from rivulet.wiring import House

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
ARTICLES = 490


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The articles as text files, and the folder of awkward files."""
    place = tmp_path_factory.mktemp("documents")
    for number, line in enumerate((real_data / "squad/articles.jsonl").read_text().splitlines()):
        article = json.loads(line)
        (place / f"{number:03} {article['title'].replace('/', '-')}.txt").write_text(article["text"])
    shutil.copytree(real_data / "files", place / "files")
    return place


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def house(
    anyio_backend: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with House.open(Settings(data_dir=tmp_path_factory.mktemp("data") / "d"), environment={}) as house:
        await house.index(folder, lambda done, total, name: None)
        yield house


async def answer(house: House, question: str) -> Turn:
    started = await house.service.ask(LOCAL, Ask(input=question))
    runner = house.service.running.get(started.turn_id)
    if runner is not None:
        await runner.done
    return await house.service.get(LOCAL, started.turn_id)


async def test_every_file_is_indexed_or_says_why_not(house: House) -> None:
    """Nothing disappears: what cannot be read is listed with a reason, the rest is found."""
    (source,) = await house.library.sources.all(LOCAL.tenant_id)
    documents = await house.library.documents.of(LOCAL.tenant_id, source.id)
    failed = {each.filename: each.reason or "" for each in documents if each.status == "failed"}
    assert source.status == "ready"
    assert len(documents) - len(failed) >= ARTICLES + 10
    assert set(failed) == {"scanned.pdf", "empty.pdf", "encrypted.pdf", "corrupt.pdf", "damaged.docx"}
    assert "no text" in failed["scanned.pdf"]
    assert "no text" in failed["empty.pdf"]
    assert "password-protected" in failed["encrypted.pdf"]
    assert "damaged" in failed["corrupt.pdf"]
    assert "damaged" in failed["damaged.docx"]


@pytest.mark.parametrize(
    ("question", "expected", "document"),
    [
        (
            "What is the name of the verification standard's chapter about session management?",
            "Session",
            "asvs",
        ),
        ("What does a red team do?", "red team", "Red_team"),
        ("Who is a white hat hacker?", "white hat", "Security_hacker"),
    ],
)
async def test_real_files_are_cited(house: House, question: str, expected: str, document: str) -> None:
    """An answer from a PDF, a DOCX or a sheet names it, and every citation stands in its document."""
    turn = await answer(house, question)
    assert turn.status == "completed"
    assert expected.lower() in turn.text.lower()
    assert any(document in (passage.filename or "") for passage in turn.sources)
    assert turn.citations
    for passage in turn.sources:
        text = await house.library.documents.text(LOCAL.tenant_id, passage.document_id)
        assert text is not None
        assert text[passage.start : passage.end] == passage.text


async def test_real_questions_find_their_answers(house: House, real_data: Path) -> None:
    """Of fifty questions people asked, the answer quotes the known one for at least seven in ten."""
    lines = (real_data / "squad/dev_questions.jsonl").read_text().splitlines()
    asked = [json.loads(line) for line in lines[:: len(lines) // 50][:50]]
    turns = await asyncio.gather(*(answer(house, each["question"]) for each in asked))
    hits = sum(
        any(known.lower() in turn.text.lower() for known in each["answer"])
        for each, turn in zip(asked, turns, strict=True)
    )
    assert hits >= 35, f"{hits} of {len(asked)}"


async def test_the_second_look_at_a_folder_reads_nothing(house: House, folder: Path) -> None:
    """Unchanged files are untouched; a changed one is new, a removed one is gone."""
    first = await house.index(folder, lambda done, total, name: None)
    assert first.tally.indexed == 0
    (folder / "zzz.md").write_text("The lighthouse keeper of Quorn is called Ottilie.")
    assert (await house.index(folder, lambda done, total, name: None)).tally.indexed == 1
    assert "Ottilie" in (await answer(house, "Who keeps the lighthouse of Quorn?")).text
    (folder / "zzz.md").unlink()
    assert (await house.index(folder, lambda done, total, name: None)).tally.removed == 1
    assert "Ottilie" not in (await answer(house, "Who keeps the lighthouse of Quorn?")).text
