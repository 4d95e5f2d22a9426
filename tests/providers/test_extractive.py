"""The provider without a model: it quotes what answers the question, says where from, and says when nothing
does."""

import pytest

from rivulet.domain.events import Passage
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.ports.answering import Ended, Exchange, Piece, Prompt, Text
from rivulet.providers.extractive import MOST, NOTHING, QUOTED, Extractive

pytestmark = pytest.mark.anyio

WHALES = (
    "Whales are mammals that live in the sea. The blue whale is the largest animal that has ever lived. "
    "It weighs up to 190 tonnes. Calves drink 200 litres of milk a day."
)
OWLS = "Owls hunt at night. The eagle owl has a wingspan of nearly two metres. Its call carries for miles."


def passage(n: int, text: str, score: float = 0.8) -> Passage:
    return Passage(
        id=f"s{n}",
        n=n,
        source_id="src",
        document_id=f"doc{n}",
        chunk_id=f"chk{n}",
        title="Animals",
        url="/v1/documents/doc",
        text=text,
        score=score,
    )


async def pieces(question: str, *sources: Passage, history: tuple[Exchange, ...] = ()) -> list[Piece]:
    prompt = Prompt(question=question, model="", sources=sources, history=history)
    said: list[Piece] = []
    await Extractive(ScriptAnalyser()).stream(prompt, said.append)
    return said


async def answer(question: str, *sources: Passage, history: tuple[Exchange, ...] = ()) -> list[str]:
    """The paragraphs of the answer."""
    said = await pieces(question, *sources, history=history)
    assert said[-1] == Ended(finish_reason="stop", usage=None)
    return "".join(piece.text for piece in said[:-1] if isinstance(piece, Text)).split("\n\n")


async def test_the_best_sentence_comes_first_with_its_mark() -> None:
    """Word for word as it stands in its source, then the number of that source."""
    paragraphs = await answer("What is the largest animal?", passage(1, OWLS), passage(2, WHALES))
    assert paragraphs[0] == "The blue whale is the largest animal that has ever lived. [2]"


async def test_an_answer_is_a_few_sentences() -> None:
    """Three, or up to five when the others are as good; never more, never one twice."""
    many = [
        passage(n, f"The whale number {n} is a large animal. Nothing else is said here.") for n in range(1, 9)
    ]
    assert len(await answer("large whale animal", *many)) == MOST
    assert len(await answer("What is the largest animal?", passage(1, WHALES), passage(2, OWLS))) <= QUOTED
    twice = await answer("wingspan of the eagle owl", passage(1, OWLS), passage(2, OWLS))
    assert len({paragraph.rsplit(" [", 1)[0] for paragraph in twice}) == len(twice)


async def test_it_says_when_there_is_nothing() -> None:
    """Without sources, and with sources that have not one word of the question: one plain sentence, no
    mark."""
    assert await answer("What is the largest animal?") == [NOTHING]
    assert await answer("Who won the election?", passage(1, WHALES)) == [NOTHING]
    assert await answer("", passage(1, WHALES)) == [NOTHING]
    assert await answer("what is the", passage(1, WHALES)) == [NOTHING]


async def test_the_better_passage_wins_between_equal_sentences() -> None:
    """The search's judgement counts."""
    same = "The whale is large."
    assert await answer(
        "large whale", passage(1, same + " Far off.", 0.3), passage(2, same + " Near.", 0.9)
    ) == ["The whale is large. [2]"]


async def test_neighbours_decide_between_equal_sentences() -> None:
    """A sentence among others about the subject is better than one by itself."""
    alone = passage(1, "Bread is cheap. It weighs 190 tonnes. Cars are fast.")
    among = passage(2, "The blue whale is large. It weighs 180 tonnes. No other whale is so heavy.")
    paragraphs = await answer("How many tonnes does the blue whale weigh?", alone, among)
    order = [paragraph.rsplit(" [", 1)[0] for paragraph in paragraphs]
    assert order.index("It weighs 180 tonnes.") < order.index("It weighs 190 tonnes.")


async def test_a_follow_up_is_read_with_what_was_asked_before() -> None:
    """`And how heavy?` is about the whale that was asked about, not about what the answer before said."""
    history = (
        Exchange(role="user", text="Tell me about the blue whale"),
        Exchange(role="assistant", text="Owls hunt at night."),
    )
    (first, *_) = await answer("And what is it like?", passage(1, OWLS), passage(2, WHALES), history=history)
    assert first == "The blue whale is the largest animal that has ever lived. [2]"


async def test_it_flows_in_groups_of_words() -> None:
    """A reader sees it grow: no piece is a whole sentence, and together they lose nothing."""
    said = [
        piece.text for piece in await pieces("largest animal", passage(1, WHALES)) if isinstance(piece, Text)
    ]
    assert "".join(said) == "The blue whale is the largest animal that has ever lived. [1]"
    assert len(said) > 2
    assert all(len(text.split()) <= 6 for text in said)


@pytest.mark.parametrize(
    ("source", "quoted"),
    [
        ("- The whale\nis large.", "The whale is large."),
        ("## The whale is large", "The whale is large"),
        ("|whale| is large", "|whale| is large"),
        ("[The whale](../whale.md#size) is [large](https://a.b).", "The whale is [large](https://a.b)."),
        ("The whale (since 1960) - a C# fan - is large.", "The whale (since 1960) - a C# fan - is large."),
        ("The whale is large.[12] [3]", "The whale is large."),
        ("鲸鱼是最大的动物。猫很小。", "鲸鱼是最大的动物。"),
        ("| whale | `a \\| b` | large |\n| owl | | small |", "whale · `a | b` · large"),
        ("╭─ Animals ─────────╮\n│ whale   large │\n╰───────────────────╯", "whale large"),
        ("A " + "whale " * 120, None),
    ],
)
async def test_a_quotation_reads_as_a_sentence(source: str, quoted: str | None) -> None:
    """Without line breaks, Markdown's marks, the lines of tables and boxes and the document's own footnote
    numbers; a run of words is cut."""
    (first, *_) = await answer("whale 鲸鱼", passage(1, source))
    assert first.endswith(" [1]")
    text = first.removesuffix(" [1]")
    assert text == quoted if quoted else 0 < len(text) <= 400


@pytest.mark.parametrize("question", ["\x00", "\ud800 whale", "whale " * 5_000, "(whale|", "[1] [2] whale"])
async def test_any_question_gets_an_answer(question: str) -> None:
    """Controls, half characters, thousands of words and marks in the question are no error."""
    paragraphs = await answer(question, passage(1, WHALES))
    assert all(paragraph.endswith(" [1]") for paragraph in paragraphs) or paragraphs == [NOTHING]


async def test_scores_of_nothing_are_no_error() -> None:
    """Passages without a score are quoted all the same."""
    (first, *_) = await answer("largest animal", passage(1, WHALES, 0.0))
    assert first.startswith("The blue whale")


@pytest.mark.parametrize(
    "scaffold",
    [
        "# Whale weights",
        "Whale weights\n-------------",
        "```sh\nwhale weights\n```",
        "<!-- whale weights -->",
        "| whale | weights |\n| --- | --- |",
    ],
)
async def test_what_only_arranges_a_text_is_not_quoted(scaffold: str) -> None:
    """A heading that repeats the question is no answer to it; the sentence below is."""
    text = f"{scaffold}\n\nA blue whale comes to 190 tonnes, and its weights vary little."
    paragraphs = await answer("What are whale weights?", passage(1, text))
    assert paragraphs[0] == "A blue whale comes to 190 tonnes, and its weights vary little. [1]"


FORMULA = "```text\n      share of the claim's words\nsupport = ────────\n            1½\n```"


@pytest.mark.parametrize(
    "text",
    [
        f"{FORMULA}\n\nSupport is computed by comparing words.",
        f"{FORMULA[20:]}\n\nSupport is computed by comparing words.",
        f"Support is computed by comparing words.\n\n{FORMULA}",
        f"Support is computed by comparing words.\n\n{FORMULA[:-4]}",
    ],
    ids=["before", "cut before", "after", "cut after"],
)
async def test_a_line_of_a_fenced_block_is_no_sentence(text: str) -> None:
    """Also when the passage begins or ends within the block; what stands beside it is quoted."""
    assert await answer("How is support computed from the claim's words?", passage(1, text)) == [
        "Support is computed by comparing words. [1]"
    ]


async def test_where_there_is_nothing_but_code_it_is_quoted() -> None:
    assert await answer("How is support computed?", passage(1, "```sh\nsupport --compute\n```")) == [
        "support --compute [1]"
    ]
