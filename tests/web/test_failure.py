"""Failures: said in words, with what helps, and with a way to try again."""

import re

from playwright.sync_api import expect

from rivulet.testing.model_scripts import refusing
from tests.web.conftest import QUESTION, ToldModel, Visitor


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


def test_statement_31_text_that_was_written_stays_above_the_card(visitor: Visitor, model: ToldModel) -> None:
    """A model that breaks off leaves its words; the card comes below them, also after a reload."""

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
