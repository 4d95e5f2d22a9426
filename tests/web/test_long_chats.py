"""Long chats open at their end, at once; long questions do not push their answers away."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import QUESTION, Server, ToldModel, Visitor
from tests.web.quickest import quick_enough

PARAGRAPH = "The gearbox takes **0.6 litres** of `SAE 80` oil, as [the manual](https://example.com/) says. "
ANSWER = (
    PARAGRAPH * 6
    + "\n\n- chain\n- brakes\n- gearbox\n\n```python\nprint('oil')\n```\n\n"
    + f"| part | interval |\n|---|---|\n| oil | 5,000 km |\n\n{PARAGRAPH * 4}"
)
"""Some 300 tokens."""

STILL = 2
"""In pixels: what a reader cannot see, because fractions of a line are rounded."""


def conversation(count: int) -> list[dict[str, Any]]:
    """As the server tells it."""
    messages: list[dict[str, Any]] = []
    for n in range(count):
        shared = {"chat_id": "cht_long", "turn_id": f"trn_{n}", "created_at": n}
        messages.append({"id": f"q{n}", "role": "user", "text": f"Question {n}?", **shared})
        answer = {"text": f"Answer {n}. {ANSWER}", "status": "completed"}
        messages.append({"id": f"a{n}", "role": "assistant", **answer, **shared})
    return messages


# Notes when the chat's data is there, when its end is painted and the page can be used, and from then on
# where the last question stands in each frame until all of the chat is there.
NOTE = """(() => {
  const ask = window.fetch
  window.fetch = async (...request) => {
    const response = await ask(...request)
    if (!String(request[0]).endsWith('/cht_long/messages')) return response
    const read = response.json.bind(response)
    response.json = async () => {
      const data = await read()
      window.dataAt = performance.now()
      requestAnimationFrame(painted)
      return data
    }
    return response
  }
  const painted = () => {
    const last = [...document.querySelectorAll('.exchange')].at(-1)
    if (!last?.querySelector('.markdown table')) return requestAnimationFrame(painted)
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      window.tookMs = performance.now() - dataAt
      window.tops = []
      watch()
    }
    port2.postMessage(0)
  }
  const watch = () => {
    const all = [...document.querySelectorAll('.exchange')]
    tops.push([all.length, all.at(-1).getBoundingClientRect().top])
    if (all.length < 100) requestAnimationFrame(watch)
    else window.isWhole = true
  }
})()"""

# Idle moments come when the test says so.
IDLE = """(() => {
  const waiting = new Map()
  let made = 0
  window.requestIdleCallback = (work) => (waiting.set(++made, work), made)
  window.cancelIdleCallback = (id) => waiting.delete(id)
  window.idle = async () => {
    for (const [id, work] of [...waiting]) {
      waiting.delete(id)
      work({ timeRemaining: () => 10, didTimeout: false })
    }
    for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame)
    return document.querySelectorAll('.exchange').length
  }
})()"""


def open_long(visitor: Visitor, server: Server) -> None:
    messages = conversation(100)
    path = [f"trn_{n}" for n in range(100)]
    page = {"messages": messages, "path": path, "running_turn_id": None}
    visitor.page.route("**/cht_long/messages", lambda route: route.fulfill(json=page))
    visitor.page.goto(f"{server.url}/#/chat/cht_long")


def test_statement_62_a_chat_of_200_messages_can_be_used_at_once(visitor: Visitor, server: Server) -> None:
    """Its end is painted and the page can be used 150 ms after its data has come; the older messages come in
    by and by, and nothing on the screen moves."""
    visitor.page.add_init_script(NOTE)
    open_long(visitor, server)

    def attempt() -> list[float]:
        visitor.page.reload()
        visitor.page.wait_for_function("() => window.tookMs")
        return [visitor.page.evaluate("tookMs")]

    quick_enough([150], attempt)
    visitor.page.wait_for_function("() => window.isWhole")
    tops = visitor.page.evaluate("tops")
    assert len({count for count, _ in tops}) >= 3
    assert max(top for _, top in tops) - min(top for _, top in tops) <= STILL
    expect(visitor.questions.last).to_have_text("Question 99?")


def test_older_messages_move_nothing_for_a_reader_who_has_scrolled_up(
    visitor: Visitor, server: Server
) -> None:
    """What is read stays where it is while everything above it comes in."""
    visitor.page.add_init_script(IDLE)
    open_long(visitor, server)
    visitor.page.reload()
    log = visitor.page.get_by_role("log")
    expect(visitor.questions).to_have_count(6)
    log.hover()
    visitor.page.mouse.wheel(0, -900)
    read = visitor.questions.get_by_text("Question 98?")
    expect(read).to_be_in_viewport()
    visitor.page.evaluate("() => Promise.all(document.getAnimations().map((move) => move.finished))")
    before = read.bounding_box()
    assert before
    count = 6
    while count < 100:
        count = visitor.page.evaluate("() => idle()")
        after = read.bounding_box()
        assert after
        assert abs(after["y"] - before["y"]) <= STILL, count
    visitor.page.evaluate("document.querySelector('[role=log]').scrollTop = 0")
    expect(visitor.questions.first).to_have_text("Question 0?")
    expect(visitor.questions.first).to_be_in_viewport()


def test_a_long_question_is_folded(visitor: Visitor, model: ToldModel) -> None:
    """Its beginning shows, a press shows all of it and another folds it again; a short one has no fold, and
    what is copied or edited is always the whole."""
    model.tell("Yes.")
    visitor.ask(QUESTION)
    visitor.finished()
    expect(visitor.page.get_by_role("button", name="Show all")).to_have_count(0)
    question = "\n".join(f"Line {n} of what is asked." for n in range(60))
    visitor.ask(question)
    visitor.finished()
    expect(visitor.text.last).to_be_in_viewport()
    folded = visitor.questions.last
    low = folded.bounding_box()
    unfold = visitor.page.locator(".unfold-question")
    expect(unfold).to_have_attribute("aria-expanded", "false")
    unfold.press("Enter")
    expect(unfold).to_have_text("Show less")
    expect(unfold).to_have_attribute("aria-expanded", "true")
    high = folded.bounding_box()
    assert low
    assert high
    assert high["height"] > 3 * low["height"]
    unfold.click()
    assert low["height"] == visitor.questions.last.evaluate("one => one.getBoundingClientRect().height")
    visitor.page.get_by_role("button", name="Edit the question").last.click()
    expect(visitor.page.get_by_role("textbox", name="Edit the question")).to_have_value(question)


VISIBILITY = "(page) => getComputedStyle(page).contentVisibility"


@pytest.mark.parametrize(
    ("vendor", "visibility"), [("Google Inc.", "auto"), ("Apple Computer, Inc.", "visible")]
)
def test_pages_out_of_sight_are_skipped_except_on_webkit(
    visitor: Visitor, server: Server, model: ToldModel, vendor: str, visibility: str
) -> None:
    """WebKit leaves such pages blank when they come back into view."""
    visitor.page.add_init_script(f"Object.defineProperty(navigator, 'vendor', {{ value: '{vendor}' }})")
    visitor.open(server.url)
    model.tell("A paragraph.\n\n" * 60)
    visitor.ask()
    visitor.finished()
    assert visitor.text.locator(".page").first.evaluate(VISIBILITY) == visibility
