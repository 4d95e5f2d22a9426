"""The page in the visitor's language: complete, mirrored where it must be, counted as people count."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.conftest import Server, ToldModel, Visitor, documents_are_read

SPOKEN = """() => {
  const own = '[dir=auto], code, pre, kbd, [translate=no], .markdown, .tab-count, option, script, noscript'
  const found = []
  const look = (text, where) => {
    const bracketed = /⟦[^⟦⟧]*⟧/g
    const rest = text.replace(bracketed, '').replace(bracketed, '').replace(/[A-Z][a-z]+ \\d+, \\d{4}/, '')
      .replace(/Rivulet|Esc|\\(Ctrl[^)]*\\)/g, '')
    if (/\\p{L}/u.test(rest)) found.push(`${where}: ${text.trim()}`)
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest(own)) look(node.data, node.parentElement.outerHTML.slice(0, 60))
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const one of document.querySelectorAll(`[${name}]`))
      if (!one.closest('.markdown') && !(name === 'title' && one.closest('[dir=auto]')))
        look(one.getAttribute(name).replace(TITLES, ''), name)
  return [...new Set(found)]
}"""

CUT = """() => [...document.querySelectorAll('button, [role=tab], h2, label, summary')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => !one.closest('.chat-row, .off-screen, .markdown, .source') && !one.matches('[dir=auto]'))
  .filter((one) => one.textContent.includes('⟦'))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2)
  .map((one) => one.textContent)"""

MIRRORED = """() => {
  const middle = (selector) => {
    const box = document.querySelector(selector).getBoundingClientRect()
    return box.left + box.width / 2
  }
  return [middle('.rail'), middle('.main'), middle('.drawer')]
}"""

RIGHT_OF = """([one, other]) => {
  const [first, second] = [one, other].map((each) => [...document.querySelectorAll(each)].at(-1))
  const middle = (box) => box.left + box.width / 2
  return middle(first.getBoundingClientRect()) > middle(second.getBoundingClientRect())
}"""

SOURCE = {
    "title": "s",
    "kind": "folder",
    "status": "processing",
    "failed_count": 0,
    "chunk_count": 1,
    "created_at": 1,
    "updated_at": 1,
}

TITLES = (
    "/Gearbox manual 🚲|Service schedule|gearbox.md|service.md|documents0?|Counter|openai:scripted"
    "|What is part.*\\?/g"
)


def speaking(new_visitor: Callable[..., Visitor], language: str, **options: object) -> Visitor:
    visitor = new_visitor(**options)
    visitor.page.add_init_script(
        f"self.origin !== 'null' && (localStorage['rivulet.language'] = '{language}')"
    )
    return visitor


@pytest.mark.parametrize("width", [1280, 390])
def test_56_the_pseudo_locale_finds_every_word(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel, width: int
) -> None:
    """With every word of the catalogue in brackets and a third longer, no word stands outside of brackets and
    no label is cut off."""
    documents_are_read(server)
    visitor = speaking(new_visitor, "en-XA", viewport={"width": width, "height": 800})
    visitor.page.goto(server.url)
    found: dict[str, list[str]] = {}
    for name, state in states.BEFORE.items():
        with states.in_state(visitor, state):
            found[name] = visitor.page.evaluate(SPOKEN.replace("TITLES", TITLES)) + visitor.page.evaluate(CUT)
    states.asked(visitor, model)
    for name, state in states.AFTER.items():
        with states.in_state(visitor, state):
            found[name] = visitor.page.evaluate(SPOKEN.replace("TITLES", TITLES)) + visitor.page.evaluate(CUT)
    for name in states.unfinished(visitor, model, server.url):
        found[name] = visitor.page.evaluate(SPOKEN.replace("TITLES", TITLES)) + visitor.page.evaluate(CUT)
    assert {name: each for name, each in found.items() if each} == {}


def test_56_in_arabic_the_page_is_mirrored(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """Chats at the right, the drawer at the left, everything said in Arabic, code from left to right."""
    documents_are_read(server)
    visitor = speaking(new_visitor, "ar")
    visitor.page.goto(server.url)
    states.asked(visitor, model)
    with states.in_state(visitor, states.AFTER["passage"]):
        rail, main, drawer = visitor.page.evaluate(MIRRORED)
        assert rail > main > drawer
        assert visitor.page.locator("html").get_attribute("lang") == "ar"
        expect(visitor.drawer.locator("h2")).to_have_text("المصادر")
        direction = "one => getComputedStyle(one).direction"
        assert visitor.text.locator("pre").evaluate(direction) == "ltr"
        assert visitor.drawer.evaluate(direction) == "rtl"
    with states.in_state(visitor, states.AFTER["documents"]):
        rail, main, drawer = visitor.page.evaluate(MIRRORED)
        assert rail > main > drawer
        assert visitor.page.evaluate(RIGHT_OF, [".drawer-head h2", ".drawer-head button"])
    with states.in_state(visitor, states.AFTER["settings"]):
        assert visitor.page.locator("dialog[open]").evaluate(direction) == "rtl"
        assert visitor.page.evaluate(RIGHT_OF, ["dialog[open] h2", ".dialog-head button"])
        assert visitor.page.evaluate(RIGHT_OF, ["dialog[open] .setting > label", "dialog[open] .field"])
    for name in states.unfinished(visitor, model, server.url):
        # Questions stand at the left, what is written at the right, and what sends at the field's left end.
        assert visitor.page.evaluate(RIGHT_OF, [".rail", ".main"]), name
        assert visitor.page.evaluate(RIGHT_OF, [".column", ".question"]), name
        assert visitor.page.evaluate(RIGHT_OF, ["#ask textarea", ".go:not(.add)"]), name
        assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_the_language_is_the_browsers_until_one_is_chosen(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """German for a German browser, English for one whose language there is not; only that catalogue is
    loaded."""
    documents_are_read(server)
    german = new_visitor(locale="de-AT")
    german.page.goto(server.url)
    expect(german.page.locator("h2", has_text="Was möchtest du wissen?")).to_be_visible()
    assert not [url for url in german.requests if re.search(r"/(ar|pseudo)-", url)]
    finnish = new_visitor(locale="fi-FI")
    finnish.page.goto(server.url)
    expect(finnish.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert not [url for url in finnish.requests if re.search(r"/(ar|de|pseudo)-", url)]


def test_a_catalogue_that_cannot_be_loaded_leaves_english(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """The page never stays empty for want of words."""
    visitor = new_visitor(locale="de-DE")
    visitor.page.route(re.compile(r"/assets/de-"), lambda route: route.abort())
    visitor.open(server.url)
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["3 documents", "2 documents", "11 documents"]),
        ("de", ["3 Dokumente", "2 Dokumente", "11 Dokumente"]),
        ("ar", ["3 مستندات", "مستندان", "11 مستندًا"]),
    ],
)
def test_things_are_counted_as_the_language_counts(
    new_visitor: Callable[..., Visitor], server: Server, language: str, said: list[str]
) -> None:
    """Two, a few and many have forms of their own."""
    listed = [SOURCE | {"id": f"src_{count}", "document_count": count} for count in (3, 2, 11)]
    visitor = speaking(new_visitor, language)
    visitor.page.route("**/v1/sources", lambda route: route.fulfill(json={"sources": listed}))
    visitor.page.goto(server.url)
    visitor.page.locator(".welcome").wait_for()
    visitor.page.evaluate(states.OPEN_DOCUMENTS)
    for count in said:
        expect(visitor.drawer).to_contain_text(count)
