"""A text that grew looks, after every piece, like the same text that came at once."""

from playwright.sync_api import Page

from tests.web.bundle import markdown

__all__ = ["markdown"]


def test_14_every_prefix_looks_as_if_it_had_come_at_once(markdown: Page) -> None:
    """Letter by letter, through every construct, also between the halves of an emoji; the last prefix is the
    finished text, read whole."""
    assert markdown.evaluate("() => markdown.wrongOnTheWay()") == []


def test_14_pieces_of_every_length_look_as_if_they_had_come_at_once(markdown: Page) -> None:
    """Each construct in random pieces, next to others with and without an empty line between them, and all of
    them in one long answer."""
    assert markdown.evaluate("() => markdown.wrongInPieces()") == []


def test_14_marks_in_any_order_look_as_if_they_had_come_at_once(markdown: Page) -> None:
    """Six hundred texts that nobody would write, made of marks."""
    assert markdown.evaluate("() => markdown.wrongAmongMarks(600)") == []


def test_14_the_words_are_those_that_were_written(markdown: Page) -> None:
    """No letter of an answer is lost, doubled or moved, whatever its marks became."""
    assert markdown.evaluate("() => markdown.lostWords()") == []


def test_14_the_elements_are_those_of_a_full_parse(markdown: Page) -> None:
    """As many of each kind as the parser's own HTML has, with the same words."""
    assert markdown.evaluate("() => markdown.unlikeParsed()") == []
    assert markdown.evaluate("() => markdown.comparable()") > 40
