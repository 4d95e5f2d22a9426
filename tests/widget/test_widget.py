"""The widget on somebody else's page: small, apart, obedient, and answered only where it is at home."""

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import ConsoleMessage, Route, expect

from rivulet.testing.model_call import Call
from rivulet.testing.server_process import free_port
from tests.web.attacks import ANSWERS, HARM, poisoned
from tests.web.conftest import HOLD, ToldModel
from tests.web.proxy import Proxy
from tests.web.quickest import MEASURED_S, quick_enough
from tests.web.tracing import tasks
from tests.widget.conftest import KEY, Customer, Server, Shop

WORDS = [f"word{n} " for n in range(60)]
WHOLE = "".join(WORDS).strip()


def styles(customer: Customer, selector: str, *names: str) -> list[str]:
    """Computed styles of the first such element inside of the widget."""
    script = "(element, names) => names.map((name) => getComputedStyle(element)[name])"
    return customer.page.locator(selector).first.evaluate(script, list(names))


def is_warning(message: ConsoleMessage) -> bool:
    """What the widget says when an attempt to load the chat is over."""
    return message.type == "warning"


def focused(customer: Customer) -> str:
    """What has the focus inside of the widget."""
    script = "() => document.querySelector('x-chat').shadowRoot.activeElement?.className ?? ''"
    return customer.page.evaluate(script)


def test_64_it_answers_under_the_strictest_policy(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Statement 64: no violation, a styled launcher, a streamed answer, with Trusted Types required."""
    model.tell("**Every** 5,000 kilometres [1].", HOLD, "\n\n- one\n- two\n")
    customer.visit(shop)
    assert styles(customer, ".launcher", "position", "borderRadius") == ["fixed", "50%"]
    customer.ask()
    expect(customer.answer.locator("strong")).to_have_text("Every")
    expect(customer.page.get_by_role("button", name="Stop")).to_be_visible()
    model.release()
    customer.finished()
    expect(customer.answer.locator("li")).to_have_text(["one", "two"])
    assert customer.problems == []
    hosts = {url.split("/")[2] for url in customer.requests if url.startswith("http")}
    assert hosts == {shop.url[7:], shop.chat[7:]}


def test_65_a_visit_costs_three_kilobytes_and_the_chat_twenty(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """Statement 65, counted on the wire: the loader before anybody comes near, then one more file."""
    model.tell("Hello.")
    sizes: dict[str, int] = {}

    def count(url: str, body: int) -> None:
        sizes[url.removeprefix(shop.chat)] = body

    customer.page.on("requestfinished", lambda one: count(one.url, one.sizes()["responseBodySize"]))
    customer.visit(shop)
    customer.page.wait_for_load_state("networkidle")
    scripts = {url: size for url, size in sizes.items() if url.endswith(".js")}
    assert list(scripts) == ["/w.js"]
    assert 0 < scripts["/w.js"] <= 3000
    customer.ask()
    customer.finished()
    scripts = {url: size for url, size in sizes.items() if url.endswith(".js")}
    assert len(scripts) == 2
    assert sum(scripts.values()) <= 20_000


HOSTILE = """<style>* { color: red !important; font-size: 40px !important; line-height: 3 !important;
  letter-spacing: 9px; text-transform: uppercase; visibility: hidden }
  h1 { visibility: visible } html { font-size: 30px } button { all: unset }
  textarea { display: none !important }
  svg, section, form { display: none !important }</style>"""
WATCHED = (
    "color",
    "fontSize",
    "lineHeight",
    "letterSpacing",
    "textTransform",
    "display",
    "visibility",
    "width",
)


def test_66_the_pages_styles_do_not_reach_it(
    new_customer: Callable[..., Customer], new_shop: Callable[..., Shop], shop_port: int, model: ToldModel
) -> None:
    """Statement 66: the same colours and sizes as without hostile styles, one global name, nothing more."""
    model.tell("Hello **there**.")
    seen: list[dict[str, list[str]]] = []
    for head, port in ((HOSTILE, shop_port), ("", free_port())):
        shop = new_shop(port, head=head, policy=None)
        customer = new_customer()
        customer.visit(shop)
        customer.launcher.click()
        customer.composer.wait_for()
        seen.append(
            {
                each: styles(customer, each, *WATCHED)
                for each in (".launcher", ".panel", "textarea", "h2", ".send", ".hello p")
            }
        )
        if head:
            plain = "Object.keys(window).filter((name) => !before.includes(name))"
            names = customer.page.evaluate(
                "async () => { const frame = document.body.appendChild(document.createElement('iframe'));"
                f"const before = Object.keys(frame.contentWindow); frame.remove(); return {plain} }}"
            )
            assert set(names) - {"violated", "0"} <= {"rivulet"}
            assert (
                customer.page.evaluate("document.querySelectorAll('style, link[rel=stylesheet]').length") == 1
            )
            assert customer.page.evaluate("document.querySelectorAll('[style]').length") == 0
    assert seen[0] == seen[1]


def test_67_a_page_can_dress_it(customer: Customer, new_shop: Callable[..., Shop]) -> None:
    """Statement 67: variables on the element and rules for its parts take effect."""
    head = (
        "<style>x-chat { --x-accent: rgb(200, 0, 100); --x-bg: rgb(255, 250, 240); --x-launcher-size: 72px }"
        "x-chat::part(launcher) { border-radius: 10px }"
        "x-chat::part(header) { background: rgb(1, 2, 3) }</style>"
    )
    customer.visit(new_shop(head=head, policy=None))
    customer.launcher.click()
    customer.composer.wait_for()
    found = styles(customer, ".launcher", "backgroundColor", "borderRadius", "width")
    assert found == ["rgb(200, 0, 100)", "10px", "72px"]
    assert styles(customer, ".panel", "backgroundColor") == ["rgb(255, 250, 240)"]
    assert styles(customer, ".panel > header", "backgroundColor") == ["rgb(1, 2, 3)"]


def test_68_elsewhere_it_is_refused_in_words(
    new_customer: Callable[..., Customer], new_shop: Callable[..., Shop], server: Server, model: ToldModel
) -> None:
    """Statement 68: a page that is not on the list gets a refusal and no answer; nor does the key alone."""
    calls = len(model.model.calls)
    customer = new_customer()
    customer.visit(elsewhere := new_shop(free_port()))
    customer.ask()
    expect(customer.page.get_by_role("alert")).to_contain_text("This chat is not available on this page.")
    expect(customer.page.get_by_role("alert")).to_contain_text(
        f"This key is not for pages of {elsewhere.url}."
    )
    for origin in (elsewhere.url, None):
        headers = {
            "authorization": f"Bearer {KEY}",
            "rivulet-visitor": "vis_" + "a" * 26,
            "content-type": "application/json",
        }
        headers |= {"origin": origin} if origin else {}
        body = json.dumps({"input": "Hi", "stream": True}).encode()
        with pytest.raises(HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(f"{server.url}/v1/turns", body, headers))
    assert len(model.model.calls) == calls


def test_69_the_answer_is_there_on_the_next_page(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Statement 69: left in mid-answer, found again complete, with the panel as it was."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    customer.visit(shop)
    customer.ask()
    expect(customer.answer).to_contain_text("word29")
    customer.visit(shop, "/another-page")
    expect(customer.answer).to_contain_text("word0 word1")
    expect(customer.page.get_by_role("button", name="Stop")).to_be_visible()
    model.release()
    customer.finished()
    expect(customer.answer).to_have_text(WHOLE)
    expect(customer.page.locator(".question")).to_have_count(1)
    customer.visit(shop, "/a-third-page")
    expect(customer.answer).to_have_text(WHOLE)


def test_69_an_answer_that_ends_while_it_is_closed_is_announced(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """Closed, and then left: the launcher of the next page says that there is an answer."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    customer.visit(shop)
    customer.ask()
    expect(customer.answer).to_contain_text("word29")
    customer.page.keyboard.press("Escape")
    customer.visit(shop, "/another-page")
    expect(customer.panel).to_be_hidden()
    model.release()
    expect(customer.page.get_by_role("button", name="Open chat, there is a new answer")).to_be_visible()
    expect(customer.page.locator(".badge")).to_have_css("transform", "none")
    customer.launcher.click()
    expect(customer.answer).to_have_text(WHOLE)


def test_70_focus_goes_in_and_comes_back(customer: Customer, shop: Shop) -> None:
    """Statement 70: opened by the keyboard, closed by Escape, and the panel has a name."""
    customer.visit(shop)
    customer.launcher.focus()
    customer.page.keyboard.press("Enter")
    expect(customer.page.get_by_role("dialog", name="Chat")).to_be_visible()
    expect(customer.composer).to_be_focused()
    assert customer.launcher.get_attribute("aria-expanded") == "true"
    customer.page.keyboard.press("Escape")
    expect(customer.panel).to_be_hidden()
    assert focused(customer) == "launcher"
    assert customer.launcher.get_attribute("aria-expanded") == "false"


def test_71_on_a_phone_it_covers_the_screen(
    new_customer: Callable[..., Customer], new_shop: Callable[..., Shop]
) -> None:
    """Statement 71: the whole screen, targets for fingers, and the page behind does not scroll."""
    customer = new_customer(viewport={"width": 390, "height": 700}, has_touch=True, reduced_motion="reduce")
    customer.visit(new_shop(policy=None, body="<p>line</p>" * 200))
    customer.launcher.click()
    expect(customer.composer).to_be_focused()
    assert customer.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    customer.page.mouse.move(200, 300)
    customer.page.mouse.wheel(0, 500)
    assert customer.page.evaluate("scrollY") == 0
    for button in customer.panel.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or min(box["width"], box["height"]) >= 44
    customer.panel.get_by_role("button", name="Close chat").click()
    customer.page.mouse.wheel(0, 500)
    customer.page.wait_for_function("scrollY > 100")


def test_86_to_89_an_answer_does_no_harm(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """All attacks in one answer, in pieces of seven letters, and read back after a reload: no script runs, no
    element and no address comes of them, and nobody but shop and chat is asked for anything."""
    text = "\n\n".join(ANSWERS.values())
    model.tell(*(text[i : i + 7] for i in range(0, len(text), 7)))
    customer.visit(shop)
    customer.ask("Do harm.")
    customer.finished()
    for _ in range(2):
        expect(customer.answer).to_contain_text("<script>window.harmed = 1</script>")
        assert customer.page.evaluate("window.harmed") is None
        assert customer.answer.locator("script, iframe, img, svg, video, form, object, style").count() == 0
        links = customer.answer.locator("a").evaluate_all("all => all.map((one) => one.protocol)")
        assert "https:" in links
        assert set(links) <= {"http:", "https:", "mailto:"}
        customer.page.reload()
        customer.composer.wait_for()
        customer.finished()
    hosts = {url.split("/")[2] for url in customer.requests if url.startswith("http")}
    assert hosts == {url.split("/")[2] for url in (shop.url, shop.chat)}


def test_86_what_surrounds_an_answer_is_text(
    customer: Customer, new_shop: Callable[..., Shop], model: ToldModel
) -> None:
    """A document's name and text, a stage, an error, a question: their words, and nothing comes of them."""

    shop = new_shop(policy=None)

    def poison(route: Route) -> None:
        headers = {"content-type": "text/event-stream", "access-control-allow-origin": shop.url}
        route.fulfill(headers=headers, body=poisoned(route.fetch().text()))

    model.tell("Every 5,000 kilometres [1].")
    customer.page.route(re.compile(r"/v1/(events\?|turns/.*/events)"), poison)
    customer.visit(shop)
    customer.ask(f"How often is the gearbox oil changed? {HARM}")
    expect(customer.page.get_by_role("alert")).to_contain_text(HARM)
    expect(customer.page.locator(".question")).to_contain_text(HARM)
    customer.answer.get_by_role("button", name=re.compile("Source 1: ")).click()
    expect(customer.page.locator(".card header")).to_contain_text(HARM)
    expect(customer.page.locator(".card .text")).to_contain_text(HARM)
    harmful = "[onerror], img[src=x], x-chat script, a[href^='javascript:']"
    assert customer.page.locator(harmful).count() == 0
    assert customer.page.evaluate("window.harmed") is None


def test_stop_keeps_what_was_written(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Stop ends the answer on the server; what is there stays, also on the next page."""
    model.tell(*WORDS[:10], HOLD, *WORDS[10:])
    customer.visit(shop)
    customer.ask()
    expect(customer.answer).to_contain_text("word9")
    customer.page.get_by_role("button", name="Stop").click()
    expect(customer.page.locator(".end")).to_have_text("Stopped")
    said = customer.answer.inner_text()
    expect(customer.page.get_by_role("button", name="Send")).to_be_visible()
    customer.visit(shop, "/next")
    expect(customer.answer).to_have_text(said)
    expect(customer.page.locator(".end")).to_have_text("Stopped")


async def broken(call: Call) -> None:
    """A model whose line is reset in mid-answer."""
    await call.head()
    await call.say("The oil ")
    call.reset()


def test_a_failure_is_said_and_asked_again(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Words, code and request id; Retry asks once more without repeating the question."""
    model.then(broken)
    customer.visit(shop)
    customer.ask()
    alert = customer.page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"upstream_truncated · \w+"))
    expect(customer.answer).to_have_text("The oil")
    model.tell("Once a year.")
    alert.get_by_role("button", name="Try again").click()
    customer.finished()
    expect(customer.answer).to_have_text("Once a year.")
    expect(customer.page.locator(".question")).to_have_count(1)
    expect(alert).to_be_hidden()


def test_how_an_answer_ended_stays_said(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Half an answer and one without a word are told from whole ones, after the next question and on the next
    page; that nothing was written is said aloud too."""
    model.then(broken)
    customer.visit(shop)
    customer.ask()
    expect(customer.page.get_by_role("alert")).to_be_visible()
    model.tell()
    customer.ask("And then?")
    nothing = "The model ended without writing anything."
    expect(customer.page.locator(".unseen[role=status]")).to_have_text(nothing)
    model.tell("Hello.")
    customer.ask("Are you there?")
    expect(customer.answer).to_have_text("Hello.")
    ends = customer.page.locator(".answer").locator(".end:visible")
    for path in ("/next", None):
        expect(ends).to_have_text(["The answer failed.", nothing])
        expect(customer.page.get_by_role("alert")).to_be_hidden()
        if path:
            customer.visit(shop, path)


def test_an_arabic_answer_stands_on_its_own_side(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Bullets, bars, columns and headings on the right, also where a line begins with code; a line of English
    in a list reads from the left and stays beside its bullet; code and English blocks are as ever."""
    model.tell(
        "# كيف\n\n`seq` هو رقم.\n\n- العنصر\n- In English.\n\n| الاسم | القيمة |\n|---|---|\n| حدث | 42 |\n\n"
        "> اقتباس\n\n```\nls\n```\n\n- Plain"
    )
    customer.visit(shop)
    customer.ask()
    customer.finished()
    script = "(all) => all.map((one) => one.localName + ' ' + getComputedStyle(one).direction)"
    blocks = customer.answer.locator("> *").evaluate_all(script)
    assert blocks == ["h3 rtl", "p rtl", "ul rtl", "div rtl", "blockquote rtl", "pre ltr", "ul ltr"]
    english = customer.answer.locator("li").nth(1)
    assert english.evaluate("(one) => getComputedStyle(one).unicodeBidi") == "plaintext"
    for cell in (english, customer.answer.locator("td").last):
        assert cell.evaluate("(one) => getComputedStyle(one).textAlign") == "right"


def test_a_cut_connection_is_said_after_a_second_and_heals(
    customer: Customer, new_shop: Callable[..., Shop], proxy: Proxy, model: ToldModel
) -> None:
    """Reconnecting is said, and the rest of the answer is there once, when the way is free again."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    customer.visit(new_shop(chat=proxy.url))
    customer.ask()
    expect(customer.answer).to_contain_text("word29")
    proxy.is_down = True
    proxy.cut()
    expect(customer.page.locator(".connection")).to_have_text("Reconnecting…")
    proxy.is_down = False
    model.release()
    customer.finished()
    expect(customer.answer).to_have_text(WHOLE)
    expect(customer.page.locator(".connection")).to_be_hidden()


def test_a_mark_opens_its_passage(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """`[1]` is a button with the document's name; the card shows the passage, Escape closes the card only."""
    model.tell("Every 5,000 kilometres [1].")
    customer.visit(shop)
    customer.ask()
    customer.finished()
    mark = customer.answer.get_by_role("button", name=re.compile("Source 1: "))
    expect(customer.answer).to_have_text("Every 5,000 kilometres 1.")
    mark.click()
    card = customer.page.locator(".card")
    expect(card).to_contain_text("gearbox")
    assert mark.get_attribute("aria-expanded") == "true"
    mark.press("Escape")
    expect(card).to_be_hidden()
    expect(customer.panel).to_be_visible()
    expect(mark).to_be_focused()


def test_two_visitors_know_nothing_of_each_other(
    new_customer: Callable[..., Customer], shop: Shop, model: ToldModel
) -> None:
    """Each browser has a visitor of its own, which is made for the first question and kept."""
    model.tell("Hello.")
    visitors: list[str] = []
    for _ in range(2):
        customer = new_customer()
        customer.visit(shop)
        assert customer.page.evaluate("localStorage.length") == 0
        expect(customer.page.locator(".question")).to_have_count(0)
        customer.ask()
        customer.finished()
        visitors.append(kept(customer)["token"].split(".")[1])
        assert kept(customer)["chatId"].startswith("cht_")
    assert len(set(visitors)) == 2


def test_a_new_conversation_begins_empty(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """The button empties the panel, and the next question is in another chat, also after a reload."""
    model.tell("Hello.")
    customer.visit(shop)
    customer.ask("First?")
    customer.finished()
    customer.page.get_by_role("button", name="New conversation").click()
    expect(customer.page.locator(".question")).to_have_count(0)
    customer.ask("Second?")
    customer.finished()
    customer.visit(shop)
    expect(customer.page.locator(".question")).to_have_text(["You asked: Second?"])


def test_the_page_can_drive_it(customer: Customer, new_shop: Callable[..., Shop], model: ToldModel) -> None:
    """open, close, send, on and destroy, in the page's one namespace."""
    model.tell("Hello.")
    customer.visit(new_shop(policy=None))
    customer.page.evaluate(
        "() => { window.heard = []; for (const name of ['open', 'close', 'question', 'answer']) "
        "rivulet.on(name, (detail) => heard.push([name, detail?.text ?? null])) }"
    )
    customer.page.evaluate("rivulet.send('From the page?')")
    expect(customer.answer).to_have_text("Hello.")
    customer.page.evaluate("rivulet.close()")
    expect(customer.panel).to_be_hidden()
    customer.page.evaluate("rivulet.open()")
    expect(customer.panel).to_be_visible()
    heard = customer.page.evaluate("heard")
    assert heard == [
        ["open", None],
        ["question", "From the page?"],
        ["answer", "Hello."],
        ["close", None],
        ["open", None],
    ]
    customer.page.evaluate("rivulet.destroy()")
    expect(customer.page.locator("x-chat")).to_have_count(0)


def test_it_can_stand_in_the_page(
    customer: Customer, new_shop: Callable[..., Shop], model: ToldModel
) -> None:
    """Inline: no launcher, no dialog, as large as its place, and nobody's focus is taken."""
    model.tell("Hello.")
    body = "<input id=name autofocus><div id=help style='width: 500px'></div>"
    attributes = f'data-key="{KEY}" data-container="#help" data-title="Help" data-suggestions="One?|Two?"'
    attributes += ' data-small-print="Answers may be wrong."'
    customer.visit(new_shop(policy=None, body=body, attributes=attributes))
    region = customer.page.get_by_role("region", name="Help")
    expect(region).to_be_visible()
    expect(customer.launcher).to_have_count(0)
    assert (region.bounding_box() or {})["width"] == 500
    expect(region).to_contain_text("Answers may be wrong.")
    expect(customer.page.locator("#name")).to_be_focused()
    region.get_by_role("button", name="Two?").click()
    expect(customer.answer).to_have_text("Hello.")
    expect(customer.page.locator(".question")).to_have_text("You asked: Two?")
    customer.composer.press("Escape")
    expect(region).to_be_visible()


def test_its_place_may_come_after_its_script(
    customer: Customer, new_shop: Callable[..., Shop], server: Server
) -> None:
    """A script that runs while the page is still being read waits for the element it is to stand in."""
    tag = f'<script src="{server.url}/w.js" data-key="{KEY}" data-container="#help"></script>'
    customer.visit(new_shop(policy=None, body=f"{tag}<div id=help></div>"))
    expect(customer.page.locator("#help").get_by_role("region", name="Chat")).to_be_visible()


def test_it_can_be_made_larger_and_smaller(customer: Customer, shop: Shop) -> None:
    """The button says what it will do next."""
    customer.visit(shop)
    customer.launcher.click()
    for name, width in (("Larger", "720px"), ("Smaller", "380px"), ("Larger", "720px")):
        customer.panel.get_by_role("button", name=name).click()
        expect(customer.panel).to_have_css("width", width)


def test_a_chat_that_cannot_be_loaded_says_so(customer: Customer, shop: Shop) -> None:
    """Words at the launcher, no error in the page's log, and the next click tries again."""
    panel = "**/widget/panel-*"
    customer.page.route(panel, lambda route: route.abort())
    customer.visit(shop)
    with customer.page.expect_console_message(is_warning):
        customer.launcher.hover()
    note = customer.page.get_by_role("alert")
    for _ in range(2):
        with customer.page.expect_console_message(is_warning):
            customer.launcher.click()
        expect(note).to_contain_text("The chat cannot be loaded.")
        expect(customer.launcher).to_have_attribute("title", "The chat cannot be loaded.")
    customer.page.unroute(panel)
    note.get_by_role("button", name="Try again").click()
    expect(customer.composer).to_be_focused()
    expect(note).to_be_hidden()


def test_a_conversation_that_cannot_be_read_is_read_again(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """On the next page the server has lost its way: words, and Try again brings the conversation back."""
    model.tell("Hello.")
    customer.visit(shop)
    customer.ask("Are you there?")
    customer.finished()
    customer.page.route("**/messages*", lambda route: route.abort())
    customer.visit(shop, "/next")
    retry = customer.page.get_by_role("alert").get_by_role("button", name="Try again")
    retry.wait_for()
    customer.page.unroute("**/messages*")
    retry.click()
    expect(customer.answer).to_have_text("Hello.")
    expect(retry).to_be_hidden()


def test_a_conversation_that_is_gone_gives_way_to_a_new_one(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """The kept chat is not there any more: that is said, and the next question begins another."""
    model.tell("Hello.")
    customer.visit(shop)
    keep(customer, token="vis.of.somebody.else", until=2e12, chatId="cht_" + "0" * 26)
    customer.visit(shop, "/next")
    customer.launcher.click()
    expect(customer.panel).to_contain_text("The earlier conversation is no longer there.")
    expect(customer.page.get_by_role("alert")).to_be_hidden()
    customer.ask()
    expect(customer.answer).to_have_text("Hello.")


def kept(customer: Customer) -> dict[str, Any]:
    """What the browser keeps of the visitor; empty when that is nothing."""
    return json.loads(customer.page.evaluate(f"localStorage['rivulet {KEY}'] ?? '{{}}'"))


def keep(customer: Customer, **what: object) -> None:
    customer.page.evaluate(
        "([name, kept]) => localStorage.setItem(name, kept)", [f"rivulet {KEY}", json.dumps(what)]
    )


def known_visitor(customer: Customer, shop: Shop, model: ToldModel) -> dict[str, Any]:
    """Somebody with a first answer, by a clock that the test sets; what the browser keeps of them."""
    model.tell("Hello.")
    customer.page.clock.install()
    customer.visit(shop)
    customer.ask("First?")
    customer.finished()
    return kept(customer)


def refuse_once(customer: Customer, shop: Shop) -> None:
    """The server does not take the visitor's token the next time that something is asked."""
    headers = {"access-control-allow-origin": shop.url}
    customer.page.route("**/v1/turns", lambda route: route.fulfill(status=401, headers=headers), times=1)


def test_101_what_a_browser_keeps_is_over_in_a_quarter_of_an_hour(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """Attack 101: the token in localStorage opens nothing later than that, is renewed on the next page, and
    goes when it is over, with the chat's name."""
    model.tell("Hello.")
    customer.visit(shop)
    customer.ask()
    customer.finished()
    first = kept(customer)
    now = customer.page.evaluate("Date.now()")
    assert 0 < first["until"] - now <= 15 * 60_000
    assert set(first) == {"token", "until", "chatId"}
    assert not first["token"].startswith("ren.")
    with customer.page.expect_response("**/v1/widget/session"):
        customer.visit(shop, "/next")
    expect(customer.answer).to_have_text("Hello.")
    assert kept(customer)["token"].split(".")[1] == first["token"].split(".")[1]
    keep(customer, **first | {"until": now - 1})
    customer.visit(shop, "/much-later")
    customer.composer.wait_for()
    expect(customer.page.locator(".question")).to_have_count(0)
    assert kept(customer) == {}


def test_101_a_page_that_stays_open_keeps_its_visitor(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """After twenty minutes, and with a token that the server refuses: the next question is answered in the
    same chat, and nobody notices."""
    first = known_visitor(customer, shop, model)
    customer.page.clock.fast_forward("20:00")
    refuse_once(customer, shop)
    customer.ask("Second?")
    expect(customer.page.locator(".answer")).to_have_count(2)
    customer.finished()
    expect(customer.page.get_by_role("alert")).to_be_hidden()
    assert kept(customer)["chatId"] == first["chatId"]
    assert kept(customer)["until"] > first["until"]


def test_a_tab_that_renews_leaves_alone_where_another_has_gone(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """What is kept names the conversation that somebody went on with last, in whichever tab."""
    first = known_visitor(customer, shop, model)
    keep(customer, **first | {"chatId": "cht_of_another_tab"})
    with customer.page.expect_response("**/v1/widget/session"):
        customer.page.clock.fast_forward("08:00")
    customer.page.wait_for_function(
        "([name, until]) => JSON.parse(localStorage[name]).until > until",
        arg=[f"rivulet {KEY}", first["until"]],
    )
    assert kept(customer)["chatId"] == "cht_of_another_tab"


def test_101_a_visitor_whose_time_is_over_goes_on_as_another(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """Not even renewing works: the question is answered in a new chat, and what was said stays in sight. The
    tab follows with those of the other visitor then, and no longer with those of the first."""
    model.tell("Hello.")
    customer.visit(shop)
    customer.ask("First?")
    customer.finished()
    first = kept(customer)

    def as_a_stranger(route: Route) -> None:
        headers = {**route.request.headers, "rivulet-visitor": "none"}
        route.continue_(headers=headers)

    customer.page.route("**/v1/widget/session", as_a_stranger)
    refuse_once(customer, shop)
    customer.ask("Second?")
    expect(customer.page.locator(".answer")).to_have_count(2)
    customer.finished()
    expect(customer.page.locator(".question")).to_have_text(["You asked: First?", "You asked: Second?"])
    expect(customer.page.get_by_role("alert")).to_be_hidden()
    assert kept(customer)["chatId"] != first["chatId"]
    assert kept(customer)["token"].split(".")[1] != first["token"].split(".")[1]
    assert customer.page.evaluate("async () => (await navigator.locks.query()).held.length") == 1


def test_a_server_that_answers_wrongly_is_told_from_a_lost_network(
    customer: Customer, shop: Shop, model: ToldModel
) -> None:
    """A proxy without its server answers 503: that is said with its status, and goes away by itself."""
    model.tell("Hello.")
    allowed = {"access-control-allow-origin": shop.url}
    events = re.compile(r"/events")
    customer.page.route(events, lambda route: route.fulfill(status=503, headers=allowed))
    customer.visit(shop)
    customer.ask()
    line = customer.page.locator(".connection")
    expect(line).to_have_text("The server has a problem. Trying again… (503)")
    customer.page.unroute(events)
    expect(customer.answer).to_have_text("Hello.")
    expect(line).to_be_hidden()


@pytest.fixture
def fixed(new_shop: Callable[..., Shop], server: Server) -> Shop:
    """A shop with the tag of exactly this version, made of what the server says, under the strictest
    policy."""
    with urllib.request.urlopen(f"{server.url}/v1/widget?key={KEY}") as response:
        told = json.load(response)
    attributes = f'data-key="{KEY}" integrity="{told["integrity"]}" crossorigin="anonymous"'
    return new_shop(script=told["script"].removeprefix("/"), attributes=attributes)


def changed(route: Route) -> None:
    response = route.fetch()
    route.fulfill(response=response, body=response.text() + "\n")


def test_a_page_can_fix_version_and_hash(customer: Customer, fixed: Shop, model: ToldModel) -> None:
    """The browser takes the script by its integrity, and answers come."""
    model.tell("Hello.")
    customer.visit(fixed)
    customer.ask()
    expect(customer.answer).to_have_text("Hello.")


def test_a_page_can_serve_the_script_itself(
    customer: Customer, new_shop: Callable[..., Shop], server: Server, shop_port: int, model: ToldModel
) -> None:
    """The shop's own copy asks the server that its tag names."""
    model.tell("Hello.")
    own = f"http://127.0.0.1:{shop_port}/own"

    def copy(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace(own, server.url)))

    customer.page.route(f"{own}/**", copy)
    attributes = f'data-key="{KEY}" data-server="{server.url}/"'
    customer.visit(new_shop(chat=own, policy=None, attributes=attributes))
    customer.ask()
    expect(customer.answer).to_have_text("Hello.")
    assert [url for url in customer.requests if url.startswith(f"{own}/widget/")]


def test_a_script_that_was_changed_is_refused(customer: Customer, fixed: Shop) -> None:
    """A page with the hash in its tag runs this script or none."""
    customer.page.route("**/w@*", changed)
    customer.page.goto(fixed.url)
    customer.page.wait_for_load_state("load")
    assert customer.page.evaluate("customElements.get('x-chat')") is None


def test_a_fixed_script_takes_no_other_panel(customer: Customer, fixed: Shop) -> None:
    """What the script fetches is held to its hash too, however often somebody tries."""
    customer.page.route("**/widget/panel-*", changed)
    customer.visit(fixed)
    for _ in range(2):
        with customer.page.expect_console_message(is_warning):
            customer.launcher.click()
        expect(customer.page.get_by_role("alert")).to_contain_text("The chat cannot be loaded.")
    customer.page.unroute_all(behavior="wait")
    customer.launcher.click()
    expect(customer.composer).to_be_focused()


def test_without_storage_it_still_answers(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """A browser that refuses storage has a chat that lasts as long as the page."""
    model.tell("Hello.")
    for name in ("localStorage", "sessionStorage"):
        customer.page.add_init_script(
            f"Object.defineProperty(window, '{name}', {{ get() {{ throw new Error('no') }} }})"
        )
    customer.visit(shop)
    customer.ask()
    expect(customer.answer).to_have_text("Hello.")


def test_what_a_model_writes_is_never_markup(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """Scripts, frames and pictures are text; a link goes to the web only, in a window of its own."""
    model.tell(
        "<img src=x onerror=\"violated('ran')\"> <script>violated('ran')</script> "
        "[bad](javascript:violated('ran')) ![picture](https://example.com/x.png) "
        "[good](https://example.com/a_(b)) <iframe src=https://example.com></iframe>"
    )
    customer.visit(shop)
    customer.ask()
    customer.finished()
    assert customer.answer.locator("img, script, iframe").count() == 0
    links = customer.answer.locator("a").evaluate_all(
        "(all) => all.map((one) => [one.textContent, one.href, one.rel, one.target])"
    )
    assert ["good", "https://example.com/a_(b)", "noopener noreferrer nofollow", "_blank"] in links
    assert not [href for _, href, _, _ in links if not href.startswith("https://")]
    expect(customer.answer).to_contain_text("<img src=x onerror=\"violated('ran')\">")
    assert not [url for url in customer.requests if "example.com" in url]


@pytest.mark.parametrize("failure", ["html", "503", "lost"])
def test_a_server_that_is_not_itself_is_told_from_an_answer(
    customer: Customer, shop: Shop, model: ToldModel, failure: str
) -> None:
    """A page of a hotel, a proxy without its server, no server at all: words and Retry, and Retry works."""
    model.tell("Hello.")

    def instead(route: Route) -> None:
        allowed = {"access-control-allow-origin": shop.url, "content-type": "text/html"}
        if failure == "lost":
            route.abort()
        else:
            route.fulfill(
                status=200 if failure == "html" else 503,
                body="<h1>Welcome to the hotel</h1>",
                headers=allowed,
            )

    customer.page.route("**/v1/turns", instead)
    customer.visit(shop)
    customer.ask()
    alert = customer.page.get_by_role("alert")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()
    expect(alert).not_to_contain_text("hotel")
    customer.page.unroute("**/v1/turns")
    alert.get_by_role("button", name="Try again").click()
    expect(customer.answer).to_have_text("Hello.")


def test_enter_during_composition_does_not_send(customer: Customer, shop: Shop) -> None:
    """An input method's Enter is its own; Shift+Enter is a new line."""
    customer.visit(shop)
    customer.launcher.click()
    customer.composer.fill("こんにちは")
    customer.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    customer.composer.press("Shift+Enter")
    expect(customer.composer).to_have_value("こんにちは\n")
    expect(customer.page.locator(".question")).to_have_count(0)


def test_the_guides_blocks_do_what_it_says(
    customer: Customer, new_shop: Callable[..., Shop], model: ToldModel
) -> None:
    """The tag, the style and the script of the manual, on a page."""
    model.tell("To Norway too.")
    guide = (Path(__file__).parents[2] / "docs/guides/embed.md").read_text()
    tag, css, js = (
        re.findall(rf"^```{kind}\n(.*?)^```$", guide, re.M | re.S)[0] for kind in ("html", "css", "js")
    )
    attributes = re.findall(r"<script src=\"\S+/w.js\" (.*) async></script>", tag)[0]
    attributes = re.sub(r"pk_live_\w+", KEY, attributes)
    customer.visit(new_shop(policy=None, attributes=attributes, head=f"<style>{css}</style>"))
    assert styles(customer, ".launcher", "backgroundColor", "borderRadius") == ["rgb(122, 31, 75)", "12px"]
    said: list[str] = []
    customer.page.on("console", lambda message: said.append(message.text))
    opened, asked, listened, *closed = js.strip().splitlines()
    customer.page.evaluate(f"async () => {{ {listened}; await {opened}; await {asked} }}")
    expect(customer.answer).to_have_text("To Norway too.")
    customer.page.evaluate("; ".join(closed))
    expect(customer.page.locator("x-chat")).to_have_count(0)
    assert said == ["completed To Norway too."]


@pytest.mark.alone
@pytest.mark.timeout(MEASURED_S)
def test_budget_what_the_page_around_it_pays(customer: Customer, shop: Shop) -> None:
    """Until the launcher is there scripts have run for 15 ms, on a processor a quarter as fast for 60, and
    neither then nor when it is opened does a task take 50 ms."""
    page = customer.page
    customer.visit(shop)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def script_ms() -> float:
        """Of this document."""
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in metrics if one["name"] == "ScriptDuration")

    def boot(rate: int) -> float:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        customer.visit(shop)
        expect(customer.launcher).to_be_visible()
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        return script_ms()

    def attempt() -> list[float]:
        with tasks(page) as found:
            customer.visit(shop)
            customer.launcher.click()
            expect(customer.composer).to_be_focused()
            customer.page.keyboard.press("Escape")
        return [boot(1), boot(4), found[0]]

    quick_enough([15, 60, 50], attempt, worked=page)
