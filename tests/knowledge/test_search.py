"""What a question finds, and what it never finds."""

import asyncio
import random
import string

import pytest

from rivulet.domain.errors import RetrievalFailed
from rivulet.knowledge import search
from tests.knowledge.knowledge_base import TENANT, KnowledgeBase

pytestmark = pytest.mark.anyio

ANIMALS = {
    "whales.txt": "Whales are mammals that live in the sea. The blue whale is the largest animal of all.",
    "owls.txt": "Owls are birds that hunt at night. The eagle owl has a wingspan of nearly two metres.",
    "bees.txt": "Bees are insects that make honey. The queen bee lays all the eggs of the hive.",
}


async def test_a_question_finds_the_document_that_answers_it(base: KnowledgeBase) -> None:
    """The best hit holds the question's words, in whatever form."""
    await base.put(ANIMALS)
    assert (await base.names("Which animal is the largest?"))[0] == "whales.txt"
    assert (await base.names("who lays eggs in a hive"))[0] == "bees.txt"


async def test_a_hit_is_the_text_at_its_offsets(base: KnowledgeBase) -> None:
    """`text` is the document's text from `start` to `end`, and the hit says which document and source."""
    await base.put(
        {"long.txt": "\n\n  Überschrift 🐝\n\n" + "Bees make honey in spring. " * 100 + "\n\nEnde."}
    )
    source = await base.put(ANIMALS, "others")
    for hit in (await base.found("honey in the spring", limit=20)).hits:
        text = await base.documents.text(TENANT, hit.document_id)
        assert text is not None
        assert hit.text == text[hit.start : hit.end]
        assert hit.text == hit.text.strip()
        assert hit.url == f"/v1/documents/{hit.document_id}"
    (bees,) = (hit for hit in (await base.found("queen bee")).hits if hit.filename == "bees.txt")
    assert bees.source_id == source
    assert bees.title == "bees"


async def test_scores_fall_and_stay_between_nothing_and_one(base: KnowledgeBase) -> None:
    """Hits come best first, with scores that can be compared between questions."""
    await base.put(ANIMALS)
    for question in ("largest animal", "birds that hunt at night", "animal animal animal", "Owls"):
        scores = [hit.score for hit in (await base.found(question)).hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score < 1.1 for score in scores)


async def test_it_says_when_nothing_found_answers(base: KnowledgeBase) -> None:
    """A question about the documents is supported, one that shares a chance word with them is not."""
    await base.put({f"{n}.txt": f"Note {n} about the {word} of a ship." for n, word in enumerate(WORDS)})
    await base.put(ANIMALS, "animals")
    assert (await base.found("Which animal is the largest?")).is_supported
    far = await base.found("Did the minister resign after the largest budget vote in parliament?")
    assert not far.is_supported


WORDS = [
    "mast",
    "keel",
    "sail",
    "rudder",
    "anchor",
    "deck",
    "hull",
    "bow",
    "stern",
    "galley",
    "cabin",
    "hold",
]


@pytest.mark.parametrize(
    "question",
    ["", "   ", "the of and", "什么", "\x00", "\ud800", "???", '"', "AND NOT (*", "' OR 1=1 --", "@", "🐝"],
)
async def test_a_question_without_words_finds_nothing(base: KnowledgeBase, question: str) -> None:
    """No words, function words only, controls, half characters, other systems' operators: no hit, no
    error."""
    await base.put(ANIMALS)
    found = await base.found(question)
    assert found.hits == ()
    assert not found.is_supported


@pytest.mark.parametrize(
    "question", ['"whale" AND (sea*)', "whale\x00sea", "whale\ud800 sea", "%whale_ sea'; DROP"]
)
async def test_signs_around_words_mean_nothing(base: KnowledgeBase, question: str) -> None:
    """Operators, wildcards, NUL and half characters do not keep the words from being found."""
    await base.put(ANIMALS)
    assert (await base.names(question))[0] == "whales.txt"


async def test_a_pasted_text_is_searched_by_its_ends(base: KnowledgeBase) -> None:
    """33,000 characters are searched as well, and what is asked at the end of them counts."""
    await base.put(ANIMALS)
    rng = random.Random(1)
    pasted = " ".join("".join(rng.choices(string.ascii_lowercase, k=9)) for _ in range(3_300))
    assert (await base.names(f"{pasted} Which birds hunt at night?"))[0] == "owls.txt"


async def test_only_the_sources_asked_for_are_searched(base: KnowledgeBase) -> None:
    """A selection is kept to; unknown ids select nothing, and none at all is not everything."""
    animals = await base.put(ANIMALS, "animals")
    ships = await base.put({"ship.txt": "The largest animal aboard a ship is the cat."}, "ships")
    assert set(await base.names("largest animal")) >= {"whales.txt", "ship.txt"}
    assert await base.names("largest animal", source_ids=(ships,)) == ["ship.txt"]
    assert await base.names("largest animal", source_ids=(ships, "src_unknown", "' OR 1=1", "\ud800")) == [
        "ship.txt"
    ]
    assert await base.names("largest animal", source_ids=("src_unknown",)) == []
    assert await base.names("largest animal", source_ids=()) == []
    assert "ship.txt" not in await base.names("largest animal", source_ids=(animals,))


async def test_no_tenant_finds_anything_of_another(base: KnowledgeBase) -> None:
    """Not by words, not by the ids of the other's sources, not by its name in capitals or with a wildcard."""
    theirs = await base.put(ANIMALS, "theirs", tenant_id="other")
    await base.put({"mine.txt": "The largest animal of mine is a dog."}, "mine")
    assert await base.names("largest animal") == ["mine.txt"]
    assert await base.names("largest animal", source_ids=(theirs,)) == []
    for tenant_id in ("OTHER", "othe%", "*", " ", "other "):
        assert await base.names("largest animal", tenant_id=tenant_id) == []
    assert len(await base.names("whale owl bee", tenant_id="other")) == 3


async def test_a_search_without_a_tenant_is_an_error(base: KnowledgeBase) -> None:
    """An absent tenant is never everybody."""
    await base.put(ANIMALS)
    with pytest.raises(RetrievalFailed):
        await base.found("largest animal", tenant_id="")


async def test_a_broken_store_is_a_failed_retrieval(base: KnowledgeBase) -> None:
    """Whatever the store raises, the answerer is told that the search failed."""
    await base.put(ANIMALS)
    await base.db.close()
    with pytest.raises(RetrievalFailed):
        await base.found("largest animal")


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (-5, 0), (1, 1), (7, 7), (10**9, 100)])
async def test_the_number_of_hits_is_bounded(base: KnowledgeBase, limit: int, count: int) -> None:
    """As many as asked for, at most a hundred, none for a number that means nothing."""
    await base.put({f"{n}.txt": f"Bee number {n} makes honey." for n in range(120)})
    assert len(await base.names("bee honey", limit=limit)) == count


async def test_no_document_crowds_out_the_others(base: KnowledgeBase) -> None:
    """A document made to match every question gets half of the hits when others match as well."""
    bait = "\n\n".join(
        f"honey bees honey bees honey bees {n} " + "filler words here " * 30 for n in range(12)
    )
    await base.put({"bait.txt": bait, **{f"{n}.txt": f"Bees make honey, note {n}." for n in range(5)}})
    names = await base.names("honey bees", limit=6)
    assert names.count("bait.txt") <= 3


async def test_one_document_may_fill_all_hits_when_it_is_alone(base: KnowledgeBase) -> None:
    """The only document there is, and one that others do not come near, get every hit."""
    manual = "\n\n".join(
        f"Chapter {n} of the pump manual. " + "How to service the pump valve. " * 20 for n in range(9)
    )
    await base.put(
        {"manual.txt": manual, **{f"{n}.txt": f"A pump is not a bee, note {n}." for n in range(3)}}
    )
    assert await base.names("service the pump valve", limit=6) == ["manual.txt"] * 6


async def test_no_text_is_shown_twice_while_there_are_others(base: KnowledgeBase) -> None:
    """Copies of one text do not push out what else there is; alone they are all there is."""
    copies = {f"copy{n}.txt": "Bees make honey from nectar." for n in range(4)}
    await base.put({**copies, "other.txt": "Honey is what bees make in summer, and people like it."})
    names = await base.names("bees make honey", limit=2)
    assert sorted(filter(None, names))[-1] == "other.txt"
    assert len(await base.names("bees make honey", limit=5)) == 5


async def test_searches_at_once_do_not_disturb_each_other(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though what they remember of the index is thrown away all the time."""
    for number in range(5):
        await base.put({f"{number}.txt": f"Bees of kind {number} make honey."}, name="kinds")
    expected = await base.names("bees honey kind 3")
    monkeypatch.setattr(search, "_KEPT_SEGMENTS", 0)
    found = await asyncio.gather(*(base.names("bees honey kind 3") for _ in range(20)))
    assert found == [expected] * 20


async def test_earlier_questions_say_what_a_follow_up_is_about(base: KnowledgeBase) -> None:
    """`and how heavy is it?` is about what was asked before, but a new subject wins over the old one."""
    await base.put(ANIMALS)
    earlier = ("Tell me about the blue whale", "What about bees?")
    assert (await base.names("and how heavy is it?", earlier=earlier))[0] == "whales.txt"
    assert (await base.names("Which birds hunt at night?", earlier=earlier))[0] == "owls.txt"
    assert (await base.names("and that?", earlier=earlier))[0] == "whales.txt"


async def test_a_document_is_found_by_its_name(base: KnowledgeBase) -> None:
    """The words of the file's name and its folders count for every chunk, and most for the right document."""
    await base.put(
        {
            "2018/acme_annual_report.txt": "Revenue grew by five percent.",
            "2019/acme_annual_report.txt": "Revenue grew by six percent.",
            "2019/other_annual_report.txt": "Revenue grew by seven percent.",
        }
    )
    (first, *_) = (await base.found("acme 2019 revenue")).hits
    assert first.text == "Revenue grew by six percent."


async def test_what_is_deleted_is_not_found(base: KnowledgeBase) -> None:
    """From the moment a source or a document is deleted no search finds it, before anything is tidied."""
    animals = await base.put(ANIMALS, "animals")
    await base.put({"ship.txt": "The largest animal aboard is the cat."}, "ships")
    documents = await base.listed(animals)
    await base.documents.delete(TENANT, animals, [documents["whales.txt"].id])
    assert await base.names("largest animal whale") == ["ship.txt"]
    assert await base.sources.delete(TENANT, animals)
    assert await base.names("owls bees whales") == []


async def test_a_chunk_keeps_its_id(base: KnowledgeBase) -> None:
    """Reading the same text again gives the same chunk the same id, and another text another."""
    await base.put(ANIMALS, "animals")
    (first,) = (await base.found("queen bee", limit=1)).hits
    source = (await base.sources.all(TENANT))[0]
    await base.sources.delete(TENANT, source.id)
    await base.put(ANIMALS, "animals")
    (again,) = (await base.found("queen bee", limit=1)).hits
    assert (first.start, first.text) == (again.start, again.text)
    await base.put({"bees.txt": ANIMALS["bees.txt"]}, "animals")
    (unchanged,) = (await base.found("queen bee", limit=1)).hits
    assert unchanged.chunk_id == again.chunk_id
    await base.put({"bees.txt": "The queen bee has changed."}, "animals")
    (changed,) = (await base.found("queen bee", limit=1)).hits
    assert changed.document_id == unchanged.document_id
    assert changed.chunk_id != unchanged.chunk_id
