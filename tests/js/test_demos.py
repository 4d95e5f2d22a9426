"""Pages made with the packed React and Vue packages pass the statements of the page (statement 80)."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import (
    HOLD,
    UNHURRIED,
    Server,
    ToldModel,
    Visitor,
    browser,
    built_page,
    chromium,
    documents,
    model,
    new_visitor,
    proxy,
    server,
    upstream,
)
from tests.web.proxy import Proxy
from tests.web.quickest import quick_enough

from .conftest import JS

__all__ = ["browser", "built_page", "chromium", "documents", "model", "new_visitor", "proxy", "server"]
__all__ += ["upstream"]

WORDS = [f"word{n} " for n in range(60)]
WHOLE = "".join(WORDS).strip()
BUNDLE = """
import { rolldown } from 'rolldown'
const [input, dir] = process.argv.slice(1)
const made = await rolldown({ input, transform: { define: { 'process.env.NODE_ENV': '"production"' } } })
await made.write({ dir, entryFileNames: 'demo.js' })
"""
CHAT = "sessionStorage.getItem('demo chat')"
ASKED_MS = "performance.getEntriesByType('resource').findLast(({ name }) => name.endsWith('/turns')).duration"
"""From the question's request, with whatever it waited for, to the end of its answer."""


@pytest.fixture(scope="session")
def demos(packed: Path, run: Callable[..., str]) -> dict[str, Path]:
    """The demo pages' scripts, bundled in the stranger's project with what the tarballs brought."""
    scripts: dict[str, Path] = {}
    for name, source in (("react", "demo.tsx"), ("vue", "demo.ts")):
        folder = packed / name
        folder.mkdir()
        (folder / source).write_text((JS / name / "test" / source).read_text())
        scripts[name] = folder / "made"
        run("--input-type=module", "-e", BUNDLE, folder / source, scripts[name], folder=JS)
    return scripts


class Demo:
    """Somebody at a demo page, in words."""

    def __init__(self, page: Page, scripts: Path) -> None:
        self.page = page
        self.scripts = scripts
        self.requests: list[str] = []
        html = "<!doctype html><body><script type=module src=demo.js></script>"
        page.route("**/demo", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.route("**/*.js", lambda route: route.fulfill(path=scripts / route.request.url.rsplit("/", 1)[1]))
        page.on("request", lambda request: self.requests.append(request.url))

    def beside(self, chat: str = "") -> "Demo":
        """Another tab of the same browser, in this chat."""
        other = Demo(self.page.context.new_page(), self.scripts)
        if chat:
            other.page.add_init_script(f"sessionStorage.setItem('demo chat', '{chat}')")
        return other

    @property
    def streams(self) -> list[str]:
        return [url for url in self.requests if "/events" in url]

    def open(self, url: str, hash: str = "") -> None:
        self.page.goto(f"{url}/demo{hash}")
        self.composer.wait_for()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".assistant").last

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def ask(self) -> None:
        self.composer.fill("How often is the oil changed?")
        self.composer.press("Enter")

    def finished(self) -> None:
        self.page.locator("[role=log][aria-busy=false]").wait_for()


@pytest.fixture(params=["react", "vue"])
def demo(request: pytest.FixtureRequest, demos: dict[str, Path], new_visitor: Callable[..., Visitor]) -> Demo:
    return Demo(new_visitor().page, demos[request.param])


SINCE = """(selector) => new Promise((seen) => {
  const began = performance.now()
  const look = () =>
    document.querySelector(selector) ? seen(performance.now() - began) : requestAnimationFrame(look)
  look()
})"""


UNTIL_STOP = """() => new Promise((seen) => {
  const button = document.querySelector('form button')
  const began = performance.now()
  button.click()
  const look = () =>
    button.textContent === 'Stop' ? seen(performance.now() - began) : requestAnimationFrame(look)
  look()
})"""


def test_80_2_and_3_the_button_stops_and_text_comes_while_it_is_written(
    demo: Demo, server: Server, model: ToldModel
) -> None:
    """Statements 2 and 3: Send is Stop within 100 ms, words come before the end, then it is Send again."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])

    def attempt() -> list[float]:
        demo.open(server.url)
        demo.composer.fill("How often is the oil changed?")
        shown = demo.page.evaluate(UNTIL_STOP)
        expect(demo.answer).to_contain_text("word29")
        expect(demo.page.locator("[data-status=streaming]")).to_be_visible()
        expect(demo.composer).to_be_disabled()
        model.release()
        expect(demo.button("Send")).to_be_visible()
        expect(demo.answer).to_have_text(WHOLE)
        expect(demo.composer).to_be_focused()
        expect(demo.composer).to_have_value("")
        return [shown]

    quick_enough([100], attempt)


def test_80_4_stop_keeps_what_was_written(demo: Demo, server: Server, model: ToldModel) -> None:
    """Statement 4: the text freezes, is marked as stopped, and a reload shows the same."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    demo.open(server.url)
    demo.ask()
    expect(demo.answer).to_contain_text("word29")
    demo.button("Stop").click()
    expect(demo.answer).to_contain_text("Stopped")
    said = demo.answer.inner_text()
    demo.page.reload()
    expect(demo.answer).to_have_text(said)


def test_80_5_stop_before_the_first_word_leaves_nothing_turning(
    demo: Demo, server: Server, model: ToldModel
) -> None:
    """Statement 5: the turn is over, the composer is free, no stage is left on the screen."""
    model.tell(HOLD, "Never said.")
    demo.open(server.url)
    demo.ask()
    demo.button("Stop").click()
    demo.finished()
    expect(demo.button("Send")).to_be_visible()
    expect(demo.page.locator("[role=status]")).to_have_text("")
    model.release()


def test_80_33_a_lost_connection_is_said_late_and_costs_nothing(
    demo: Demo, proxy: Proxy, model: ToldModel
) -> None:
    """Statement 33: reconnecting is said after a second at the earliest; then everything is there, once."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    demo.open(proxy.url)
    demo.ask()
    expect(demo.answer).to_contain_text("word29")
    proxy.is_down = True
    began = time.monotonic()
    proxy.cut()
    expect(demo.page.locator(".connection")).to_have_text("reconnecting")
    assert time.monotonic() - began >= 1
    proxy.is_down = False
    model.release()
    demo.finished()
    expect(demo.answer).to_have_text(WHOLE)
    expect(demo.page.locator(".connection")).to_have_count(0)


def test_80_34_a_reload_in_mid_answer_goes_on(demo: Demo, server: Server, model: ToldModel) -> None:
    """Statement 34: what was written is there within a second, the rest comes, and Stop works."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    demo.open(server.url)
    demo.ask()
    expect(demo.answer).to_contain_text("word29")

    def attempt() -> list[float]:
        demo.page.reload()
        return [demo.page.evaluate(SINCE, ".assistant")]

    quick_enough([1000], attempt)
    expect(demo.answer).to_contain_text("word0 word1")
    expect(demo.answer).to_contain_text("word29")
    expect(demo.button("Stop")).to_be_visible()
    demo.button("Stop").click()
    expect(demo.answer).to_contain_text("Stopped")
    model.release()


def test_80_39_eight_tabs_follow_one_answer_and_a_ninth_request_is_answered(
    demo: Demo, server: Server, model: ToldModel
) -> None:
    """Statement 39 on anybody's page, without asking for it: one connection for all tabs, also when the tab
    with the connection is closed in mid-answer."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    demo.page.context.add_init_script(UNHURRIED)
    demo.open(server.url)
    demo.ask()
    expect(demo.answer).to_contain_text("word29")
    chat = demo.page.evaluate(CHAT)
    others = [demo.beside(chat) for _ in range(7)]
    for tab in others:
        tab.open(server.url)
        expect(tab.answer).to_contain_text("word29")
    ninth = demo.beside()

    def attempt() -> list[float]:
        ninth.open(server.url)
        ninth.ask()
        expect(ninth.answer).to_contain_text("word29")
        asked = ninth.page.evaluate(ASKED_MS)
        ninth.button("Stop").click()
        ninth.finished()
        ninth.page.evaluate("sessionStorage.clear()")
        return [asked]

    quick_enough([2000], attempt)
    demo.page.close()
    model.release()
    for tab in others:
        tab.finished()
        expect(tab.answer).to_have_text(WHOLE)
    assert all("/v1/events?turn=" in url for tab in (demo, *others, ninth) for url in tab.streams)
    assert sum(bool(tab.streams) for tab in others) == 1


def test_a_browser_without_locks_follows_for_itself(
    demos: dict[str, Path], new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """Over plain HTTP from another machine there are none: everything else is as it was."""
    model.tell(*WORDS)
    demo = Demo(new_visitor().page, demos["react"])
    demo.page.add_init_script("delete Navigator.prototype.locks")
    demo.open(server.url)
    demo.ask()
    demo.finished()
    expect(demo.answer).to_have_text(WHOLE)
    assert [url for url in demo.streams if "/v1/turns/" in url] == demo.streams != []


def test_80_a_failure_is_said_and_asked_again(demo: Demo, server: Server, model: ToldModel) -> None:
    """The code of what went wrong, and Retry without the question twice."""

    async def broken(call) -> None:  # type: ignore[no-untyped-def]
        await call.head()
        await call.say("The oil ")
        call.reset()

    model.then(broken)
    demo.open(server.url)
    demo.ask()
    expect(demo.page.get_by_role("alert")).to_contain_text("upstream_truncated")
    model.tell("Once a year.")
    demo.button("Retry").click()
    expect(demo.answer).to_have_text("Once a year.")
    expect(demo.page.locator(".user")).to_have_count(1)


def test_the_older_hook_and_composable_stream_too(demo: Demo, server: Server, model: ToldModel) -> None:
    """Tokens while they come, a lock while they do, and a state that says when it is over."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    demo.open(server.url, "#streaming")
    demo.ask()
    expect(demo.answer).to_contain_text("word29")
    expect(demo.composer).to_be_disabled()
    model.release()
    demo.finished()
    expect(demo.answer).to_have_text(WHOLE)
    told = demo.page.locator("[role=log]")
    expect(told).to_have_attribute(
        *("data-session", re.compile("cht_"))
        if demo.button("Reset").count()
        else ("data-model", "openai:scripted")
    )


def test_clear_and_reset_of_the_older_hook(
    demos: dict[str, Path], new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """Clear takes the tokens, reset the session too; what failed is said in words."""
    model.tell("Hello.")
    demo = Demo(new_visitor().page, demos["react"])
    demo.open(server.url, "#streaming")
    demo.ask()
    expect(demo.answer).to_have_text("Hello.")
    demo.button("Clear").click()
    expect(demo.answer).to_have_text("")
    told = demo.page.locator("[role=log]")
    expect(told).to_have_attribute("data-session", re.compile("cht_"))
    demo.button("Reset").click()
    expect(told).to_have_attribute("data-session", "")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 503, "body": "<h1>Bad gateway</h1>"}, "HTTP_503"),
        ({"status": 202, "body": "<h1>Hotel</h1>"}, "PARSE_ERROR"),
        (None, "NETWORK_ERROR"),
    ],
)
def test_the_composables_error_codes(
    demos: dict[str, Path],
    new_visitor: Callable[..., Visitor],
    server: Server,
    answer: dict[str, object] | None,
    code: str,
) -> None:
    """Each way to fail has the code that pages of the older system know."""
    demo = Demo(new_visitor().page, demos["vue"])
    demo.page.route("**/v1/turns", lambda route: route.fulfill(**answer) if answer else route.abort())  # type: ignore[arg-type]
    demo.open(server.url, "#streaming")
    demo.ask()
    expect(demo.page.get_by_role("alert")).to_have_text(code)
    expect(demo.composer).to_be_enabled()
