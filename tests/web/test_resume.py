"""Nothing is lost: by a reload, a second browser, a cut wire, or a server that starts again."""

import signal
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.proxy import Proxy

WORDS = [f"word{n} " for n in range(80)]
ALL = "".join(WORDS).strip()


def test_statement_34_a_reload_in_the_middle_resumes(visitor: Visitor, model: ToldModel) -> None:
    """After the reload the text before it is there, the answer goes on, and nothing is doubled."""
    model.tell(*WORDS[:40], HOLD, *WORDS[40:])
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    visitor.page.reload()
    expect(visitor.text).to_contain_text("word0 word1 word2")
    expect(visitor.text).to_contain_text("word39")
    expect(visitor.stop).to_be_visible()
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
    proxy.cut()
    banner = visitor.page.locator(".banner")
    expect(banner).to_have_text("Reconnecting…")
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


def test_statement_40_a_server_that_dies_in_the_middle_ends_the_turn_clearly(
    new_visitor: Callable[..., Visitor], new_server: Callable[..., Server], model: ToldModel
) -> None:
    """After kill -9 and a new start the text is kept, the page says what happened, and Retry answers."""
    server = new_server()
    visitor = new_visitor()
    visitor.open(server.url)
    model.tell(*WORDS[:40], HOLD, "")
    visitor.ask()
    expect(visitor.text).to_contain_text("word39")
    server.stop(signal.SIGKILL)
    server.start()
    card = visitor.answer.get_by_role("alert")
    expect(card).to_contain_text("interrupted", timeout=20_000)
    expect(visitor.text).to_contain_text("word0 word1")
    model.tell("All of it.")
    card.get_by_role("button", name="Retry").click()
    expect(visitor.text).to_have_text("All of it.")
    visitor.finished()
