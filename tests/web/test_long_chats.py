"""Long chats open at their end, at once; long questions do not push their answers away."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.web.conftest import HOLD, QUESTION, Server, ToldModel, Visitor, place_of, scrolled
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


EARLIER = "Show earlier messages"


def conversation(count: int) -> list[dict[str, Any]]:
    """As the server tells it."""
    messages: list[dict[str, Any]] = []
    for n in range(count):
        shared = {"chat_id": "cht_long", "turn_id": f"trn_{n}", "created_at": n}
        shared |= {"parent_id": f"trn_{n - 1}"} if n else {}
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


def open_long(visitor: Visitor, server: Server, count: int = 100, size: int = 100) -> None:
    """A chat of so many turns, told in pages of that size."""
    messages = conversation(count)

    def tell(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        end = int(asked["before"][0].removeprefix("trn_")) if "before" in asked else count
        begin = max(0, end - int(asked.get("limit", [f"{size}"])[0]))
        page: dict[str, Any] = {"messages": messages[2 * begin : 2 * end]}
        page["path"] = [f"trn_{n}" for n in range(begin, end)]
        route.fulfill(json=page | ({"next_before": f"trn_{begin}"} if begin else {}))

    visitor.page.route("**/cht_long/messages*", tell)
    visitor.page.goto(f"{server.url}/#/chat/cht_long")


@pytest.mark.alone
@pytest.mark.parametrize("count", [100, 600])
def test_statement_62_a_long_chat_can_be_used_at_once(visitor: Visitor, server: Server, count: int) -> None:
    """Of 200 messages or 1,200, its end is painted and the page can be used 150 ms after its data has come;
    the older messages come in by and by, and nothing on the screen moves."""
    visitor.page.add_init_script(NOTE)
    open_long(visitor, server, count)

    def attempt() -> list[float]:
        visitor.page.reload()
        visitor.page.wait_for_function("() => window.tookMs")
        return [visitor.page.evaluate("tookMs")]

    quick_enough([150], attempt)
    visitor.page.wait_for_function("() => window.isWhole")
    tops = visitor.page.evaluate("tops")
    assert len({count for count, _ in tops}) >= 3
    assert max(top for _, top in tops) - min(top for _, top in tops) <= STILL
    expect(visitor.questions.last).to_have_text(f"Question {count - 1}?")
    expect(visitor.questions).to_have_count(100)


def test_older_messages_move_nothing_for_a_reader_who_has_scrolled_up(
    visitor: Visitor, server: Server
) -> None:
    """What is read stays where it is while everything above it comes in."""
    visitor.page.add_init_script(IDLE)
    open_long(visitor, server)
    visitor.page.reload()
    expect(visitor.questions).to_have_count(6)
    scrolled(visitor, -900)
    read = visitor.questions.get_by_text("Question 98?")
    expect(read).to_be_in_viewport()
    before = place_of(read)
    count = 6
    while count < 100:
        count = visitor.page.evaluate("() => idle()")
        after = read.bounding_box()
        assert after
        assert abs(after["y"] - before["y"]) <= STILL, count
    visitor.page.evaluate("document.querySelector('[role=log]').scrollTop = 0")
    expect(visitor.questions.first).to_have_text("Question 0?")
    expect(visitor.questions.first).to_be_in_viewport()


def test_reading_back_to_the_first_message_moves_nothing(visitor: Visitor, server: Server) -> None:
    """What was said before the newest page comes when somebody is near the beginning of what is there, above
    them; by keyboard it is asked for, and whoever asked for the last of it is still in the conversation."""
    visitor.page.add_init_script(IDLE)
    open_long(visitor, server, 80, size=30)
    visitor.page.reload()
    expect(visitor.questions).to_have_count(6)
    more = visitor.page.get_by_role("button", name=EARLIER)

    def drawn(count: int, read: Locator) -> None:
        """All that has come, while this is read."""
        before = place_of(read)
        found = 0
        while found < count:
            found = visitor.page.evaluate("() => idle()")
            after = read.bounding_box()
            assert after
            assert abs(after["y"] - before["y"]) <= STILL, found

    drawn(30, visitor.questions.last)
    first = visitor.questions.get_by_text("Question 50?")
    with visitor.page.expect_response("**/messages?before=trn_50"):
        first.scroll_into_view_if_needed()
    drawn(60, first)
    with visitor.page.expect_response("**/messages?before=trn_20"):
        more.press("Enter")
    drawn(80, visitor.questions.get_by_text("Question 20?"))
    expect(more).to_have_count(0)
    expect(visitor.page.get_by_role("log")).to_be_focused()
    visitor.page.keyboard.press("Home")
    expect(visitor.questions.first).to_have_text("Question 0?")
    expect(visitor.questions.first).to_be_in_viewport()


def test_what_was_read_back_can_be_stopped_edited_and_left_again(
    visitor: Visitor, server: Server, model: ToldModel
) -> None:
    """On pages of three, so that eight questions are a long chat: an old question is asked again, stopped and
    edited, and what was said before it and after it stays within reach, in its order."""
    model.tell("Yes.")
    started: dict[str, Any] = {}
    for n in range(8):
        chat = {"chat_id": started["chat_id"]} if started else {}
        asked = {"input": f"Question {n}?", **chat}
        started = visitor.page.request.post(f"{server.url}/v1/turns", data=asked).json()
        visitor.page.request.get(f"{server.url}{started['events_url']}").text()

    def shorten(route: Route) -> None:
        url = route.request.url
        route.continue_(url=url if "limit=" in url else f"{url}{'&' if '?' in url else '?'}limit=3")

    visitor.page.route("**/messages*", shorten)
    visitor.page.goto(f"{server.url}/#/chat/{started['chat_id']}")
    more = visitor.page.get_by_role("button", name=EARLIER)
    expect(visitor.questions.last).to_have_text("Question 7?")
    visitor.page.get_by_role("log").press("Home")
    expect(visitor.questions).to_have_text([f"Question {n}?" for n in range(8)])
    expect(more).to_have_count(0)
    model.tell("Once more", HOLD)
    second = visitor.page.locator(".exchange").nth(2)
    second.get_by_role("button", name="Ask again").click()
    expect(visitor.text).to_have_text("Once more")
    expect(visitor.questions).to_have_count(3)
    visitor.stop.click()
    visitor.finished()
    expect(second.get_by_role("group", name="Answer 2 of 2")).to_be_visible()
    second.get_by_role("button", name="The answer before").click()
    expect(visitor.questions).to_have_text([f"Question {n}?" for n in range(8)])
    model.tell("That too.")
    second.get_by_role("button", name="Edit the question").click()
    field = second.get_by_role("textbox", name="Edit the question")
    field.fill("Another question?")
    field.press("Enter")
    visitor.finished()
    expect(visitor.questions).to_have_text(["Question 0?", "Question 1?", "Another question?"])
    second.get_by_role("button", name="The question before").click()
    # As it was asked last: the answer that was stopped.
    expect(second.get_by_role("group", name="Answer 2 of 2")).to_be_visible()
    second.get_by_role("button", name="The answer before").click()
    expect(visitor.questions).to_have_text([f"Question {n}?" for n in range(8)])
    expect(more).to_have_count(0)


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
    ("vendor", "visibility"), [("Google Inc.", "auto"), ("Apple Computer, Inc.", "visible"), ("", "visible")]
)
def test_pages_out_of_sight_are_skipped_only_in_chromium(
    visitor: Visitor, server: Server, model: ToldModel, vendor: str, visibility: str
) -> None:
    """WebKit leaves such pages blank when they come back into view, and Firefox moves what is read."""
    visitor.page.add_init_script(f"Object.defineProperty(navigator, 'vendor', {{ value: '{vendor}' }})")
    visitor.open(server.url)
    model.tell("A paragraph.\n\n" * 60)
    visitor.ask()
    visitor.finished()
    assert visitor.text.locator(".page").first.evaluate(VISIBILITY) == visibility
