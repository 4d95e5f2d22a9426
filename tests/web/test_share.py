"""A shared conversation, read under its link by somebody who has nothing but the link."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import QUESTION, Server, ToldModel, Visitor, documents_are_read

KEY = "a-key-nobody-guesses"


def shared(visitor: Visitor, origin: str, **headers: str) -> str:
    """The address of a new link to the chat on the screen."""
    chat = visitor.page.url.rsplit("/", 1)[1]
    made = visitor.page.request.post(f"{origin}/v1/chats/{chat}/shares", headers=headers)
    assert made.status == 201, made.text()
    return origin + made.json()["url"]


def revoke(visitor: Visitor, origin: str, link: str, **headers: str) -> None:
    chat = visitor.page.url.rsplit("/", 1)[1]
    address = f"{origin}/v1/chats/{chat}/shares/{link.rsplit('/', 1)[1]}"
    assert visitor.page.request.delete(address, headers=headers).status == 204


def read(page: Page, link: str) -> None:
    page.goto(link)
    page.locator(".share-head").wait_for()


def test_45_a_link_is_read_without_login_until_it_is_revoked(
    new_visitor: Callable[..., Visitor], new_server: Callable[..., Server], model: ToldModel
) -> None:
    """On a server with a key, somebody without it sees questions, answers, citations and sources, and nothing
    that could change anything; after the link was revoked it leads nowhere."""
    server = new_server(RIVULET_API_KEY=KEY)
    owner = new_visitor()
    owner.page.add_init_script(f"sessionStorage['rivulet.key'] = '{KEY}'")
    owner.open(server.url)
    owner.page.get_by_text("Answers come from").wait_for()
    model.tell(
        "Change it **every 5,000 kilometres** [1].\n\n```html\n<main>" + "<p>Oil</p>" * 9 + "</main>\n```\n"
    )
    owner.ask(QUESTION)
    owner.finished()
    link = shared(owner, server.url, authorization=f"Bearer {KEY}")
    guest = new_visitor()
    read(guest.page, link)
    expect(guest.page.locator(".question")).to_contain_text(QUESTION)
    expect(guest.text.locator("strong")).to_have_text("every 5,000 kilometres")
    guest.text.get_by_role("button", name=re.compile("^Source 1: ")).click()
    expect(guest.drawer.locator("mark")).to_contain_text("5,000 kilometres")
    expect(guest.drawer.locator(".passage-facts")).to_contain_text("Oil")
    guest.page.keyboard.press("Escape")
    expect(guest.drawer).to_have_count(0)
    buttons = guest.page.get_by_role("button").evaluate_all("all => all.map((one) => one.textContent)")
    allowed = re.compile(r"1|Gearbox manual 🚲|\d+ more found, not cited|Copy|Wrap|Download")
    assert [name for name in buttons if not allowed.fullmatch(name)] == []
    assert guest.page.get_by_role("textbox").count() == 0
    assert not [url for url in guest.requests if "/v1/" in url and "/v1/shared/" not in url]
    revoke(owner, server.url, link, authorization=f"Bearer {KEY}")
    guest.page.reload()
    expect(guest.page.get_by_role("alert")).to_contain_text("This link leads nowhere")


@pytest.mark.parametrize("status", [429, 500])
def test_a_link_that_cannot_be_read_now_can_be_tried_again(
    new_visitor: Callable[..., Visitor], server: Server, status: int
) -> None:
    """Too many readers or a broken server: the page says which, and Retry asks again."""
    visitor = new_visitor()
    answers = [status]
    visitor.page.route(
        "**/v1/shared/*",
        lambda route: route.fulfill(status=answers.pop(), body="{}") if answers else route.continue_(),
    )
    visitor.page.goto(f"{server.url}/share/shr_unknown")
    alert = visitor.page.get_by_role("alert")
    expect(alert).to_contain_text("Many people" if status == 429 else "cannot be reached")
    alert.get_by_role("button", name="Retry").click()
    expect(alert).to_contain_text("This link leads nowhere")


def test_a_shared_answer_in_another_language_reads_its_own_way(
    visitor: Visitor, new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """The reader's language is the page's, the answer's direction is its own."""
    documents_are_read(server)
    model.tell("يُغيَّر الزيت كل خمسة آلاف كيلومتر.")
    visitor.ask(QUESTION)
    visitor.finished()
    link = shared(visitor, server.url)
    guest = new_visitor(locale="de-DE")
    read(guest.page, link)
    expect(guest.page.locator(".share-head")).to_contain_text("nur zum Lesen")
    assert guest.text.locator("p").first.evaluate("one => getComputedStyle(one).direction") == "rtl"
