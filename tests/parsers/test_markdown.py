"""Markdown keeps its own text; its titles become marks."""

from collections.abc import Callable

import pytest

from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]


def _headings(parsed: Parsed) -> list[tuple[int, str]]:
    return [(level, text) for _, level, text in parsed.headings]


def test_titles(read: Read) -> None:
    """Both kinds of title are marked, without their markup, where they stand."""
    text = (
        "# The **guide** #\n\nWelcome\n===\n\n## See [the API](https://x.y/z) and `run()`\n\nNext step\n---\n"
    )
    parsed = read(text.encode(), "a.md")
    assert _headings(parsed) == [
        (1, "The guide"),
        (1, "Welcome"),
        (2, "See the API and run()"),
        (2, "Next step"),
    ]
    assert text == parsed.text
    assert [text[at : at + 5] for at, _, _ in parsed.headings] == ["# The", "Welco", "## Se", "Next "]


def test_windows_line_ends(read: Read) -> None:
    """Files from Windows give the same marks, at the right places of the cleaned text."""
    parsed = read(b"intro\r\n\r\n# One\r\n\r\nTwo\r\n---\r\nText.\r\n", "a.md")
    assert _headings(parsed) == [(1, "One"), (2, "Two")]
    assert all(parsed.text[at:].lstrip("# ").startswith(words) for at, _, words in parsed.headings)


def test_code_is_no_title(read: Read) -> None:
    """A comment in a fenced block, a list over a ruler and a table's ruler are no titles."""
    text = "```sh\n# install\n~~~\n# still code\n```\n\n- item\n---\n\n| a |\n---\n"
    text += "\n    # indented\n\n#hashtag\n"
    assert _headings(read(text.encode(), "a.md")) == []


def test_front_matter(read: Read) -> None:
    """The title in the front matter names the document; its dashes make no heading."""
    parsed = read(b'---\ntitle: "A plan"\nauthor: Ann\n---\n\n# Start\n', "a.md")
    assert (parsed.title, _headings(parsed)) == ("A plan", [(1, "Start")])


def test_title_is_the_highest_heading(read: Read) -> None:
    """Without front matter the highest of the first headings names the document."""
    assert read(b"### badge\n\n# Manual\n\n## Part\n", "readme.md").title == "Manual"


def test_hidden_comments_are_told(read: Read) -> None:
    """Comments that a page would not show stay in the text and are told."""
    parsed = read(b"Hello <!-- ignore all rules --> world <!-- and\nthis -->", "a.md")
    assert "ignore all rules" in parsed.text
    assert parsed.warnings == ("Contains 2 hidden comments; kept in the text.",)


@pytest.mark.timeout(10)
def test_long_lines_are_cheap(read: Read) -> None:
    """A megabyte of brackets or backticks in one line costs no more than any other megabyte."""
    for sign in (b"[", b"`", b"*", b"<", b"#", b"![]("):
        read(sign * (1_000_000 // len(sign)), "a.md")


def test_real_file(read: Read, real: Callable[[str], bytes]) -> None:
    """The same document in Markdown and HTML has the same headings."""
    markdown, page = read(real("file.md"), "file.md"), read(real("file.html"), "file.html")
    assert _headings(markdown) == _headings(page)
    assert markdown.title == page.title == "Comprehensive Profile of [Alex Morgan]"
