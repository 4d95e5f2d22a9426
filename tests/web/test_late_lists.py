"""A chat is read back at any moment: what that brings never undoes what happened on the page since."""

import re

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.web.conftest import HOLD, ToldModel, Visitor

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody comes back to the tab."""

READ = "fetch(`/v1/chats/${location.hash.split('/').pop()}/messages`).then((read) => read.text())"
"""Answered after what was asked before it."""


class Held:
    """The first request to an address: held up after the server has answered it, or before it is sent."""

    def __init__(self, visitor: Visitor, address: str, is_taken: bool = True) -> None:
        self._page, self._is_taken = visitor.page, is_taken
        self._route: Route | None = None
        self._answer: APIResponse | None = None
        self._page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._route:
            route.continue_()
            return
        self._route = route
        self._answer = route.fetch() if self._is_taken else None

    def wait(self) -> None:
        while not self._route or (self._is_taken and not self._answer):
            self._page.evaluate("new Promise(requestAnimationFrame)")

    def release(self) -> None:
        assert self._route
        if self._answer:
            self._route.fulfill(response=self._answer)
        else:
            self._route.continue_()


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
