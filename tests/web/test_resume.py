"""Nothing is lost: by a reload, a second browser, a cut wire, or a server that starts again."""

import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.web.conftest import CHROMIUM, FLAGS, HOLD, Server, ToldModel, Visitor, installed, place_of
from tests.web.proxy import Proxy
from tests.web.quickest import quick_enough

WORDS = [f"word{n} " for n in range(80)]
ALL = "".join(WORDS).strip()


# What the answer's first paint shows, and when, counted from the beginning of the page.
FIRST = """const look = () => {
  const text = document.querySelector('.answer .markdown')?.textContent
  if (text) window.first = { text, at: performance.now() }
  else requestAnimationFrame(look)
}
requestAnimationFrame(look)"""


def test_statement_34_a_reload_in_the_middle_resumes(visitor: Visitor, model: ToldModel) -> None:
    """Within a second of the reload all the text before it is there in one paint; the answer goes on, nothing
    is doubled, and Stop works."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:60], HOLD, "Never said.")
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    visitor.page.add_init_script(FIRST)

    def attempt() -> list[float]:
        visitor.page.reload()
        visitor.page.wait_for_function("() => window.first")
        first = visitor.page.evaluate("first")
        assert "".join(WORDS[:40]).strip() == first["text"].strip()
        return [first["at"]]

    quick_enough([1000], attempt)
    model.release()
    expect(visitor.text).to_have_text("".join(WORDS[:60]).strip())
    visitor.stop.click()
    expect(visitor.answer).to_contain_text("Stopped.")
    expect(visitor.text).to_have_text("".join(WORDS[:60]).strip())


LONG = [f"word{n} " for n in range(1500)]


def test_a_reload_shows_what_there_was_before_any_event_comes(
    visitor: Visitor, server: Server, model: ToldModel
) -> None:
    """A slow line brings a long answer's events one by one; all the text is there before the first of them,
    none comes twice, and it goes on also when the answer has ended before it could be followed."""
    held: list[Route] = []
    model.tell(*LONG, HOLD, *WORDS)
    visitor.ask()
    expect(visitor.text).to_contain_text("word1499")
    visitor.page.route("**/v1/events?*", lambda route: held.append(route))
    with visitor.page.expect_request("**/v1/events?*"):
        visitor.page.reload()
    expect(visitor.text).to_have_text("".join(LONG).strip())
    turn = visitor.answer.get_attribute("data-turn")
    model.release()
    with urllib.request.urlopen(f"{server.url}/v1/turns/{turn}/events") as log:
        last = log.read().rpartition(b"id: ")[2].split()[0]
    visitor.page.wait_for_function("() => document.querySelector('.answer[data-phase=writing]')")
    held[0].continue_()
    visitor.finished()
    expect(visitor.text).to_have_text("".join(LONG + WORDS).strip())
    seq = held[0].request.url.rpartition("%2F")[2]
    assert 0 < int(seq) < int(last)


@pytest.mark.parametrize("status", [404, 500])
def test_without_what_there_was_every_event_is_followed(
    visitor: Visitor, model: ToldModel, status: int
) -> None:
    """Where the answer so far cannot be had, a reload brings it back event by event."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    visitor.page.route("**/v1/turns/trn_*", lambda route: route.fulfill(status=status))
    visitor.page.reload()
    expect(visitor.text).to_have_text("".join(WORDS[:40]).strip())
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)


def test_statement_35_a_second_browser_sees_the_same_text(
    visitor: Visitor, new_visitor: Callable[..., Visitor], model: ToldModel
) -> None:
    """A browser that comes in the middle shows the same, and both end alike."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    second = new_visitor()
    second.open(visitor.page.url)
    expect(second.text).to_have_text(visitor.text.inner_text())
    model.release()
    for one in (visitor, second):
        one.finished()
        expect(one.text).to_have_text(ALL)


def test_statement_33_a_cut_wire_costs_nothing(
    new_visitor: Callable[..., Visitor], proxy: Proxy, model: ToldModel
) -> None:
    """A connection cut in the middle is taken up again at once; nobody hears of it."""
    visitor = new_visitor()
    visitor.open(proxy.url)
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    proxy.cut()
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)


def test_statement_33_a_longer_interruption_is_said_and_heals(
    new_visitor: Callable[..., Visitor], proxy: Proxy, model: ToldModel
) -> None:
    """While the server cannot be reached the page says so; when it can, the answer is complete."""
    visitor = new_visitor()
    visitor.open(proxy.url)
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    proxy.is_down = True
    cut = time.monotonic()
    proxy.cut()
    banner = visitor.page.locator(".banner")
    expect(banner).to_have_text("Reconnecting…")
    assert time.monotonic() - cut >= 1
    proxy.is_down = False
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)
    expect(banner).to_have_count(0)


def test_statement_36_without_a_network_the_page_waits_for_it(visitor: Visitor, model: ToldModel) -> None:
    """`offline` says that the network is missing; `online` clears it without a reload."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    visitor.page.context.set_offline(True)
    expect(visitor.page.locator(".banner")).to_have_text("Waiting for the network")
    visitor.page.context.set_offline(False)
    model.release()
    visitor.finished()
    expect(visitor.page.locator(".banner")).to_have_count(0)
    expect(visitor.text).to_have_text(ALL)


def test_statement_37_a_page_that_was_frozen_ends_whole(
    new_visitor: Callable[..., Visitor], proxy: Proxy, model: ToldModel
) -> None:
    """Frozen for a minute, as a phone does with what is out of sight, while its connection dies without a
    word and the answer ends elsewhere: once thawed, all of it is there, and nobody had to do anything."""
    visitor = new_visitor()
    visitor.page.clock.install()
    visitor.open(proxy.url)
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    life = visitor.page.context.new_cdp_session(visitor.page)
    life.send("Page.setWebLifecycleState", {"state": "frozen"})
    proxy.silence()
    model.release()
    life.send("Page.setWebLifecycleState", {"state": "active"})
    visitor.page.clock.fast_forward(60_000)
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)
    expect(visitor.page.locator(".banner")).to_have_count(0)


@pytest.fixture
def remembering(browser: Browser) -> Iterator[Page]:
    """A page in a browser that keeps what one went back from, which Playwright otherwise forbids."""
    unwanted, whole = ["--disable-back-forward-cache"], installed(*CHROMIUM)
    kept = browser.browser_type.launch(executable_path=whole, args=FLAGS, ignore_default_args=unwanted)
    yield kept.new_page()
    kept.close()


def test_statement_37_a_page_one_comes_back_to_ends_whole(
    remembering: Page, server: Server, model: ToldModel
) -> None:
    """Left in the middle for another page and taken from the back/forward cache when the answer has ended."""
    visitor = Visitor(remembering, [])
    visitor.open(server.url)
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    visitor.page.evaluate("addEventListener('pageshow', (event) => (window.wasKept = event.persisted))")
    visitor.page.goto(f"{server.url}/v1/models")
    model.release()
    visitor.page.go_back(wait_until="commit")
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)
    assert visitor.page.evaluate("window.wasKept")


# Takes down every moment in which a chat shows what another one was told.
MIXED = """() => {
  window.mixed = []
  const look = () => {
    const title = document.querySelector('h1').textContent
    const said = document.querySelector('[role=log]').textContent
    for (const name of ['Anna', 'Bert'])
      if (said.includes(`${name} says`) && !title.includes(name)) mixed.push([title, said])
  }
  const all = { subtree: true, childList: true, characterData: true, attributes: true }
  new MutationObserver(look).observe(document.body, all)
}"""


def test_no_chat_ever_shows_what_another_is_told(visitor: Visitor, model: ToldModel) -> None:
    """Somebody goes to and fro between two chats, both of which are being answered: each shows its own."""
    rows: dict[str, Locator] = {}
    for name in ("Anna", "Bert"):
        model.tell(*[f"{name} says word{n}. " for n in range(100)], pace=60)
        visitor.page.get_by_role("button", name="New chat").first.click()
        visitor.ask(f"What does {name} say?")
        expect(visitor.text).to_contain_text("word1.")
        rows[name] = visitor.page.get_by_role("link", name=f"What does {name} say?").first
        expect(rows[name]).to_be_visible()
    visitor.page.evaluate(MIXED)
    for _ in range(10):
        for row in rows.values():
            row.click(no_wait_after=True)
    for name, row in rows.items():
        row.click()
        expect(visitor.text).to_contain_text(f"{name} says word99.")
        visitor.finished()
        assert (visitor.text.text_content() or "").count("says word") == 100
    assert visitor.page.evaluate("mixed") == []


def test_statement_38_leaving_a_chat_and_coming_back_loses_nothing(
    visitor: Visitor, model: ToldModel
) -> None:
    """The list shows that the chat goes on answering; back in it, the answer is there and ends."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask("Which chat is left and found again?")
    expect(visitor.text).to_contain_text("word39")
    visitor.page.get_by_role("button", name="New chat").first.click()
    row = visitor.page.get_by_role("listitem").filter(has_text="Which chat is left and found again?")
    expect(row.get_by_role("img", name="answering")).to_be_visible()
    row.get_by_role("link").click()
    expect(visitor.text).to_contain_text("word39")
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text(ALL)


def test_a_lost_look_at_the_list_leaves_no_dot_alight(visitor: Visitor, model: ToldModel) -> None:
    """The list is asked for again, and when it comes, all that waits for the server goes on at once."""
    model.tell("word", HOLD, "")
    visitor.ask("Whose dot goes out?")
    expect(visitor.text).to_have_text("word")
    visitor.page.get_by_role("button", name="New chat").first.click()
    row = visitor.page.get_by_role("listitem").filter(has_text="Whose dot goes out?")
    expect(row.get_by_role("img", name="answering")).to_be_visible()
    visitor.page.evaluate("addEventListener('online', () => (window.isAwake = true))")
    visitor.page.route(re.compile(r"/v1/chats(\?|$)"), lambda route: route.abort(), times=1)
    visitor.page.wait_for_function("() => window.isAwake")
    model.release()
    expect(row.get_by_role("img", name="answering")).to_be_hidden()


def test_statement_40_a_server_that_dies_in_the_middle_ends_the_turn_clearly(
    new_visitor: Callable[..., Visitor], new_server: Callable[..., Server], model: ToldModel
) -> None:
    """After kill -9 and a new start the text is kept where it was, the page says what happened, and Retry
    answers."""
    server = new_server()
    visitor = new_visitor(viewport={"width": 1280, "height": 1000})
    visitor.open(server.url)
    model.tell("Nothing much.")
    visitor.ask()
    visitor.finished()
    model.tell(*WORDS[:40], HOLD, "")
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    before = place_of(visitor.questions.last)
    server.stop(signal.SIGKILL)
    banner = visitor.page.locator(".banner")
    expect(banner).to_be_visible()
    server.start()
    card = visitor.answer.get_by_role("alert")
    expect(card).to_contain_text("interrupted")
    expect(banner).to_have_count(0)
    assert place_of(visitor.questions.last) == before
    expect(visitor.text).to_contain_text("word0 word1")
    model.tell("All of it.")
    card.get_by_role("button", name="Retry").click()
    expect(visitor.text).to_have_text("All of it.")
    visitor.finished()
