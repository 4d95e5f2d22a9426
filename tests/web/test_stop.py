"""Stopping: at once, from anywhere, and what was written stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from rivulet.testing.model_call import Call
from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.quickest import quick_enough

# When Stop was pressed last, and when the text of the last answer changed last.
MOMENTS = """() => {
  const moments = (window.moments = {})
  const text = [...document.querySelectorAll('.answer .markdown')].at(-1)
  const change = () => (moments.changed = performance.now())
  new MutationObserver(change).observe(text, { subtree: true, childList: true, characterData: true })
  document.addEventListener('click', () => (moments.pressed = performance.now()), true)
}"""


def test_statement_04_stop_keeps_what_was_written(visitor: Visitor, model: ToldModel) -> None:
    """The text freezes within 300 ms and stays, the page says it was stopped, a reload shows the same."""
    model.tell(*["word "] * 600, pace=60)

    def attempt() -> list[float]:
        visitor.ask()
        expect(visitor.answer).to_contain_text("word word word")
        visitor.page.evaluate(MOMENTS)
        visitor.stop.click()
        expect(visitor.answer).to_contain_text("Stopped. What was written is kept.")
        visitor.page.wait_for_timeout(300)
        kept = visitor.text.inner_text()
        moments = visitor.page.evaluate("moments")
        visitor.page.reload()
        expect(visitor.text).to_have_text(kept)
        expect(visitor.answer).to_contain_text("Stopped.")
        return [moments.get("changed", moments["pressed"]) - moments["pressed"]]

    quick_enough([300], attempt)


def test_statement_05_stop_before_the_first_word_leaves_no_spinner(
    visitor: Visitor, model: ToldModel
) -> None:
    """A turn without a word can be stopped; nothing goes on turning."""
    model.tell(HOLD, "Never said.")
    visitor.ask()
    expect(visitor.page.locator(".stage")).to_contain_text("Writing the answer")
    visitor.stop.click()
    expect(visitor.answer).to_contain_text("Stopped before anything was written.")
    expect(visitor.page.locator(".stage, .ripple")).to_have_count(0)
    expect(visitor.send).to_be_visible()


def test_statement_05_stop_before_the_server_has_answered(visitor: Visitor, model: ToldModel) -> None:
    """A question still on its way is stopped as soon as it has arrived."""
    model.tell(HOLD, "Never said.")
    waiting: list[Route] = []
    visitor.page.route("**/v1/turns", lambda route: waiting.append(route))
    visitor.ask()
    visitor.stop.click()
    expect(visitor.page.locator(".stage")).to_contain_text("Stopping")
    waiting[0].continue_()
    expect(visitor.answer).to_contain_text("Stopped before anything was written.")
    expect(visitor.send).to_be_visible()


def test_statement_06_escape_stops_and_never_clears_the_draft(visitor: Visitor, model: ToldModel) -> None:
    """Esc in the composer stops the answer; with nothing running it does nothing."""
    model.tell("A beginning", HOLD, "")
    visitor.ask()
    expect(visitor.text).to_have_text("A beginning")
    visitor.composer.press("Escape")
    expect(visitor.answer).to_contain_text("Stopped.")
    visitor.composer.fill("My next question")
    visitor.composer.press("Escape")
    expect(visitor.composer).to_have_value("My next question")


@pytest.fixture
def second(new_visitor: Callable[..., Visitor]) -> Visitor:
    """Somebody in another browser."""
    return new_visitor()


def watched(visitor: Visitor, second: Visitor, server: Server) -> None:
    """The second one watches how a question of the visitor's is being answered, in a new chat."""
    visitor.open(server.url)
    visitor.ask()
    expect(visitor.text).to_have_text("Shared text")
    second.open(visitor.page.url)
    expect(second.text).to_have_text("Shared text")


PRESSED = "() => document.addEventListener('click', () => (window.pressed = Date.now()), true)"
SAID = """() => new MutationObserver((_, watch) => {
  if (!document.querySelector('.answer').textContent.includes('Stopped.')) return
  window.said = Date.now()
  watch.disconnect()
}).observe(document.body, { subtree: true, childList: true, characterData: true })"""


def test_statement_07_a_tab_that_only_watches_stops_the_turn(
    visitor: Visitor, second: Visitor, server: Server, model: ToldModel
) -> None:
    """Stop works where the turn was only resumed, and the one that asked shows it within a second."""
    model.tell("Shared text", HOLD, "")

    def attempt() -> list[float]:
        watched(visitor, second, server)
        second.page.evaluate(PRESSED)
        visitor.page.evaluate(SAID)
        second.stop.click()
        expect(visitor.answer).to_contain_text("Stopped.")
        expect(second.answer).to_contain_text("Stopped.")
        for one in (second, visitor):
            expect(one.text).to_have_text("Shared text")
        return [visitor.page.evaluate("said") - second.page.evaluate("pressed")]

    quick_enough([1000], attempt)


def test_two_tabs_that_stop_at_once_both_see_it_stopped(
    visitor: Visitor, second: Visitor, server: Server, model: ToldModel
) -> None:
    """The second stop finds a finished turn, which is no error."""
    model.tell("Shared text", HOLD, "")
    watched(visitor, second, server)
    held: list[Route] = []

    def both(route: Route) -> None:
        held.append(route)
        if len(held) == 2:
            for each in held:
                each.continue_()

    for one in (visitor, second):
        one.page.route("**/stop", both)
        one.stop.click()
    for one in (second, visitor):
        expect(one.answer).to_contain_text("Stopped.")
        expect(one.page.locator(".banner")).to_have_count(0)
        expect(one.send).to_be_visible()


WORDS_CAME = """() => {
  const parse = JSON.parse
  JSON.parse = (text, ...how) => ((window.came ||= text.includes('On and on')), parse(text, ...how))
}"""
"""While an answer is being stopped its words are not shown."""


def test_a_stop_that_does_not_arrive_is_said_and_can_be_repeated(visitor: Visitor, model: ToldModel) -> None:
    """When the server refuses it, the page says so and Stop is there again, and so is what came meanwhile."""
    model.tell(HOLD, "On and on", HOLD, ".")
    visitor.ask()
    expect(visitor.page.locator(".stage")).to_contain_text("Writing the answer")
    refusal = '{"error": {"code": "rate_limited", "message": "Not so fast."}}'
    held: list[Route] = []
    visitor.page.route("**/stop", lambda route: held.append(route))
    visitor.page.evaluate(WORDS_CAME)
    with visitor.page.expect_request("**/stop"):
        visitor.stop.click()
    model.release()
    visitor.page.wait_for_function("() => window.came")
    held[0].fulfill(status=429, body=refusal, content_type="application/json")
    expect(visitor.page.locator(".banner.problem")).to_contain_text("Not so fast.")
    expect(visitor.text).to_have_text("On and on")
    visitor.page.unroute("**/stop")
    visitor.stop.click()
    expect(visitor.answer).to_contain_text("Stopped.")


def test_what_was_cut_off_goes_on_when_asked(visitor: Visitor, model: ToldModel) -> None:
    """Continue asks a visible question, with the text so far in the model's hands; a whole answer has no
    Continue, an earlier one neither, and quotations cannot go on."""
    proceed = visitor.page.get_by_role("button", name="Continue", exact=True)
    model.tell("The first half,", HOLD)
    visitor.ask()
    expect(visitor.text).to_contain_text("The first half,")
    visitor.stop.click()
    expect(proceed).to_be_visible()
    visitor.page.get_by_label("Model").select_option("extractive")
    expect(proceed).to_have_count(0)
    visitor.page.get_by_label("Model").select_option(label="openai:scripted")
    heard: list[list[dict[str, str]]] = []

    async def told(call: Call) -> None:
        heard.append(call.json["messages"])
        await call.head()
        await call.say("and the second.")
        await call.finish("stop", 1, 1)

    model.then(told)
    proceed.click()
    expect(visitor.questions.last).to_have_text("Please go on exactly where your answer stopped.")
    expect(visitor.text).to_have_text("and the second.")
    visitor.finished()
    expect(proceed).to_have_count(0)
    assert any("The first half," in str(message) for message in heard[0])
