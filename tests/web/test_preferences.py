"""What goes with a person from browser to browser (PROTOCOL.md §7.7), and what stays."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Response, expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.test_conversation import SEEN
from tests.web.test_sending import FORBIDDEN

PREFERENCES = re.compile("/v1/preferences$")
PATIENCE = """const timer = setTimeout
window.waiting = []
setTimeout = (act, ms) => (ms === 10_000 ? void waiting.push(act) : timer(act, ms))"""
LOSE_PATIENCE = "waiting.splice(0).forEach((act) => act())"
"""The page's ten seconds are over when the test says so."""

COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"


def chosen(visitor: Visitor, choice: str) -> None:
    """Waits until that is chosen in the settings of this page."""
    visitor.composer.wait_for()
    if not visitor.page.get_by_role("dialog").is_visible():
        visitor.page.keyboard.press("Control+,")
    expect(visitor.page.get_by_role("radio", name=choice)).to_be_checked()


def choose(visitor: Visitor, *choices: str) -> None:
    visitor.page.keyboard.press("Control+,")
    for choice in choices:
        visitor.page.get_by_role("radio", name=choice).check(force=True)


@contextmanager
def taken(visitor: Visitor, **choices: str) -> Iterator[None]:
    """Waits at the end until the server has them. The page may still be told what was chosen before."""
    left = set(choices.items())

    def is_last(response: Response) -> bool:
        if response.ok and response.request.method == "PATCH" and PREFERENCES.search(response.url):
            left.difference_update(response.request.post_data_json.items())
        return not left

    with visitor.page.expect_response(is_last):
        yield


@pytest.fixture
def elsewhere(new_visitor: Callable[..., Visitor]) -> Visitor:
    """The same person in another browser, who has not opened the page yet."""
    return new_visitor()


def test_statement_47_the_switch_holds_in_every_browser_of_the_user(
    visitor: Visitor, elsewhere: Visitor, model: ToldModel, server: Server
) -> None:
    """Chosen in one, another one that never heard of it shows whole answers only, however late it is told;
    what belongs to the device stays there."""
    with taken(visitor, streaming="off"):
        choose(visitor, "Dark", "When complete")
    told: list[Callable[[], None]] = []
    elsewhere.page.add_init_script(PATIENCE)
    elsewhere.page.route(PREFERENCES, lambda route: told.append(route.continue_))
    elsewhere.open(server.url)
    elsewhere.page.evaluate(SEEN)
    model.tell("A beginning", HOLD, " and", HOLD, " an end.")
    elsewhere.ask()
    elsewhere.page.wait_for_url("**/#/**")
    elsewhere.page.locator(".answer[data-phase=writing]").wait_for()  # words of the answer are here
    with elsewhere.page.expect_response(PREFERENCES):
        told.pop()()
    model.release()
    chosen(elsewhere, "When complete")
    chosen(elsewhere, "As the system")
    model.release()
    elsewhere.finished()
    assert set(elsewhere.page.evaluate("seen")) == {"A beginning and an end."}


def test_an_open_page_hears_of_it(visitor: Visitor, elsewhere: Visitor, server: Server) -> None:
    """Another tab of the browser at once; another browser when somebody comes back to it."""
    elsewhere.open(server.url)
    tab = Visitor(visitor.page.context.new_page(), [])
    tab.open(server.url)
    with taken(visitor, while_answering="lock", usage="never"):
        choose(visitor, "Lock the field", "Never")
    for choice in ("Lock the field", "Never"):
        chosen(tab, choice)
    chosen(elsewhere, "Queue questions")
    elsewhere.page.evaluate(COME_BACK)
    for choice in ("Lock the field", "Never"):
        chosen(elsewhere, choice)


def test_without_the_server_it_holds_here_and_is_sent_later(
    visitor: Visitor, elsewhere: Visitor, server: Server
) -> None:
    """The page says that it waits, keeps to it over a reload, lets nothing older undo it, and sends it as
    soon as the server takes it."""
    visitor.page.route(PREFERENCES, lambda route: route.abort())
    choose(visitor, "When complete")
    note = visitor.page.locator(".setting-note")
    expect(note).to_contain_text("has not taken your last change")
    visitor.page.reload()
    chosen(visitor, "When complete")
    with taken(visitor, streaming="off"):
        visitor.page.unroute(PREFERENCES)
        visitor.page.evaluate(COME_BACK)
    expect(note).to_contain_text("goes with you")
    chosen(visitor, "When complete")
    elsewhere.open(server.url)
    chosen(elsewhere, "When complete")


def test_a_server_that_is_back_is_told_by_itself(visitor: Visitor) -> None:
    """Nobody needs to come back to the page or to load it again."""
    visitor.page.clock.install()
    visitor.page.route(PREFERENCES, lambda route: route.fulfill(status=503, json={}))
    choose(visitor, "Always")
    note = visitor.page.locator(".setting-note")
    expect(note).to_contain_text("has not taken your last change")
    with taken(visitor, usage="always"):
        visitor.page.unroute(PREFERENCES)
        visitor.page.clock.fast_forward(3000)
    expect(note).to_contain_text("goes with you")


def test_where_nothing_is_stored_the_server_remembers(elsewhere: Visitor, server: Server) -> None:
    """A browser without storage has the choice again after a reload."""
    elsewhere.page.add_init_script(FORBIDDEN)
    elsewhere.open(server.url)
    with taken(elsewhere, streaming="off"):
        choose(elsewhere, "When complete")
    elsewhere.page.reload()
    chosen(elsewhere, "When complete")


@pytest.fixture
def left_waiting(elsewhere: Visitor, server: Server) -> Visitor:
    """Somebody whom the server does not tell what was chosen elsewhere, nor that it could not."""
    elsewhere.page.add_init_script(PATIENCE)
    elsewhere.page.route(PREFERENCES, lambda route: None)
    elsewhere.open(server.url)
    return elsewhere


def test_a_server_that_leaves_the_question_open_holds_no_answer_back(
    left_waiting: Visitor, model: ToldModel
) -> None:
    """After ten seconds answers show as they are written, and what is chosen then is sent again until it is
    taken."""
    page = left_waiting.page
    model.tell("A beginning", HOLD, " and an end.")
    left_waiting.ask()
    page.locator(".answer[data-phase=writing]").wait_for()
    expect(left_waiting.text).to_have_count(0)
    page.evaluate(LOSE_PATIENCE)
    expect(left_waiting.text).to_have_text("A beginning")
    model.release()
    left_waiting.finished()
    choose(left_waiting, "Always")
    page.evaluate(LOSE_PATIENCE)
    expect(page.locator(".setting-note")).to_contain_text("has not taken your last change")
    with taken(left_waiting, usage="always"):
        page.unroute(PREFERENCES)
        page.evaluate(LOSE_PATIENCE)
