"""Every shortcut does what its list says; whoever changes one has the new keys, and the old ones are free."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor

ANSWER = "Every 5,000 kilometres:\n\n```python\nprint('oil')\n```\n"

AT_FIRST_SIGHT = """new MutationObserver((_, watch) => {
  if (!document.querySelector('#ask textarea')) return
  watch.disconnect()
  const key = { key: ',', code: 'Comma', ctrlKey: true, bubbles: true, cancelable: true }
  window.isHeard = !document.body.dispatchEvent(new KeyboardEvent('keydown', key))
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(new File([''], 'any.txt'))
  const drag = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true })
  window.takesFiles = !document.body.dispatchEvent(drag)
  queueMicrotask(() => queueMicrotask(() => {
    window.isInDialog = document.activeElement.closest('dialog') !== null
  }))
}).observe(document, { childList: true, subtree: true })"""

PRESS_AND_TYPE = """async (button) => {
  button.click()
  await 0
  await 0
  return !button.dispatchEvent(new KeyboardEvent('keydown', { key: 'x', bubbles: true, cancelable: true }))
}"""


def test_a_key_is_heard_as_soon_as_the_page_is_there(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """Before its first frame; and what is typed next goes where that key has led."""
    visitor = new_visitor()
    visitor.page.add_init_script(AT_FIRST_SIGHT)
    visitor.open(server.url)
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    assert visitor.page.evaluate("[isHeard, takesFiles, isInDialog]") == [True, True, True]


@pytest.fixture
def typist(new_visitor: Callable[..., Visitor], server: Server, model: ToldModel) -> Visitor:
    """Somebody with an answer with code in it, who can look into the clipboard."""
    visitor = new_visitor(permissions=["clipboard-read", "clipboard-write"])
    visitor.open(server.url)
    model.tell(ANSWER)
    visitor.ask()
    visitor.finished()
    return visitor


def test_every_shortcut_does_what_the_list_says(typist: Visitor, model: ToldModel) -> None:
    """Each of them pressed once, where somebody would press it, and seen; none of the list is left out."""
    page = typist.page
    dialog = page.locator("dialog[open]")

    def opens(name: str) -> None:
        expect(dialog.get_by_role("heading", name=name, exact=True)).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

    def copies(what: str) -> None:
        page.wait_for_function(
            "async (what) => (await navigator.clipboard.readText()).startsWith(what)", arg=what
        )

    def rail() -> None:
        folded = page.locator(".app[data-folded=true]")
        expect(folded).to_be_visible()
        page.keyboard.press("Control+Shift+S")
        expect(folded).to_have_count(0)

    def stop() -> None:
        expect(typist.answer.get_by_text("Stopped")).to_be_visible()
        expect(typist.text).to_have_text("Half of it")

    def new_chat() -> None:
        expect(page.locator(".welcome")).to_be_visible()
        expect(typist.composer).to_be_focused()

    def ask() -> None:
        model.tell("Half of it", HOLD)
        typist.ask()
        expect(typist.text).to_have_text("Half of it")

    before = {"Escape": ask, "Shift+Escape": page.get_by_role("log").focus}
    after = {
        "Control+Shift+Y": lambda: copies("Every 5,000 kilometres:"),
        "Control+Shift+;": lambda: copies("print('oil')"),
        "Shift+Escape": lambda: expect(typist.composer).to_be_focused(),
        "Control+K": lambda: opens("Search chats"),
        "Control+Shift+S": rail,
        "Control+,": lambda: opens("Settings"),
        "Control+/": lambda: opens("Keyboard shortcuts"),
        "Escape": stop,
        "Control+Shift+O": new_chat,
    }
    for keys, seen in after.items():
        before.get(keys, lambda: None)()
        page.keyboard.press(keys)
        seen()
    page.get_by_role("log").focus()
    page.keyboard.press("?")
    expect(dialog.locator("button.chord").first).to_be_visible()
    chords = dialog.locator("button.chord").evaluate_all(
        "(all) => all.map((one) => [...one.querySelectorAll('kbd')].map((key) => key.dataset.text).join('+'))"
    )
    pressed = {keys.replace("Control", "Ctrl").replace("Escape", "Esc") for keys in after}
    assert set(chords) == pressed


AT_ONCE = """() => {
  document.querySelector('dialog[open]').close()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', ctrlKey: true, bubbles: true }))
}"""


def test_a_dialog_that_closes_does_not_take_the_next_with_it(typist: Visitor) -> None:
    """Browsers say a moment later that one was closed; whoever has opened another by then has that one."""
    page = typist.page
    for _ in range(2):
        page.keyboard.press("Control+,")
        expect(page.locator("dialog[open]").get_by_role("heading", name="Settings")).to_be_visible()
        page.evaluate(AT_ONCE)
        expect(page.locator("dialog[open] h2")).to_have_text("Keyboard shortcuts")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_changed_shortcut_is_the_one_that_works(typist: Visitor) -> None:
    """After a reload too; keys the browser needs, and those of another action, are refused in words."""
    page = typist.page
    dialog = page.locator("dialog[open]")
    page.keyboard.press("Control+/")
    assert dialog.get_by_role("button", name="Search chats").evaluate(PRESS_AND_TYPE)
    for taken, why in (("Control+r", "browser needs"), ("Control+,", "used for"), ("x", "Use Ctrl")):
        page.keyboard.press(taken)
        expect(dialog.get_by_role("alert")).to_contain_text(why)
    page.keyboard.press("Alt+g")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    page.reload()
    typist.composer.wait_for()
    page.keyboard.press("Control+k")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Alt+g")
    expect(dialog.get_by_role("heading", name="Search chats", exact=True)).to_be_visible()
