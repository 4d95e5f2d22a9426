"""Where a text is cut: always at the same places, and nowhere else than Markdown has its blocks."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rivulet.cli.settled import PART, Blocks, Piece
from rivulet.cli.visible import visible

from .texts import ANSWER, LINES, TEXTS

parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("reference")
texts = st.lists(st.sampled_from(LINES), max_size=9).map("\n".join) | st.sampled_from([*TEXTS.values()])


def pieces(*chunks: str) -> list[Piece]:
    blocks = Blocks()
    return [*(piece for chunk in chunks for piece in blocks.feed(chunk)), *blocks.finish()]


def cut(text: str, places: list[int]) -> list[str]:
    """The text in pieces that end at these places."""
    ends = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(ends)]


@settings(deadline=None, max_examples=100, derandomize=True)
@given(texts, st.lists(st.integers(0, 5_000), max_size=30))
@example(ANSWER, list(range(len(ANSWER))))
@example(TEXTS["windows"], list(range(len(TEXTS["windows"]))))
def test_how_a_text_is_sent_does_not_matter(text: str, places: list[int]) -> None:
    """The same pieces, and a look at the tail changes nothing."""
    blocks = Blocks()
    found: list[Piece] = []
    for chunk in cut(text, places):
        found += blocks.feed(chunk)
        blocks.tail()
    assert [*found, *blocks.finish()] == pieces(text)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(texts)
def test_the_pieces_are_the_blocks_of_the_whole(text: str) -> None:
    """Read one by one they say what the text says as a whole; a list of items is one list."""
    assert said(piece_texts(text)) == said([visible(text)])


def piece_texts(text: str) -> list[str]:
    """As Markdown again; the parts of a fence are put together."""
    found: list[str] = []
    code = ""
    for piece in pieces(text):
        code += piece.text if piece.is_code else ""
        if not piece.is_code:
            found.append(piece.text)
        elif piece.is_last:
            found.append(f"~~~~~ {piece.language}\n{code}~~~~~")
            code = ""
    return found


def said(texts: list[str]) -> list[tuple[str, str]]:
    """Tokens, without the difference of tight and loose, and with lists that follow each other as one."""
    found: list[tuple[str, str]] = []
    for token in (token for text in texts for token in parser.parse(text)):
        if token.type.startswith("paragraph"):
            continue
        if token.type.endswith("list_open") and found and found[-1][0] == token.type.replace("open", "close"):
            found.pop()
            continue
        found.append((token.type, "" if token.nesting else token.content.strip()))
    return found


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("# Title\n", ["# Title"]),
        ("Words\nand more\n", []),
        ("Words\n\n", ["Words"]),
        ("Words\n- one\n", ["Words"]),
        ("- one\n- two\n", ["- one"]),
        ("- one\n\n", []),
        ("- one\n\nWords", []),
        ("| a |\n|---|\n| b |\n", []),
        ("| a |\n|---|\n| b |\n\n", ["| a |\n|---|\n| b |"]),
        ("```py\nx\n", []),
        ("```py\nx\n```\n", ["x\n"]),
        ("```py\n" + "x\n" * PART, ["x\n" * PART]),
    ],
)
def test_a_block_settles_as_soon_as_it_can(text: str, settled: list[str]) -> None:
    """Not before, and no later than with the line that says so."""
    assert [piece.text for piece in Blocks().feed(text)] == settled


def test_the_tail_shows_no_half_marks() -> None:
    """A line of marks alone may become anything, and is not shown."""
    for marks in ("#", "**", "``", "- ", "| -", "> ", "- [x"):
        blocks = Blocks()
        assert list(blocks.feed(marks)) == []
        assert blocks.tail() is None
    assert Blocks().tail() is None


def test_citations_need_no_definition() -> None:
    """`[1]` and what defines it stay in the text, so that neither has to wait for the other."""
    assert [piece.text for piece in pieces("As said [1].\n\n[1]: https://x.example")] == [
        "As said [1].",
        "[1]: https://x.example",
    ]
