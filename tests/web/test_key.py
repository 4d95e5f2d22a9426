"""A server that wants a key is given one, once."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Server, ToldModel, Visitor

KEY = "a-long-and-random-key"


def test_the_key_is_asked_for_once(
    new_visitor: Callable[..., Visitor], new_server: Callable[..., Server], model: ToldModel
) -> None:
    """A wrong key is refused in words; the right one lets the page go on, and a reload asks no more."""
    server = new_server(RIVULET_API_KEY=KEY)
    visitor = new_visitor()
    visitor.page.goto(server.url)
    dialog = visitor.page.get_by_role("dialog", name="This server needs a key")
    field = dialog.get_by_label("Key")
    field.fill("wrong")
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("does not accept this key")
    field.fill(KEY)
    field.press("Enter")
    expect(dialog).to_have_count(0)
    model.tell("Behind the door.")
    visitor.ask()
    expect(visitor.text).to_have_text("Behind the door.")
    visitor.finished()
    visitor.page.reload()
    expect(visitor.text).to_have_text("Behind the door.")
    expect(dialog).to_have_count(0)
    assert KEY not in "".join(visitor.requests)


def test_the_key_is_not_kept_on_the_device(
    new_visitor: Callable[..., Visitor], new_server: Callable[..., Server]
) -> None:
    """It lives in the tab's own storage, which ends with the tab."""
    server = new_server(RIVULET_API_KEY=KEY)
    visitor = new_visitor()
    visitor.page.goto(server.url)
    visitor.page.get_by_role("dialog").get_by_label("Key").fill(KEY)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    assert KEY not in visitor.page.evaluate("JSON.stringify(localStorage) + document.cookie")
