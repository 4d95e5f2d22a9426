"""Failures: said in words, with what helps, and with a way to try again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from rivulet.testing.model_scripts import refusing
from tests.web.conftest import QUESTION, Server, ToldModel, Visitor


def test_statement_32_a_failed_answer_can_be_retried(visitor: Visitor, model: ToldModel) -> None:
    """A card says what happened, with code and request id; Retry answers without repeating the question, and
    the attempt before stays within reach."""
    model.then(refusing(401, "no such key"))
    visitor.ask()
    card = visitor.answer.get_by_role("alert")
    expect(card).to_contain_text("The model's service refuses our key.")
    expect(card).to_contain_text("upstream_auth")
    expect(card).to_contain_text(re.compile(r"Request [\w.-]{8,}"))
    model.tell("Now it works.")
    card.get_by_role("button", name="Retry").click()
    expect(visitor.text).to_have_text("Now it works.")
    visitor.finished()
    expect(visitor.page.locator(".question")).to_have_count(1)
    others = visitor.answer.get_by_role("group", name="Answer 2 of 2")
    others.get_by_role("button", name="The answer before").click()
    expect(visitor.answer.get_by_role("alert")).to_contain_text("upstream_auth")


def test_statement_31_text_that_was_written_stays_above_the_card(
    visitor: Visitor, server: Server, model: ToldModel
) -> None:
    """A model that breaks off leaves its words; the card comes below them, also after a reload, and whoever
    reads them under a link is told that they are not all."""

    async def breaking_off(call) -> None:
        await call.head()
        await call.say("Half of the")
        await call.reset()

    model.then(breaking_off)
    visitor.ask()
    expect(visitor.answer.get_by_role("alert")).to_be_visible()
    expect(visitor.text).to_have_text("Half of the")
    visitor.page.reload()
    expect(visitor.text).to_have_text("Half of the")
    expect(visitor.answer.get_by_role("alert")).to_contain_text("upstream_")
    chat = visitor.page.url.rsplit("/", 1)[1]
    link = visitor.page.request.post(f"{server.url}/v1/chats/{chat}/shares").json()["url"]
    visitor.page.goto(server.url + link)
    expect(visitor.answer.locator(".note")).to_have_text("This answer could not be finished")


def test_an_answer_without_a_word_says_so(visitor: Visitor, model: ToldModel) -> None:
    """A model that ends at once has not failed, but nobody should wonder where the answer is."""
    model.tell()
    visitor.ask()
    visitor.finished()
    expect(visitor.answer.locator(".note")).to_have_text("The model ended without writing anything.")


def test_a_question_that_cannot_be_sent_is_not_lost(visitor: Visitor, model: ToldModel) -> None:
    """With the server out of reach the question stays on the page, and Retry sends it."""
    visitor.page.route("**/v1/turns", lambda route: route.abort("connectionrefused"))
    visitor.ask()
    card = visitor.answer.get_by_role("alert")
    expect(card).to_contain_text("Your question could not be sent")
    expect(visitor.page.locator(".question")).to_contain_text(QUESTION)
    visitor.page.unroute("**/v1/turns")
    model.tell("Here it is.")
    card.get_by_role("button", name="Retry").click()
    expect(visitor.text).to_have_text("Here it is.")
    visitor.finished()
    expect(visitor.page.locator(".question")).to_have_count(1)


NO_SECOND_LOOK = "const timer = setTimeout; setTimeout = (act, ms) => (ms === 3000 ? 0 : timer(act, ms))"


@pytest.mark.parametrize("sign", ["time", "online"])
def test_a_page_that_is_opened_while_the_server_is_away_begins_when_it_is_back(
    new_visitor: Callable[..., Visitor], server: Server, sign: str
) -> None:
    """It says so in words, and goes on by itself: after a while, or as soon as there is a network."""
    visitor = new_visitor()
    if sign == "online":
        visitor.page.add_init_script(NO_SECOND_LOOK)
    visitor.page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    visitor.open(server.url)
    welcome = visitor.page.locator(".welcome")
    expect(welcome).to_contain_text("The server is not available right now")
    visitor.page.unroute("**/v1/**")
    if sign == "online":
        visitor.page.evaluate("dispatchEvent(new Event('online'))")
    expect(welcome).to_contain_text("What would you like to know?")


def test_a_chat_that_does_not_exist_says_so(visitor: Visitor) -> None:
    """An address of nothing shows a sentence and leaves the page usable."""
    visitor.page.evaluate("location.hash = '#/chat/cht_nothing'")
    expect(visitor.page.get_by_role("alert")).to_contain_text("There is nothing here under that id.")
    expect(visitor.composer).to_be_editable()


def test_a_question_that_is_too_long_is_not_sent(visitor: Visitor) -> None:
    """Send is refused with the count; nothing is cut off."""
    visitor.composer.fill("x" * 32_001)
    expect(visitor.page.locator(".hint")).to_contain_text("32,001 of 32,000")
    expect(visitor.send).to_be_disabled()
    visitor.composer.press("Enter")
    expect(visitor.page.locator(".question")).to_have_count(0)
