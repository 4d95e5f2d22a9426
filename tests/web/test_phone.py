"""A phone: everything by touch, and a keyboard that takes half of the screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.conftest import QUESTION, Server, ToldModel, Visitor

PORTRAIT = {"width": 390, "height": 844}
LANDSCAPE = {"width": 844, "height": 390}

# What a keyboard on the screen does to the part of the page that can be seen.
KEYBOARD = """(height) => {
  Object.defineProperty(visualViewport, 'height', { configurable: true, get: () => height })
  visualViewport.dispatchEvent(new Event('resize'))
}"""

INSIDE = """(one) => {
  const box = one.getBoundingClientRect()
  return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= visualViewport.height
}"""


LINES = """(cell) => {
  const range = document.createRange()
  range.selectNodeContents(cell)
  return range.getClientRects().length
}"""


@pytest.fixture
def phone(new_visitor: Callable[..., Visitor], server: Server) -> Visitor:
    """Somebody with a phone."""
    visitor = new_visitor(viewport=PORTRAIT, has_touch=True, is_mobile=True)
    visitor.open(server.url)
    return visitor


def test_statement_55_a_keyboard_never_covers_the_composer(phone: Visitor, model: ToldModel) -> None:
    """With half of the height taken, upright and on its side, with a long draft and a waiting question, the
    composer is all there to be seen; the end of the conversation stays in sight, with figures in one line."""
    model.tell(
        "One answer.\n\n| what is measured | target |\n|---|--:|\n| memory of a long name | 100 MB |\n"
    )
    phone.ask()
    phone.finished()
    assert phone.page.get_by_role("cell", name="100 MB").evaluate(LINES) == 1
    phone.composer.fill("One more line of a long draft.\n" * 12)
    for size in (PORTRAIT, LANDSCAPE):
        phone.page.set_viewport_size(size)  # type: ignore[arg-type]
        phone.page.evaluate(KEYBOARD, size["height"] / 2)
        for one in (phone.page.locator(".composer"), phone.composer, phone.send):
            assert one.evaluate(INSIDE), (size, one)
    phone.page.set_viewport_size(PORTRAIT)  # type: ignore[arg-type]
    phone.page.evaluate(KEYBOARD, PORTRAIT["height"] / 2)
    phone.composer.fill("")
    expect(phone.text).to_be_in_viewport()
    phone.page.evaluate(KEYBOARD, PORTRAIT["height"])
    app = phone.page.locator(".app").bounding_box()
    assert app
    assert PORTRAIT["height"] == app["height"]


def test_a_question_is_edited_and_a_chat_is_found_by_touch(phone: Visitor, model: ToldModel) -> None:
    """The pencil, the form over the keyboard, the list of chats, the search: nothing needs a mouse."""
    model.tell("The first line of a long answer.\n\n" * 40)
    phone.ask("Which question will be edited on a phone?")
    phone.finished()
    phone.page.evaluate("document.querySelector('.question-actions').scrollIntoView()")
    phone.page.get_by_role("button", name="Edit the question").tap()
    phone.page.evaluate(KEYBOARD, PORTRAIT["height"] / 2)
    form = phone.page.get_by_role("textbox", name="Edit the question")
    expect(form).to_be_focused()
    instead = phone.page.get_by_role("button", name="Ask this instead")
    assert form.evaluate(INSIDE)
    assert instead.evaluate(INSIDE)
    model.tell("The second answer.")
    form.fill(QUESTION)
    instead.tap()
    expect(phone.text).to_have_text("The second answer.")
    phone.finished()
    phone.page.get_by_role("button", name="New chat", exact=True).last.tap()
    expect(phone.questions).to_have_count(0)
    phone.page.get_by_role("button", name="Open the list of chats").tap()
    phone.page.get_by_role("button", name="Search chats").tap()
    field = phone.page.get_by_role("dialog").get_by_role("combobox")
    expect(field).to_be_focused()
    assert field.evaluate(INSIDE)
    field.fill("edited on a phone")
    phone.page.get_by_role("option", name="Which question will be edited on a phone?").tap()
    expect(phone.text).to_have_text("The second answer.")
