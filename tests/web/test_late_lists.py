"""A chat is read back at any moment: what that brings never undoes what happened on the page since."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor, press_twice
from tests.web.late import Held

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody comes back to the tab."""

READ = "fetch(`/v1/chats/${location.hash.split('/').pop()}/messages`).then((read) => read.text())"
"""Answered after what was asked before it."""


def asked_once(visitor: Visitor, model: ToldModel) -> None:
    model.tell("First.")
    visitor.ask("Go on.")
    visitor.finished()
    model.tell("Second", HOLD, " and last.")


def all_is_there(visitor: Visitor, model: ToldModel) -> None:
    expect(visitor.text).to_have_text("Second")
    expect(visitor.questions).to_have_count(2)
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text("Second and last.")
    expect(visitor.questions).to_have_text([re.compile("Go on"), re.compile("Go on")])
    visitor.page.reload()
    expect(visitor.questions).to_have_count(2)


def test_a_list_that_comes_late_does_not_take_a_question_away(visitor: Visitor, model: ToldModel) -> None:
    """Asked for before the question was sent and answered after it was taken, it is asked for again."""
    asked_once(visitor, model)
    late = Held(visitor, "**/messages")
    visitor.page.evaluate(LOOK)
    late.wait()
    visitor.ask("Go on.")
    expect(visitor.text).to_have_text("Second")
    with visitor.page.expect_response("**/messages"):
        late.release()
    all_is_there(visitor, model)


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "not yet taken"])
def test_a_look_at_the_chat_does_not_take_a_question_on_its_way_away(
    visitor: Visitor, model: ToldModel, is_taken: bool
) -> None:
    """Whether the server has the question already or not, it stays the one it is, also when the words are
    those of the one before."""
    asked_once(visitor, model)
    question = Held(visitor, "**/v1/turns", is_taken)
    visitor.ask("Go on.")
    question.wait()
    visitor.page.evaluate(LOOK)
    visitor.page.evaluate(READ)
    expect(visitor.questions).to_have_count(2)
    question.release()
    all_is_there(visitor, model)


def test_a_question_whose_answer_was_lost_is_not_shown_twice(visitor: Visitor, model: ToldModel) -> None:
    """The server took it and could not say so: once the chat is read back, it is the one that is there."""
    asked_once(visitor, model)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    visitor.page.route("**/v1/turns", lose)
    visitor.ask("Go on.")
    expect(visitor.answer.get_by_role("alert")).to_be_visible(timeout=20_000)
    visitor.page.unroute("**/v1/turns")
    visitor.page.evaluate(LOOK)
    all_is_there(visitor, model)


def test_a_list_that_has_not_come_is_not_called_empty(visitor: Visitor) -> None:
    """Nothing is said of the chats before the server has said what there is."""
    late = Held(visitor, "**/v1/chats", is_taken=False)
    visitor.page.reload()
    late.wait()
    visitor.composer.wait_for()
    expect(visitor.page.locator(".chat-list")).to_have_text("")
    late.release()
    expect(visitor.page.locator(".chat-list")).not_to_have_text("")


def test_a_list_of_chats_that_comes_late_undoes_nothing(
    visitor: Visitor, model: ToldModel, server: Server
) -> None:
    """Neither what a newer list has told, nor that a chat was deleted here."""
    model.tell("Yes.")
    visitor.ask("Which chat is called otherwise?")
    visitor.finished()
    row = visitor.page.locator(".chat-row").filter(has=visitor.page.locator("a[aria-current=page]"))
    expect(row).to_contain_text("Which chat is called otherwise?")
    address = f"{server.url}/v1/chats/{visitor.page.url.rsplit('/', 1)[1]}"
    late = Held(visitor, "**/v1/chats")
    visitor.page.evaluate(LOOK)
    late.wait()
    visitor.page.request.patch(address, data={"title": "Otherwise"})
    visitor.page.evaluate(LOOK)
    expect(row).to_have_text("Otherwise")
    with visitor.page.expect_response("**/v1/chats"):
        late.release()
    visitor.page.evaluate("fetch('/v1/models').then((read) => read.text())")
    expect(row).to_have_text("Otherwise")
    late = Held(visitor, "**/v1/chats")
    visitor.page.evaluate(LOOK)
    late.wait()
    gone = visitor.page.locator(".chat-row").filter(has_text="Otherwise")
    gone.hover()
    with visitor.page.expect_response(address):
        press_twice(
            gone.get_by_role("button", name=re.compile("^Delete “")),
            gone.get_by_role("button", name="Delete?"),
        )
    expect(gone).to_have_count(0)
    with visitor.page.expect_response(
        lambda told: told.url.endswith("/v1/chats") and told.request != late.request
    ):
        late.release()
    expect(gone).to_have_count(0)
