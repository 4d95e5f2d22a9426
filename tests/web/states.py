"""The states of the page that are looked at in every colour, width and language."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from rivulet.testing.model_scripts import refusing
from tests.web.conftest import HOLD, TWO_SOURCES, ToldModel, Visitor

ANSWER = (
    "## Oil\n\nChange it **every 5,000 kilometres** [1], see [the manual](https://example.com/manual).\n\n"
    "| part | interval |\n|---|---|\n| oil | 5,000 km |\n\n- [x] chain\n"
    "- brakes ![pads](https://images.example/pads.png)\n\n"
    "```html\n<!doctype html>\n<title>Counter</title>\n<main><h1>Kilometres</h1><p>5,000</p></main>\n```\n\n"
    "> It takes `0.6` litres [1].\n\n![The gearbox](https://images.example/gearbox.png)\n"
)
"""One of everything that an answer is made of."""


def asked(visitor: Visitor, model: ToldModel) -> None:
    model.tell(ANSWER)
    visitor.page.locator("#ask textarea").fill(TWO_SOURCES)
    visitor.page.locator("#ask textarea").press("Enter")
    visitor.finished()
    expect(visitor.text.locator(".task")).to_be_visible()


def _welcome(visitor: Visitor) -> None:
    expect(visitor.page.locator(".welcome")).to_be_visible()


def _passage(visitor: Visitor) -> None:
    visitor.page.locator(".chip").first.click()
    expect(visitor.drawer.locator("mark")).to_be_visible()


def _documents(visitor: Visitor) -> None:
    visitor.page.evaluate(OPEN_DOCUMENTS)
    expect(visitor.drawer.locator(".row").first).to_be_visible()
    visitor.drawer.locator(".contents summary").first.click()
    expect(visitor.drawer.locator(".contents li").first).to_be_visible()


def _artifact(visitor: Visitor) -> None:
    visitor.page.locator("[data-preview]").first.click()
    expect(visitor.drawer.locator("iframe")).to_be_visible()


def _code(visitor: Visitor) -> None:
    _artifact(visitor)
    visitor.drawer.get_by_role("tab").nth(1).click()
    expect(visitor.drawer.locator(".line").first).to_be_visible()


def _settings(visitor: Visitor) -> None:
    visitor.page.evaluate("document.querySelector('.rail-foot > :last-child').click()")
    expect(visitor.page.locator("dialog[open]")).to_be_visible()


def _search(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Control+k")
    expect(visitor.page.locator("dialog[open]")).to_be_visible()


def _shortcuts(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Control+/")
    expect(visitor.page.locator("dialog[open]")).to_be_visible()


def _edit(visitor: Visitor) -> None:
    visitor.page.locator(".question-actions button").nth(1).click()
    expect(visitor.page.locator(".edit textarea")).to_be_focused()


def _menu(visitor: Visitor) -> None:
    visitor.page.locator(".answer [aria-haspopup]").last.click()
    expect(visitor.page.get_by_role("menu")).to_be_visible()


OPEN_DOCUMENTS = "document.querySelector('.rail-foot button').click()"

BEFORE: dict[str, Callable[[Visitor], None]] = {"welcome": _welcome}
"""What there is to see without a question."""

AFTER: dict[str, Callable[[Visitor], None]] = {
    "answer": lambda visitor: None,
    "passage": _passage,
    "documents": _documents,
    "artifact": _artifact,
    "code": _code,
    "settings": _settings,
    "search": _search,
    "shortcuts": _shortcuts,
    "menu": _menu,
    "edit": _edit,
}
"""What there is to see once `ANSWER` has been given."""


def unfinished(visitor: Visitor, model: ToldModel, url: str) -> Iterator[str]:
    """The states of answers that are being written, or came to no good end, one after the other."""
    question = visitor.page.locator("#ask textarea")

    def ask(text: str) -> None:
        question.fill(text)
        question.press("Enter")

    visitor.page.goto(url)
    model.tell("Half of it", HOLD, " and the rest.")
    ask("How much is it?")
    expect(visitor.text).to_have_text("Half of it")
    ask("And then?")
    expect(visitor.page.locator(".queued")).to_be_visible()
    yield "running, one queued"
    visitor.page.locator(".go:not(.add)").click()
    expect(visitor.page.locator(".answer .note")).to_be_visible()
    expect(visitor.page.locator(".queue-held")).to_be_visible()
    yield "stopped, the queue held"
    visitor.page.goto(url)
    model.then(refusing(401, "no such key"))
    ask("Who are you?")
    expect(visitor.page.locator(".failure")).to_be_visible()
    yield "failed"


ARRIVED = """() => Promise.allSettled(document.getAnimations()
  .filter((move) => move.effect.getComputedTiming().endTime < 1e6).map((move) => move.finished))"""
"""Whatever fades in is there; what pulses for ever is not waited for."""


@contextmanager
def in_state(visitor: Visitor, open_state: Callable[[Visitor], None]) -> Iterator[None]:
    """The page in this state, and closed again after."""
    open_state(visitor)
    visitor.page.evaluate(ARRIVED)
    yield
    visitor.page.keyboard.press("Escape")
    visitor.page.evaluate("document.querySelector('.drawer-head button')?.click()")
    expect(
        visitor.page.locator("dialog:not(.key-dialog), [role=menu]:popover-open, .drawer, .edit")
    ).to_have_count(0)
