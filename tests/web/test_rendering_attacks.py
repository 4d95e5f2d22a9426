"""Answers that are made to do harm do none: after every letter, in the page, under a share link."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.attacks import ANSWERS, HARM, HEAVY, poisoned
from tests.web.bundle import markdown
from tests.web.clock import ThreadClock
from tests.web.conftest import Server, ToldModel, Visitor
from tests.web.quickest import quick_enough

__all__ = ["markdown"]

DELTA = 7
"""Letters: every mark is cut somewhere."""

FOREIGN = "all => all.filter((one) => !/^(?:https?|mailto):/.test(one.href)).map((one) => one.href)"


@pytest.mark.parametrize("case", ANSWERS)
def test_86_to_91_no_prefix_of_an_answer_does_harm(markdown: Page, case: str) -> None:
    """After every letter there are only the renderer's own elements and attributes, links of harmless schemes
    that tell nobody where they were, and no address that is loaded; the words are there in the end."""
    assert markdown.evaluate("text => markdown.harm(text)", ANSWERS[case]) == []
    shown = markdown.evaluate(
        "text => { markdown.rendered(text); return document.body.textContent }", ANSWERS[case]
    )
    assert "Before" in shown
    assert "after" in shown


@pytest.mark.alone
@pytest.mark.parametrize("case", HEAVY)
def test_90_nothing_makes_a_delta_slow(markdown: Page, case: str) -> None:
    """After a hundred thousand letters of what costs most, a token more costs under 100 ms."""
    markdown.evaluate("text => markdown.begin(text)", HEAVY[case])
    clock = ThreadClock(markdown)

    def cost() -> list[float]:
        begun = clock.now()
        markdown.evaluate("() => markdown.more(' more')")
        return [clock.now() - begun]

    quick_enough([100], cost, markdown)


def told(visitor: Visitor, model: ToldModel) -> None:
    text = "\n\n".join(ANSWERS.values())
    model.tell(*(text[i : i + DELTA] for i in range(0, len(text), DELTA)))
    visitor.ask("Do harm.")
    visitor.finished()


def unharmed(visitor: Visitor) -> None:
    """No script ran, nothing leads where it must not; `visitor` itself fails when a request left the page or
    its policy was violated."""
    expect(visitor.text).to_contain_text("<script>window.harmed = 1</script>")
    assert visitor.page.evaluate("window.harmed") is None
    assert visitor.text.locator("a").evaluate_all(FOREIGN) == []
    assert (
        visitor.text.locator("script, iframe, svg:not(.katex svg), video, link, form, object, embed").count()
        == 0
    )
    assert visitor.text.locator("img:not([src^='data:'])").count() == 0
    assert visitor.text.evaluate("(text) => getComputedStyle(text).display") != "none"


def test_86_to_89_in_the_page_and_under_a_share_link(
    visitor: Visitor, new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """All of it in one answer, in pieces of seven letters; then read back, and read by a guest."""
    told(visitor, model)
    unharmed(visitor)
    visitor.page.reload()
    visitor.finished()
    unharmed(visitor)
    chat = visitor.page.url.rsplit("/", 1)[1]
    made = visitor.page.request.post(f"{server.url}/v1/chats/{chat}/shares")
    guest = new_visitor()
    guest.page.goto(server.url + made.json()["url"])
    guest.page.locator(".share-head").wait_for()
    unharmed(guest)


def test_86_what_surrounds_an_answer_is_text(visitor: Visitor, server: Server, model: ToldModel) -> None:
    """A document's name, a chat's title, a stage, a tool with its input and output, an error: no script runs,
    no element comes of them, and their words are there."""
    page = visitor.page
    added = page.request.post(f"{server.url}/v1/sources", data={"title": HARM, "text": "Harmless."})
    assert added.status < 300
    model.tell("Every 5,000 kilometres [1].")
    page.route(
        re.compile(r"/v1/events\?"),
        lambda route: route.fulfill(
            headers={"content-type": "text/event-stream"}, body=poisoned(route.fetch().text())
        ),
    )
    visitor.ask(f"{HARM} How often is the gearbox oil changed?")
    visitor.finished()
    expect(visitor.answer.get_by_role("alert")).to_contain_text(HARM)
    expect(visitor.answer.locator(".tool")).to_contain_text(HARM)
    visitor.answer.locator(".tool summary").click()
    expect(visitor.answer.locator(".tool .fold-body")).to_contain_text(HARM)
    visitor.text.get_by_role("button").first.click()
    expect(visitor.drawer).to_contain_text(HARM)
    expect(page.get_by_role("navigation").get_by_text(HARM).first).to_be_attached()
    assert page.locator("[onerror], img[src=x], script:not([src])").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.evaluate("window.harmed") is None


def test_89_a_link_says_where_it_leads(visitor: Visitor, model: ToldModel) -> None:
    """The whole host, without what stands before an @, which no browser goes to."""
    model.tell(ANSWERS["89 another host in front"], "\n\n", ANSWERS["89 link with context"])
    visitor.ask()
    visitor.finished()
    titles = visitor.text.locator("a").evaluate_all("all => all.map((one) => one.title)")
    assert set(titles) == {"images.example"}
