"""Real articles, the real search and both kinds of provider: what is cited can be checked."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rivulet.config import Settings
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import Turn
from rivulet.ports.dialect import Ask
from rivulet.testing.model_scripts import calling, saying
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.wiring import House

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
NORMANS = "Who was the Norse leader of the Normans?"
ARTICLES = ("Normans", "Oxygen", "Huguenot", "Steam_engine")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four English articles and the German and Chinese paragraphs about many things."""
    place = tmp_path_factory.mktemp("documents")
    for line in (real_data / "squad/articles.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        if article["title"] in ARTICLES:
            (place / f"{article['title']}.txt").write_text(article["text"], encoding="utf-8")
    for language in ("de", "zh"):
        articles = json.loads((real_data / f"xquad/xquad.{language}.json").read_text(encoding="utf-8"))[
            "data"
        ]
        for article in articles[:12]:
            text = "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
            (place / f"{language} {article['title']}.txt").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
async def model(anyio_backend: str) -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="module")
async def house(
    anyio_backend: str, folder: Path, model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("house") / "data", tools=("search_documents",))
    environment = {"OPENAI_BASE_URL": f"{model.url}/v1"}
    async with House.open(settings, environment=environment) as opened:
        await opened.index(folder, lambda done, total, name: None)
        yield opened


async def answer(house: House, question: str, model: str | None = None) -> Turn:
    started = await house.service.ask(LOCAL, Ask(input=question, model=model))
    if runner := house.service.running.get(started.turn_id):
        await runner.done
    return await house.service.get(LOCAL, started.turn_id)


def grounding(turn: Turn) -> dict[str, object]:
    return next(data.data for data in turn.data if data.name == "grounding")


@pytest.mark.parametrize(
    ("question", "known"),
    [
        (NORMANS, "Rollo"),
        ("What is the atomic number of the element oxygen?", "8"),
        ("Wie viele Punkte gab die Verteidigung der Panthers ab?", "308"),
        ("黑豹队的防守丢了多少分？", "308"),
    ],
)
async def test_what_is_quoted_is_fully_supported(house: House, question: str, known: str) -> None:
    """In three languages: every sentence is cited, carried by its source, quoted letter for letter."""
    turn = await answer(house, question)
    assert known in turn.text
    assert turn.citations
    texts = {source.id: source.text for source in turn.sources}
    for citation in turn.citations:
        assert turn.text[citation.start : citation.end] == f"[{citation.n}]"
        assert citation.quote is not None
        assert citation.quote in texts[citation.source_id]
        assert citation.support is not None
        assert citation.support >= 0.9
    figures = grounding(turn)
    assert isinstance(figures["confidence"], float)
    assert figures["confidence"] >= 0.9
    assert figures["hallucination"] == 0.0


async def test_what_the_documents_do_not_hold_is_not_quoted(house: House) -> None:
    """It says so, names no source, and gives no figure."""
    turn = await answer(house, "How do I reset the password of my Zyxel router?")
    assert (turn.status, turn.sources, turn.citations) == ("completed", (), ())
    assert turn.text
    assert grounding(turn)["confidence"] is None


async def test_a_model_that_makes_things_up_is_seen(house: House, model: ScriptedModel) -> None:
    """What stands in a source is supported; an invention and a wrong number are flagged; a forged mark is
    gone."""
    quoted = (await answer(house, NORMANS)).citations[0]
    assert quoted.quote is not None
    model.then(
        saying(
            f"{quoted.quote.rstrip('.')} [{quoted.n}].",
            " They invented the bicycle in Liverpool [1].",
            " They arrived in the year 1473 [99].",
        )
    )
    turn = await answer(house, NORMANS, "openai:scripted")
    assert "[99]" not in turn.text
    figures = grounding(turn)
    assert isinstance(figures["sentences"], list)
    true, invented, wrong = figures["sentences"]
    assert true["support"] > 0.9
    assert invented["support"] < 0.6
    assert wrong["unknown_numbers"] == ["1473"]
    assert figures["dropped_marks"] == 1
    assert figures["hallucination"] == 0.667


async def test_a_model_may_look_into_the_documents_again(house: House, model: ScriptedModel) -> None:
    """What it finds there are sources like the others, numbered on, and support what it says."""
    model.then(
        calling(("search_documents", {"query": "atomic number of oxygen"})),
        saying("Oxygen has atomic number 8."),
    )
    turn = await answer(house, NORMANS, "openai:scripted")
    numbers = [source.n for source in turn.sources]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {"Normans", "Oxygen"} <= {Path(source.filename or "").stem for source in turn.sources}
    assert grounding(turn)["hallucination"] == 0.0
