"""Pages and drawings that a model writes: seen in a frame that reaches nothing, repaired on one click."""

import re
import time

import pytest
from playwright.sync_api import Frame, expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.quickest import quick_enough
from tests.web.test_sending import set_while_answering

PAGE = """Here it is:

```html
<!doctype html>
<title>Counter</title>
<button id="more" onclick="count()">0</button>
<script>
  function count() { more.textContent = Number(more.textContent) + 1 }
</script>
```
"""

BROKEN = """```html
<!doctype html>
<title>Counter</title>
<p id="said">before</p>
<script>
  const fine = 1
  missing.start()
</script>
```
"""

DRAWING = """```svg
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">
  <title>Dot</title><circle cx="10" cy="10" r="8"/>
</svg>
```
"""

LOOP = """```html
<!doctype html>
<title>Loop</title>
<p>Never seen, because the loop begins before anything is painted.</p>
<script>
  for (;;) { }
</script>
```
"""

FOREIGN = """```html
<!doctype html>
<title>Loud</title>
<p>A page that says strange things to whoever is around it.</p>
<script>
  const huge = 'x'.repeat(100000)
  for (const data of [null, 7, 'text', { type: 'other' }, { type: 'rivulet.sandbox' },
    { type: 'rivulet.sandbox', event: 'ready' }, { type: 'rivulet.sandbox', event: { toString: 1 } },
    { type: 'rivulet.sandbox', event: 'error', message: { toString: 1 }, line: 1 },
    { type: 'rivulet.sandbox', event: 'error', message: huge, line: -5 },
    { type: 'rivulet.sandbox', event: 'error', message: '<img src=x onerror=top.hacked=1>', line: 'NaN' }])
    parent.postMessage(data, '*')
</script>
```
"""

FORGED = """() => new Promise((heard) => {
  addEventListener('message', ({ data }) => data?.message === 'forged' && heard())
  postMessage({ type: 'rivulet.sandbox', event: 'error', message: 'forged', line: 1 }, '*')
})"""

REACH = """async () => {
  const tried = {}
  const attempt = async (name, act) => {
    try { tried[name] = String(await act()) } catch (error) { tried[name] = error.name }
  }
  await attempt('origin', () => self.origin)
  await attempt('cookie', () => document.cookie)
  await attempt('storage', () => localStorage.length)
  await attempt('session', () => sessionStorage.length)
  await attempt('database', () => new Promise((resolve, reject) => {
    const opening = indexedDB.open('x')
    opening.onsuccess = () => resolve('opened')
    opening.onerror = () => reject(new DOMException('', 'SecurityError'))
  }))
  await attempt('parent', () => parent.document.title)
  await attempt('top', () => top.location.href)
  await attempt('fetch', () => fetch('/v1/chats').then((response) => response.status))
  await attempt('image', () => new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve('loaded')
    image.onerror = () => reject(new DOMException('', 'NetworkError'))
    image.src = '/assets/x.png'
  }))
  return tried
}"""


def shown(visitor: Visitor, model: ToldModel, text: str) -> Frame:
    """The frame of the artifact in a new answer."""
    model.tell(text)
    count = visitor.page.locator(".question").count()
    visitor.ask("Show me.")
    expect(visitor.page.locator(".question")).to_have_count(count + 1)
    visitor.finished()
    visitor.page.get_by_role("button", name="Preview", exact=True).last.click()
    return frame_of(visitor)


def frame_of(visitor: Visitor) -> Frame:
    found = visitor.drawer.locator("iframe").element_handle()
    assert found
    frame = found.content_frame()
    assert frame
    return frame


def tab(visitor: Visitor, name: str) -> None:
    visitor.drawer.get_by_role("tab", name=re.compile(f"^{name}")).click()


def test_29_an_artifact_runs_alone(visitor: Visitor, model: ToldModel) -> None:
    """It works, in a frame whose sandbox allows scripts and nothing else, whose origin is null, and which has
    no cookies, no storage, no parent and no network."""
    frame = shown(visitor, model, PAGE)
    frame.get_by_role("button", name="0").click()
    expect(frame.get_by_role("button")).to_have_text("1")
    assert visitor.drawer.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    visitor.page.context.add_cookies(
        [{"name": "secret", "value": "1", "url": visitor.page.url.split("#")[0]}]
    )
    tried = frame.evaluate(REACH)
    assert tried.pop("origin") == "null"
    assert set(tried.values()) <= {"SecurityError", "TypeError", "NetworkError"}, tried
    assert len(tried) == 8


def test_30_an_error_is_listed_and_sent_to_the_assistant(
    visitor: Visitor, model: ToldModel, server: Server
) -> None:
    """Within a second it stands under Problems with its line; one click asks for a repair in a new turn with
    message and line, and the repaired page is the next version."""
    visitor.forgiven.add("missing is not defined")

    def attempt() -> list[float]:
        visitor.open(server.url)
        shown(visitor, model, BROKEN)
        begun = time.monotonic()
        expect(visitor.drawer.get_by_role("tab", name="Problems 1")).to_be_visible()
        return [1000 * (time.monotonic() - begun)]

    quick_enough([1000], attempt)
    tab(visitor, "Problems")
    problem = visitor.drawer.locator(".problems li")
    expect(problem).to_contain_text("missing is not defined")
    expect(problem).to_contain_text("line 6")
    model.tell(PAGE)
    visitor.drawer.get_by_role("button", name="Send error to assistant").click()
    question = visitor.page.locator(".question").last
    expect(question).to_contain_text("missing is not defined")
    expect(question).to_contain_text("line 6")
    expect(question).to_contain_text("missing.start()")
    visitor.finished()
    visitor.page.get_by_role("button", name="Preview", exact=True).last.click()
    expect(visitor.drawer.get_by_role("tab", name="Versions 2")).to_be_visible()
    tab(visitor, "Versions")
    expect(visitor.drawer.get_by_role("button", name="Version 2")).to_have_attribute("aria-current", "true")
    visitor.drawer.get_by_role("button", name="Version 1").click()
    expect(frame_of(visitor).locator("#said")).to_have_text("before")


@pytest.mark.parametrize("choice", ["Queue questions", "Keep a draft"])
def test_an_error_sent_while_an_answer_is_written_waits(
    visitor: Visitor, model: ToldModel, choice: str
) -> None:
    """It goes where a question goes that is written then: into the queue, or into the field."""
    visitor.forgiven.add("missing is not defined")
    set_while_answering(visitor, choice)
    shown(visitor, model, BROKEN)
    model.tell("Slowly", HOLD, ".")
    visitor.ask("And now?")
    expect(visitor.text).to_have_text("Slowly")
    tab(visitor, "Problems")
    visitor.drawer.get_by_role("button", name="Send error to assistant").click()
    error = re.compile("missing is not defined")
    if choice == "Keep a draft":
        expect(visitor.composer).to_have_value(error)
        expect(visitor.page.locator(".hint")).to_contain_text("Still answering")
    else:
        expect(visitor.page.locator(".queued")).to_have_text(error)
    expect(visitor.text).to_have_text("Slowly")
    expect(visitor.questions).to_have_count(2)
    model.release()
    if choice == "Queue questions":
        expect(visitor.questions.nth(2)).to_have_text(error)
        model.release()
    visitor.finished()


def test_an_artifact_goes_with_its_chat(visitor: Visitor, model: ToldModel) -> None:
    """In another chat it would ask for repairs of what is not there. Documents are for all chats and stay."""
    shown(visitor, model, PAGE)
    visitor.page.get_by_role("button", name="New chat").first.click()
    expect(visitor.drawer).to_have_count(0)
    visitor.page.locator(".rail").get_by_role("button", name="Documents").click()
    visitor.page.go_back()
    expect(visitor.questions).to_have_count(1)
    expect(visitor.drawer).to_have_attribute("aria-label", "Documents")


def test_an_artifact_that_loops_for_ever_holds_nothing_up(visitor: Visitor, model: ToldModel) -> None:
    """The page goes on, says that the preview does not answer, and stops it; Run again tries once more."""
    model.tell(LOOP)
    visitor.ask("Show me.")
    visitor.finished()
    visitor.page.get_by_role("button", name="Preview", exact=True).click()
    visitor.composer.fill("The page is alive.")
    expect(visitor.composer).to_have_value("The page is alive.")
    expect(visitor.drawer.get_by_text("The preview does not answer.")).to_be_visible()
    visitor.drawer.get_by_role("button", name="Stop").click()
    expect(visitor.drawer.locator("iframe")).to_have_count(0)
    expect(visitor.drawer.get_by_text("The preview is stopped.")).to_be_visible()
    visitor.drawer.get_by_role("button", name="Run again").click()
    expect(visitor.drawer.locator("iframe")).to_have_count(1)
    visitor.drawer.get_by_role("button", name="Close").click()
    expect(visitor.page.locator("iframe")).to_have_count(0)


def test_what_an_artifact_says_is_only_ever_text(visitor: Visitor, model: ToldModel) -> None:
    """Foreign messages change nothing; reports are cut and shown as text; a line that is none is left out."""
    shown(visitor, model, FOREIGN)
    expect(visitor.drawer.get_by_role("tab", name="Problems 2")).to_be_visible()
    tab(visitor, "Problems")
    problems = visitor.drawer.locator(".problems li")
    expect(problems.last).to_contain_text("<img src=x onerror=top.hacked=1>")
    assert problems.first.inner_text().count("x") == 2000
    expect(problems.get_by_text("line")).to_have_count(0)
    assert visitor.page.evaluate("window.hacked") is None


def test_a_message_from_anywhere_else_is_not_heard(visitor: Visitor, model: ToldModel) -> None:
    """Only the frame itself reports; another window that speaks its language is not listened to."""
    shown(visitor, model, PAGE)
    visitor.page.evaluate(FORGED)
    tab(visitor, "Problems")
    expect(visitor.drawer.get_by_text("Nothing went wrong so far.")).to_be_visible()


def test_a_drawing_is_previewed_and_code_is_not(visitor: Visitor, model: ToldModel) -> None:
    """SVG has a preview; a shell command, a line of HTML and an open fence have none. The code is there to
    read, with line numbers, and to copy."""
    frame = shown(visitor, model, DRAWING)
    expect(frame.locator("circle")).to_be_visible()
    tab(visitor, "Code")
    expect(visitor.drawer.locator(".line")).to_have_count(3)
    expect(visitor.drawer.locator(".artifact-code")).to_contain_text('viewBox="0 0 20 20"')
    command = "ls -la | sort | uniq -c | sort -rn | head -n 20 # a long command"
    model.tell(f"```sh\n{command}\n```\n\n```html\n<b>x</b>\n```\n")
    visitor.ask("And now?")
    expect(visitor.page.locator(".question")).to_have_count(2)
    visitor.finished()
    assert visitor.answer.get_by_role("button", name="Preview", exact=True).count() == 0
