"""The sandbox for artifacts, in a real browser: what runs in it, what it reports, what it cannot reach.

Acceptance statement 29, beside the tests of the page that uses it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.conftest import Server

RUN = """([language, code, until]) => new Promise((resolve) => {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.src = '/sandbox'
  const reports = []
  addEventListener('message', ({ source, data, origin }) => {
    if (source !== frame.contentWindow) return
    reports.push({ ...data, origin })
    if (data.event === 'ready') frame.contentWindow.postMessage({ type: 'rivulet.run', language, code }, '*')
    if (data.event === until || data.message === until) resolve(reports)
  })
  document.body.append(frame)
})"""
"""Runs an artifact in a frame of the real page, until a report of that name or with that message."""

Reports = list[dict[str, Any]]


@pytest.fixture(scope="module")
def host(browser: Browser, server: Server) -> Iterator[Page]:
    """The real page, with its own policy, as the frame's parent."""
    page = browser.new_page()
    page.goto(server.url)
    yield page
    page.close()


@pytest.fixture
def run(host: Page) -> Iterator[Callable[..., Reports]]:
    def run(language: str, code: str, until: str = "loaded") -> Reports:
        return host.evaluate(RUN, [language, code, until])

    yield run
    host.evaluate("document.querySelectorAll('iframe').forEach((frame) => frame.remove())")


def told(reports: Reports, event: str) -> list[tuple[str, int]]:
    return [(each["message"], each["line"]) for each in reports if each["event"] == event]


@pytest.mark.parametrize(
    ("language", "code", "line"),
    [
        ("html", "<!doctype html>\n<p>Hi</p>\n<script>\nnowhere()\n</script>", 4),
        ("html", "<p>a fragment</p><script>nowhere()</script>", 1),
        (
            "html",
            "<!-- <script> -->\n<script>'<script>'\n</script>\n<script type='module'>\nnowhere()</script>",
            5,
        ),
        ("html", '<script\ndata-is=">">\nconst one = "\\n<script>"; nowhere()</script>', 3),
        ("javascript", "const one = 1\n\nnowhere(one)", 3),
        ("javascript", "document.body.append('</script>')\nnowhere()", 2),
        ("svg", "<svg xmlns='http://www.w3.org/2000/svg'>\n<script>\nnowhere()</script></svg>", 3),
        ("javascript", "setTimeout(() => {\n  nowhere()\n})", 2),
        ("javascript", "(async () => {\n  nowhere()\n})()", 2),
    ],
)
def test_an_error_is_reported_with_its_line(run: Any, language: str, code: str, line: int) -> None:
    """Counted in what was sent, whenever and however it is thrown; the frame says nothing of its address."""
    reports = (
        run(language, code, "Uncaught ReferenceError: nowhere is not defined")
        if "async" not in code
        else (run(language, code, "ReferenceError: nowhere is not defined"))
    )
    ((message, at),) = told(reports, "error")
    assert "nowhere is not defined" in message
    assert at == line
    assert reports[0]["event"] == "ready"
    assert {each["origin"] for each in reports} == {"null"}


def test_a_mistake_in_the_syntax_is_an_error_too(run: Any) -> None:
    """With the line it was noticed in."""
    ((message, line),) = told(run("javascript", "let a = 1\nlet b = = 2"), "error")
    assert "SyntaxError" in message
    assert line == 2


REACHING = """
const tries = {
  cookie: () => document.cookie, local: () => localStorage.length, session: () => sessionStorage.length,
  database: () => indexedDB.open('x').constructor.name, parent: () => parent.document.title,
  top: () => top.location.href, frame: () => frameElement.id, opener: () => open('/', '_blank').closed,
}
const answers = Object.entries(tries).map(([name, reach]) => {
  try { return `${name}: ${reach() ?? 'nothing'}` } catch (error) { return `${name}: ${error.name}` }
})
console.log([self.origin, ...answers].join('; '))
"""


def test_it_reaches_nothing_of_the_page(run: Any) -> None:
    """29: its origin is null; cookies, storage, databases, the parent and new windows fail."""
    ((said, _),) = told(run("javascript", REACHING), "console")
    assert said == (
        "null; cookie: SecurityError; local: SecurityError; session: SecurityError; database: SecurityError; "
        "parent: SecurityError; top: SecurityError; frame: TypeError; opener: TypeError"
    )


@pytest.mark.parametrize(
    ("code", "directive"),
    [
        ("fetch('/v1/chats')", "connect-src"),
        ("fetch('https://example.com/')", "connect-src"),
        ("new WebSocket('wss://example.com/')", "connect-src"),
        ("navigator.sendBeacon('/v1/chats', 'x')", "connect-src"),
        ("new Image().src = 'https://example.com/?leak'", "img-src"),
        (
            "const s = document.createElement('script'); s.src = '/assets/x.js'; document.body.append(s)",
            "script-src",
        ),
        ("const f = document.createElement('iframe'); f.src = '/'; document.body.append(f)", "frame-src"),
        ("eval('1')", "script-src"),
    ],
)
def test_it_reaches_nothing_over_the_network(
    run: Any, host: Page, server: Server, code: str, directive: str
) -> None:
    """What the policy refuses is reported, and no request leaves the browser."""
    answered: list[str] = []
    host.on("response", lambda it: it.frame != host.main_frame and answered.append(it.url))
    reports = run("javascript", f"try {{ {code} }} catch {{}}", "blocked")
    assert told(reports, "blocked")[0][0].startswith(directive)
    assert answered == [f"{server.url}/sandbox"]


def test_it_cannot_go_elsewhere_with_what_it_knows(run: Any, host: Page, server: Server) -> None:
    """The page's own policy keeps its frames on this server; the frame does not move the page."""
    sent: list[str] = []
    host.on("response", lambda response: sent.append(response.url))
    violation = (
        "new Promise((r) => addEventListener('securitypolicyviolation', (e) => r(e.violatedDirective)))"
    )
    host.evaluate(f"window.violated = {violation}, 0")
    run("javascript", "location.href = 'https://example.com/?leak'")
    assert host.evaluate("window.violated") == "frame-src"
    run("javascript", "try { top.location.href = 'https://example.com/' } catch {}")
    assert host.url.startswith(server.url)
    assert [url for url in sent if "example.com" in url] == []


def test_it_draws_with_what_it_brings(run: Any, host: Page) -> None:
    """Styles, pictures of its own and the console work; nothing is complained about."""
    code = (
        "<!doctype html><style>p { color: rgb(1, 2, 3) }</style><p id=p>Hi</p>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=='><script>"
        "console.warn(getComputedStyle(p).color, document.compatMode, {a: [1]}, null)</script>"
    )
    reports = run("html", code)
    assert told(reports, "console") == [('rgb(1, 2, 3) CSS1Compat {"a":[1]} null', 0)]
    assert told(reports, "error") == told(reports, "blocked") == []
    assert host.frames[-1].locator("p").inner_text() == "Hi"


def test_a_loop_that_complains_is_cut_short(run: Any) -> None:
    """200 reports of at most 2,000 characters, whatever is said, and the end is still told."""
    code = "for (let i = 0; i < 5000; i++) console.error('x'.repeat(9000)); nowhere()"
    reports = run("javascript", code)
    said = [each for each in reports if each["event"] == "console"]
    assert (len(said), len(said[0]["message"]), said[0]["level"]) == (200, 2000, "error")
    assert reports[-1]["event"] == "loaded"


@pytest.mark.parametrize(
    "odd", ["({ get a() { throw 1 } })", "Object.create(null)", "Symbol('s')", "1n", "document"]
)
def test_anything_can_be_logged(run: Any, odd: str) -> None:
    """What has no text does not stop the artifact."""
    reports = run("javascript", f"console.log({odd}); console.log('after')")
    assert told(reports, "console")[-1][0] == "after"


def test_what_it_cannot_run_is_an_error(run: Any) -> None:
    """An unknown language is named."""
    for language in ("python", "__proto__", "constructor"):
        ((message, _),) = told(run(language, "x", f"There is no way to run {language} here."), "error")
        assert language in message


def test_others_cannot_tell_it_what_to_run(browser: Browser, server: Server) -> None:
    """Only its parent, from this server: a page of another origin may not even hold the frame."""
    foreign = browser.new_page()
    foreign.route(
        "http://elsewhere.test/**", lambda route: route.fulfill(body="<p>", content_type="text/html")
    )
    foreign.goto("http://elsewhere.test/")
    foreign.evaluate(
        """(address) => new Promise((resolve) => {
          const frame = document.createElement('iframe')
          frame.onload = resolve
          frame.src = address
          document.body.append(frame)
        })""",
        f"{server.url}/sandbox",
    )
    assert foreign.frames[-1].url == "chrome-error://chromewebdata/"
    foreign.close()


def test_opened_by_itself_it_is_as_bare(browser: Browser, server: Server) -> None:
    """The address in a tab of its own has the same policy, and an origin of its own."""
    page = browser.new_page()
    response = page.goto(f"{server.url}/sandbox")
    assert response is not None
    headers = response.headers
    assert headers["content-security-policy"].startswith(
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert page.evaluate("self.origin") == "null"
    page.close()
