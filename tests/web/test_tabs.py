"""Many tabs of one browser over HTTP/1.1, where only six connections are to be had."""

import contextlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.web.conftest import HOLD, QUESTION, UNHURRIED, Server, ToldModel, Visitor
from tests.web.quickest import quick_enough

WORDS = [f"word{n} " for n in range(1, 61)]
WHOLE = "".join(WORDS).strip()
STREAMS = "/v1/events?"
ASKED_MS = "performance.getEntriesByType('resource').findLast(({ name }) => name.endsWith('/turns')).duration"
"""From the question's request, with whatever it waited for, to the end of its answer."""


@pytest.fixture
def new_tabs(new_visitor: Callable[..., Visitor], server: Server) -> Callable[[int], list[Visitor]]:
    """Tabs of one browser profile, each with the page open, and the requests each of them made."""
    first = new_visitor()

    def tab(page: Page) -> Visitor:
        one = Visitor(page, [])
        page.on("request", lambda request: one.requests.append(request.url))
        one.open(server.url)
        return one

    return lambda count: [tab(first.page), *(tab(first.page.context.new_page()) for _ in range(count - 1))]


def unhurried(tabs: list[Visitor]) -> list[Visitor]:
    """One that is kept waiting by this machine is not taken to be asleep."""
    tabs[0].page.context.add_init_script(UNHURRIED)
    for tab in tabs:
        tab.page.reload()
        tab.composer.wait_for()
    return tabs


def follows(tabs: list[Visitor]) -> list[int]:
    """How many of the streams each tab has asked for."""
    return [sum("/events" in url for url in tab.requests) for tab in tabs]


def test_39_eight_tabs_on_one_turn_all_finish_and_a_ninth_request_is_answered(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel, server: Server
) -> None:
    """Statement 39: one tab follows for all of them, so the browser has connections left."""
    model.tell(*WORDS[:5], HOLD, *WORDS[5:])
    tabs = new_tabs(9)
    tabs[0].ask()
    tabs[0].page.wait_for_url("**/#/**")
    tabs[0].text.get_by_text("word2").wait_for()
    for tab in tabs[1:8]:
        tab.page.goto(tabs[0].page.url)
        tab.text.get_by_text("word2").wait_for()

    def attempt() -> list[float]:
        tabs[8].open(server.url)
        tabs[8].ask("And in a new chat?")
        tabs[8].text.get_by_text("word5").wait_for()
        tabs[8].stop.click()
        return [tabs[8].page.evaluate(ASKED_MS)]

    quick_enough([2000], attempt)
    model.release()
    for tab in tabs[:8]:
        expect(tab.text).to_have_text(WHOLE, timeout=30_000)
        tab.finished()
    assert all(f"{STREAMS}turn=" in url for tab in tabs for url in tab.requests if "/events" in url)
    # One connection at a time: another one only when somebody comes, and no more than twice for each.
    assert sum(follows(tabs)) <= 2 * len(tabs)


def test_39_eight_tabs_on_eight_turns_all_finish(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel
) -> None:
    """Eight answers at once need one connection, not eight."""
    model.tell(*WORDS, pace=30)
    tabs = new_tabs(8)
    for tab in tabs:
        tab.ask()
    for tab in tabs:
        tab.text.get_by_text("word3").wait_for()
    for tab in tabs:
        expect(tab.text).to_have_text(WHOLE, timeout=30_000)
        tab.finished()


@pytest.mark.parametrize("end", ["closed", "crashed"])
def test_when_the_tab_that_follows_is_gone_another_takes_over(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel, end: str
) -> None:
    """Nothing is lost, nothing doubled, and no tab shows that anything has happened."""
    model.tell(*WORDS[:5], HOLD, *WORDS[5:])
    tabs = unhurried(new_tabs(3))
    tabs[0].ask()
    tabs[0].text.get_by_text("word1").wait_for()
    for tab in tabs[1:]:
        tab.page.goto(tabs[0].page.url)
        tab.text.get_by_text("word1").wait_for()
    assert follows(tabs[1:]) == [0, 0]
    if end == "crashed":
        with contextlib.suppress(PlaywrightError):
            tabs[0].page.goto("chrome://crash")
    else:
        tabs[0].page.close()
    model.release()
    for tab in tabs[1:]:
        expect(tab.text).to_have_text(WHOLE, timeout=30_000)
        tab.finished()
    assert sorted(map(bool, follows(tabs[1:]))) == [False, True]


def test_a_tab_that_sleeps_while_it_leads_is_replaced(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel
) -> None:
    """Its lock is taken from it within seconds, when somebody wants something and it does not hear."""
    model.tell(*WORDS, pace=12)
    tabs = new_tabs(2)
    tabs[0].ask()
    tabs[0].text.get_by_text("word1").wait_for()
    life = tabs[0].page.context.new_cdp_session(tabs[0].page)
    life.send("Page.setWebLifecycleState", {"state": "frozen"})
    tabs[1].ask()
    tabs[1].text.get_by_text("word1").wait_for()
    life.send("Page.setWebLifecycleState", {"state": "active"})
    for tab in tabs:
        expect(tab.text).to_have_text(WHOLE, timeout=30_000)
        tab.finished()


def test_two_windows_side_by_side_show_the_same(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel
) -> None:
    """What is asked in one is seen in the other, in the chat and in the list, while the answer is written."""
    one, other = new_tabs(2)
    model.tell("First.")
    one.ask()
    one.finished()
    expect(other.page.locator(".chat-row").first).to_contain_text(QUESTION)
    other.page.goto(one.page.url)
    expect(other.text).to_have_text("First.")
    model.tell("Second", HOLD, " and last.")
    one.ask("And then?")
    expect(other.questions).to_have_count(2)
    expect(other.text).to_have_text("Second")
    model.release()
    for tab in (one, other):
        tab.finished()
        expect(tab.text).to_have_text("Second and last.")


@pytest.mark.parametrize("missing", ["Navigator.prototype.locks", "window.BroadcastChannel"])
def test_without_locks_or_channels_every_tab_follows_for_itself(
    new_tabs: Callable[[int], list[Visitor]], model: ToldModel, server: Server, missing: str
) -> None:
    """Where the browser has none, as over plain HTTP from another machine, all works as with one tab."""
    model.tell("Hello ", "there.")
    (tab,) = new_tabs(1)
    tab.page.add_init_script(f"delete {missing}")
    tab.open(server.url + "/?plain")
    tab.ask()
    tab.finished()
    expect(tab.text).to_have_text("Hello there.")
    assert [url for url in tab.requests if "/events" in url and STREAMS not in url]
