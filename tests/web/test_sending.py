"""Asking: at once, in one place, and what is written while an answer runs is never lost."""

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from rivulet.testing.model_call import Call
from tests.web.conftest import HOLD, QUESTION, Server, ToldModel, Visitor, place_of
from tests.web.quickest import quick_enough

# When, after Enter, the question stands there and the button is Stop; and when, after the end, it is Send.
MOMENTS = """() => {
  const log = document.querySelector('[role=log]')
  const seen = (window.seen = {})
  const look = () => {
    const now = performance.now()
    if (document.querySelector('.question')) seen.question ??= now
    const name = document.querySelector('.go:not(.add)').getAttribute('aria-label')
    if (name === 'Stop') seen.stop ??= now
    if (seen.stop && log.getAttribute('aria-busy') === 'false') seen.over ??= now
    if (seen.stop && name === 'Send') seen.send ??= now
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true })
  const entered = (event) => event.key === 'Enter' && (seen.enter = performance.now())
  document.addEventListener('keydown', entered, true)
}"""


# When the first words of an answer stood on the page, by the clock that the server has too.
FIRST_WORDS = """() => new MutationObserver((_, watch) => {
  if (!document.querySelector('.answer .markdown')?.textContent) return
  window.firstWords = Date.now()
  watch.disconnect()
}).observe(document.body, { subtree: true, childList: true, characterData: true })"""


def set_while_answering(visitor: Visitor, choice: str) -> None:
    visitor.page.keyboard.press("Control+,")
    visitor.page.get_by_role("radio", name=choice).check(force=True)
    visitor.page.keyboard.press("Escape")


def test_statement_01_the_question_shows_before_any_answer(visitor: Visitor, server: Server) -> None:
    """After Enter the question is in the transcript within 100 ms, while the server has said nothing."""
    visitor.page.route("**/v1/turns", lambda route: None)  # never answered

    def attempt() -> list[float]:
        visitor.open(server.url)
        visitor.page.evaluate(MOMENTS)
        visitor.ask()
        expect(visitor.questions).to_contain_text(QUESTION)
        seen = visitor.page.evaluate("seen")
        return [seen["question"] - seen["enter"]]

    quick_enough([100], attempt)


def test_statement_02_send_becomes_stop_in_place(visitor: Visitor, model: ToldModel, server: Server) -> None:
    """The button's name changes within 100 ms of sending and back 200 ms after the end; it never moves."""
    model.tell("Here", HOLD, " it is.")

    def attempt() -> list[float]:
        visitor.open(server.url)
        visitor.page.evaluate(MOMENTS)
        place = place_of(visitor.send)
        visitor.ask()
        expect(visitor.text).to_have_text("Here")
        assert place == place_of(visitor.stop)
        model.release()
        visitor.finished()
        expect(visitor.send).to_be_visible()
        seen = visitor.page.evaluate("seen")
        return [seen["stop"] - seen["enter"], seen["send"] - seen["over"]]

    quick_enough([100, 200], attempt)


def test_statement_03_text_is_visible_before_the_end(
    visitor: Visitor, model: ToldModel, server: Server
) -> None:
    """What was written shows within 300 ms of its event, while the rest is not even thought of."""
    model.tell("The beginning", HOLD, " and the end.")

    def attempt() -> list[float]:
        visitor.open(server.url)
        visitor.page.evaluate(FIRST_WORDS)
        visitor.ask()
        expect(visitor.text).to_have_text("The beginning")
        expect(visitor.page.get_by_role("log")).to_have_attribute("aria-busy", "true")
        model.release()
        visitor.finished()
        expect(visitor.text).to_have_text("The beginning and the end.")
        turn = visitor.answer.get_attribute("data-turn")
        log = visitor.page.request.get(f"{server.url}/v1/turns/{turn}/events").text()
        events = [json.loads(line[6:]) for line in log.splitlines() if line.startswith("data: ")]
        first = next(event["at"] for event in events if event["type"] == "text.delta")
        return [visitor.page.evaluate("firstWords") - first]

    quick_enough([300], attempt)


def test_statement_08_lock_closes_the_field(visitor: Visitor, model: ToldModel) -> None:
    """With `lock` the field is closed while an answer runs; then it is open, empty and has the focus."""
    set_while_answering(visitor, "Lock the field")
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    expect(visitor.composer).to_be_disabled()
    model.release()
    visitor.finished()
    expect(visitor.composer).to_be_enabled()
    expect(visitor.composer).to_be_focused()
    expect(visitor.composer).to_have_value("")


def test_statement_08_draft_keeps_what_is_typed(visitor: Visitor, model: ToldModel) -> None:
    """With `draft` Enter sends nothing while an answer runs, says so, and keeps the text for afterwards."""
    set_while_answering(visitor, "Keep a draft")
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("The next one?")
    expect(visitor.page.locator(".hint")).to_contain_text("Still answering")
    expect(visitor.composer).to_have_value("The next one?")
    expect(visitor.questions).to_have_count(1)
    model.release()
    visitor.finished()
    model.tell("Next.")
    visitor.composer.press("Enter")
    expect(visitor.text).to_have_text("Next.")


def test_statement_08_queue_asks_when_the_answer_is_done(visitor: Visitor, model: ToldModel) -> None:
    """With `queue`, the standard, the second question waits in sight and is asked after the first."""
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("The next one?")
    expect(visitor.page.locator(".queued")).to_have_text(re.compile("The next one"))
    expect(visitor.composer).to_have_value("")
    expect(visitor.questions).to_have_count(1)
    model.release()
    expect(visitor.questions).to_have_count(2)
    expect(visitor.page.locator(".queued")).to_have_count(0)
    model.release()
    visitor.finished()


def test_a_waiting_question_can_be_changed_and_removed(visitor: Visitor, model: ToldModel) -> None:
    """Edit brings it back into the field, Remove takes it away; neither is asked."""
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("One?")
    visitor.ask("Two?")
    visitor.press("Edit “One?”")
    expect(visitor.composer).to_have_value("One?")
    expect(visitor.composer).to_be_focused()
    visitor.press("Remove “Two?”")
    expect(visitor.page.locator(".queued")).to_have_count(0)
    model.release()
    visitor.finished()
    expect(visitor.questions).to_have_count(1)


@pytest.mark.parametrize("end", ["stop", "error"])
def test_statement_09_waiting_questions_are_held_after_a_stop_or_an_error(
    visitor: Visitor, model: ToldModel, end: str
) -> None:
    """Nothing is asked until somebody says so, not even after a reload, and nobody is asked to say so while
    another answer is written; then it is."""

    async def breaking_off(call: Call) -> None:
        await call.head()
        await call.say("Slowly")
        await model.released(call)
        call.reset()

    if end == "stop":
        model.tell("Slowly", HOLD, "")
    else:
        model.then(breaking_off)
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("The next one?")
    expect(visitor.page.locator(".queued")).to_have_count(1)
    if end == "stop":
        visitor.stop.click()
    else:
        model.release()
    held = visitor.page.locator(".queue-held")
    expect(held).to_contain_text("One question waits.")
    visitor.page.reload()
    expect(held).to_contain_text("One question waits.")
    expect(visitor.questions).to_have_count(1)
    model.tell("Another attempt", HOLD, ".")
    visitor.press("Ask again" if end == "stop" else "Retry")
    expect(visitor.text).to_have_text("Another attempt")
    expect(visitor.page.locator(".queued")).to_have_count(1)
    expect(held).to_have_count(0)
    model.release()
    expect(held).to_contain_text("One question waits.")
    model.tell("Here is the next.")
    visitor.press("Ask now")
    expect(visitor.text).to_have_text("Here is the next.")
    expect(visitor.questions).to_have_count(2)
    visitor.finished()


def test_statement_09_a_waiting_question_survives_a_reload(visitor: Visitor, model: ToldModel) -> None:
    """After a reload in the middle of the answer it still waits, and is asked when that is done."""
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("The next one?")
    visitor.page.reload()
    expect(visitor.page.locator(".queued")).to_contain_text("The next one?")
    expect(visitor.text).to_have_text("Slowly")
    model.release()
    expect(visitor.questions).to_have_count(2)
    model.release()
    visitor.finished()


def test_statement_10_enter_while_composing_does_not_send(visitor: Visitor, model: ToldModel) -> None:
    """An input method's Enter accepts its suggestion; the next one sends. Shift+Enter makes a line."""
    visitor.composer.fill("かな")
    for options in ("isComposing: true", "keyCode: 229"):
        visitor.composer.evaluate(
            f"""field => field.dispatchEvent(new KeyboardEvent(
                 'keydown', {{ key: 'Enter', {options}, bubbles: true, cancelable: true }}))"""
        )
    expect(visitor.questions).to_have_count(0)
    visitor.composer.press("Shift+Enter")
    expect(visitor.composer).to_have_value("かな\n")
    model.tell("はい。")
    visitor.composer.press("Enter")
    expect(visitor.text).to_have_text("はい。")
    visitor.finished()


def test_a_draft_survives_a_reload_and_a_look_elsewhere(visitor: Visitor, model: ToldModel) -> None:
    """What stands in the field belongs to its chat."""
    model.tell("Yes.")
    visitor.ask()
    visitor.finished()
    visitor.composer.fill("Half a thought")
    visitor.page.reload()
    expect(visitor.composer).to_have_value("Half a thought")
    visitor.page.get_by_role("button", name="New chat").first.click()
    expect(visitor.composer).to_have_value("")
    visitor.page.go_back()
    expect(visitor.composer).to_have_value("Half a thought")


FORBIDDEN = """const refuse = () => { throw new DOMException('no storage', 'SecurityError') }
for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
  Object.defineProperty(window, name, { get: refuse })
LockManager.prototype.request = async () => refuse()"""


def test_everything_works_without_storage(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """With storage switched off questions are answered and settings hold as long as the page."""
    visitor = new_visitor()
    visitor.page.add_init_script(FORBIDDEN)
    visitor.open(server.url)
    set_while_answering(visitor, "Keep a draft")
    model.tell("Slowly", HOLD, ".")
    visitor.ask()
    expect(visitor.text).to_have_text("Slowly")
    visitor.ask("Next?")
    expect(visitor.page.locator(".hint")).to_contain_text("Still answering")
    model.release()
    visitor.finished()


@pytest.mark.parametrize("days", [-3, 3, 10_000])
def test_a_wrong_clock_changes_nothing(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel, days: int
) -> None:
    """On a computer that is days or years off, answers stream, seconds are counted from zero, and the chat is
    at the head of the list."""
    visitor = new_visitor()
    visitor.page.clock.install(time=time.time() + days * 86_400)
    visitor.open(server.url)
    model.tell(HOLD, "On time.")
    begun = visitor.page.evaluate("performance.now()")
    visitor.ask()
    expect(visitor.page.locator(".stage")).to_contain_text("Writing")
    visitor.page.clock.fast_forward(2000)
    seconds = int(visitor.page.locator(".stage .seconds").inner_text().split()[0])
    assert 2 <= seconds <= (visitor.page.evaluate("performance.now()") - begun) / 1000
    expect(visitor.page.locator(".chat-row a").first).to_have_attribute("aria-current", "page")
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text("On time.")
