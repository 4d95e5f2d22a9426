"""For everybody: contrast and names by axe, the keyboard alone, narrow windows, zoom, forced colours."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import hatch_build
from tests.web import states
from tests.web.conftest import Server, ToldModel, Visitor, documents_are_read

AXE = Path(hatch_build.ROOT) / "js/node_modules/axe-core/axe.min.js"

RUN_AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'], iframes: false })
  return found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.map(({ target, any }) => [target.join(' '), any[0]?.message ?? ''])])
}"""

NARROW = """() => {
const reach = (one) => {
  if (!one.matches('.inline > button')) return one.getBoundingClientRect()
  const { width, height } = getComputedStyle(one, '::after')
  return { width: parseFloat(width), height: parseFloat(height) }
}
return {
  page: document.documentElement.scrollWidth,
  wide: [...document.querySelectorAll('.transcript, .drawer, .document, .documents, .artifact, .main')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className),
  small: [...document.querySelectorAll('button:not(.chip), summary, select')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .map((one) => [one.getAttribute('aria-label') || one.textContent, reach(one)])
    .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < 43.5)
    .map(([name, box]) => `${name} ${box.width} x ${box.height}`),
} }"""
"""A button in a sentence is as high as its line, and reaches further than it looks."""

LOST = """() => { const SCROLLING =
  '.transcript, .document, .documents, .chat-list, .artifact-code, .contents, .dialog-body, [role=menu]'
return [...document.querySelectorAll('button, a, textarea, [role=tab], select')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches('.skip'))
  .filter((one) => !one.closest(SCROLLING))
  .map((one) => [one.getAttribute('aria-label') || one.textContent, one.getBoundingClientRect()])
  .filter(([, box]) => box.width === 0 || box.left < -1 || box.right > innerWidth + 1
    || box.bottom > innerHeight + 1)
  .map(([name]) => name) }"""

FOCUS = """async () => {
  const one = document.activeElement
  await Promise.allSettled(one.getAnimations({ subtree: true }).map((move) => move.finished))
  const style = getComputedStyle(one)
  const edge = getComputedStyle(one, '::after')
  const isSeen = style.outlineStyle !== 'none' || (one.matches('.drawer-edge') && edge.opacity === '1')
    || one.matches('textarea') || one === document.body || one.matches('iframe, .drawer')
  return [one.getAttribute('aria-label') || one.textContent.trim() || one.tagName, isSeen]
}"""


@pytest.fixture(scope="session")
def axe(node: str) -> str:
    """The page's own packages have it; a page with a strict policy takes it from the debugger only."""
    return AXE.read_text(encoding="utf-8")


def violations(visitor: Visitor, axe: str) -> list[Any]:
    visitor.page.evaluate(f"{axe};0")
    return visitor.page.evaluate(RUN_AXE)


@pytest.fixture(params=["light", "dark"])
def looker(request: pytest.FixtureRequest, new_visitor: Callable[..., Visitor], server: Server) -> Visitor:
    """Somebody with a light or a dark screen."""
    documents_are_read(server)
    visitor = new_visitor(color_scheme=request.param)
    visitor.open(server.url)
    return visitor


def test_51_axe_finds_nothing_serious(looker: Visitor, model: ToldModel, axe: str, server: Server) -> None:
    """On the empty chat, an answer, a passage, the documents and an artifact, in light and in dark."""
    found: dict[str, Any] = {}
    for name, state in states.BEFORE.items():
        with states.in_state(looker, state):
            found[name] = violations(looker, axe)
    states.asked(looker, model)
    for name, state in states.AFTER.items():
        with states.in_state(looker, state):
            found[name] = violations(looker, axe)
    for name in states.unfinished(looker, model, server.url):
        looker.page.evaluate(states.ARRIVED)
        found[name] = violations(looker, axe)
    assert {name: each for name, each in found.items() if each} == {}


def test_51_axe_finds_nothing_serious_under_a_link(
    looker: Visitor, model: ToldModel, axe: str, server: Server
) -> None:
    """Nor in a shared conversation, nor where a link leads nowhere."""
    states.asked(looker, model)
    chat = looker.page.url.rsplit("/", 1)[1]
    made = looker.page.request.post(f"{server.url}/v1/chats/{chat}/shares").json()
    for address in (made["url"], "/share/shr_unknown"):
        looker.page.goto(server.url + address)
        looker.page.locator("h1, h2").first.wait_for()
        assert violations(looker, axe) == []


def test_53_the_drawer_is_worked_by_keyboard_alone(
    visitor: Visitor, model: ToldModel, server: Server
) -> None:
    """From a chip into the drawer, through every control of it, each showing its focus, and back; tabs move
    with the arrow keys; nothing moves the focus but the person."""
    documents_are_read(server)
    states.asked(visitor, model)
    visitor.page.locator(".chip").first.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.drawer.locator("mark")).to_be_visible()
    reached = []
    for _ in range(8):
        visitor.page.keyboard.press("Tab")
        name, is_seen = visitor.page.evaluate(FOCUS)
        assert is_seen, name
        reached.append(name)
    for name in (
        "Width of the drawer",
        "Close",
        "Next citation",
        "Open the original",
        "Text of the document",
    ):
        assert name in reached, (name, reached)
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator(".chip").first).to_be_focused()
    visitor.page.locator("[data-preview]").press("Enter")
    preview = visitor.drawer.get_by_role("tab", name="Preview")
    preview.focus()
    preview.press("ArrowRight")
    expect(visitor.drawer.get_by_role("tab", name="Code")).to_be_focused()
    expect(visitor.drawer.get_by_role("tabpanel", name="Code")).to_be_visible()


def test_54_at_320_pixels_nothing_is_cut_off(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """No state scrolls the page sideways; what can be pressed is 44 pixels wide and high to a thumb."""
    documents_are_read(server)
    visitor = new_visitor(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    visitor.open(server.url)
    states.asked(visitor, model)
    measured: dict[str, Any] = {}
    for name, state in states.AFTER.items():
        with states.in_state(visitor, state):
            measured[name] = visitor.page.evaluate(NARROW)
    for name in states.unfinished(visitor, model, server.url):
        measured[name] = visitor.page.evaluate(NARROW)
    fine = {"page": 320, "wide": [], "small": []}
    assert {name: each for name, each in measured.items() if each != fine} == {}


@pytest.mark.parametrize("how", ["zoom", "forced colours"])
def test_57_every_control_stays_in_sight(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel, how: str
) -> None:
    """At 200 % zoom (half the window in CSS pixels) and in forced colours no control is lost."""
    documents_are_read(server)
    options: dict[str, Any] = (
        {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
        if how == "zoom"
        else {"forced_colors": "active"}
    )
    visitor = new_visitor(**options)
    visitor.open(server.url)
    states.asked(visitor, model)
    for name, state in states.AFTER.items():
        with states.in_state(visitor, state):
            assert (name, visitor.page.evaluate(LOST)) == (name, [])


def test_63_the_first_visit_is_light_and_calls_nobody(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """At most 90 kB of scripts and 15 kB of styles, compressed, and no other host."""
    visitor = new_visitor()
    visitor.open(server.url)
    visitor.page.wait_for_load_state("networkidle")
    sizes = {".js": 0, ".css": 0}
    for url in {url for url in visitor.requests if url.endswith((".js", ".css"))}:
        body = visitor.page.request.get(url).body()
        sizes[url[url.rindex(".") :]] += len(gzip.compress(body, 9))
    assert sizes[".js"] <= 90_000, sizes
    assert sizes[".css"] <= 15_000, sizes
    assert {url.split("/")[2] for url in visitor.requests} == {server.url.split("/")[2]}
