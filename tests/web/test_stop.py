"""Stopping: at once, from anywhere, and what was written stays."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import HOLD, ToldModel, Visitor


def test_stop_keeps_what_was_written(visitor: Visitor, model: ToldModel) -> None:
    """The text stays, the page says that it was stopped, and a reload shows the same."""
    model.tell("This much was said", HOLD, " and this never.")
    visitor.ask()
    expect(visitor.text).to_have_text("This much was said")
    visitor.stop.click()
    expect(visitor.answer).to_contain_text("Stopped. What was written is kept.")
    expect(visitor.text).to_have_text("This much was said")
    visitor.page.reload()
    expect(visitor.text).to_have_text("This much was said")
    expect(visitor.answer).to_contain_text("Stopped.")


def test_stop_before_the_first_word_leaves_no_spinner(visitor: Visitor, model: ToldModel) -> None:
    """A turn without a word can be stopped; nothing goes on turning."""
    model.tell(HOLD, "Never said.")
    visitor.ask()
    expect(visitor.page.locator(".stage")).to_contain_text("Writing the answer")
    visitor.stop.click()
    expect(visitor.answer).to_contain_text("Stopped before anything was written.")
    expect(visitor.page.locator(".stage")).to_have_count(0)
    expect(visitor.send).to_be_visible()


def test_escape_stops_and_never_clears_the_draft(visitor: Visitor, model: ToldModel) -> None:
    """Esc in the composer stops the answer; with nothing running it does nothing."""
    model.tell("A beginning", HOLD, "")
    visitor.ask()
    expect(visitor.text).to_have_text("A beginning")
    visitor.composer.press("Escape")
    expect(visitor.answer).to_contain_text("Stopped.")
    visitor.composer.fill("My next question")
    visitor.composer.press("Escape")
    expect(visitor.composer).to_have_value("My next question")


def test_a_second_browser_stops_a_turn_it_only_watches(
    visitor: Visitor, new_visitor: Callable[..., Visitor], model: ToldModel
) -> None:
    """Stop works where the turn was only resumed, and the browser that asked shows it too."""
    model.tell("Shared text", HOLD, "")
    visitor.ask()
    expect(visitor.text).to_have_text("Shared text")
    second = new_visitor()
    second.open(visitor.page.url)
    expect(second.text).to_have_text("Shared text")
    second.stop.click()
    for one in (second, visitor):
        expect(one.answer).to_contain_text("Stopped.")
        expect(one.text).to_have_text("Shared text")


def test_what_is_typed_while_an_answer_runs_is_kept(visitor: Visitor, model: ToldModel) -> None:
    """Enter during an answer sends nothing, says so, and keeps the text; afterwards it can be sent."""
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("The next one?")
    expect(visitor.page.locator(".hint")).to_contain_text("Still answering")
    expect(visitor.composer).to_have_value("The next one?")
    model.release()
    visitor.finished()
    model.tell("Next.")
    visitor.composer.press("Enter")
    expect(visitor.text).to_have_text("Next.")
    visitor.finished()
